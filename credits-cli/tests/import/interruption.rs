//! Imports that end early or come again, and the clock of a ledger after an import.

use credits_cli::import::{self, ImportError};
use credits_runtime::{Rejection, Timestamp};

use crate::databases::{sqlite, statements, time};
use crate::history::options;
use crate::recorded::{Rows, instant};
use crate::tables::{Schema, System};
use crate::{Credits, Pricing};

#[test]
fn an_interrupted_import_goes_on_where_it_ended() {
    let rows = &Rows::of_each("credits")[1];
    let folder = tempfile::tempdir().unwrap();
    let (file, ledger) = (folder.path().join("a.sqlite3"), folder.path().join("credits.redb"));
    // A debit in the middle without credits: no gem writes it, and the ledger rejects it.
    let middle = &rows.transactions[rows.transactions.len() / 2];
    sqlite(&file, &statements(rows, Schema::UsageCredits10, System::Sqlite));
    let at = time(middle.at);
    sqlite(
        &file,
        &format!(
            "INSERT INTO usage_credits_transactions (id, wallet_id, amount, category, created_at, updated_at) \
             VALUES (900, {w}, 9000000, 'bonus', {before}, {at}), (901, {w}, -9000000, 'credit_deducted', {at}, {at}); \
             INSERT INTO usage_credits_allocations (transaction_id, source_transaction_id, amount, created_at, updated_at) \
             VALUES (901, 900, 9000000, {at}, {at}); \
             UPDATE usage_credits_transactions SET expires_at = {at} WHERE id = 900;",
            w = middle.wallet,
            before = time(Timestamp::from_microseconds(middle.at.microseconds() - 1)),
        ),
    );
    let options = options(&ledger, file.to_str().unwrap(), rows);
    let rejection = match import::run::<Pricing>(&options) {
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
         DELETE FROM usage_credits_transactions WHERE id = 901;",
    );
    let report = import::run::<Pricing>(&options).unwrap();
    assert!(report.is_equal(), "{report}");
    assert!(report.rows.booked > 5 && report.rows.repeated > 5, "{report}");
    let credits = Credits::builder().confirm_clock().open_read_only(&ledger).unwrap();
    credits.verify().unwrap();
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
