//! Starts and ends of cycles: anchors that move, other cycle lengths, gaps, and the end of a subscription.

use std::fmt::Write as _;

use credits_runtime::testing::stripe::Shape;

use super::super::script::instant;
use super::payload::{self, Invoice};
use super::stage::Stage;
use super::text::{check, played};

/// The change resets the billing anchor: a new month begins and is paid in full. 8 of the 28 days of credits
/// that were spent came back as money: floor(1,000 - 1,000 x 8 / 28) = 714 stay of the 1,000, so 286 are an
/// advance on the new month.
#[test]
fn an_upgrade_with_a_new_anchor_begins_a_month() {
    check(
        "2026-01-31  subscribe s1 pro ..2026-02-28
         .           spend 1000                                                     -> 0
         2026-02-20  change s1 max ..2026-03-20 anchored
         .           paid in_2 s1 pro -250 2026-02-20..2026-02-28 proration and max 2700 month  -> 2714",
    );
}

/// `billing_cycle_anchor: now` with `proration_behavior: none`: a whole period is charged and nothing
/// credited.
#[test]
fn a_new_anchor_that_charges_a_whole_month_gives_it() {
    for (price, given) in [("pro", 1_000), ("max", 3_000)] {
        check(&format!(
            "2026-01-01  subscribe s1 pro ..2026-02-01
             .           spend 1000
             2026-01-16  change s1 {price} ..2026-02-16 anchored
             .           paid in_2 s1 {price} 2700 month                            -> {given}",
        ));
    }
}

/// From a free price to a paid one Stripe moves the anchor and charges a whole month: all of it is given at
/// once, and no more for the same payment.
#[test]
fn from_free_to_paid_gives_one_whole_month() {
    for (price, given) in [("free", 0), ("hobby", 100)] {
        check(&format!(
            "2026-01-01  join s1 {price} ..2026-02-01
             .           paid in_1 s1 {price} 0 month                               -> {given}
             2026-01-30  change s1 pro ..2026-02-28 anchored
             .           paid in_2 s1 pro 900 month                                 -> 1000
             2026-02-20  change s1 cancel_at=2026-02-28
             2026-02-27  look                                                       -> 1000",
        ));
    }
}

/// The ledger is off for three cycles, and the deliveries come again when it is back: expiring months are
/// over, kept ones are there.
#[test]
fn cycles_that_passed_while_the_ledger_was_off_are_given() {
    for (price, given) in [("pro", 1_000), ("kept", 4_000)] {
        check(&format!(
            "2026-01-31  subscribe s1 {price} ..2026-02-28
             2026-05-05  jump
             .           paid in_2 s1 {price} 900 2026-02-28..2026-03-31 happened=2026-02-28T01
             .           paid in_3 s1 {price} 900 2026-03-31..2026-04-30 happened=2026-03-31T01
             .           paid in_4 s1 {price} 900 2026-04-30..2026-05-31 happened=2026-04-30T01  -> {given}",
        ));
    }
}

/// From month to year of one plan: credits go on monthly and nothing doubles. Ten days and twelve months were
/// paid for, 357 + 12 x 1,000.
#[test]
fn from_month_to_year_goes_on_monthly() {
    check(
        "2026-01-31     subscribe s1 pro ..2026-02-28
         2026-02-10     change s1 pro_year ..2027-02-10 anchored
         .              paid in_2 s1 pro -600 2026-02-10..2026-02-28 proration and pro_year 9000 month
         2026-02-11     look                                                        -> 1000
         2026-03-01     look                                                        -> 1000
         2026-04-01     look                                                        -> 1000
         2026-12-31T01  look                                                        -> 1000
         2027-01-31T01  look                                                        -> 1000
         2027-03-20     look                                                        -> 0 awarded=12357",
    );
}

