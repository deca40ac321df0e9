//! Covers by events: the time in which a plan's unlimited operations cost its subscribers nothing.

use std::time::Duration;

use credits_runtime::testing::ManualClock;
use credits_runtime::testing::stripe::{Account, Shape};
use proptest::prelude::*;
use proptest::sample::Index;

use super::script::{Stage, What, begin, check, instant, steps};
use super::{Credits, Operation, Plan};

#[test]
fn paid_time_is_covered_and_so_is_the_wait_for_its_renewal() {
    check(
        "2026-01-10     state s1 open                                     -> 0
         +1h            paid in1 s1 open 2026-01-10..2026-02-10 begins    -> 100 by open
         2026-01-20     spend 70                                          -> 100 by open
         # The renewal is charged an hour after the period.
         2026-02-10T01  look                                              -> 100 by open
         .              paid in2 s1 open 2026-02-10..2026-03-10           -> 200 by open
         2026-03-12     state s1 open past_due                            -> 100 by open
         2026-03-13     look                                              -> 100
         # Paid late, it is covered again.
         2026-03-20     paid in3 s1 open 2026-03-10..2026-04-10           -> 100 by open
         2026-04-12     look                                              -> 100 by open
         2026-04-14     look                                              -> 0",
    );
    // The wait is a quarter of the period at most, and none where the end is known.
    check(
        "2026-01-10     state s1 open
         .              paid in1 s1 open 2026-01-10..2026-01-14 begins    -> 100 by open
         2026-01-14T23  look                                              -> 100 by open
         2026-01-15     look                                              -> 100",
    );
}

#[test]
fn a_subscription_that_ends_is_covered_until_its_end() {
    check(
        "2026-01-10     state s1 open
         .              paid in1 s1 open 2026-01-10..2026-02-10 begins    -> 100 by open
         2026-01-20     state s1 open ends=2026-02-10                     -> 100 by open
         2026-02-09T23  look                                              -> 100 by open
         2026-02-10     look                                              -> 100",
    );
    // Ended at once, whatever is paid; it had been said to go on.
    check(
        "2026-01-10     state s1 open
         .              paid in1 s1 open 2026-01-10..2026-02-10 begins    -> 100 by open
         2026-01-20     state s1 open ended ends=2026-01-20               -> 100",
    );
    // An item that is removed stays paid; it is not renewed.
    check(
        "2026-01-10     state s1 open of=s
         .              state s2 free of=s
         .              paid in1 s1 open 2026-01-10..2026-02-10 of=s begins -> 100 by open
         2026-01-20     state s1 open removed of=s                        -> 100 by open
         2026-02-09T23  look                                              -> 100 by open
         2026-02-10     look                                              -> 100",
    );
}

#[test]
fn a_trial_is_covered() {
    check(
        "2026-01-10     state s1 open trialing trial=2026-01-10..2026-01-24   -> 10 by open
         2026-01-24T01  look                                                  -> 10 by open
         .              state s1 open                                         -> 10 by open
         .              paid in1 s1 open 2026-01-24..2026-02-24 begins        -> 110 by open
         2026-02-23     look                                                  -> 100 by open",
    );
    check(
        "2026-01-10     state s1 open trialing trial=2026-01-10..2026-01-24   -> 10 by open
         2026-01-15     state s1 open ended ends=2026-01-15 trial=2026-01-10..2026-01-24 -> 10",
    );
    // Another plan within the trial, and its end without a payment.
    check(
        "2026-01-10     state s1 pro trialing trial=2026-01-10..2026-01-24    -> 0
         2026-01-12     state s1 open trialing trial=2026-01-10..2026-01-24   -> 0 by open
         2026-01-14     state s1 pro trialing trial=2026-01-10..2026-01-24    -> 0
         2026-01-16     state s1 open trialing trial=2026-01-10..2026-01-24   -> 0 by open
         2026-01-24     state s1 open past_due                                -> 0 by open
         2026-01-27     look                                                  -> 0",
    );
    // Cut short by its newest state.
    check(
        "2026-01-10     state s1 open trialing trial=2026-01-10..2026-01-24   -> 10 by open
         2026-01-12     state s1 pro trial=2026-01-10..2026-01-12             -> 10 by open
         +1m            paid in1 s1 pro 2026-01-12..2026-02-12 begins         -> 1010",
    );
}

