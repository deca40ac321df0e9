//! Opening balances alone: what is left of each grant at the time of the import.

use credits_cli::import::{self, ImportError, Mode};

use crate::databases::{sqlite, statements};
use crate::history::{options, wallet_of};
use crate::recorded::Rows;
use crate::tables::{Schema, System};
use crate::{Credits, Pricing};

#[test]
fn opening_balances_are_equal_for_every_version() {
    for (schema, engine) in [
        (Schema::UsageCredits05, "credits"),
        (Schema::UsageCredits10, "credits"),
        (Schema::Wallets, "wallets"),
    ] {
        let rows = Rows::of(engine);
        let folder = tempfile::tempdir().unwrap();
        let (file, ledger) = (folder.path().join("a.sqlite3"), folder.path().join("credits.redb"));
        sqlite(&file, &statements(&rows, schema, System::Sqlite));
        let mut options = options(&ledger, file.to_str().unwrap(), &rows);
        options.mode = Mode::Balances;
        let report = import::run::<Pricing>(&options).unwrap();
        assert!(report.is_equal(), "{report}");
        assert!(report.rows.booked > 50 && report.rows.booked < 400, "{report}");
        let again = import::run::<Pricing>(&options).unwrap();
        assert_eq!((again.rows.booked, again.rows.repeated), (0, report.rows.booked));
        assert!(again.is_equal());
        let credits = Credits::open(&ledger).unwrap();
        let open = rows.wallets.iter().filter(|wallet| wallet.until == rows.until());
        for wallet in open {
            assert_eq!(wallet_of(&credits, wallet).balance_at(rows.until()).unwrap(), wallet.live);
        }
        credits.verify().unwrap();
    }
}

#[test]
fn a_history_after_opening_balances_books_nothing_twice() {
    let rows = &Rows::of_each("credits")[0];
    let folder = tempfile::tempdir().unwrap();
    let (file, ledger) = (folder.path().join("a.sqlite3"), folder.path().join("credits.redb"));
    sqlite(&file, &statements(rows, Schema::UsageCredits05, System::Sqlite));
    let mut options = options(&ledger, file.to_str().unwrap(), rows);
    options.mode = Mode::Balances;
    import::run::<Pricing>(&options).unwrap();
    let head = Credits::open(&ledger).unwrap().head().unwrap();
    options.mode = Mode::History;
    let refused = import::run::<Pricing>(&options);
    assert!(matches!(refused, Err(ImportError::ModeDiffers { imported: Mode::Balances })), "{refused:?}");
    assert_eq!(Credits::open(&ledger).unwrap().head().unwrap(), head);
}
