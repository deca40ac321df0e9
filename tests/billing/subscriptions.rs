//! Subscriptions: cycles, lifetimes, rises and falls, ends.

use super::script::check;

#[test]
fn a_paid_cycle_gives_once_and_overlaps_with_the_next() {
    check(
        "2026-01-31        state s1 pro                                      -> 0
         .                 paid in1 s1 pro 2026-01-31..2026-02-28 begins     -> 1000
         +1d               paid in1 s1 pro 2026-01-31..2026-02-28 begins     -> 1000
         2026-02-28        spend 300                                         -> 700
         +1h               paid in2 s1 pro 2026-02-28..2026-03-31            -> 1700
         +4m               look                                              -> 1700
         +1m               look                                              -> 1000
         2026-03-31        paid in3 s1 pro 2026-03-31..2026-04-30            -> 2000
         +5m               look                                              -> 1000",
    );
}

#[test]
fn credits_outlive_their_cycle_while_the_renewal_is_charged() {
    for late in ["1h", "1d", "3d"] {
        check(&format!(
            "2026-01-10        state s1 pro
             .                 paid in1 s1 pro 2026-01-10..2026-02-10 begins     -> 1000
             2026-02-10        look                                              -> 1000
             +{late}           look                                              -> 1000
             .                 paid in2 s1 pro 2026-02-10..2026-03-10            -> 2000
             +5m               look                                              -> 1000",
        ));
    }
    check(
        "2026-01-10        state s1 pro
         .                 paid in1 s1 pro 2026-01-10..2026-02-10 begins     -> 1000
         2026-02-13        state s1 pro past_due                             -> 1000
         +5m               look                                              -> 0
         # Paid late, it lasts until the end of the cycle that runs then.
         2026-03-20        paid in2 s1 pro 2026-02-10..2026-03-10            -> 1000
         2026-04-10        look                                              -> 1000
         +5m               look                                              -> 0",
    );
}

#[test]
fn what_is_held_over_the_turn_is_charged_or_gone() {
    for (ends, expected) in [("release", 1_000), ("settle", 1_000)] {
        let stage = check(&format!(
            "2026-01-10        state s1 pro
             .                 paid in1 s1 pro 2026-01-10..2026-02-10 begins     -> 1000
             2026-02-10        hold 300                                          -> 700
             +1h               paid in2 s1 pro 2026-02-10..2026-03-10            -> 1700
             +5m               look                                              -> 1000
             +1h               {ends}                                            -> {expected}",
        ));
        let last = &stage.ann.credit_history().page().unwrap().entries[0];
        let (category, amount) = (last.category.name(), last.amount.get());
        assert_eq!(amount, -300);
        assert_eq!(category, if ends == "release" { "expired" } else { "operation_charge" });
    }
    // The payment is refunded while a part of its credits is held: the rest is taken, and the held part is
    // not charged twice.
    check(
        "2026-01-10        state s1 pro
         .                 paid in1 s1 pro 2026-01-10..2026-02-10 begins by=pi1  -> 1000
         .                 hold 300                                              -> 700
         +1h               refund pi1 re1 1000                                   -> 0
         +1h               settle                                                -> 0
         +1h               refund pi1 re1 1000 failed                            -> 700",
    );
    // Released credits are taken too, within a minute.
    check(
        "2026-01-10        state s1 pro
         .                 paid in1 s1 pro 2026-01-10..2026-02-10 begins by=pi1  -> 1000
         .                 hold 300                                              -> 700
         +1h               refund pi1 re1 1000                                   -> 0
         +1h               release                                               -> 300
         +1m               look                                                  -> 0
         +1h               refund pi1 re1 1000 failed                            -> 1000",
    );
}

#[test]
fn what_ends_with_its_cycle_has_no_wait() {
    check(
        "2026-01-10        state s1 pro
         .                 paid in1 s1 pro 2026-01-10..2026-02-10 begins     -> 1000
         2026-01-20        state s1 pro ends=2026-02-10                      -> 1000
         2026-02-10        state s1 pro ended ends=2026-02-10                -> 1000
         +5m               look                                              -> 0",
    );
}