#[test]
fn changes_of_plan_begin_and_end_covers_where_lines_say() {
    // Up: the line pays for the rest of the period. Down: the line credits it, and until then the state says nothing.
    check(
        "2026-01-01     state s1 pro
         .              paid in1 s1 pro 2026-01-01..2026-02-01 begins         -> 1000
         2026-01-16     state s1 open was=pro                                 -> 1000
         .              paid in2 s1 pro 2026-01-16..2026-02-01 amount=-500 proration and s1 open 2026-01-16..2026-02-01 amount=100 proration -> 535 by open
         2026-01-20     state s1 pro was=open                                 -> 535 by open
         .              paid in3 s1 open 2026-01-20..2026-02-01 amount=-100 proration and s1 pro 2026-01-20..2026-02-01 amount=500 proration -> 883",
    );
    // A fall for which nothing is credited: the cover ends with its paid time.
    check(
        "2026-01-01     state s1 open
         .              paid in1 s1 open 2026-01-01..2026-02-01 begins        -> 100 by open
         2026-01-20     state s1 pro was=open                                 -> 100 by open
         2026-02-01     look                                                  -> 100 by open
         +1h            paid in2 s1 pro 2026-02-01..2026-03-01                -> 1100",
    );
}

#[test]
fn credited_time_that_was_not_found_is_not_covered() {
    check(
        "2026-01-01     state s1 open
         .              paid in1 s1 open 2026-01-01..2026-02-01 begins        -> 100 by open
         2026-01-16     state s1 payg was=open                                -> 100 by open
         .              paid in2 s1 open 2026-01-16..2026-01-31 amount=-500 proration and s1 payg 2026-01-16..2026-02-01 amount=10 proration -> 51
         2026-01-30T12  look                                                  -> 51
         2026-01-31T12  look                                                  -> 51 by open
         2026-02-01T01  look                                                  -> 51",
    );
    // A part of the quantity goes on.
    check(
        "2026-01-01     state s1 openx2
         .              paid in1 s1 openx2 2026-01-01..2026-02-01 begins      -> 200 by open
         2026-01-16     state s1 open was=openx2
         .              paid in2 s1 open 2026-01-16..2026-01-31 amount=-500 proration -> 151 by open",
    );
}

#[test]
fn credited_time_counts_against_as_much_paid_time() {
    // Two items, one of which is credited with another end.
    check(
        "2026-01-01     state s1 open of=s
         .              state s2 open of=s
         .              paid in1 s1 open 2026-01-01..2026-02-01 of=s begins and s2 open 2026-01-01..2026-02-01 of=s -> 200 by open
         2026-01-15     state s2 open removed of=s
         .              paid in2 s2 open 2026-01-15..2026-01-31 of=s amount=-500 proration -> 148 by open",
    );
    // Bought again as another item.
    check(
        "2026-01-01     state s1 open of=s
         .              paid in1 s1 open 2026-01-01..2026-02-01 of=s begins   -> 100 by open
         2026-01-10     state s1 payg was=open of=s
         .              paid in2 s1 open 2026-01-10..2026-01-31 of=s amount=-500 proration and s1 payg 2026-01-10..2026-02-01 of=s amount=10 proration -> 32
         2026-01-20     state s2 open of=s
         .              paid in3 s2 open 2026-01-20..2026-02-01 of=s amount=400 proration -> 70 by open
         2026-01-30     look                                                  -> 70 by open",
    );
    // Two weeks of a year.
    check(
        "2026-01-01     state s1 open_year
         .              paid in1 s1 open_year 2026-01-01..2027-01-01 begins   -> 100 by open
         2026-01-31     paid in2 s1 open_year 2026-02-01..2026-02-15 amount=-50 proration -> 100 by open
         2026-02-01T01  look                                                  -> 50
         2026-02-15     look                                                  -> 50 by open
         2026-08-20     look                                                  -> 100 by open",
    );
}