/// Month and year of one plan, changed every day, each time credited and charged: one month of credits is
/// there, never two.
#[test]
fn toggling_month_and_year_mints_nothing() {
    let mut history = "2026-01-31 subscribe s1 pro ..2026-02-28 -> 1000\n".to_owned();
    let mut old = ("pro", "2026-02-28".to_owned());
    for day in 1..20 {
        let new = match old.0 {
            "pro" => ("pro_year", format!("2027-02-{day:02}")),
            _ => ("pro", format!("2026-03-{day:02}")),
        };
        writeln!(history, "2026-02-{day:02} change s1 {} ..{} anchored", new.0, new.1).unwrap();
        let (price, end) = old;
        let lines = format!("{price} -500 ..{end} proration and {} 900 month", new.0);
        writeln!(history, ". paid in_{day} s1 {lines} -> 1000").unwrap();
        old = new;
    }
    check(&history);
}

/// A yearly item beside one that is toggled between month and year nine times in a day. February is cut at
/// its tenth day, eight cycles of an hour follow, and the last one runs: floor(4,000 x 10 / 28) + 8 x
/// floor(4,000 / 672) + 4,000. Each month after it the yearly item has its 1,000 and the other its 3,000.
#[test]
fn a_yearly_item_beside_a_toggled_one_keeps_its_credits() {
    let mut history = "2026-01-31 join s1 y:pro_year m:max ..2026-02-28
        . paid in_1 s1 y:pro_year 9000 2026-01-31..2027-01-31 and m:max 2700 month -> 4000\n"
        .to_owned();
    let mut old = ("max", "2026-02-28".to_owned());
    for hour in 0..9 {
        let new = match old.0 {
            "max" => ("max_year", format!("2027-02-10T{hour:02}")),
            _ => ("max", format!("2026-03-10T{hour:02}")),
        };
        writeln!(history, "2026-02-10T{hour:02} change s1 y:pro_year m:{} ..{} anchored", new.0, new.1)
            .unwrap();
        let (price, end) = old;
        writeln!(history, ". paid in_t{hour} s1 m:{price} -500 ..{end} proration and m:{} 900 month", new.0)
            .unwrap();
        old = new;
    }
    check(&format!(
        "{history} 2026-02-11 look -> 4000 awarded=5468
         2026-12-31 look -> 4000 awarded=45468"
    ));
}

/// Anchors on the 31st, on a leap day, over New Year, and at an hour that daylight saving would move.
#[test]
fn anchors_are_the_processors() {
    for turns in [
        ["2028-01-31", "2028-02-29", "2028-03-31", "2028-04-30"],
        ["2027-11-30", "2027-12-30", "2028-01-30", "2028-02-29"],
        ["2026-02-28T02:30", "2026-03-28T02:30", "2026-04-28T02:30", "2026-05-28T02:30"],
    ] {
        let [first, second, third, end] = turns;
        check(&format!(
            "{first}   subscribe s1 pro ..{second}                                  -> awarded=1000
             {second}  paid in_2 s1 pro 900 ..{third}                               -> awarded=2000
             {third}   paid in_3 s1 pro 900 ..{end}                                 -> awarded=3000
             {end}     look                                                         -> awarded=3000",
        ));
    }
}

/// A month of a plan that gives a quarter's credits in advance, then pro for the rest of the month. $9.96
/// were paid, for one day at 900 a quarter and 27 days of pro: floor(900 / 28) + floor(1,000 x 27 / 28) of
/// the credits given in advance. Credited time of the quarter stays and is not given again.
#[test]
fn from_a_quarter_in_advance_to_a_month_gives_one_month() {
    check(
        "2026-02-28  subscribe s1 quarterly ..2026-03-28                            -> 900
         2026-03-01  change s1 pro
         .           paid in_2 s1 quarterly -868 rest and pro 964 rest              -> 996
         2026-03-28  end s1                                                         -> awarded=996
         2026-06-15  look                                                           -> 0 awarded=996",
    );
}

/// From a month to a whole period of a quarter: floor(1,000 - 1,000 x 18 / 28) = 357 of the month stay and
/// 643 are credited, which count as a part of the quarter's 900: 1,257 in all.
#[test]
fn from_a_month_to_a_quarter_gives_the_difference() {
    check(
        "2026-01-31  subscribe s1 pro ..2026-02-28                                  -> 1000
         2026-02-10  change s1 quarterly ..2026-03-10 anchored
         .           paid in_2 s1 pro -579 2026-02-10..2026-02-28 proration and quarterly 900 month  -> 1257 awarded=1257",
    );
}