#[test]
fn monthly_credits_on_yearly_billing_come_monthly() {
    check(
        "2026-01-31        state s1 pro_year                                      -> 0
         .                 paid in1 s1 pro_year 2026-01-31..2027-01-31 begins     -> 1000
         2026-02-28        look                                                   -> 2000
         +5m               look                                                   -> 1000
         2026-03-30        look                                                   -> 1000
         2026-03-31        look                                                   -> 2000
         +5m               spend 400                                              -> 600
         2026-12-31T01     look                                                   -> 1000
         2027-01-31        look                                                   -> 1000
         2027-02-04        look                                                   -> 0",
    );
}

#[test]
fn quarterly_credits_on_monthly_billing_come_once_a_quarter() {
    check(
        "2026-01-01        state s1 quarterly
         .                 paid in1 s1 quarterly 2026-01-01..2026-02-01 begins    -> 900
         2026-02-01        paid in2 s1 quarterly 2026-02-01..2026-03-01           -> 900
         2026-03-01        paid in3 s1 quarterly 2026-03-01..2026-04-01           -> 900
         2026-04-01        paid in4 s1 quarterly 2026-04-01..2026-05-01           -> 1800
         +5m               look                                                   -> 900",
    );
}

#[test]
fn past_due_and_paused_time_gives_nothing() {
    check(
        "2026-01-01        state s1 keep
         .                 paid in1 s1 keep 2026-01-01..2026-02-01 begins    -> 100
         2026-02-01        state s1 keep past_due                            -> 100
         2026-03-01        state s1 keep past_due                            -> 100
         2026-04-10        paid in4 s1 keep 2026-04-01..2026-05-01           -> 200
         .                 paid in2 s1 keep 2026-02-01..2026-03-01           -> 300",
    );
}

#[test]
fn a_trial_gives_once_and_its_conversion_gives_the_bonus() {
    check(
        "2026-01-01        state s1 starter trialing trial=2026-01-01..2026-01-15 anchor=2026-01-15   -> 50
         .                 paid in0 s1 starter 2026-01-01..2026-01-15 amount=0 begins total=0         -> 50
         2026-01-15        state s1 starter trial=2026-01-01..2026-01-15 anchor=2026-01-15            -> 50
         +1h               paid in1 s1 starter 2026-01-15..2026-02-15                                 -> 650
         +5m               look                                                                       -> 600
         # Another subscription to the plan: neither trial nor bonus again.
         2026-02-20        state s1 starter ended ends=2026-02-20 trial=2026-01-01..2026-01-15        -> 100
         2026-03-01        state s2 starter trialing trial=2026-03-01..2026-03-15 anchor=2026-03-15   -> 100
         2026-03-15        paid in2 s2 starter 2026-03-15..2026-04-15                                 -> 600",
    );
}

#[test]
fn a_trial_that_is_cancelled_ends_with_itself() {
    check(
        "2026-01-01   state s1 starter trialing trial=2026-01-01..2026-01-15 anchor=2026-01-15                  -> 50
         2026-01-02   state s1 starter trialing trial=2026-01-01..2026-01-15 anchor=2026-01-15 ends=2026-01-15  -> 50
         2026-01-15   look                                                                                      -> 50
         +5m          look                                                                                      -> 0",
    );
}

#[test]
fn a_shorter_first_period_gives_its_share() {
    check(
        "2026-01-17   state s1 pro anchor=2026-02-01                                        -> 0
         .            paid in1 s1 pro 2026-01-17..2026-02-01 amount=480 proration begins    -> 483
         2026-02-01   paid in2 s1 pro 2026-02-01..2026-03-01                                -> 1483
         +5m          look                                                                  -> 1000",
    );
}