#[test]
fn a_proration_that_is_charged_late_covers_no_other_time() {
    check(
        "2026-01-01     state s1 open
         .              paid in1 s1 open 2026-01-01..2026-02-01 begins        -> 100 by open
         2026-01-16     state s1 openx2 was=open
         2026-02-01     paid in2 s1 open 2026-01-16..2026-02-01 amount=-500 proration and s1 openx2 2026-01-16..2026-02-01 amount=1000 proration and s1 openx2 2026-02-01..2026-03-01 begins
         2026-02-03     state s1 payg was=openx2
         .              paid in3 s1 openx2 2026-02-03..2026-03-01 amount=-1900 proration and s1 payg 2026-02-03..2026-03-01 amount=10 proration
         2026-02-04     look                                                  -> 158
         2026-02-19     look                                                  -> 158",
    );
}

#[test]
fn an_ended_subscription_waits_for_no_renewal() {
    // The processor names no end.
    check(
        "2026-01-01     state s1 open
         .              paid in1 s1 open 2026-01-01..2026-02-01 begins        -> 100 by open
         2026-01-10     state s1 open ended                                   -> 100
         2026-02-02     look                                                  -> 100",
    );
    // Nothing is charged after a trial that pauses; a payment that fails is waited for a quarter of the trial.
    check(
        "2026-01-10     state s1 open trialing trial=2026-01-10..2026-01-18   -> 10 by open
         2026-01-18     state s1 open paused trial=2026-01-10..2026-01-18     -> 10",
    );
    check(
        "2026-01-10     state s1 open trialing trial=2026-01-10..2026-01-18   -> 10 by open
         2026-01-18     state s1 open past_due trial=2026-01-10..2026-01-18   -> 10 by open
         2026-01-19T23  look                                                  -> 10 by open
         2026-01-20     look                                                  -> 10",
    );
    check("2026-01-10 state s1 openx0 trialing trial=2026-01-10..2026-01-18   -> 10");
}

#[test]
fn time_that_is_paid_in_arrears_covers_as_much_time_after_it() {
    check(
        "2026-01-01     state s1 open by_use                                  -> 0
         2026-02-01     paid in1 s1 open 2026-01-01..2026-02-01 usage=40      -> 100 by open
         2026-02-28     look                                                  -> 100 by open
         2026-03-01     paid in2 s1 open 2026-02-01..2026-03-01 usage=40      -> 200 by open
         2026-04-02     look                                                  -> 0 by open
         2026-04-05     look                                                  -> 0",
    );
}

#[test]
fn a_shortened_first_period_in_arrears_covers_as_much_time_too() {
    check(
        "2026-01-10     state s1 open by_use anchor=2026-02-01
         2026-02-01     paid in1 s1 open 2026-01-10..2026-02-01 usage=40      -> 70 by open
         2026-02-20     look                                                  -> 70 by open",
    );
}

#[test]
fn a_returned_payment_ends_its_cover() {
    check(
        "2026-01-01     state s1 open
         .              paid in1 s1 open 2026-01-01..2026-02-01 begins by=pi1 -> 100 by open
         2026-01-05     refund pi1 re1 400                                    -> 100 by open
         2026-01-06     refund pi1 re2 600                                    -> 0
         2026-01-07     refund pi1 re2 600 failed                             -> 100 by open
         2026-01-08     dispute pi1 dp1 1000                                  -> 0
         2026-01-09     reinstated pi1 dp1                                    -> 100 by open",
    );
}

