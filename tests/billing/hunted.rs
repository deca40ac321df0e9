//! Histories that once gave or took a credit too many: trials that are replaced or repeated, invoices that
//! arrive late, and quantities of zero.

use super::script::check;

#[test]
fn a_trial_that_is_over_is_not_given_again() {
    // The item of the trial is removed, and the owner tries the plan once more.
    check(
        "2026-01-01   state s1 starter trialing trial=2026-01-01..2026-01-15 anchor=2026-01-15   -> 50
         2026-01-15   paid in1 s1 starter 2026-01-15..2026-02-15                                 -> 650
         +5m          look                                                                       -> 600
         2026-01-20   state s1 starter removed anchor=2026-01-15                                 -> 600
         .            state s1b pro of=s1 anchor=2026-01-15                                      -> 600
         2026-02-15   paid in2 s1b pro 2026-02-15..2026-03-15 of=s1                              -> 1600
         2026-02-16   look                                                                       -> 1100
         2026-03-01   state s2 starter trialing trial=2026-03-01..2026-03-15 anchor=2026-03-15   -> 1100",
    );
    // The subscription has a second trial, after the first one was never paid.
    check(
        "2026-01-01   state s1 starter trialing trial=2026-01-01..2026-01-15 anchor=2026-01-15   -> 50
         2026-01-15   state s1 starter paused trial=2026-01-01..2026-01-15 anchor=2026-01-15     -> 50
         2026-02-01   look                                                                       -> 0
         2026-03-01   state s1 starter trialing trial=2026-03-01..2026-03-15 anchor=2026-03-15   -> 0",
    );
}

#[test]
fn trial_credits_stay_until_their_trial_ends() {
    // The item is replaced during the trial.
    check(
        "2026-01-01   state s1 starter trialing trial=2026-01-01..2026-01-15 anchor=2026-01-15         -> 50
         2026-01-05   state s1 starter removed anchor=2026-01-15                                       -> 50
         .            state s1b pro trialing of=s1 trial=2026-01-01..2026-01-15 anchor=2026-01-15      -> 50
         2026-01-15   paid in1 s1b pro 2026-01-15..2026-02-15 of=s1                                    -> 1050
         +5m          look                                                                             -> 1000",
    );
    // A trial after paid time takes nothing.
    check(
        "2026-01-01   state s1 starter trialing trial=2026-01-01..2026-01-15 anchor=2026-01-15   -> 50
         2026-01-10   state s1 starter trial=2026-01-01..2026-01-10 anchor=2026-01-10            -> 50
         .            paid in1 s1 starter 2026-01-10..2026-02-10                                 -> 650
         +1m          state s1 starter trialing trial=2026-01-11..2026-01-20 anchor=2026-01-20   -> 650
         +4m          look                                                                       -> 600",
    );
}

#[test]
fn an_invoice_that_arrives_late_gives_nothing_that_was_spent_already() {
    // 1,000 + 2,000 x 15.5 / 31, less the spent credits, as in the order of payment.
    check(
        "2026-01-01     state s1 pro                                                  -> 0
         2026-01-16T12  state s1 max was=pro anchor=2026-01-01                        -> 0
         .              paid in2 s1 pro 2026-01-16T12..2026-02-01 amount=-500 proration and s1 max 2026-01-16T12..2026-02-01 amount=1500 proration   -> 1000
         +1h            spend 800                                                     -> 200
         +1h            paid in1 s1 pro 2026-01-01..2026-02-01 at=2026-01-01          -> 1200",
    );
    check(
        "2026-01-01     state s1 pro                                                  -> 0
         2026-01-16T12  state s1 pro removed anchor=2026-01-01                        -> 0
         .              state s1b max of=s1 anchor=2026-01-01                         -> 0
         .              paid in2 s1 pro 2026-01-16T12..2026-02-01 amount=-500 proration and s1b max 2026-01-16T12..2026-02-01 amount=1500 proration of=s1   -> 1000
         +1h            spend 800                                                     -> 200
         +1h            paid in1 s1 pro 2026-01-01..2026-02-01 at=2026-01-01          -> 1200",
    );
    // Credits that were returned in between are not owed.
    check(
        "2026-01-01     state s1 seatsx10                                             -> 0
         2026-01-16T12  state s1 seatsx30 was=seatsx10 anchor=2026-01-01              -> 0
         .              paid in2 s1 seatsx10 2026-01-16T12..2026-02-01 amount=-500 proration and s1 seatsx30 2026-01-16T12..2026-02-01 amount=1500 proration by=pi2   -> 1000
         .              spend 1000                                                    -> 0
         +1h            refund pi2 re1 1000                                           -> 0
         +1h            paid in1 s1 seatsx10 2026-01-01..2026-02-01 at=2026-01-01     -> 1000",
    );
}

