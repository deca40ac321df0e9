//! Trials: extended, ended early, given after paid time, and repeated.

use super::text::check;

/// "End the trial now and pay": the billing anchor moves to now and a whole month is paid.
#[test]
fn a_trial_ended_early_gives_the_whole_first_month() {
    check(
        "2026-02-01  join s1 pro ..2026-02-15 status=trialing trial=2026-02-01..2026-02-15 anchor=2026-02-15
         .           paid in_1 s1 pro 0 month
         2026-02-05  change s1 ..2026-03-05 status=active trial=2026-02-01..2026-02-05 anchored
         .           paid in_2 s1 pro 900 month                                     -> 1000
         2026-02-16  look                                                           -> 1000",
    );
}

/// An extended trial gives its credits once. Its conversion gives the month and the bonus.
#[test]
fn an_extended_trial_gives_once() {
    check(
        "2026-02-01     join s1 starter ..2026-02-15 status=trialing trial=2026-02-01..2026-02-15 anchor=2026-02-15
         .              paid in_1 s1 starter 0 month                                -> 50
         2026-02-10     change s1 2026-02-01..2026-02-25 trial=2026-02-01..2026-02-25 anchor=2026-02-25
         .              paid in_1b s1 starter 0 ..2026-02-25
         2026-02-24     look                                                        -> 50
         2026-02-25     change s1 status=active
         2026-02-25T01  paid in_2 s1 starter 500 2026-02-25..2026-03-25
         2026-02-26     look                                                        -> 600",
    );
    // Extended, then ended early, then renewed.
    check(
        "2026-01-01  join s1 starter ..2026-01-15 status=trialing trial=2026-01-01..2026-01-15 anchor=2026-01-15
         .           paid in_1 s1 starter 0 month                                   -> 50
         2026-01-10  change s1 2026-01-01..2026-02-10 trial=2026-01-01..2026-02-10 anchor=2026-02-10
         .           paid in_2 s1 starter 0 ..2026-02-10
         2026-01-25  look                                                           -> 50
         2026-01-26  change s1 ..2026-02-26 status=active trial=2026-01-01..2026-01-26 anchored
         .           paid in_3 s1 starter 1900 month
         2026-01-27  look                                                           -> 600
         2026-02-26  change s1 ..2026-03-26
         .           paid in_4 s1 starter 1900 month
         2026-02-27  look                                                           -> 600",
    );
}

/// A long trial that was ended early lasts as its newest state says: a credit after it takes its credits.
#[test]
fn time_credited_after_a_trial_that_ended_early_is_taken() {
    check(
        "2026-02-01  join s1 pro ..2026-04-01 status=trialing trial=2026-02-01..2026-04-01 anchor=2026-04-01
         .           paid in_1 s1 pro 0 2026-02-01..2026-04-01
         2026-02-11  change s1 ..2026-03-11 status=active trial=2026-02-01..2026-02-11 anchored
         .           paid in_2 s1 pro 900 month                                         -> 1000
         2026-02-25  end s1
         .           paid in_3 s1 pro -450 2026-02-25..2026-03-11 proration             -> 500",
    );
}

/// Free time on a running subscription: Stripe makes it a trial and credits the rest of the month. The
/// seller's gift takes back nothing that was paid.
#[test]
fn free_time_on_a_paid_subscription_takes_nothing() {
    check(
        "2026-01-01  subscribe s1 pro ..2026-02-01                                  -> 1000
         2026-01-20  change s1 ..2026-02-15 status=trialing trial=2026-01-20..2026-02-15 anchor=2026-02-15
         .           paid in_2 s1 pro -348 2026-01-20..2026-02-01 proration and pro 0 month  -> 1000
         2026-02-15  change s1 ..2026-03-15 status=active
         .           paid in_3 s1 pro 900 month
         2026-02-16  look                                                           -> 1000",
    );
}

/// Support gives a free month to a paying customer by `trial_end`. The paid months before stay paid, whether
/// Stripe keeps the old `trial_start` or sets it to now.
#[test]
fn a_free_month_by_trial_end_leaves_the_paid_months() {
    for start in ["2026-02-01", "2026-03-20"] {
        check(&format!(
            "2026-02-01     join s1 kept ..2026-02-15 status=trialing trial=2026-02-01..2026-02-15 anchor=2026-02-15
             2026-02-15     change s1 ..2026-03-15 status=active
             2026-02-15T01  paid in_2 s1 kept 900 month
             2026-03-15     change s1 ..2026-04-15
             2026-03-15T01  paid in_3 s1 kept 900 month                             -> 2000
             2026-03-20     change s1 ..2026-05-15 status=trialing trial={start}..2026-05-15 anchor=2026-05-15  -> 2000",
        ));
    }
    check(
        "2026-02-15     subscribe s1 kept ..2026-03-15
         2026-03-15     change s1 ..2026-04-15
         2026-03-15T01  paid in_3 s1 kept 900 month                                 -> 2000
         2026-03-20     change s1 ..2026-05-15 status=trialing trial=2026-03-20..2026-05-15 anchor=2026-05-15  -> 2000
         2026-05-15     change s1 ..2026-06-15 status=active
         2026-05-15T01  paid in_4 s1 kept 900 month
         2026-05-16     look                                                        -> 3000",
    );
}

/// Two trials with lines of 0: of a plan the trial is given once per owner, even if a subscription was paid
/// between them, another subscription has the second, or they follow each other.
#[test]
fn a_second_trial_gives_nothing() {
    check(
        "2026-02-01  join s1 starter ..2026-02-15 status=trialing trial=2026-02-01..2026-02-15 anchor=2026-02-15
         .           paid in_1 s1 starter 0 month                                   -> 50
         2026-02-15  change s1 ..2026-03-15 status=active
         .           paid in_2 s1 starter 900 month                                 -> awarded=650
         2026-03-01  change s1 ..2026-04-15 status=trialing trial=2026-03-01..2026-04-15 anchor=2026-04-15
         .           paid in_3 s1 starter -450 2026-03-01..2026-03-15 proration and starter 0 month
         2026-04-14  look                                                           -> awarded=650
         2026-04-20  join s2 starter ..2026-05-04 status=trialing trial=2026-04-20..2026-05-04 anchor=2026-05-04
         .           paid in_4 s2 starter 0 month
         2026-05-03  look                                                           -> awarded=650",
    );
    check(
        "2026-02-01  join s1 starter ..2026-02-15 status=trialing trial=2026-02-01..2026-02-15 anchor=2026-02-15
         .           paid in_1 s1 starter 0 month                                   -> 50
         2026-02-15  change s1 ..2026-03-01 trial=2026-02-15..2026-03-01 anchor=2026-03-01
         .           paid in_2 s1 starter 0 month
         2026-02-28  look                                                           -> awarded=50",
    );
}
