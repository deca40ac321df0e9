//! Reversed charges of awards: a refund, a dispute or the end of a plan decides about returned credits.

use credits_runtime::billing::BillingEvent;
use credits_runtime::testing::ManualClock;
use credits_runtime::{Clock as _, FactNumber};
use proptest::prelude::*;

use super::script::{What, begin, check, instant, play, steps};

#[test]
fn a_cycle_that_was_refunded_gives_nothing_back() {
    check(
        "2026-01-01   state s1 pro
         .            paid in1 s1 pro 2026-01-01..2026-02-01 by=pi1 -> 1000
         .            spend 600                                     -> 400
         .            refund pi1 re1 1000                           -> 0
         .            reverse 200                                   -> 0
         .            reverse                                       -> 0
         # The refund failed: the whole cycle is there.
         +1d          refund pi1 re1 1000 failed                    -> 1000",
    );
}

#[test]
fn a_pack_that_was_refunded_repays_its_debt() {
    let stage = check(
        "2026-01-01   pack cs1 pi1 boost             -> 1100
         .            spend 1000                     -> 100
         .            refund pi1 re1 900             -> -1000
         .            reverse                        -> 0
         +1d          refund pi1 re1 900 failed      -> 1100",
    );
    assert_eq!(stage.ann.debt().unwrap(), 0);
}

#[test]
fn a_dispute_takes_what_comes_back_and_gives_it_when_it_is_won() {
    check(
        "2026-01-01   state s1 pro
         .            paid in1 s1 pro 2026-01-01..2026-02-01 by=pi1 -> 1000
         .            spend 1000                                    -> 0
         .            dispute pi1 dp1 1000                          -> 0
         .            reverse 700                                   -> 0
         .            reinstated pi1 dp1                            -> 700",
    );
}

#[test]
fn credits_of_an_expired_cycle_last_as_long_as_they_had_left() {
    check(
        "2026-01-01   state s1 pro
         .            paid in1 s1 pro 2026-01-01..2026-02-01       -> 1000
         2026-01-25   spend 300                                    -> 700
         2026-02-01   paid in2 s1 pro 2026-02-01..2026-03-01       -> 1700
         2026-02-02   look                                         -> 1000
         2026-02-20   reverse                                      -> 1300
         # The events of the next days do not cut what was promised.
         2026-02-22   state s1 pro                                 -> 1300
         2026-02-26   look                                         -> 1300
         2026-03-10   look                                         -> 0",
    );
}

#[test]
fn time_that_was_credited_takes_what_comes_back() {
    check(
        "2026-01-01   state s1 pro
         .            paid in1 s1 pro 2026-01-01..2026-02-01                  -> 1000
         .            spend 1000                                              -> 0
         2026-01-16T12 state s1 hobby was=pro
         .            paid in2 s1 pro 2026-01-16T12..2026-02-01 amount=-500 proration and s1 hobby 2026-01-16T12..2026-02-01 amount=50 proration -> 0
         .            reverse                                                 -> 550",
    );
}

#[test]
fn credits_of_a_rollover_end_with_their_plan() {
    let stage = begin("2026-01-01");
    play(
        &stage,
        "2026-01-01   state s1 keep
         .            paid in1 s1 keep 2026-01-01..2026-02-01   -> 100
         .            spend 100                                 -> 0
         2026-02-01   state s1 keep ended ends=2026-02-01       -> 0
         2026-02-10   reverse                                   -> 100
         2026-03-02   look                                      -> 100
         2026-03-03   look                                      -> 0",
    );
    stage.credits.verify().unwrap();
}

/// An event of a history with spends, each of which is reversed in the end.
#[derive(Clone, Copy, Debug)]
enum Event {
    Pack(u8),
    Refund(u8, u16),
    Failed(u8, u16),
    Dispute(u8),
    Reinstated(u8),
    CycleReturned,
    CycleRestored,
    Give(u16),
    Spend(u16),
    /// Reverses all charges so far.
    Reverse,
}

fn event() -> impl Strategy<Value = Event> {
    // Two purchases: of three, one may stand in for another that stands in for the third.
    let id = || 0..2_u8;
    prop_oneof![
        2 => id().prop_map(Event::Pack),
        2 => (id(), 1..900_u16).prop_map(|(id, amount)| Event::Refund(id, amount)),
        1 => (id(), 1..900_u16).prop_map(|(id, amount)| Event::Failed(id, amount)),
        1 => id().prop_map(Event::Dispute),
        1 => id().prop_map(Event::Reinstated),
        1 => Just(Event::CycleReturned),
        1 => Just(Event::CycleRestored),
        1 => (1..500_u16).prop_map(Event::Give),
        4 => (1..900_u16).prop_map(Event::Spend),
        2 => Just(Event::Reverse),
    ]
}