#[test]
fn subscriptions_of_the_applications_own_are_covered_until_they_end() {
    check(
        "2026-01-01     join open                    -> 100 by open
         2026-06-01T01  look                         -> 100 by open
         . leave                                     -> 100 by open
         2026-06-30     look                         -> 100 by open
         2026-07-01     look                         -> 100",
    );
    check(
        "2026-01-01     join open until=2026-03-15   -> 100 by open
         2026-03-14     look                         -> 100 by open
         2026-03-15     look                         -> 100",
    );
    check(
        "2026-01-01     join open anchor=2026-01-05  -> 0
         2026-01-05     look                         -> 100 by open
         2026-01-06     leave at_once                -> 100",
    );
    // What was covered ends with a request to end at once, whatever comes next; the credits stay.
    check(
        "2026-01-01     join open                    -> 100 by open
         2026-01-06     leave at_once                -> 100
         2026-01-07     join basic                   -> 100
         2026-01-30     look                         -> 100
         2026-02-01T01  look                         -> 100",
    );
    check(
        "2026-01-01     join open                    -> 100 by open
         2026-01-06     leave at_once                -> 100
         2026-01-07     join basic                   -> 100
         2026-01-08     join open                    -> 100 by open
         2026-02-01T01  look                         -> 100 by open",
    );
    check(
        "2026-01-01     join open                    -> 100 by open
         2026-01-06     leave at_once                -> 100
         2026-01-07     join open                    -> 100 by open
         2026-01-08     join basic                   -> 100 by open
         2026-02-01T01  look                         -> 100",
    );
    // Without cycles, a plan ends at once, and another one takes its place at once.
    check(
        "2026-01-01     join whole                   -> 0 by whole
         2027-01-01     look                         -> 0 by whole
         . join basic                                -> 100
         . join whole id=seat                        -> 100 by whole
         . leave id=seat                             -> 100",
    );
}

#[test]
fn of_two_plans_one_covers_until_the_other_takes_over() {
    check(
        "2026-01-01     state s1 open
         .              paid in1 s1 open 2026-01-01..2026-02-01 begins        -> 100 by open
         2026-01-10     join whole                                            -> 100 by whole
         2026-01-11     leave                                                 -> 100 by open
         2026-01-12     join whole                                            -> 100 by whole
         2026-02-05     look                                                  -> 0 by whole
         .              leave                                                 -> 0",
    );
}

#[test]
fn a_handover_ends_the_cover_and_what_is_paid_then_begins_one() {
    let stage = check(
        "2026-01-01     state s1 open
         .              paid in1 s1 open 2026-01-01..2026-02-01 begins        -> 100 by open",
    );
    stage.go_to(instant("2026-01-10"));
    let of_bob = |text: &str| {
        let What::Event(mut event) = steps(text)[0].what.clone() else { panic!("no event") };
        event.owner = Some(credits_runtime::Owner::new("bob").unwrap());
        stage.credits.receive(*event).wait().unwrap();
    };
    of_bob("2026-01-10 state s1 open");
    let bob = stage.credits.wallet("bob");
    let covers = |wallet: &super::Wallet| wallet.covered_by(Operation::step(1)).unwrap().is_some();
    assert!(!covers(&stage.ann) && !covers(&bob));
    stage.go_to(instant("2026-02-01"));
    of_bob("2026-02-01 paid in2 s1 open 2026-02-01..2026-03-01");
    assert!(!covers(&stage.ann) && covers(&bob));
    stage.credits.verify().unwrap();
}

#[test]
fn a_simulated_subscription_is_covered_without_a_gap_until_it_ends() {
    for shape in Shape::ALL {
        let clock = ManualClock::at(instant("2026-01-31"));
        let credits = Credits::builder().clock(clock.clone()).in_memory().unwrap();
        let mut account = Account::new(*shape, instant("2026-01-31"));
        let stripe = credits.stripe("sk_test_1").webhook_secret(account.secret());
        let stripe = stripe.transport(account.transport()).build().unwrap();
        let subscription = account.subscribe("ann", "price_open", 900);
        account.deliver(&stripe, &clock);
        let is_covered = || credits.wallet("ann").covered_by(Operation::step(1)).unwrap().is_some();
        // Over two renewals, each of which is charged an hour after its period.
        for hour in 0..24 * 65 {
            assert!(is_covered(), "hour {hour} of {shape:?}");
            account.pass(Duration::from_hours(1));
            account.deliver(&stripe, &clock);
        }
        account.cancel_at_period_end(subscription);
        account.deliver(&stripe, &clock);
        assert!(is_covered());
        account.pass(Duration::from_hours(24 * 31));
        account.deliver(&stripe, &clock);
        assert!(!is_covered());
        credits.verify().unwrap();
    }
}

