//! Reversals of charges: which credits return and for how long, refusals, and that nothing returns twice.

use std::sync::mpsc::channel;
use std::time::Duration;

use credits_runtime::events::Event;
use credits_runtime::testing::ManualClock;
use credits_runtime::{
    Amount, Category, Clock as _, Entry, Error, FactNumber, Rejection, Timestamp, usage_credits,
};
use proptest::prelude::*;

usage_credits! {
    settings { allow_negative_balance up_to 100.credits overrun debt }
    operation step { costs 1.credit_per(page) }
    operation draw { costs 1.credit_per(image) }
}

const DAY: Duration = Duration::from_hours(24);

struct Stage {
    clock: ManualClock,
    credits: Credits,
    ann: Wallet,
}

impl Stage {
    fn begin() -> Self {
        let clock = ManualClock::at("2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap());
        let credits = Credits::builder().clock(clock.clone()).in_memory().unwrap();
        let ann = credits.wallet("ann");
        Self { clock, credits, ann }
    }

    fn days_pass(&self, days: u32) {
        self.clock.set(self.clock.now().after(DAY * days));
        self.credits.book_due().unwrap();
    }

    fn give(&self, amount: i64) -> FactNumber {
        self.ann.give_credits(amount).now().wait().unwrap().entry.number
    }

    fn give_for(&self, amount: i64, days: u32) -> FactNumber {
        self.ann.give_credits(amount).expires_in(DAY * days).now().wait().unwrap().entry.number
    }

    fn spend(&self, pages: u64) -> FactNumber {
        self.ann.spend_credits_on(Operation::step(pages)).now().wait().unwrap().entry.number
    }

    fn reverse(&self, charge: FactNumber, amount: i64) -> Result<Entry, Error> {
        self.ann.reverse_charge(charge).amount(amount).now().wait().map(|receipt| receipt.entry)
    }

    /// Available credits and debt.
    fn figures(&self) -> [i64; 2] {
        self.credits.verify().unwrap();
        [self.ann.credits(), self.ann.debt()].map(|figure| figure.unwrap().get())
    }

    /// The grants that are open: number, free credits and days until their expiry.
    fn grants(&self) -> Vec<(FactNumber, i64, Option<u64>)> {
        let state = self.ann.read().wait().unwrap();
        let days = |at: Timestamp| at.since(state.at).as_secs() / DAY.as_secs();
        let grants = state.grants.iter();
        grants.map(|grant| (grant.id, grant.free.get(), grant.expires_at.map(days))).collect()
    }
}

fn parts(entry: &Entry) -> Vec<(FactNumber, i64)> {
    entry.allocations.iter().map(|part| (part.grant, part.amount.get())).collect()
}

fn rejection<T: std::fmt::Debug>(result: Result<T, Error>) -> Rejection {
    match result {
        Err(Error::Rejected(rejection)) => rejection,
        other => panic!("not rejected: {other:?}"),
    }
}

#[test]
fn parts_return_to_their_grants_in_reverse_order_of_use() {
    let stage = Stage::begin();
    let (first, second) = (stage.give_for(10, 5), stage.give(10));
    let charge = stage.spend(15);
    let part = stage.reverse(charge, 7).unwrap();
    assert_eq!(
        (part.amount, part.category.clone(), part.reverses),
        (7.into(), Category::ChargeReversed, Some(charge))
    );
    assert_eq!(parts(&part), [(second, 5), (first, 2)]);
    let rest = stage.ann.reverse_charge(charge).reason("blurred").now().wait().unwrap().entry;
    assert_eq!((parts(&rest), rest.reason.as_deref()), (vec![(first, 8)], Some("blurred")));
    assert_eq!(stage.grants(), [(first, 10, Some(5)), (second, 10, None)]);
    assert_eq!(stage.ann.reversals_of(charge).unwrap(), [part, rest]);
    assert_eq!(stage.figures(), [20, 0]);
}

#[test]
fn a_replay_by_key_gives_the_first_outcome() {
    let stage = Stage::begin();
    stage.give(10);
    let charge = stage.spend(10);
    let reverse = |amount: i64| stage.ann.reverse_charge(charge).amount(amount).key("k").now().wait();
    let first = reverse(4).unwrap();
    let again = reverse(4).unwrap();
    assert!(again.replayed && again.entry == first.entry);
    assert!(matches!(rejection(reverse(5)), Rejection::IdempotencyKeyReused { .. }));
    assert_eq!(stage.figures(), [4, 0]);
    let found = stage.ann.credit_history().key("k").page().unwrap().entries;
    assert_eq!(found, [first.entry]);
}

#[test]
fn refusals_name_the_rule_and_change_nothing() {
    let stage = Stage::begin();
    let gift = stage.give(10);
    let charge = stage.spend(10);
    let bob = stage.credits.wallet("bob");
    bob.give_credits(5).now().wait().unwrap();
    let of_bob = bob.spend_credits_on(Operation::step(5)).now().wait().unwrap().entry.number;
    let hold = stage.ann.spend_credits_on(Operation::step(3)).hold(DAY).wait().unwrap().into_id();
    for entry in [FactNumber::new(0), FactNumber::new(hold.get()), FactNumber::new(1_000)] {
        assert_eq!(rejection(stage.reverse(entry, 1)), Rejection::EntryUnknown { entry });
    }
    let category = Category::ManualAdjustment;
    assert_eq!(rejection(stage.reverse(gift, 1)), Rejection::NotACharge { entry: gift, category });
    assert_eq!(rejection(stage.reverse(of_bob, 1)), Rejection::ChargeOfAnotherWallet { entry: of_bob });
    let exceeds = |amount: i64, left: i64| Rejection::ReversalExceedsCharge {
        entry: charge,
        amount: amount.into(),
        left: left.into(),
    };
    assert_eq!(rejection(stage.reverse(charge, 11)), exceeds(11, 10));
    stage.reverse(charge, 6).unwrap();
    assert_eq!(rejection(stage.reverse(charge, 5)), exceeds(5, 4));
    stage.reverse(charge, 4).unwrap();
    assert_eq!(rejection(stage.ann.reverse_charge(charge).now().wait()), exceeds(10, 0));
    for amount in [0, -1] {
        let amount_not_positive = Rejection::AmountNotPositive { amount: amount.into() };
        assert_eq!(rejection(stage.reverse(charge, amount)), amount_not_positive);
    }
    // Nothing of a charge of 0 can be reversed.
    let free = stage.spend(0);
    assert!(matches!(
        rejection(stage.ann.reverse_charge(free).now().wait()),
        Rejection::ReversalExceedsCharge { .. }
    ));
}

#[test]
fn credits_last_at_least_as_long_as_they_had_left() {
    let stage = Stage::begin();
    let grant = stage.give_for(10, 30);
    stage.days_pass(20);
    let charge = stage.spend(4);
    stage.days_pass(5);
    // Five days are left, ten were left at the charge: the grant lasts ten more.
    stage.reverse(charge, 1).unwrap();
    assert_eq!(stage.grants(), [(grant, 7, Some(10))]);
    stage.days_pass(10);
    assert_eq!(stage.figures(), [0, 0]);
    // The grant has expired: the returned credits have their ten days again.
    stage.reverse(charge, 3).unwrap();
    assert_eq!(stage.grants(), [(grant, 3, Some(10))]);
    stage.days_pass(9);
    assert_eq!(stage.figures(), [3, 0]);
    // A charge of returned credits is measured by the expiry that they have now.
    let second = stage.spend(3);
    stage.days_pass(60);
    stage.reverse(second, 3).unwrap();
    assert_eq!(stage.grants(), [(grant, 3, Some(1))]);
    stage.days_pass(1);
    assert_eq!(stage.figures(), [0, 0]);
}

#[test]
fn scope_priority_and_class_stay_with_the_credits() {
    let stage = Stage::begin();
    let narrow =
        stage.ann.give_credits(10).only_for(["step"]).priority(7).promotional().now().wait().unwrap();
    let charge = stage.spend(10);
    stage.reverse(charge, 10).unwrap();
    assert_eq!(stage.ann.credits_for(Operation::draw(1)).unwrap(), 0);
    let sent = stage.ann.transfer_to(&stage.credits.wallet("bob"), 1).now().wait();
    assert!(matches!(rejection(sent), Rejection::InsufficientCredits { .. }));
    assert_eq!(
        parts(&stage.ann.spend_credits_on(Operation::step(10)).now().wait().unwrap().entry),
        [(narrow.entry.number, 10)]
    );
}

#[test]
fn debt_of_the_charge_is_undone_first() {
    let stage = Stage::begin();
    let grant = stage.give(10);
    let charge = stage.spend(50);
    assert_eq!(stage.figures(), [-40, 40]);
    let undone = stage.reverse(charge, 30).unwrap();
    assert_eq!((undone.amount, parts(&undone)), (30.into(), vec![]));
    assert_eq!(stage.figures(), [-10, 10]);
    let rest = stage.reverse(charge, 20).unwrap();
    assert_eq!(parts(&rest), [(grant, 10)]);
    assert_eq!(stage.figures(), [10, 0]);
}

#[test]
fn debt_that_was_repaid_returns_as_credits() {
    let stage = Stage::begin();
    let charge = stage.spend(50);
    stage.give(30);
    assert_eq!(stage.figures(), [-20, 20]);
    let entry = stage.ann.reverse_charge(charge).now().wait().unwrap().entry;
    assert_eq!(parts(&entry), [(entry.number, 30)]);
    assert_eq!(stage.figures(), [30, 0]);
    // They can be charged and return again.
    let second = stage.spend(30);
    stage.reverse(second, 30).unwrap();
    assert_eq!(stage.grants(), [(entry.number, 30, None)]);
    assert_eq!(stage.figures(), [30, 0]);
}

#[test]
fn returned_credits_repay_other_debt() {
    let stage = Stage::begin();
    stage.give(10);
    let charge = stage.spend(10);
    stage.ann.deduct_credits(15, "loss").with_debt().now().wait().unwrap();
    stage.reverse(charge, 10).unwrap();
    assert_eq!(stage.figures(), [-5, 5]);
}

#[test]
fn a_settled_holds_charge_is_reversed_alike() {
    let stage = Stage::begin();
    let grant = stage.give(10);
    let hold = stage.ann.spend_credits_on(Operation::step(8)).hold(DAY).wait().unwrap();
    let settled = hold.settle_amount(12).wait().unwrap().entry;
    assert_eq!(stage.figures(), [-2, 2]);
    let entry = stage.ann.reverse_charge(settled.number).now().wait().unwrap().entry;
    assert_eq!((entry.amount, parts(&entry)), (12.into(), vec![(grant, 10)]));
    assert_eq!(stage.figures(), [10, 0]);
}

#[test]
fn handlers_totals_history_and_exports_tell_of_it() {
    let stage = Stage::begin();
    let (sender, told) = channel();
    stage
        .credits
        .subscriber("reversals")
        .start(move |event: &Event| sender.send(event.clone()).map_err(Box::new))
        .unwrap();
    stage.give(10);
    let charge = stage.spend(10);
    let entry = stage.reverse(charge, 10).unwrap();
    let told = std::iter::from_fn(|| told.recv_timeout(Duration::from_mins(1)).ok());
    let added = told.into_iter().find_map(|event| match event {
        Event::CreditsAdded(added) if added.entry.reverses.is_some() => Some(added.entry),
        _ => None,
    });
    assert_eq!(added.as_ref(), Some(&entry));
    let total =
        stage.credits.totals().unwrap().into_iter().find(|total| total.account == "charge_reversed").unwrap();
    assert_eq!((total.amount, total.entries), (10, 1));
    let listed = stage.ann.credit_history().category("charge_reversed").page().unwrap().entries;
    assert_eq!(listed, [entry]);
}

#[test]
fn a_file_keeps_what_was_reversed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credits.redb");
    let open = || Credits::open(&path).unwrap();
    let credits = open();
    let ann = credits.wallet("ann");
    ann.give_credits(10).now().wait().unwrap();
    let charge = ann.spend_credits_on(Operation::step(10)).now().wait().unwrap().entry.number;
    ann.reverse_charge(charge).amount(6).now().wait().unwrap();
    drop((ann, credits));
    let credits = open();
    let ann = credits.wallet("ann");
    let again = ann.reverse_charge(charge).amount(5).now().wait();
    assert!(matches!(rejection(again), Rejection::ReversalExceedsCharge { .. }));
    ann.reverse_charge(charge).amount(4).now().wait().unwrap();
    let amounts: Vec<Amount> = ann.reversals_of(charge).unwrap().iter().map(|entry| entry.amount).collect();
    assert_eq!(amounts, [6, 4]);
    credits.verify().unwrap();
}

