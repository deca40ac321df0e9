//! Changes of a subscription's items, up and down, in place and by other items.

use std::fmt::Write as _;

use super::text::check;

/// Items of different products are replaced, not changed in place (`items: [{id, deleted: true}, {price}]`),
/// and schedules do the same. The customer pays the same share of max and gets the same rise: 1,000 +
/// floor(2,000 x 14 / 28).
#[test]
fn an_upgrade_that_replaces_the_item_gives_its_rise() {
    check(
        "2026-01-31  subscribe s1 pro ..2026-02-28                                  -> 1000
         2026-02-14  change s1 new:max                                              -> 1000
         .           paid in_2 s1 pro -450 rest and new:max 1350 rest               -> 2000",
    );
    // 16 of 31 days: 1,000 + floor(2,000 x 16 / 31).
    check(
        "2026-01-01  subscribe s1 pro ..2026-02-01                                  -> 1000
         2026-01-16  change s1 new:max
         .           paid in_2 s1 pro -465 rest and new:max 1395 rest               -> 2032",
    );
}

/// A second item joins within the period, and its share is invoiced and paid at once.
#[test]
fn an_item_added_within_a_period_gives_its_share() {
    check(
        "2026-01-31  subscribe s1 pro ..2026-02-28
         2026-02-14  change s1 pro add:addon                                        -> 1000
         .           paid in_2 s1 add:addon 250 rest                                -> 1250",
    );
    // 16 of 31 days of 200.
    check(
        "2026-01-01  subscribe s1 pro ..2026-02-01
         2026-01-16  change s1 pro add:extra
         .           paid in_2 s1 add:extra 103 rest                                -> 1103",
    );
}

/// Up by mistake, back down, then up to less: the last paid level is given. A day of max was paid for and
/// stays.
#[test]
fn up_down_and_up_to_less_gives_each_as_it_is_paid() {
    check(
        "2026-01-31  subscribe s1 pro ..2026-02-28                                  -> 1000
         2026-02-07  change s1 max
         # 2,000 x 21 / 28.
         .           paid in_2 s1 pro -675 rest and max 2025 rest                   -> 2500
         2026-02-08  change s1 pro
         # floor(1,000 + 1,500 - 2,000 x 20 / 28).
         .           paid in_3 s1 max -1928 rest and pro 643 rest                   -> 1071
         2026-02-14  change s1 mid
         # floor(1,000 + 1,500 - 2,000 x 20 / 28 + 1,000 x 14 / 28).
         .           paid in_4 s1 pro -450 rest and mid 900 rest                    -> 1571",
    );
}

/// The same changes, all invoiced with the renewal, as Stripe does by default. An invoice's own credit cuts
/// its own debit, because the debit began earlier.
#[test]
fn several_changes_on_the_renewals_invoice_give_what_they_give_one_by_one() {
    check(
        "2026-01-31     subscribe s1 pro ..2026-02-28
         2026-02-07     change s1 max
         2026-02-08     change s1 pro
         2026-02-14     change s1 mid                                               -> 1000 listed=1
         2026-02-28T01  change s1 ..2026-03-31 happened=2026-02-28
         .              paid in_2 s1 pro -675 2026-02-07..2026-02-28 proration
                          and max 2025 2026-02-07..2026-02-28 proration
                          and max -1928 2026-02-08..2026-02-28 proration
                          and pro 643 2026-02-08..2026-02-28 proration
                          and pro -450 2026-02-14..2026-02-28 proration
                          and mid 900 2026-02-14..2026-02-28 proration
                          and mid 1800 month                                        -> awarded=3571"
            .replace("\n                          and", " and")
            .as_str(),
    );
}

/// An upgrade in place that is paid with the next renewal. The rise of the past month expires with it.
#[test]
fn an_upgrade_paid_with_the_renewal_gives_its_rise_then() {
    check(
        "2026-01-31     subscribe s1 pro ..2026-02-28
         2026-02-14     change s1 max                                               -> 1000 listed=1
         2026-02-28T01  change s1 2026-02-28..2026-03-31
         .              paid in_2 s1 pro -450 2026-02-14..2026-02-28 proration and max 1350 2026-02-14..2026-02-28 proration and max 2700 month
         2026-02-28T03  look                                                        -> 4000 awarded=5000",
    );
}

/// Sixty changes of the quantity between one and two in twenty days: no more than the second's whole share on
/// the way, and the time at two in the end, rounded once: floor(1,000 + all rises - all credits).
#[test]
fn rounding_over_many_changes_mints_nothing() {
    let mut history = "2026-01-31 subscribe s1 pro ..2026-02-28\n".to_owned();
    for number in 0..60 {
        let (old, new) = if number % 2 == 0 { (1, 2) } else { (2, 1) };
        let at = format!("2026-02-{:02}T{:02}:{:02}", 1 + number / 3, 7 * (number % 3), number % 60);
        writeln!(history, "{at} change s1 prox{new}").unwrap();
        writeln!(history, ". paid in_t{number} s1 prox{old} -{old}00 rest and prox{new} {new}00 rest")
            .unwrap();
    }
    check(&format!("{history} 2026-02-27 look -> 1357 awarded=1357"));
}