#[test]
fn a_cover_has_ended_before_its_end_is_booked() {
    let stage = begin("2026-01-01");
    stage
        .credits
        .subscribe("ann", Plan::Open)
        .until(instant("2026-01-15"))
        .complimentary()
        .now()
        .wait()
        .unwrap();
    assert_eq!(stage.says(), "100 by open");
    // Nothing is booked between: reads look at the time, and so do charges.
    stage.clock.set(instant("2026-01-15"));
    assert_eq!(stage.says(), "100");
    let receipt = stage.ann.spend_credits_on(Operation::step(3)).now().wait().unwrap();
    assert_eq!((receipt.entry.amount.get(), receipt.entry.covered_by), (-3, None));
}

/// The events of a subscription that is tried, paid, upgraded, refunded in part, and ended.
const LIFE: &str = "2026-01-01  state s1 pro trialing trial=2026-01-01..2026-01-08
     2026-01-04  state s1 open trialing trial=2026-01-01..2026-01-08 was=pro
     2026-01-08  state s1 open
     2026-01-08  paid in1 s1 open 2026-01-08..2026-02-08 begins by=pi1
     2026-01-20  state s1 pro was=open
     2026-01-20  paid in2 s1 open 2026-01-20..2026-02-08 amount=-60 proration and s1 pro 2026-01-20..2026-02-08 amount=600 proration by=pi2
     2026-01-25  refund pi2 re1 1000
     2026-02-08  state s1 open was=pro
     2026-02-08  paid in3 s1 open 2026-02-08..2026-03-08 by=pi3
     2026-02-20  dispute pi3 dp1 1000
     2026-02-25  reinstated pi3 dp1
     2026-03-08  paid in4 s1 open 2026-03-08..2026-04-08 by=pi4
     2026-03-20  state s1 open ends=2026-04-08";

/// Whether `step` is covered on the days after the last event.
fn covers(stage: &Stage) -> String {
    let days = ["2026-03-20T01", "2026-04-07", "2026-04-08"];
    let covers = days.into_iter().map(|day| {
        stage.go_to(instant(day));
        let by = stage.ann.covered_by(Operation::step(1)).unwrap();
        by.map_or_else(|| "-".to_owned(), |by| by.plan)
    });
    covers.collect::<Vec<_>>().join(" ")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// The events up to any one of them, in any order, lead to the covers that they lead to in order.
    #[test]
    fn any_order_of_events_leads_to_the_same_covers(
        until in 1..=13_usize,
        places in prop::collection::vec(any::<Index>(), 13),
    ) {
        let known: Vec<_> = steps(LIFE).into_iter().take(until).collect();
        let in_order = Stage::new(known[0].at);
        for step in &known {
            in_order.play(step);
        }
        let last = known.last().unwrap().at;
        let shuffled = Stage::new(last);
        let mut left = known.clone();
        for place in &places[..until] {
            let step = left.remove(place.index(left.len()));
            let What::Event(event) = step.what else { panic!("no event") };
            shuffled.credits.receive(*event).wait().unwrap();
        }
        let by = |stage: &Stage| stage.ann.covered_by(Operation::step(1)).unwrap();
        prop_assert_eq!(by(&in_order), by(&shuffled));
        prop_assert_eq!(covers(&in_order), covers(&shuffled));
        in_order.credits.verify().unwrap();
        shuffled.credits.verify().unwrap();
    }
}