#[test]
fn a_quantity_of_nothing_has_no_bonus() {
    check(
        "2026-01-01     state s1 starterx0                                            -> 0
         .              paid in1 s1 starterx0 2026-01-01..2026-02-01 amount=0         -> 0
         2026-02-01     paid in2 s1 starterx2 2026-02-01..2026-03-01                  -> 1100",
    );
}

#[test]
fn of_a_smaller_quantity_that_is_credited_the_rest_goes_on() {
    // 500 - 200 x 15.5 / 31, and less 300 x 8 / 31.
    let stage = check(
        "2026-01-01     state s1 seatsx5                                              -> 0
         .              paid in1 s1 seatsx5 2026-01-01..2026-02-01                    -> 500
         2026-01-16T12  paid in2 s1 seatsx2 2026-01-16T12..2026-02-01 amount=-200 proration   -> 400
         2026-01-24     paid in3 s1 seatsx3 2026-01-24..2026-02-01 amount=-100 proration      -> 322
         2026-02-01     paid in4 s1 seatsx5 2026-02-01..2026-03-01                    -> 822",
    );
    assert!(stage.credits.unresolved().unwrap().is_empty());
}

#[test]
fn the_quantity_before_a_change_at_a_price_that_was_free_for_it_is_not_paid() {
    // One seat is free, so its credit is an amount of 0: 100 + 1,900 x 15.5 / 31.
    check(
        "2026-01-01     state s1 seats                                                -> 0
         .              paid in1 s1 seats 2026-01-01..2026-02-01 amount=0             -> 100
         2026-01-16T12  state s1 seatsx20 was=seats anchor=2026-01-01                 -> 100
         .              paid in2 s1 seats 2026-01-16T12..2026-02-01 amount=0 proration and s1 seatsx20 2026-01-16T12..2026-02-01 amount=500 proration   -> 1050",
    );
    // Two seats are free, alone and among five.
    check(
        "2026-01-01     state s1 seatsx2                                              -> 0
         .              paid in1 s1 seatsx2 2026-01-01..2026-02-01 amount=0           -> 200
         2026-01-16T12  state s1 seatsx5 was=seatsx2 anchor=2026-01-01                -> 200
         .              paid in2 s1 seatsx2 2026-01-16T12..2026-02-01 amount=0 proration and s1 seatsx2 2026-01-16T12..2026-02-01 amount=0 proration and s1 seatsx3 2026-01-16T12..2026-02-01 amount=500 proration   -> 350",
    );
}

#[test]
fn leaving_with_credit_and_joining_again_gives_what_was_paid() {
    let round = |time: i32| {
        let (before, out, back, used) = (time - 1, 2 * time - 1, 2 * time, 100 * time / 744);
        format!(
            "+1h paid out{time} s{before} seats 2026-01-01T{out:02}..2026-02-01 amount=-99 proration of=s0 -> {used}
             .   state s{time} seats of=s0 anchor=2026-01-01
             +1h paid in{time} s{time} seats 2026-01-01T{back:02}..2026-02-01 proration of=s0
"
        )
    };
    let rounds: String = (1..=10).map(round).collect();
    // Ten of 744 hours are credited.
    let script = format!(
        "2026-01-01 state s0 seats
         . paid in0 s0 seats 2026-01-01..2026-02-01
         {rounds}
         . look -> 98"
    );
    check(&script);
}

#[test]
fn what_was_spent_and_credited_is_made_up_by_later_subscriptions() {
    check(
        "2026-01-01     state s1 seatsx10                                             -> 0
         .              paid in1 s1 seatsx10 2026-01-01..2026-02-01                   -> 1000
         .              spend 1000                                                    -> 0
         2026-01-16T12  paid in2 s1 seatsx10 2026-01-16T12..2026-02-01 amount=-500 proration   -> 0
         .              state s2 gems                                                 -> 0
         .              paid in3 s2 gems 2026-01-16T12..2026-02-16T12                 -> 0 10 gems
         2026-01-17     state s3 seatsx10                                             -> 0 10 gems
         .              paid in4 s3 seatsx10 2026-01-17..2026-02-17                   -> 500 10 gems
         # The time is paid after all.
         2026-01-20     paid in5 s1 seatsx10 2026-01-16T12..2026-02-01 proration      -> 1000 10 gems",
    );
}
