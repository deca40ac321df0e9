//! Imports after others: of the application's own entries, of the other mode, and of rows that changed.

use std::path::{Path, PathBuf};

use credits_cli::import::{self, Finding, ImportError, Mode, Options, Report};
use credits_runtime::testing::ManualClock;

use crate::databases::{sqlite, time};
use crate::recorded::instant;
use crate::tables::{Schema, System};
use crate::{Credits, Pricing};

const NOW: &str = "2026-06-01T00:00:00Z";

/// A database with one wallet, and its ledger.
struct Moving {
    folder: tempfile::TempDir,
    options: Options,
}

impl Moving {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.sqlite3");
        let at = time(instant("2026-01-01T00:00:00Z"));
        let wallet = format!(
            "INSERT INTO usage_credits_wallets (id, owner_type, owner_id, created_at, updated_at) VALUES (1, 'User', 1, {at}, {at});"
        );
        sqlite(&file, &(Schema::UsageCredits10.create(System::Sqlite) + &wallet));
        let options =
            Options::new(folder.path().join("credits.redb"), file.display().to_string(), instant(NOW));
        Self { folder, options }
    }

    fn ledger(&self) -> PathBuf {
        self.folder.path().join("credits.redb")
    }

    fn run(&self, statements: &str) {
        sqlite(&self.folder.path().join("a.sqlite3"), statements);
    }

    /// Adds a transaction of a day in 2026: `02-01`.
    fn row(&self, id: i64, amount: i64, day: &str, expiry: Option<&str>) {
        let at = time(instant(&format!("2026-{day}T00:00:00Z")));
        let expiry = expiry.map_or("NULL".to_owned(), |day| time(instant(&format!("2026-{day}T00:00:00Z"))));
        let category = if amount > 0 { "bonus" } else { "operation_charge" };
        self.run(&format!(
            "INSERT INTO usage_credits_transactions (id, wallet_id, amount, category, created_at, updated_at, expires_at) \
             VALUES ({id}, 1, {amount}, '{category}', {at}, {at}, {expiry})"
        ));
    }

    fn allocate(&self, debit: i64, source: i64, amount: i64) {
        let at = time(instant(NOW));
        self.run(&format!(
            "INSERT INTO usage_credits_allocations (transaction_id, source_transaction_id, amount, created_at, updated_at) \
             VALUES ({debit}, {source}, {amount}, {at}, {at})"
        ));
    }

    fn import(&self, mode: Mode) -> Result<Report, ImportError> {
        let mut options = self.options.clone();
        options.mode = mode;
        import::run::<Pricing>(&options)
    }

    /// Opens the ledger as the application does, a day after the import.
    fn open(&self) -> Credits {
        open(&self.ledger())
    }

    fn balance(&self) -> i64 {
        self.open().wallet("user:1").balance().unwrap().get()
    }
}

fn open(ledger: &Path) -> Credits {
    let clock = ManualClock::at(instant("2026-06-02T00:00:00Z"));
    Credits::builder().clock(clock).open(ledger).unwrap()
}

fn has(report: &Report, finding: Finding) -> bool {
    report.findings.iter().any(|count| count.finding == finding)
}

#[test]
fn credits_of_the_application_stay_when_an_import_of_debts_is_repeated() {
    let moving = Moving::new();
    // The gem keeps the debt of 30 beside the 50 credits, which expire; here they repay it.
    moving.row(1, -30, "02-01", None);
    moving.row(2, 50, "03-01", Some("04-01"));
    let first = moving.import(Mode::History).unwrap();
    assert!(first.is_equal() && has(&first, Finding::DebtCorrected), "{first}");
    assert_eq!(moving.balance(), -30);
    let corrections = moving.open().wallet("user:1").credit_history().key("correction:1:2").page().unwrap();
    assert_eq!(corrections.entries.len(), 1);
    moving.open().wallet("user:1").give_credits(500).now().wait().unwrap();
    let facts = || Credits::open_read_only(moving.ledger()).unwrap().statistics().facts;
    let before = facts();
    let again = moving.import(Mode::History).unwrap();
    assert_eq!((again.rows.booked, moving.balance()), (0, 470), "{again}");
    assert_eq!(facts(), before, "a repeated import writes nothing");
    // Nor does a new row of the gem take them.
    moving.row(3, 5, "05-01", None);
    let more = moving.import(Mode::History).unwrap();
    assert_eq!((more.rows.booked, moving.balance()), (1, 475), "{more}");
    assert!(has(&more, Finding::DebtUncorrected), "{more}");
}