/// An annual subscriber takes an upgrade and goes back five days later, with the unused part credited. Eleven
/// months of pro follow.
#[test]
fn an_annual_upgrade_taken_back_leaves_the_days_it_was_used() {
    check(
        "2026-01-31  subscribe s1 pro_year ..2027-01-31
         2026-02-05  change s1 max_year
         .           paid in_2 s1 pro_year -8700 rest and max_year 26000 rest
         2026-02-10  change s1 pro_year
         # floor(1,000 + 2,000 x 23 / 28 - 2,000 x 18 / 28).
         .           paid in_3 s1 max_year -25800 rest and pro_year 8600 rest       -> 1357
         2026-03-10  look                                                           -> 1000",
    );
}

/// A year of max is paid. The price falls to pro without proration, so nothing is credited: max is paid until
/// January.
#[test]
fn a_fall_without_proration_takes_nothing_that_is_paid() {
    check(
        "2026-01-31  subscribe s1 max_year ..2027-01-31                             -> 3000
         2026-03-05  change s1 pro_year
         2026-04-15  look                                                           -> 3000",
    );
}

/// The portal changes a plan, the invoice of the change is not paid, and the change is taken back: it never
/// took effect, and the list of unpaid upgrades is empty again.
#[test]
fn an_upgrade_that_is_never_paid_and_taken_back_gives_nothing() {
    check(
        "2026-01-31  subscribe s1 pro ..2026-02-28                                  -> 1000 listed=0
         2026-02-10  change s1 max status=past_due                                  -> 1000 listed=1
         2026-02-12  change s1 pro status=active                                    -> 1000 listed=0",
    );
}

/// A schedule's phase turns at the period's end into a new item at another price. The billing anchor stays.
#[test]
fn a_schedule_that_turns_into_another_item_goes_on() {
    check(
        "2026-01-31     subscribe s1 pro ..2026-02-28
         2026-02-28     change s1 b:max ..2026-03-31
         2026-02-28T01  paid in_2 s1 b:max 2700 month
         2026-02-28T03  look                                                        -> 3000
         2026-03-30     look                                                        -> 3000",
    );
    // With a metered item beside it, which belongs to no plan: its price is not listed forever.
    check(
        "2026-01-01     join s1 m:meter* pro ..2026-02-01
         .              paid in_1 s1 m:meterx0 0 month and pro 900 month            -> 1000
         2026-02-01     change s1 m:meter* b:max ..2026-03-01
         2026-02-01T01  paid in_2 s1 b:max 2700 month
         2026-02-05     look                                                        -> 3000",
    );
}

/// The same item changes from a free price to max in the month: its credits stay for the half month, and max
/// is paid for the rest.
#[test]
fn up_from_a_price_of_nothing_gives_the_rise() {
    check(
        "2026-01-31  join s1 addon ..2026-02-28
         .           paid in_1 s1 addon 0 month                                     -> 500
         2026-02-14  change s1 max
         # 500 + 2,500 x 14 / 28.
         .           paid in_2 s1 addon 0 rest and max 1350 rest                    -> 1750",
    );
}

/// A month of max is paid and spent at once, then the plan falls to addon on the same day and $24.96 of the
/// $27 are credited. They pay for the next renewals, whose credits were used already: floor(3,000 - 2,500 x
/// 671 / 672) = 503 of 3,000 stay, and 2,497 are an advance.
#[test]
fn credits_spent_and_credited_are_an_advance_on_the_next_renewals() {
    let mut history = "2026-01-31    subscribe s1 max ..2026-02-28                              -> 3000
         .             spend 3000                                                   -> 0
         2026-01-31T01 change s1 addon
         .             paid in_2 s1 max -2696 rest and addon 449 rest               -> 0\n"
        .to_owned();
    let turns =
        ["2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30", "2026-07-31", "2026-08-31"];
    let expected = [0, 0, 0, 0, 3, 500];
    for ((turn, next), expected) in turns.iter().zip(&turns[1..]).zip(expected) {
        writeln!(history, "{turn} change s1 ..{next}").unwrap();
        writeln!(history, "{turn}T01 paid in_{turn} s1 addon 450 month").unwrap();
        writeln!(history, "+6h look -> {expected}").unwrap();
    }
    check(&history);
}

/// A second item of three credits is added and removed 20 times within two days, an hour each: 3 + floor(3 x
/// 20 / 672).
#[test]
fn three_a_month_added_and_removed_twenty_times_gives_three() {
    let mut history = "2026-01-31 subscribe s1 three ..2026-02-28 -> 3\n2026-02-01 look\n".to_owned();
    for number in 0..20 {
        writeln!(history, "+1h change s1 three b{number}:three").unwrap();
        writeln!(history, ". paid in_a{number} s1 b{number}:three 5 rest").unwrap();
        writeln!(history, "+1h change s1 three").unwrap();
        writeln!(history, ". paid in_b{number} s1 b{number}:three -5 rest").unwrap();
    }
    check(&format!("{history} 2026-02-10 look -> 3 awarded=3"));
}