#[test]
fn a_rise_gives_its_share_once_it_is_paid() {
    let stage = check(
        "2026-01-01   state s1 pro
         .            paid in1 s1 pro 2026-01-01..2026-02-01 begins                         -> 1000
         2026-01-16T12  state s1 max was=pro anchor=2026-01-01                              -> 1000",
    );
    assert_eq!(stage.credits.unresolved().unwrap().len(), 1);
    let stage = check(
        "2026-01-01   state s1 pro
         .            paid in1 s1 pro 2026-01-01..2026-02-01 begins                         -> 1000
         2026-01-16T12  state s1 max was=pro anchor=2026-01-01                              -> 1000
         +1m          paid in2 s1 pro 2026-01-16T12..2026-02-01 amount=-500 proration and s1 max 2026-01-16T12..2026-02-01 amount=1500 proration   -> 2000
         2026-02-01   paid in3 s1 max 2026-02-01..2026-03-01                                -> 5000
         +5m          look                                                                  -> 3000",
    );
    assert!(stage.credits.unresolved().unwrap().is_empty());
    check(
        "2026-01-01   state s1 pro
         .            paid in1 s1 pro 2026-01-01..2026-02-01 begins                         -> 1000
         2026-01-16T12  state s1 full was=pro anchor=2026-01-01                             -> 1000
         +1m          paid in2 s1 full 2026-01-16T12..2026-02-01 amount=1500 proration      -> 4000",
    );
}

#[test]
fn toggling_plans_mints_nothing() {
    check(
        "2026-01-01   state s1 pro
         .            paid in1 s1 pro 2026-01-01..2026-02-01 begins                         -> 1000
         2026-01-16T12  paid in2 s1 max 2026-01-16T12..2026-02-01 amount=1500 proration     -> 2000
         .            spend 1200                                                            -> 800
         # Back, and the unspent part of the rise is gone.
         2026-01-17   paid in3 s1 max 2026-01-17..2026-02-01 amount=-1400 proration and s1 pro 2026-01-17..2026-02-01 amount=500 proration   -> 0
         # And up again for 14 days: floor(1,000 + 1,000 - 2,000 x 15 / 31 + 2,000 x 14 / 31) - 1,200.
         2026-01-18   paid in4 s1 pro 2026-01-18..2026-02-01 amount=-480 proration and s1 max 2026-01-18..2026-02-01 amount=1400 proration   -> 735",
    );
}

#[test]
fn a_quantity_counts_and_a_larger_one_is_a_rise() {
    check(
        "2026-01-01   state s1 prox2
         .            paid in1 s1 prox2 2026-01-01..2026-02-01 begins                       -> 2000
         2026-01-16T12  paid in2 s1 prox4 2026-01-16T12..2026-02-01 amount=1500 proration   -> 3000",
    );
}

#[test]
fn a_fall_counts_from_the_next_cycle() {
    check(
        "2026-01-01   state s1 max
         .            paid in1 s1 max 2026-01-01..2026-02-01 begins                         -> 3000
         2026-01-10   state s1 pro was=max anchor=2026-01-01                                -> 3000
         2026-02-01   paid in2 s1 pro 2026-02-01..2026-03-01                                -> 4000
         +5m          look                                                                  -> 1000",
    );
    check(
        "2026-01-01   state s1 pro_year
         .            paid in1 s1 pro_year 2026-01-01..2027-01-01 begins                    -> 1000
         # The year is paid and nothing of it was credited.
         2026-01-20   state s1 starter was=pro_year anchor=2026-01-01                       -> 1000
         2026-02-01   look                                                                  -> 2000
         +5m          look                                                                  -> 1000",
    );
}

#[test]
fn another_period_takes_over_with_the_next_cycle_and_keeps_the_day() {
    check(
        "2026-01-31   state s1 pro
         .            paid in1 s1 pro 2026-01-31..2026-02-28 begins                         -> 1000
         2026-02-28   paid in2 s1 half 2026-02-28..2026-03-31                               -> 1010
         +5m          look                                                                  -> 10
         2026-03-15   look                                                                  -> 20
         2026-03-30   look                                                                  -> 20
         # A whole month of pro is paid on the day.
         2026-03-31   paid in3 s1 pro 2026-03-31..2026-04-30                                -> 1010
         2026-04-14   look                                                                  -> 1010
         +5m          look                                                                  -> 1000
         2026-05-17T01  look                                                                -> 0",
    );
}