/// Plays a history. Returns the credits and the debt in the end.
macro_rules! outcome {
    ($pricing:ident, $events:expr, $spends:expr) => {{
        let clock = ManualClock::at(instant("2026-01-01"));
        let credits = $pricing::Credits::builder().clock(clock.clone()).in_memory().unwrap();
        let ann = credits.wallet("ann");
        let (mut charges, mut minutes) = (Vec::new(), 0);
        let reverse_all = |charges: &mut Vec<FactNumber>| {
            for charge in charges.drain(..) {
                ann.reverse_charge(charge).now().wait().unwrap();
            }
        };
        let mut say = |text: String| {
            minutes += 1;
            let at = clock.now().after(std::time::Duration::from_mins(minutes));
            clock.set(at);
            let steps = steps(&format!("{at} {text}"));
            let What::Event(event) = &steps[0].what else { panic!("{text} is no event") };
            credits.receive(BillingEvent::clone(event)).wait().unwrap();
        };
        say("state s1 pro".to_owned());
        say("paid in1 s1 pro 2026-01-01..2026-02-01 by=pi9".to_owned());
        for event in $events {
            match event {
                Event::Pack(id) => say(format!("pack cs{id} pi{id} boost")),
                Event::Refund(id, amount) => say(format!("refund pi{id} re{amount} {amount}")),
                Event::Failed(id, amount) => say(format!("refund pi{id} re{amount} {amount} failed")),
                Event::Dispute(id) => say(format!("dispute pi{id} dp{id} 900")),
                Event::Reinstated(id) => say(format!("reinstated pi{id} dp{id}")),
                Event::CycleReturned => say("refund pi9 re9 1000".to_owned()),
                Event::CycleRestored => say("refund pi9 re9 1000 failed".to_owned()),
                Event::Give(amount) => drop(ann.give_credits(i64::from(*amount)).now().wait().unwrap()),
                Event::Spend(amount) if $spends => {
                    let spent =
                        ann.spend_credits_on($pricing::Operation::step(u64::from(*amount))).now().wait();
                    charges.extend(spent.ok().map(|receipt| receipt.entry.number));
                }
                Event::Spend(_) => {}
                Event::Reverse => reverse_all(&mut charges),
            }
        }
        reverse_all(&mut charges);
        credits.verify().unwrap();
        [ann.credits(), ann.debt()].map(|figure| figure.unwrap().get())
    }};
}

/// A dispute of one pack took a credit of another pack, which was refunded then and lacked it: when the charge is
/// reversed, the credit that is back in the first pack is taken for the second.
#[test]
fn credits_that_stood_in_for_others_are_taken_for_them() {
    let events = [
        Event::Spend(890),
        Event::Refund(0, 466),
        Event::Pack(0),
        Event::Pack(1),
        Event::Spend(211),
        Event::Dispute(1),
        Event::Refund(0, 434),
    ];
    assert_eq!(outcome!(forgiving, &events, true), [1_000, 0]);
    assert_eq!(outcome!(forgiving, &events, false), [1_000, 0]);
}

/// The refund of one pack took a credit of another one, whose dispute took one of the cycle, which is returned then: the credit
/// that is back in the first pack is taken for the cycle.
#[test]
fn credits_that_stood_in_by_way_of_another_purchase_are_taken_for_them() {
    let events = [
        Event::Spend(225),
        Event::Pack(0),
        Event::Pack(1),
        Event::Spend(815),
        Event::Refund(0, 868),
        Event::Reverse,
        Event::Dispute(1),
        Event::CycleReturned,
    ];
    assert_eq!(outcome!(forgiving, &events, true), [39, 0]);
    assert_eq!(outcome!(forgiving, &events, false), [39, 0]);
}

proptest! {
    #[test]
    fn reversed_charges_leave_what_there_would_be_without_them(
        events in proptest::collection::vec(event(), 1..30),
    ) {
        prop_assert_eq!(outcome!(owing, &events, true), outcome!(owing, &events, false));
        prop_assert_eq!(outcome!(forgiving, &events, true), outcome!(forgiving, &events, false));
    }
}

mod owing {
    credits_runtime::usage_credits! {
        settings { subscription_refunds debt }
        subscription_plan pro { stripe_price "price_pro" gives 1_000.credits.every(month) }
        credit_pack boost { stripe_price "price_boost" gives 1_000.credits bonus 100.credits costs 9.dollars }
        operation step { costs 1.credit_per(page) }
    }
}

mod forgiving {
    credits_runtime::usage_credits! {
        settings { refunded_but_spent forgive }
        subscription_plan pro { stripe_price "price_pro" gives 1_000.credits.every(month) }
        credit_pack boost { stripe_price "price_boost" gives 1_000.credits bonus 100.credits costs 9.dollars }
        operation step { costs 1.credit_per(page) }
    }
}
