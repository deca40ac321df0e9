//! Ledgers that are opened without their pricing: under the newest terms that they were opened with.

use std::path::{Path, PathBuf};
use std::time::Duration;

use credits_runtime::testing::ManualClock;
use credits_runtime::{
    Clock, Credits, Error, LedgerErrorKind as Kind, Rejection, SystemClock, usage_credits,
};
use tempfile::TempDir;

mod shop {
    //! Plans of the shop's own, whose cycles are due without any event.

    super::usage_credits! {
        settings { low_balance_threshold 50.credits credits_named "token", "tokens" }
        asset gem
        subscription_plan hobby { gives 300.credits.every(month) }
        subscription_plan pro { gives 10.credits.every(month) unlimited draw }
        operation draw { costs 5.credits }
    }
}

/// A way of opening a ledger.
type Open = fn(&Path) -> Result<Credits<()>, Error>;

const DAY: Duration = Duration::from_hours(24);

/// A ledger that was closed 40 days ago, with a month that has ended since.
fn ledger() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.redb");
    let clock = ManualClock::at(SystemClock.now().before(DAY * 40));
    let credits = shop::Credits::builder().clock(clock).open(&path).unwrap();
    credits.subscribe("ann", shop::Plan::Hobby).now().wait().unwrap();
    credits.subscribe("bob", shop::Plan::Pro).now().wait().unwrap();
    credits.wallet("ann").spend_credits_on(shop::Operation::Draw).now().wait().unwrap();
    credits.close().unwrap();
    (folder, path)
}

#[test]
fn a_ledger_is_administered_without_its_pricing() {
    let (_folder, path) = ledger();
    let credits = Credits::open_without_pricing(&path).unwrap();
    let ann = credits.wallet("ann");
    // The month that ended was booked as the application books it.
    assert_eq!(ann.formatted_credits().unwrap(), "300 tokens");
    ann.deduct_credits(260, "given twice").now().wait().unwrap();
    let rejected = ann.deduct_credits(260, "given twice").now().wait().unwrap_err();
    assert!(matches!(&rejected, Error::Rejected(Rejection::InsufficientCredits { .. })), "{rejected}");
    assert!(rejected.to_string().starts_with("260 tokens needed"), "{rejected}");
    ann.of_asset_named("gem").give_credits(3).now().wait().unwrap();
    let low: Vec<String> =
        credits.low().page().unwrap().owners.iter().map(|low| low.owner.to_string()).collect();
    assert_eq!(low, ["ann", "bob"]);
    assert_eq!(credits.catalogues().unwrap().len(), 1);
    credits.verify().unwrap();
    credits.close().unwrap();

    // The application declares no other catalogue, and its plans still cover its operations.
    let credits = shop::Credits::open(&path).unwrap();
    assert_eq!(credits.catalogues().unwrap().len(), 1);
    assert_eq!(credits.wallet("ann").credits().unwrap(), 40);
    let bob = credits.wallet("bob");
    let charge = bob.spend_credits_on(shop::Operation::Draw).now().wait().unwrap();
    assert_eq!((charge.entry.amount.get(), bob.credits().unwrap().get()), (0, 10));
    credits.verify().unwrap();
}

#[test]
fn reading_without_the_pricing_writes_nothing() {
    let (_folder, path) = ledger();
    let before = std::fs::read(&path).unwrap();
    let credits = Credits::open_read_only_without_pricing(&path).unwrap();
    assert_eq!(credits.wallet("ann").balance().unwrap(), 0);
    assert_eq!(credits.entries().page().unwrap().entries.len(), 3);
    credits.verify().unwrap();
    let refused = credits.wallet("ann").give_credits(1).now().wait().unwrap_err();
    assert_eq!(kind(&refused), Kind::ReadOnly);
    drop(credits);
    assert!(std::fs::read(&path).unwrap() == before);
}

#[test]
fn no_ledger_is_made_without_a_pricing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing.redb");
    let ways: [Open; 2] =
        [|path| Credits::open_without_pricing(path), |path| Credits::open_read_only_without_pricing(path)];
    for open in ways {
        assert_eq!(kind(&open(&path).unwrap_err()), Kind::Io);
        assert!(!path.exists());
    }
    std::fs::write(&path, "notes").unwrap();
    for open in ways {
        assert_eq!(kind(&open(&path).unwrap_err()), Kind::NotALedger);
    }
    let (_folder, path) = ledger();
    let held = shop::Credits::open(&path).unwrap();
    for open in ways {
        assert_eq!(kind(&open(&path).unwrap_err()), Kind::Locked);
    }
    drop(held);
}

fn kind(error: &Error) -> Kind {
    match error {
        Error::Ledger(error) => error.kind(),
        rejected => panic!("{rejected}"),
    }
}