#[test]
fn rolled_over_credits_are_trimmed_when_the_next_cycle_is_given() {
    check(
        "2026-01-01   state s1 capped
         .            paid in1 s1 capped 2026-01-01..2026-02-01 begins                      -> 100
         2026-02-01   paid in2 s1 capped 2026-02-01..2026-03-01                             -> 200
         2026-03-01   paid in3 s1 capped 2026-03-01..2026-04-01                             -> 250
         .            give 1000                                                             -> 1250
         2026-04-01   paid in4 s1 capped 2026-04-01..2026-05-01                             -> 1250",
    );
}

#[test]
fn what_is_kept_expires_some_time_after_the_end_unless_the_plan_is_there_again() {
    check(
        "2026-01-01   state s1 keep
         .            paid in1 s1 keep 2026-01-01..2026-02-01 begins                        -> 100
         2026-02-01   state s1 keep ended ends=2026-02-01                                   -> 100
         2026-03-02   look                                                                  -> 100
         2026-03-03   look                                                                  -> 0",
    );
    check(
        "2026-01-01   state s1 keep
         .            paid in1 s1 keep 2026-01-01..2026-02-01 begins                        -> 100
         2026-02-01   state s1 keep ended ends=2026-02-01                                   -> 100
         2026-02-20   state s2 keep                                                         -> 100
         .            paid in2 s2 keep 2026-02-20..2026-03-20 begins                        -> 200
         2026-03-15   look                                                                  -> 200",
    );
}

#[test]
fn no_cycle_starts_after_the_end_even_in_paid_time() {
    check(
        "2026-01-01   state s1 pro_year
         .            paid in1 s1 pro_year 2026-01-01..2027-01-01 begins                    -> 1000
         2026-01-20   state s1 pro_year ended ends=2026-01-20                               -> 1000
         2026-02-01   look                                                                  -> 1000
         +5m          look                                                                  -> 0
         2026-03-01   look                                                                  -> 0",
    );
}

#[test]
fn of_one_second_the_end_is_last_and_what_was_made_from_the_other_is_later() {
    check(
        "2026-01-01   state s1 pro_year
         .            paid in1 s1 pro_year 2026-01-01..2027-01-01 begins                    -> 1000
         2026-01-20   state s1 pro_year ended ends=2026-01-20                               -> 1000
         .            state s1 pro_year                                                     -> 1000
         2026-02-01   look                                                                  -> 1000
         +5m          look                                                                  -> 0",
    );
    let stage = check(
        "2026-01-01   state s1 pro_year
         .            paid in1 s1 pro_year 2026-01-01..2027-01-01 begins                    -> 1000
         # From pro to starter and on to quarterly, delivered in the opposite order.
         2026-01-20   state s1 starterx1 was=quarterly anchor=2026-01-01                    -> 1000
         .            state s1 quarterly was=pro_year anchor=2026-01-01                     -> 1000
         # The plan is starter, and the year of pro is paid.
         2026-02-01T01  look                                                                -> 1000",
    );
    assert_eq!(stage.ann.subscriptions().unwrap()[0].plan.as_deref(), Some("starter"));
}

#[test]
fn a_refunded_upgrade_takes_the_rise_alone() {
    check(
        "2026-01-01   state s1 pro_year
         .            paid in1 s1 pro_year 2026-01-01..2027-01-01 begins                    -> 1000
         2026-01-16T12  state s1 max was=pro_year anchor=2026-01-01                         -> 1000
         .            paid in2 s1 pro_year 2026-01-16T12..2027-01-01 amount=-500 proration and s1 max 2026-01-16T12..2027-01-01 amount=1500 proration by=pi2   -> 2000
         2026-02-01   look                                                                  -> 5000
         +5m          look                                                                  -> 3000
         +1d          refund pi2 re1 1000                                                   -> 1000
         2026-03-01T01  look                                                                -> 1000",
    );
}