#[test]
fn credits_that_the_application_moved_to_a_wallet_stay_too() {
    let moving = Moving::new();
    moving.row(1, -30, "02-01", None);
    moving.row(2, 50, "03-01", Some("04-01"));
    moving.import(Mode::History).unwrap();
    let credits = moving.open();
    let friend = credits.wallet("user:9");
    friend.give_credits(500).paid().now().wait().unwrap();
    friend.transfer_to(&credits.wallet("user:1"), 500).now().wait().unwrap();
    drop((friend, credits));
    moving.row(3, 5, "05-01", None);
    let more = moving.import(Mode::History).unwrap();
    assert_eq!(moving.balance(), 475, "{more}");
}

#[test]
fn an_import_in_the_other_mode_is_refused() {
    for (first, second, remedy) in [
        (Mode::Balances, Mode::History, "add `--balances-only`"),
        (Mode::History, Mode::Balances, "leave out `--balances-only`"),
    ] {
        // The first grant is open; then there is a debt alone.
        for rows in [&[(1, 100, None), (2, -60, Some(1))][..], &[(1, -30, None)]] {
            let moving = Moving::new();
            for (id, amount, source) in rows {
                moving.row(*id, *amount, "02-01", None);
                if let Some(source) = source {
                    moving.allocate(*id, *source, -amount);
                }
            }
            assert!(moving.import(first).unwrap().is_equal());
            let head = moving.open().head().unwrap();
            let error = moving.import(second).unwrap_err();
            assert!(matches!(error, ImportError::ModeDiffers { imported } if imported == first), "{error}");
            assert!(error.to_string().contains(remedy), "{error}");
            assert_eq!(moving.open().head().unwrap(), head, "nothing is written");
            assert_eq!(moving.import(first).unwrap().rows.booked, 0);
        }
    }
}

#[test]
fn rows_behind_one_whose_amount_changed_are_left_out() {
    for mode in [Mode::History, Mode::Balances] {
        let moving = Moving::new();
        moving.row(1, 100, "02-01", None);
        moving.import(mode).unwrap();
        moving.run("UPDATE usage_credits_transactions SET amount = 150");
        moving.row(2, 70, "03-01", None);
        moving.row(3, -60, "04-01", None);
        moving.allocate(3, 1, 60);
        let report = moving.import(mode).unwrap();
        assert!(has(&report, Finding::RowChanged) && has(&report, Finding::RowBehindChanged), "{report}");
        assert_eq!((report.rows.booked, report.differing, moving.balance()), (0, 1, 100), "{report}");
    }
}

#[test]
fn rows_behind_one_whose_metadata_changed_are_booked() {
    let moving = Moving::new();
    moving.row(1, 100, "02-01", None);
    moving.import(Mode::History).unwrap();
    moving.run("UPDATE usage_credits_transactions SET metadata = '{\"reason\":\"spring\"}'");
    moving.row(2, -60, "03-01", None);
    moving.allocate(2, 1, 60);
    let report = moving.import(Mode::History).unwrap();
    assert!(!has(&report, Finding::RowBehindChanged) && report.is_equal(), "{report}");
    assert_eq!((report.rows.booked, moving.balance()), (1, 40), "{report}");
}