/// A quarter billed monthly, [Jan 31, Apr 30), with a second seat from the last paid day on. The first seat
/// holds for the whole quarter; the second is given as far as it is paid: 1, 32 and 62 of 89 days.
#[test]
fn a_seat_added_on_the_last_paid_day_of_a_quarter_is_given_month_by_month() {
    check(
        "2026-01-31  subscribe s1 quarterly ..2026-02-28                            -> 900
         2026-02-27  change s1 quarterlyx2
         .           paid in_2 s1 quarterly -11 rest and quarterlyx2 22 rest        -> 910
         2026-02-28  change s1 ..2026-03-31
         .           paid in_3 s1 quarterlyx2 600 month                             -> 1223
         2026-03-31  change s1 ..2026-04-30
         .           paid in_4 s1 quarterlyx2 600 month                             -> 1526",
    );
}

/// The renewal comes while a hold is open over the turn, and the hold is settled above its amount.
#[test]
fn a_hold_over_the_turn_is_charged_once() {
    check(
        "2026-01-31        subscribe s1 pro ..2026-02-28
         2026-02-27T23:50  hold 900                                                 -> 100 held=900
         2026-02-28T01     change s1 ..2026-03-31
         .                 paid in_2 s1 pro 900 month
         2026-02-28T01:30  look                                                     -> 1000 held=900
         .                 settle 950                                               -> 950 held=0",
    );
}

/// Nothing is paid for two months in which collection is paused with `void`. Credits are given again from the
/// next payment on.
#[test]
fn a_paused_collection_gives_nothing_until_it_is_paid_again() {
    check(
        "2026-01-31     subscribe s1 pro ..2026-02-28
         2026-02-10     change s1 pause=void
         2026-02-28T01  void in_2 s1 pro 900 2026-02-28..2026-03-31
         2026-03-10     look                                                        -> 0
         2026-03-31T01  paid in_3 s1 pro 900 2026-03-31..2026-04-30
         2026-04-20     look                                                        -> 1000",
    );
}

/// An uncollectible invoice is paid after all: outside of Stripe, or after the month it was for.
#[test]
fn an_uncollectible_invoice_that_is_paid_after_all_gives_its_month() {
    check(
        "2026-01-31     subscribe s1 pro ..2026-02-28
         2026-03-02     uncollectible in_2 s1 pro 900 2026-02-28..2026-03-31
         2026-03-05     look                                                        -> 0
         2026-03-06     paid in_2 s1 pro 900 2026-02-28..2026-03-31 by_hand         -> 1000",
    );
    check(
        "2026-01-01     subscribe s1 pro ..2026-02-01
         2026-02-20     uncollectible in_2 s1 pro 900 2026-02-01..2026-03-01
         2026-02-21     look                                                        -> 0
         2026-03-10     paid in_2 s1 pro 900 2026-02-01..2026-03-01                 -> 1000",
    );
}

/// A prepaid year is ended at once, with nothing credited: no cycle begins after the end.
#[test]
fn an_annual_subscription_that_is_ended_gives_no_further_month() {
    check(
        "2026-01-31  subscribe s1 pro_year ..2027-01-31
         2026-03-15  end s1
         2026-06-15  look                                                           -> 0 awarded=2000",
    );
}

/// The portal offers to cancel at once with proration: the unused time is credited and pays for the next
/// subscription. $9 were paid once, and each of the subscriptions was used for a minute.
#[test]
fn cancelling_with_credit_and_subscribing_again_mints_nothing() {
    let mut history = String::new();
    for number in 1..=5 {
        let (joined, left) = (2 * number, 2 * number + 1);
        writeln!(
            history,
            "2026-02-01T00:{joined:02} join s{number} pro ..2026-03-01T00:{joined:02}
             . paid in_{number}a s{number} pro 900 month -> 1000
             2026-02-01T00:{left:02} end s{number}
             . paid in_{number}b s{number} pro -900 rest -> 0"
        )
        .unwrap();
    }
    check(&history);
}

