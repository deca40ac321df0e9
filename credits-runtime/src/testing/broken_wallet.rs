//! A wallet in a state that breaks a rule of the ledger. What needs it fails; everything else in its batch is done
//! once.

use std::time::Duration;

use super::ManualClock;
use crate::domain::ids::{Owner, WalletId};
use crate::engine::rows::Filing;
use crate::service::tests::{Credits, process};
use crate::{LedgerErrorKind, Timestamp};

/// A ledger with 100 credits each, and its clock.
fn ledger(owners: &[&str]) -> (Credits, ManualClock) {
    let clock = ManualClock::at("2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap());
    let credits = Credits::builder().clock(clock.clone()).in_memory().unwrap();
    for owner in owners {
        credits.wallet(*owner).give_credits(100).now().wait().unwrap();
    }
    (credits, clock)
}

/// Removes the grants from under an owner's holds, so that no hold can end.
fn break_wallet(credits: &Credits, owner: &str) {
    let (id, wallets) =
        (WalletId::of_credits(Owner::new(owner).unwrap()), &credits.core().engine().published().wallets);
    let mut wallet = wallets.get(&id).unwrap().wallet;
    assert_eq!(wallet.holds.len(), 1);
    wallet.grants.clear();
    wallets.put_dirty(&id, &wallet, Filing::default(), &mut Vec::new());
}

#[test]
fn a_request_that_breaks_a_rule_is_refused_alone() {
    let (credits, _) = ledger(&["ann", "bob"]);
    let hold =
        credits.wallet("ann").spend_credits_on(process(3)).hold(Duration::from_mins(5)).wait().unwrap();
    break_wallet(&credits, "ann");
    let bob = credits.wallet("bob");
    let before: Vec<_> = (0..3).map(|n| bob.give_credits(1).key(format!("before {n}")).now()).collect();
    let settled = hold.settle().wait();
    let after: Vec<_> = (0..3).map(|n| bob.give_credits(1).key(format!("after {n}")).now()).collect();
    let Err(crate::Error::Ledger(error)) = settled else { panic!("{settled:?}") };
    assert_eq!(error.kind(), LedgerErrorKind::NotDone);
    for reply in before.into_iter().chain(after) {
        assert!(!reply.wait().unwrap().replayed);
    }
    assert_eq!(bob.credits().unwrap(), 106);
}

#[test]
fn a_hold_that_cannot_be_released_keeps_nothing_else_from_being_written() {
    let (credits, _) = ledger(&["ann", "bob"]);
    let hold =
        credits.wallet("ann").spend_credits_on(process(3)).hold(Duration::from_mins(5)).wait().unwrap();
    let other =
        credits.wallet("bob").spend_credits_on(process(3)).hold(Duration::from_mins(5)).wait().unwrap();
    break_wallet(&credits, "ann");
    drop(hold);
    drop(other);
    credits.wallet("bob").give_credits(1).now().wait().unwrap();
    assert_eq!(credits.wallet("bob").credits().unwrap(), 101);
}

#[test]
fn due_work_that_breaks_a_rule_is_passed_over_and_retried() {
    let (credits, clock) = ledger(&["ann", "bob"]);
    let hold = |owner: &str, minutes| {
        let work = credits.wallet(owner).spend_credits_on(process(3));
        std::mem::forget(work.hold(Duration::from_mins(minutes)).wait().unwrap());
    };
    hold("ann", 5);
    hold("bob", 10);
    break_wallet(&credits, "ann");
    clock.advance(Duration::from_mins(20));
    let error = credits.book_due().unwrap_err();
    assert!(error.to_string().contains("a rule of the ledger was broken"), "{error}");
    let entries = credits.wallet("bob").credit_history().page().unwrap().entries.len();
    assert_eq!((entries, credits.core().wallet(&wallet_id("bob")).unwrap().holds.len()), (1, 0));
    // Asked for, it is tried again at once; everyone else is served meanwhile.
    credits.book_due().unwrap_err();
    credits.wallet("bob").give_credits(1).now().wait().unwrap();
    assert_eq!(credits.core().wallet(&wallet_id("ann")).unwrap().holds.len(), 1);
}

fn wallet_id(owner: &str) -> WalletId {
    WalletId::of_credits(Owner::new(owner).unwrap())
}

#[test]
fn handlers_get_each_refusal_once_though_its_batch_is_decided_twice() {
    let (credits, _) = ledger(&["ann", "bob"]);
    let hold =
        credits.wallet("ann").spend_credits_on(process(3)).hold(Duration::from_mins(5)).wait().unwrap();
    break_wallet(&credits, "ann");
    let (sender, refusals) = std::sync::mpsc::channel();
    credits.on_insufficient_credits(move |refusal| sender.send(refusal.needed.get()).unwrap()).unwrap();
    let refused: Vec<_> = (0..5).map(|n| credits.wallet("eve").spend_credits_on(process(n)).now()).collect();
    hold.settle().wait().unwrap_err();
    for reply in refused {
        reply.wait().unwrap_err();
    }
    credits.wallet("eve").spend_credits_on(process(95)).now().wait().unwrap_err();
    let got: Vec<i64> = refusals.iter().take(6).collect();
    assert_eq!(got, [5, 6, 7, 8, 9, 100]);
}
