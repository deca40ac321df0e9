//! Debits: credited time that no payment covers lowers cycles of other lengths, once and exactly.

use super::script::check;

/// Checks a change that credits a month which was paid and refunded.
fn check_after_refund(change: &str) {
    let refunded = "2026-01-01  state s1 pro
         .           paid in1 s1 pro 2026-01-01..2026-02-01 by=pi1     -> 1000
         2026-01-03  refund pi1 re1 1000                               -> 0";
    check(&format!("{refunded}\n{change}"));
}

#[test]
fn a_debit_of_refunded_time_ends_with_it_or_with_the_refund() {
    check_after_refund(
        "2026-01-15  state s1 weekly anchor=2026-01-15
         .           paid in2 s1 pro 2026-01-15..2026-02-01 amount=-450 proration and s1 weekly 2026-01-15..2026-02-12   -> 0
         2026-01-22  look                                              -> 0
         # Four of the seven days are after the credit.
         2026-01-29  look                                              -> 4
         2026-02-08  look                                              -> 7
         # The refund failed: all of it was paid, and the time of it is over.
         2026-02-09  refund pi1 re1 1000 failed                        -> 7",
    );
}

/// The credited plan has no cycle.
#[test]
fn a_debit_of_a_plan_that_was_never_paid_lowers_the_plan_that_is() {
    check(
        "2026-01-15  state s1 weekly
         .           paid in1 s1 pro 2026-01-15..2026-02-01 amount=-450 proration and s1 weekly 2026-01-15..2026-02-12   -> 0
         2026-01-29  look                                              -> 4
         2026-02-08  look                                              -> 7",
    );
}

#[test]
fn a_debit_stays_where_it_was_when_another_length_is_paid_later() {
    check_after_refund(
        "2026-01-05  state s1 weekly anchor=2026-01-05
         # 225.8 a week are credited, so the week gives nothing.
         .           paid in2 s1 pro 2026-01-05..2026-02-01 amount=-450 proration and s1 weekly 2026-01-05..2026-01-12   -> 0
         2026-01-12  state s1 dailyx20 anchor=2026-01-12               -> 0
         # Days from then on are paid: the week that is over gives as little as before.
         .           paid in3 s1 dailyx20 2026-01-12..2026-02-01       -> 0",
    );
}

#[test]
fn a_debit_of_a_length_that_is_paid_in_the_first_days_lowers_the_next_one_too() {
    check_after_refund(
        "2026-01-05  state s1 dailyx20 anchor=2026-01-05
         .           paid in2 s1 pro 2026-01-05..2026-02-01 amount=-450 proration and s1 dailyx20 2026-01-05..2026-01-12 -> 0
         2026-01-12T01  state s1 weeklyx20 anchor=2026-01-12           -> 0
         # 140 a week, of which 225.8 are credited.
         .           paid in3 s1 weeklyx20 2026-01-12..2026-01-26      -> 0",
    );
}

#[test]
fn a_debit_lowers_each_cycle_that_follows_until_it_is_paid() {
    check_after_refund(
        "2026-01-05  state s1 dailyx20 anchor=2026-01-05
         .           state s2 weeklyx20 of=s1 anchor=2026-01-05
         # 32.26 a day are credited: all 20 of the first day and 132.26 of the 140 of the week, which begins with it.
         .           paid in2 s1 pro 2026-01-05..2026-02-01 amount=-450 proration and s1 dailyx20 2026-01-05..2026-02-02 and s2 weeklyx20 2026-01-05..2026-02-02 of=s1 -> 7
         # The next days bear the rest: 12.26 of 20.
         2026-01-06T01 look                                            -> 15
         2026-01-07T01 look                                            -> 15
         # 7.74 of the week and 7.74 of each day are 30.97.
         2026-01-08T01 look                                            -> 14
         2026-01-09T01 look                                            -> 15
         # The debit is over. Of the last week 6 days are credited.
         2026-02-01T01 look                                            -> 48",
    );
}

#[test]
fn a_debit_loses_nothing_to_the_rounding_of_short_cycles() {
    check_after_refund(
        "2026-01-05  state s1 dailyx40 anchor=2026-01-05
         # 40 - 1000 / 31 are 7.74 a day: 7.74, 15.48, 23.23, 30.97, 38.71.
         .           paid in2 s1 pro 2026-01-05..2026-02-01 amount=-450 proration and s1 dailyx40 2026-01-05..2026-02-01 -> 7
         2026-01-06T01 look                                            -> 8
         2026-01-07T01 look                                            -> 8
         2026-01-08T01 look                                            -> 7
         2026-01-09T01 look                                            -> 8",
    );
}

#[test]
fn a_debit_is_measured_by_the_months_that_it_lies_in() {
    check(
        "2026-01-01  state s1 pro_year
         .           paid in1 s1 pro_year 2026-01-01..2027-01-01 by=pi1        -> 1000
         2026-01-03  refund pi1 re1 1000                                       -> 0
         2026-01-05  state s1 weeklyx100 anchor=2026-01-05
         # 225.8 a week in January, 250 in February.
         .           paid in2 s1 pro_year 2026-01-05..2027-01-01 amount=-990 proration and s1 weeklyx100 2026-01-05..2027-01-04 -> 474
         2026-02-09T01 look                                                    -> 450",
    );
}

#[test]
fn a_debit_lowers_no_time_that_another_cycle_gave() {
    check(
        "2026-01-01  state s1 seatsx10
         .           state s2 seatsx10 of=s1
         .           paid in1 s1 seatsx10 2026-01-01..2026-02-01 and s2 seatsx10 2026-01-01..2026-02-01 of=s1   -> 2000
         2026-01-05  state s2 seatsx10 of=s1 anchor=2026-01-05
         .           paid in2 s2 seatsx10 2026-01-05..2026-02-01 of=s1 amount=-800 proration and s2 seatsx10 2026-01-05..2027-01-05 of=s1 by=pi2
         2026-01-06  state s2 seatsx3 of=s1 anchor=2026-01-05
         .           paid in3 s2 seatsx10 2026-01-06..2027-01-05 of=s1 amount=-9000 proration and s2 seatsx3 2026-01-06..2027-01-05 of=s1 amount=2700 proration
         # The cycle of January gives 1,000 and 4 days of another 1,000. That of the 5th gives a day of 1,000 and, up to
         # the end of January, 26 days of 1,300 less the debit of 1,000. After that 300 are paid, and no more than these are
         # credited.
         2026-01-08  refund pi2 re2 1000                               -> 1412",
    );
}
