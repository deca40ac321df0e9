//! Imports that end early or come again, and the clock of a ledger after an import.

use credits_cli::import::{self, Execution, ImportError};
use credits_runtime::{Rejection, Timestamp};

use crate::databases::{sqlite, statements, time};
use crate::history::options;
use crate::recorded::{Rows, instant};
use crate::tables::{Schema, System};
use crate::{Credits, Pricing};

/// A gift of 9,000,000 that has expired when it is taken: no gem takes it, and the ledger rejects that.
fn contradiction(wallet: i64, at: Timestamp) -> String {
    let before = time(Timestamp::from_microseconds(at.microseconds() - 1));
    let at = time(at);
    format!(
        "INSERT INTO usage_credits_transactions (id, wallet_id, amount, category, created_at, updated_at, expires_at) \
         VALUES (900, {wallet}, 9000000, 'bonus', {before}, {at}, {at}), \
         (901, {wallet}, -9000000, 'credit_deducted', {at}, {at}, NULL); \
         INSERT INTO usage_credits_allocations (transaction_id, source_transaction_id, amount, created_at, updated_at) \
         VALUES (901, 900, 9000000, {at}, {at});"
    )
}

#[test]
fn an_interrupted_import_goes_on_where_it_ended() {
    let rows = &Rows::of_each("credits")[1];
    let folder = tempfile::tempdir().unwrap();
    let (file, ledger) = (folder.path().join("a.sqlite3"), folder.path().join("credits.redb"));
    let middle = &rows.transactions[rows.transactions.len() / 2];
    let mut earlier = rows.clone();
    earlier.transactions.retain(|row| row.id < 6);
    earlier.allocations.retain(|row| row.transaction < 6);
    sqlite(&file, &statements(&earlier, Schema::UsageCredits10, System::Sqlite));
    let mut options = options(&ledger, file.to_str().unwrap(), rows);
    options.now = earlier.transactions.last().unwrap().at;
    assert_eq!(import::run::<Pricing>(&options).unwrap().rows.booked, 5);
    options.now = rows.until();
    let import = || import::run::<Pricing>(&options);
    std::fs::remove_file(&file).unwrap();
    let all = statements(rows, Schema::UsageCredits10, System::Sqlite);
    sqlite(&file, &(all + &contradiction(middle.wallet, middle.at)));
    let rejection = match import() {
        Err(ImportError::Rejected { rejection, row, .. }) => {
            assert_eq!(row, "transaction 901");
            rejection
        }
        other => panic!("{other:?}"),
    };
    assert!(matches!(*rejection, Rejection::InsufficientCredits { .. }), "{rejection}");
    sqlite(
        &file,
        "DELETE FROM usage_credits_allocations WHERE transaction_id = 901; \
         DELETE FROM usage_credits_transactions WHERE id = 901",
    );
    let report = import().unwrap();
    assert!(report.is_equal(), "{report}");
    assert!(report.rows.booked > 5 && report.rows.repeated > 7, "{report}");
    Credits::builder().confirm_clock().open_read_only(&ledger).unwrap().verify().unwrap();
}

#[test]
fn a_new_ledger_appears_with_everything_or_not_at_all() {
    let rows = &Rows::of_each("credits")[1];
    let folder = tempfile::tempdir().unwrap();
    let (file, ledger) = (folder.path().join("a.sqlite3"), folder.path().join("credits.redb"));
    let middle = &rows.transactions[rows.transactions.len() / 2];
    let all = statements(rows, Schema::UsageCredits10, System::Sqlite);
    sqlite(&file, &(all + &contradiction(middle.wallet, middle.at)));
    let rejected = import::run::<Pricing>(&options(&ledger, file.to_str().unwrap(), rows));
    assert!(matches!(rejected, Err(ImportError::Rejected { .. })), "{rejected:?}");
    assert!(!ledger.exists());
}

#[test]
fn a_dry_run_leaves_an_existing_ledger_as_it_is() {
    let rows = &Rows::of_each("wallets")[4];
    let folder = tempfile::tempdir().unwrap();
    let (file, ledger) = (folder.path().join("a.sqlite3"), folder.path().join("credits.redb"));
    sqlite(&file, &statements(rows, Schema::Wallets, System::Sqlite));
    let mut options = options(&ledger, file.to_str().unwrap(), rows);
    let report = import::run::<Pricing>(&options).unwrap();
    let before = std::fs::read(&ledger).unwrap();
    options.execution = Execution::DryRun;
    let dry = import::run::<Pricing>(&options).unwrap();
    assert_eq!((dry.rows.booked, dry.rows.repeated), (0, report.rows.booked));
    assert!(std::fs::read(&ledger).unwrap() == before, "the file changed");
    let left: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().contains("tmp")), "{left:?}");
}

#[test]
fn rows_of_a_running_application_are_added_by_the_next_import() {
    let rows = &Rows::of_each("wallets")[0];
    let folder = tempfile::tempdir().unwrap();
    let (file, ledger) = (folder.path().join("a.sqlite3"), folder.path().join("credits.redb"));
    sqlite(&file, &statements(rows, Schema::Wallets, System::Sqlite));
    let mut options = options(&ledger, file.to_str().unwrap(), rows);
    let first = import::run::<Pricing>(&options).unwrap();
    let later = instant("2025-12-01T00:00:00Z");
    let at = time(later);
    sqlite(
        &file,
        &format!(
            "INSERT INTO wallets_transactions (id, wallet_id, amount, category, created_at, updated_at) \
             VALUES (900, 1, 70, 'reward', {at}, {at})"
        ),
    );
    options.now = later;
    let report = import::run::<Pricing>(&options).unwrap();
    assert!(report.is_equal(), "{report}");
    assert_eq!((report.rows.booked, report.rows.repeated), (1, first.rows.booked));
}

#[test]
fn an_old_history_opens_with_the_clock_of_the_system() {
    let rows = &Rows::of_each("credits")[2];
    let folder = tempfile::tempdir().unwrap();
    let (file, ledger) = (folder.path().join("a.sqlite3"), folder.path().join("credits.redb"));
    sqlite(&file, &statements(rows, Schema::UsageCredits05, System::Sqlite));
    let mut options = options(&ledger, file.to_str().unwrap(), rows);
    // More than 400 days after the last row.
    options.now = instant("2026-11-01T00:00:00Z");
    assert!(import::run::<Pricing>(&options).unwrap().is_equal());
    let credits = Credits::open(&ledger).unwrap();
    credits.wallet("user:1").give_credits(1).now().wait().unwrap();
    credits.close().unwrap();
    // With entries of the application's own, the same import changes nothing, and another one is refused.
    assert_eq!(import::run::<Pricing>(&options).unwrap().rows.booked, 0);
    let other = folder.path().join("other.sqlite3");
    sqlite(&other, &statements(&Rows::of_each("wallets")[3], Schema::Wallets, System::Sqlite));
    options.database = other.display().to_string();
    let refused = import::run::<Pricing>(&options);
    assert!(matches!(refused, Err(ImportError::LedgerInUse)), "{refused:?}");
}