/// A minute of three credits a month gives nothing, twenty times; the last subscription stays.
#[test]
fn three_a_month_joined_and_left_twenty_times_gives_three() {
    let mut history = "2026-02-01 look\n".to_owned();
    for number in 1..=20 {
        let end = format!("2026-03-01T00:{:02}", 2 * number);
        writeln!(history, "2026-02-01T00:{:02} join s{number} three ..{end}", 2 * number).unwrap();
        writeln!(history, ". paid in_{number}a s{number} three 900 month -> 3").unwrap();
        if number < 20 {
            writeln!(history, "+1m end s{number}\n. paid in_{number}b s{number} three -900 rest -> 0")
                .unwrap();
        }
    }
    check(&format!("{history} 2026-02-02 look -> 3 awarded=3"));
}

/// Credits that were transferred cannot be taken back from the sender's grants: the credited half of the
/// month is an advance on the next award.
#[test]
fn transferred_and_credited_is_an_advance_on_the_next_award() {
    check(
        "2026-01-31  subscribe s1 kept ..2026-02-28                                 -> 1000
         .           transfer 1000 bob                                              -> 0 bob=1000
         2026-02-14  end s1
         .           paid in_2 s1 kept -450 rest                                    -> 0 bob=1000
         2026-03-01  subscribe s2 kept ..2026-04-01                                 -> 500 bob=1000",
    );
}

/// Cancelled at the period's end and reactivated before it: the subscription goes on.
#[test]
fn a_reactivated_subscription_goes_on() {
    check(
        "2026-01-31     subscribe s1 pro ..2026-02-28
         2026-02-10     change s1 cancel_at=2026-02-28 cancel_at_period_end=true
         2026-02-20     change s1 cancel_at=none cancel_at_period_end=false
         2026-02-28T01  paid in_2 s1 pro 900 2026-02-28..2026-03-31
         2026-02-28T03  look                                                        -> 1000",
    );
}

/// Cancelled and reactivated within one second, by a script or a double click, and delivered in either order.
#[test]
fn cancelled_and_reactivated_in_one_second_goes_on() {
    for shape in Shape::ALL {
        for is_reversed in [false, true] {
            let stage = played(*shape, "2026-01-31 subscribe s1 pro ..2026-02-28 -> 1000");
            let at = instant("2026-02-10");
            stage.go_to(at);
            let on = &stage.subscriptions["s1"];
            let end = instant("2026-02-28");
            let off =
                payload::Subscription { cancel_at: Some(end), cancel_at_period_end: true, ..on.clone() };
            let (on, off) = (on.json(*shape), off.json(*shape));
            let mut updates = [(&on, &off), (&off, &on)];
            if is_reversed {
                updates.reverse();
            }
            for (before, after) in updates {
                let previous = payload::previous(before, after);
                stage.send(at, "customer.subscription.updated", after, Some(&previous));
            }
            renew(&stage, "2026-02-28T01", "2026-02-28..2026-03-31");
            stage.go_to(instant("2026-02-28T03"));
            assert_eq!(stage.credits_of("ann"), 1_000, "{shape:?} {is_reversed} {}", stage.describe("ann"));
        }
    }
}

/// A paid month of pro for `s1`.
fn renew(stage: &Stage, at: &str, period: &str) {
    let (start, end) = period.split_once("..").unwrap();
    let (at, start, end) = (instant(at), instant(start), instant(end));
    stage.go_to(at);
    let line = payload::Line {
        item: "si_s1".to_owned(),
        price: "price_pro".to_owned(),
        quantity: 1,
        amount: 900,
        period: credits_runtime::billing::Interval { start, end },
        origin: payload::Origin::Period,
        is_free: false,
    };
    let invoice = Invoice {
        id: "in_2".to_owned(),
        subscription: Some("s1".to_owned()),
        owner: Some("ann".to_owned()),
        customer: "cus_ann".to_owned(),
        status: "paid".to_owned(),
        amount_paid: 900,
        total: None,
        paid_at: at,
        is_out_of_band: false,
        lines: vec![line],
    };
    stage.send(at, "invoice.paid", &invoice.json(stage.shape), None);
}

/// Two subscriptions to one plan give the plan twice and its signup bonus once.
#[test]
fn two_subscriptions_of_one_plan_give_one_bonus() {
    check(
        "2026-01-31  subscribe s1 starter ..2026-02-28                              -> 600
         .           subscribe s2 starter ..2026-02-28                              -> 1100",
    );
}