/// What a random wallet does.
#[derive(Clone, Copy, Debug)]
enum Act {
    Give(i64, u32),
    Spend(u64),
    /// Reverses a charge, by its place, by an amount.
    Reverse(usize, i64),
    DaysPass(u32),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        2 => (1..60_i64, 0..30_u32).prop_map(|(amount, days)| Act::Give(amount, days)),
        3 => (0..80_u64).prop_map(Act::Spend),
        4 => (0..8_usize, 1..60_i64).prop_map(|(place, amount)| Act::Reverse(place, amount)),
        1 => (0..20_u32).prop_map(Act::DaysPass),
    ]
}

proptest! {
    #[test]
    fn no_charge_returns_more_than_it_took(acts in proptest::collection::vec(act(), 1..40)) {
        let stage = Stage::begin();
        // Each charge, with what it took and what returned of it.
        let mut charges: Vec<(FactNumber, i64, i64)> = Vec::new();
        for act in acts {
            let before = stage.ann.credits().unwrap().get();
            match act {
                Act::Give(amount, 0) => drop(stage.give(amount)),
                Act::Give(amount, days) => drop(stage.give_for(amount, days)),
                Act::DaysPass(days) => stage.days_pass(days),
                Act::Spend(pages) => {
                    let spent = stage.ann.spend_credits_on(Operation::step(pages)).now().wait();
                    charges.extend(spent.ok().map(|it| (it.entry.number, it.entry.amount.get().abs(), 0)));
                }
                Act::Reverse(place, amount) => {
                    let Some((charge, took, returned)) = charges.get_mut(place) else { continue };
                    let reversed = stage.reverse(*charge, amount);
                    prop_assert_eq!(reversed.is_ok(), *returned + amount <= *took);
                    if reversed.is_ok() {
                        *returned += amount;
                        // Credits with no lifetime left expire at once.
                        prop_assert!(stage.ann.credits().unwrap().get() <= before + amount);
                    }
                    let entries = stage.ann.reversals_of(*charge).unwrap();
                    prop_assert_eq!(entries.iter().map(|entry| entry.amount.get()).sum::<i64>(), *returned);
                }
            }
        }
        stage.credits.verify().unwrap();
    }
}