#[test]
fn a_refunded_invoice_takes_what_is_free_and_ends_its_time() {
    check(
        "2026-01-01   state s1 pro_year
         .            paid in1 s1 pro_year 2026-01-01..2027-01-01 begins total=1000 by=pi1  -> 1000
         2026-01-10   spend 400                                                             -> 600
         +1d          refund pi1 re1 500                                                    -> 600
         +1d          refund pi1 re2 500                                                    -> 0
         2026-02-01   look                                                                  -> 0
         # The refund failed after all: as if it had never been, so the rest of January is over.
         2026-02-02   refund pi1 re2 500 failed                                             -> 1000",
    );
}

#[test]
fn a_plan_without_credits_and_an_unknown_price_give_nothing() {
    let stage = check(
        "2026-01-01   state s1 free
         .            paid in1 s1 free 2026-01-01..2026-02-01 begins amount=0 total=0       -> 0
         2026-01-16T12  paid in2 s1 pro 2026-01-16T12..2026-02-01 amount=500 proration      -> 500
         2026-02-01   paid in3 s1 pro 2026-02-01..2026-03-01                                -> 1500
         +5m          look                                                                  -> 1000
         2026-03-01   paid in4 s1 mystery 2026-03-01..2026-04-01                            -> 1000
         +5m          look                                                                  -> 0",
    );
    assert_eq!(stage.credits.unresolved().unwrap().len(), 1);
}

#[test]
fn a_plan_of_another_asset_gives_that() {
    check(
        "2026-01-01   state s1 gems
         .            paid in1 s1 gems 2026-01-01..2026-02-01 begins                        -> 0 10 gems
         2026-02-01   paid in2 s1 gems 2026-02-01..2026-03-01                               -> 0 20 gems
         +5m          look                                                                  -> 0 10 gems",
    );
}

#[test]
fn a_missed_month_moves_the_anchor_of_a_quarter_that_was_not_given() {
    check(
        "2026-01-01   state s1 quarterly
         .            paid in1 s1 quarterly 2026-01-01..2026-02-01 begins                   -> 900
         2026-04-01   state s1 quarterly paused                                             -> 900
         2026-05-01   paid in5 s1 quarterly 2026-05-01..2026-06-01                          -> 900
         2026-06-01   paid in6 s1 quarterly 2026-06-01..2026-07-01                          -> 900
         2026-07-01   paid in7 s1 quarterly 2026-07-01..2026-08-01                          -> 900
         2026-08-01   paid in8 s1 quarterly 2026-08-01..2026-09-01                          -> 1800",
    );
}

/// Seats that are not credited where a whole period begins stay in the cycle in which they were paid.
#[test]
fn the_rest_of_a_credited_quantity_stays_in_the_cycle_that_is_cut() {
    check(
        "2026-01-01   state s1 seatsx3
         .            paid in1 s1 seatsx3 2026-01-01..2026-02-01                            -> 300
         2026-01-05   state s1 seats anchor=2026-01-05
         # 300 - 100 x 27 / 31 = 212.9, and 100 of the new cycle.
         .            paid in2 s1 seats 2026-01-05..2026-02-01 amount=-90 proration and s1 seats 2026-01-05..2026-02-05  -> 312",
    );
}

/// A quarter is given with its first month. Another item pays for the other months, and they give no more.
#[test]
fn an_item_that_is_replaced_within_a_quarter_gives_the_quarter_once() {
    check(
        "2026-01-01   state s1 quarterly
         .            paid in1 s1 quarterly 2026-01-01..2026-02-01                          -> 900
         2026-01-11   state s1 quarterly removed
         .            state s2 quarterly of=s1 anchor=2026-01-01
         .            paid in2 s1 quarterly 2026-01-11..2026-02-01 amount=-200 proration and s2 quarterly 2026-01-11..2026-02-01 of=s1 amount=200 proration -> 900
         2026-02-01   paid in3 s2 quarterly 2026-02-01..2026-03-01 of=s1                    -> 900
         2026-03-01   paid in4 s2 quarterly 2026-03-01..2026-04-01 of=s1                    -> 900
         2026-04-01   paid in5 s2 quarterly 2026-04-01..2026-05-01 of=s1                    -> 1800",
    );
}
