//! Databases that are not imported, or not as they are: each is named with its rule, a count and examples, before anything
//! is written.

use std::path::Path;

use credits_cli::import::{
    self, Declared, Execution, Finding, ImportClock, ImportError, Mode, Options, Place, Report, Target,
};
use credits_runtime::Timestamp;
use credits_runtime::testing::ManualClock;

use crate::databases::{sqlite, time};
use crate::recorded::instant;
use crate::tables::{Schema, System};
use crate::{Credits, Pricing};

const NOW: &str = "2026-06-01T00:00:00Z";

/// A wallet of `User` 1, and of `User` 2, with 100 credits each.
fn seed() -> String {
    let at = time(instant("2026-01-01T00:00:00Z"));
    Schema::UsageCredits10.create(System::Sqlite)
        + &format!(
            "INSERT INTO usage_credits_wallets (id, owner_type, owner_id, created_at, updated_at) \
             VALUES (1, 'User', 1, {at}, {at}), (2, 'User', 2, {at}, {at}); \
             INSERT INTO usage_credits_transactions (id, wallet_id, amount, category, created_at, updated_at) \
             VALUES (1, 1, 100, 'bonus', {at}, {at}), (2, 2, 100, 'bonus', {at}, {at});"
        )
}

fn transaction(columns: &str, values: &str) -> String {
    let at = time(instant("2026-02-01T00:00:00Z"));
    format!(
        "INSERT INTO usage_credits_transactions (id, wallet_id, updated_at, {columns}) VALUES (9, 1, {at}, {values});"
    )
    .replace("AT", &at)
}

fn import_of(folder: &Path, more: &str, change: impl Fn(&mut Options)) -> Result<Report, ImportError> {
    let (file, ledger) = (folder.join("a.sqlite3"), folder.join("credits.redb"));
    sqlite(&file, &(seed() + more));
    let mut options = Options::new(ledger, file.display().to_string(), instant(NOW));
    change(&mut options);
    import::run::<Pricing>(&options)
}

#[test]
fn rows_that_contradict_are_refused_by_name() {
    let at = time(Timestamp::from_microseconds(1_769_904_000_000_000));
    let allocation = |spend: i64, source: i64, amount: i64| {
        format!(
            "INSERT INTO usage_credits_allocations \
             (transaction_id, source_transaction_id, amount, created_at, updated_at) VALUES ({spend}, {source}, {amount}, {at}, {at});"
        )
    };
    let debit = |amount: i64| {
        transaction("amount, category, created_at", &format!("-{amount}, 'credit_deducted', AT"))
    };
    let owner = |class: &str, id: i64| {
        format!(
            "INSERT INTO usage_credits_wallets (id, owner_type, owner_id, created_at, updated_at) VALUES (3, '{class}', {id}, {at}, {at});"
        )
    };
    let grants: Vec<String> = (1..=1_001)
        .map(|second| {
            let expiry = time(Timestamp::from_microseconds(1_800_000_000_000_000 + second * 1_000_000));
            format!(
                "INSERT INTO usage_credits_transactions (wallet_id, amount, category, expires_at, created_at, updated_at) \
                 VALUES (1, 5, 'bonus', {expiry}, {at}, {at});"
            )
        })
        .collect();
    for (more, finding, example) in [
        (
            transaction("amount, category, created_at", "1.5, 'bonus', AT"),
            Finding::AmountNotWhole,
            "transaction 9 (1.5)",
        ),
        (
            transaction("amount, category, created_at", "5, 'bonus', 'soon'"),
            Finding::TimeUnreadable,
            "transaction 9 (soon)",
        ),
        (debit(5).replace("(9, 1,", "(9, 77,"), Finding::WalletMissing, "transaction 9"),
        (debit(5) + &allocation(9, 700, 5), Finding::AllocationDangling, "allocation 1"),
        (debit(5) + &allocation(9, 2, 5), Finding::AllocationCrossing, "allocation 1"),
        (debit(5) + &allocation(9, 1, 6), Finding::AllocationsExceed, "transaction 9"),
        (debit(101) + &allocation(9, 1, 101), Finding::AllocationsExceed, "transaction 1"),
        (owner("User", 1), Finding::WalletsDuplicate, "wallet 3 of `user:1`"),
        (owner(&"x".repeat(254), 1), Finding::OwnerInvalid, "wallet 3: "),
        (grants.concat(), Finding::OpenGrantsLimit, "wallet 1 of `user:1`"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let findings = match import_of(folder.path(), &more, |_| {}) {
            Err(ImportError::Refused { findings }) => findings,
            other => panic!("{finding:?}: {other:?}"),
        };
        let first = &findings[0];
        assert_eq!((first.finding, first.count), (finding, 1));
        assert!(first.examples[0].starts_with(example), "{first}");
        assert!(!folder.path().join("credits.redb").exists());
    }
}

#[test]
fn owners_that_would_be_one_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let at = time(instant(NOW));
    let team = format!(
        "INSERT INTO usage_credits_wallets (id, owner_type, owner_id, created_at, updated_at) VALUES (3, 'Team', 1, {at}, {at});"
    );
    let refused = import_of(folder.path(), &team, |options| options.owners = "account:{id}".parse().unwrap());
    let error = refused.unwrap_err().to_string();
    assert!(error.contains("would be one owner") && error.contains("Team 1 as `account:1`"), "{error}");
}

#[test]
fn undeclared_names_are_a_snippet_to_paste() {
    let folder = tempfile::tempdir().unwrap();
    let at = time(instant("2026-02-01T00:00:00Z"));
    let more = format!(
        "INSERT INTO usage_credits_wallets (id, owner_type, owner_id, asset_code, created_at, updated_at) \
         VALUES (3, 'User', 1, 'wood', {at}, {at});"
    ) + &transaction("amount, category, created_at", "5, 'ride_fare', AT");
    let error = import_of(folder.path(), &more, |_| {}).unwrap_err();
    let snippet = match &error {
        ImportError::Undeclared { snippet } => snippet,
        other => panic!("{other}"),
    };
    assert_eq!(snippet, "settings { categories ride_fare }\nasset wood\n");
    assert!(!folder.path().join("credits.redb").exists());
    // Names that the application has under others.
    let folder = tempfile::tempdir().unwrap();
    let report = import_of(folder.path(), &more, |options| {
        options.assets.insert("wood".to_owned(), "gem".to_owned());
        options.categories.insert("ride_fare".to_owned(), "reward".to_owned());
    });
    assert!(report.unwrap().is_equal());
}

#[test]
fn losses_are_counted_and_the_rest_is_carried_over() {
    let large = format!("{{\"cost\": 5, \"prompt\": \"{}\"}}", "x".repeat(5_000));
    for (more, finding) in [
        (
            transaction("amount, category, created_at, metadata", &format!("5, 'bonus', AT, '{large}'")),
            Finding::MetadataShortened,
        ),
        (
            transaction("amount, category, created_at, metadata", "5, 'bonus', AT, 'x'"),
            Finding::MetadataUnreadable,
        ),
        (
            transaction(
                "amount, category, created_at, metadata",
                "5, 'bonus', AT, '{\"reason\": \"a\\u202eb\"}'",
            ),
            Finding::ReasonLeftOut,
        ),
        (transaction("amount, category, created_at", "0, 'bonus', AT"), Finding::AmountZero),
        (
            transaction("amount, category, created_at, expires_at", "5, 'bonus', AT, '2026-01-31 00:00:00'"),
            Finding::ExpiredOnArrival,
        ),
        (
            transaction("amount, category, created_at, expires_at", "5, 'bonus', AT, '9999-12-31 23:59:59'"),
            Finding::ExpiryTooFar,
        ),
        (
            transaction("amount, category, created_at", "5, 'bonus', '2027-01-01 00:00:00'"),
            Finding::TimeInFuture,
        ),
        (transaction("amount, category, created_at", "-5, 'credit_deducted', AT"), Finding::DebtStanding),
        (
            transaction("amount, category, created_at", "5, 'transfer_in', AT")
                + "UPDATE usage_credits_transactions SET transfer_id = 70 WHERE id = 9;",
            Finding::TransferHalf,
        ),
        (
            "UPDATE usage_credits_wallets SET balance = 7, metadata = '{\"a\":1}';".to_owned(),
            Finding::WalletMetadata,
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let report =
            import_of(folder.path(), &more, |_| {}).unwrap_or_else(|error| panic!("{finding:?}: {error}"));
        assert!(report.findings.iter().any(|count| count.finding == finding), "{finding:?}: {report}");
        assert!(report.is_equal(), "{finding:?}: {report}");
        let dry = tempfile::tempdir().unwrap();
        let rehearsed =
            import_of(dry.path(), &more, |options| options.execution = Execution::DryRun).unwrap();
        assert_eq!(rehearsed.findings, report.findings);
        assert_eq!(std::fs::read_dir(dry.path()).unwrap().count(), 1, "only the database is left");
    }
}

#[test]
fn a_debit_is_replayed_after_the_credits_that_it_uses() {
    let folder = tempfile::tempdir().unwrap();
    // The clock of the server that took them was 2 ms behind.
    let more = "UPDATE usage_credits_transactions SET created_at = '2026-02-01 00:00:00.002000' WHERE id = 1;"
        .to_owned()
        + &transaction(
            "amount, category, created_at",
            "-40, 'operation_charge', '2026-02-01 00:00:00.000000'",
        )
        + "INSERT INTO usage_credits_allocations (transaction_id, source_transaction_id, amount, created_at, updated_at) \
           VALUES (9, 1, 40, '2026-02-01 00:00:00', '2026-02-01 00:00:00');";
    let report = import_of(folder.path(), &more, |_| {}).unwrap();
    assert!(report.is_equal(), "{report}");
    assert!(report.findings.iter().any(|count| count.finding == Finding::RowMoved), "{report}");
}

#[test]
fn a_debit_with_the_lower_id_is_replayed_after_the_credits_that_it_uses() {
    // The ids are numbers, then texts as those of a primary key of UUIDs. The debit is of the same instant as the credits, then
    // 2 ms before them.
    for (ids, created_at) in [
        (["9", "10", "11"], "00.000000"),
        (["9", "10", "11"], "00.002000"),
        (["'09ab'", "'10cd'", "'11ef'"], "00.000000"),
        (["'09ab'", "'10cd'", "'11ef'"], "00.002000"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let (file, ledger) = (folder.path().join("a.sqlite3"), folder.path().join("credits.redb"));
        let keys = if ids[0].starts_with('\'') { "varchar PRIMARY KEY" } else { "integer PRIMARY KEY" };
        let tables = seed().replace("integer PRIMARY KEY AUTOINCREMENT", keys).replace("_id integer", "_id");
        let [debit, credits, later] = ids;
        let (at, of) =
            ("'2026-02-01 00:00:00.000000'", "id, wallet_id, amount, category, created_at, updated_at");
        let more = format!(
            "INSERT INTO usage_credits_transactions ({of}) VALUES \
             ({debit}, 1, -130, 'operation_charge', {at}, {at}), \
             ({credits}, 1, 30, 'bonus', '2026-02-01 00:00:{created_at}', {at}), \
             ({later}, 1, 7, 'bonus', '2026-02-01 00:00:{created_at}', {at}); \
             INSERT INTO usage_credits_allocations (id, transaction_id, source_transaction_id, amount, created_at, updated_at) \
             VALUES (1, {debit}, '1', 100, {at}, {at}), (2, {debit}, {credits}, 30, {at}, {at});"
        );
        // The wallets' rows that the seed has keep their ids.
        let tables = tables.replace("VALUES (1, 1, 100, 'bonus'", "VALUES ('1', 1, 100, 'bonus'");
        sqlite(&file, &(tables + &more));
        let report = import::run::<Pricing>(&Options::new(&ledger, file.display().to_string(), instant(NOW)));
        let report = report.unwrap_or_else(|error| panic!("{ids:?} {created_at}: {error}"));
        assert!(report.is_equal() && report.rows.booked == 5, "{report}");
        assert_eq!(Credits::open_read_only(&ledger).unwrap().wallet("user:1").balance().unwrap(), 7);
    }
}

#[test]
fn a_history_is_refused_by_a_ledger_that_the_application_has_opened() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = folder.path().join("credits.redb");
    let clock = ManualClock::at(instant("2026-05-31T00:00:00Z"));
    Credits::builder().clock(clock).open(&ledger).unwrap().close().unwrap();
    let head = || Credits::open_read_only(&ledger).unwrap().head().unwrap();
    let before = head();
    let error = import_of(folder.path(), "", |_| {}).unwrap_err();
    assert!(matches!(error, ImportError::LedgerOpened { .. }), "{error}");
    assert!(
        error.to_string().contains("before the application opens it, or opening balances alone"),
        "{error}"
    );
    assert_eq!(head(), before);
    let mut options =
        Options::new(&ledger, folder.path().join("a.sqlite3").display().to_string(), instant(NOW));
    options.mode = Mode::Balances;
    let report = import::run::<Pricing>(&options).unwrap();
    assert!(report.is_equal() && report.rows.booked == 2, "{report}");
}

#[test]
fn metadata_and_reasons_are_carried_over() {
    let folder = tempfile::tempdir().unwrap();
    let metadata = r#"{"operation":"process_image","cost":40,"params":{"size":5},"balance_before":100,"balance_after":60}"#;
    let more = transaction(
        "amount, category, created_at, metadata",
        &format!("-40, 'operation_charge', AT, '{metadata}'"),
    ) + "INSERT INTO usage_credits_allocations (transaction_id, source_transaction_id, amount, created_at, updated_at) \
           VALUES (9, 1, 40, '2026-02-01 00:00:00', '2026-02-01 00:00:00'); \
           UPDATE usage_credits_transactions SET metadata = '{\"reason\":\"spring bonus\"}', fulfillment_id = 3 WHERE id = 1;";
    import_of(folder.path(), &more, |_| {}).unwrap();
    let credits = Credits::open_read_only(folder.path().join("credits.redb")).unwrap();
    let entries = credits.wallet("user:1").credit_history().oldest_first().page().unwrap().entries;
    assert_eq!(entries[0].reason.as_deref(), Some("spring bonus"));
    assert_eq!(entries[0].metadata.to_string(), r#"{"fulfillment_id":"3","reason":"spring bonus"}"#);
    assert_eq!(entries[1].reason.as_deref(), Some("process_image"));
    assert_eq!(entries[1].category.name(), "operation_charge");
    assert_eq!(
        entries[1].metadata.to_string(),
        r#"{"cost":40,"operation":"process_image","params":{"size":5}}"#
    );
    assert_eq!(entries[1].key.as_ref().unwrap().as_str(), "tx:9");
}

#[test]
fn databases_of_no_gem_are_refused_by_name() {
    let [half, wallets] =
        [Schema::UsageCredits10, Schema::Wallets].map(|schema| schema.create(System::Sqlite));
    let half = half + "ALTER TABLE usage_credits_wallets DROP COLUMN asset_code;";
    let both = Schema::UsageCredits05.create(System::Sqlite) + &wallets;
    for (tables, message) in [
        (
            "CREATE TABLE users (id integer);",
            "table `usage_credits_wallets`, table `usage_credits_transactions`",
        ),
        (&half, "column `usage_credits_wallets.asset_code` is missing"),
        (&both, "the tables of `usage_credits` and of `wallets`: say which"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let (file, ledger) = (folder.path().join("a.sqlite3"), folder.path().join("credits.redb"));
        sqlite(&file, tables);
        let options = Options::new(&ledger, file.display().to_string(), instant(NOW));
        let error = import::run::<Pricing>(&options).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
        assert!(!ledger.exists());
    }
    let missing = Options::new("credits.redb", "there-is-no-such-file.sqlite3", instant(NOW));
    let error = import::run::<Pricing>(&missing).unwrap_err().to_string();
    assert!(error.contains("opening `there-is-no-such-file.sqlite3`"), "{error}");
    let mut prefix = missing;
    prefix.table_prefix = "a'; DROP".to_owned();
    prefix.database = ":memory:".to_owned();
    assert!(matches!(import::run::<Pricing>(&prefix), Err(ImportError::TablePrefix { .. })));
}

#[test]
fn a_ledger_without_its_pricing_is_filled_by_what_it_declares() {
    let folder = tempfile::tempdir().unwrap();
    let (file, ledger) = (folder.path().join("a.sqlite3"), folder.path().join("credits.redb"));
    sqlite(&file, &seed());
    let clock = ManualClock::at(instant("2025-12-31T00:00:00Z"));
    Credits::builder().clock(clock).open(&ledger).unwrap().close().unwrap();
    let open = |place: Place<'_>, clock: ImportClock| {
        let builder = Credits::builder().clock(clock).confirm_clock();
        match place {
            Place::File(path) => builder.open(path),
            Place::ReadOnly(path) => builder.open_read_only(path),
            Place::Memory => panic!("an existing ledger is filled in its file"),
        }
        .map(|credits| credits.without_pricing())
    };
    let declared = Credits::open_read_only(&ledger).unwrap().catalogues().unwrap().remove(0).catalogue;
    let target = Target { open: &open, declared: Declared::from(&declared) };
    let options = Options::new(&ledger, file.display().to_string(), instant(NOW));
    let report = import::run_into(&target, &options).unwrap();
    assert!(report.is_equal() && report.rows.booked == 2, "{report}");
}
