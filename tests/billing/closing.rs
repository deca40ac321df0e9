//! Closing: periods and purchases that are long over leave an owner's record, which stays as large as its
//! open part.

use credits_runtime::billing::{AwardId, Length, LengthUnit, Unresolved};
use credits_runtime::testing::parts::billing_bytes;
use credits_runtime::{Owner, TransferId};

use super::Operation;
use super::script::{Stage, begin, day, instant, month, object, play};

/// Plays weeks of a plan of a credit a day, paid every 28 days and used every week, and of a pack that is
/// bought and used every week. Returns the size of the record every few weeks.
fn live(stage: &Stage, weeks: std::ops::Range<u32>, every: u32) -> Vec<usize> {
    let mut sizes = Vec::new();
    for week in weeks {
        let (today, end) = (day("2026-01-01", 7 * week), day("2026-01-01", 7 * week + 28));
        if week % 4 == 0 {
            play(stage, &format!("{today} paid in{week} s1 weekly {today}..{end} by=pi{week}"));
        }
        play(stage, &format!("{today} pack cs{week} pc{week} brief"));
        // The plan's week and the pack are given once.
        stage.ann.spend_credits_on(Operation::step(307_u64)).now().wait().unwrap();
        assert_eq!(stage.says(), "0", "in week {week}");
        if week % every == every - 1 {
            sizes.push(billing_bytes(&stage.credits, &Owner::new("ann").unwrap()).unwrap());
        }
    }
    sizes
}

fn begun() -> Stage {
    let stage = begin("2026-01-01");
    play(&stage, "2026-01-01 state s1 weekly");
    stage
}

#[test]
fn the_record_of_a_billing_does_not_grow_with_what_is_over() {
    let stage = begun();
    let sizes = live(&stage, 0..400, 100);
    // More than half of the first hundred weeks is open. Later records hold as much, and at most one closing
    // more.
    let (first, rest) = sizes.split_first().unwrap();
    assert!(rest.iter().all(|size| *size < first * 3 / 2), "{sizes:?}");
    stage.credits.verify().unwrap();
    assert_eq!(stage.credits.unresolved().unwrap(), []);
}

#[test]
fn awards_that_were_given_before_do_not_keep_what_is_over() {
    let weekly = Length { count: 1, unit: LengthUnit::Week };
    let cycle = |start: &str| AwardId::cycle(object("si_s1"), instant(start), weekly);
    let stage = begun();
    let left = stage.ann.give_credits(7).now().wait().unwrap().entry.number;
    // Another amount than the terms say, and a cycle whose invoice never comes.
    stage.credits.given_before("ann", cycle("2026-01-01"), 9).grant(left).now().wait().unwrap();
    stage.credits.given_before("ann", cycle("2025-12-18"), 7).now().wait().unwrap();
    let sizes = live(&stage, 0..400, 100);
    let unmarked = live(&begun(), 0..400, 100);
    for (size, unmarked) in sizes.iter().zip(&unmarked).skip(1) {
        assert!(*size < unmarked + 200, "{sizes:?} against {unmarked:?}");
    }
    stage.credits.verify().unwrap();
}

#[test]
fn what_comes_after_the_closing_is_counted_as_before() {
    let stage = begun();
    live(&stage, 0..100, 100);
    // A closed invoice that is delivered again gives nothing, and is listed.
    play(
        &stage,
        "2027-12-01 paid in0 s1 weekly 2026-01-01..2026-01-29 by=pi0 at=2026-01-01 happened=2026-01-01 -> 0",
    );
    play(&stage, "2027-12-01 pack cs0 pc0 brief happened=2026-01-01 -> 0");
    let listed = stage.credits.unresolved().unwrap();
    assert_eq!(listed.len(), 2, "{listed:?}");
    assert!(listed.iter().all(|entry| matches!(entry, Unresolved::TooLate { .. })), "{listed:?}");
    for entry in &listed {
        stage.credits.dismiss(entry).unwrap();
    }
    assert_eq!(stage.credits.unresolved().unwrap(), []);
    // A refund of it is listed.
    play(&stage, "2027-12-01 refund pc0 re1 900 -> 0");
    let listed = stage.credits.unresolved().unwrap();
    assert!(matches!(&listed[..], [Unresolved::PaymentUnknown { returned: 900, .. }]), "{listed:?}");
    // States of that time are forgotten, so one more changes nothing.
    play(&stage, "2027-12-01 state s1 weeklyx3 happened=2026-01-02 -> 0");
    let subscriptions = stage.ann.subscriptions().unwrap();
    assert_eq!(subscriptions.len(), 1);
    play(&stage, "2027-12-02 paid in100 s1 weekly 2027-12-02..2027-12-30 -> 7");
    stage.credits.verify().unwrap();
}

#[test]
fn what_is_not_used_is_not_closed() {
    let stage = begin("2026-01-01");
    play(&stage, "2026-01-01 state s1 keep");
    let paid = |number| format!("{0} paid in{number} s1 keep {0}..{1}\n", month(number), month(number + 1));
    let script = (0..60).map(paid);
    let script: String = script.collect();
    play(&stage, &script);
    assert_eq!(stage.says(), "6000");
    // 30 days after the end of the plan all credits expire, the oldest too.
    play(&stage, "2030-12-31 state s1 keep ended ends=2030-12-31 -> 6000");
    play(&stage, "2031-02-01 look -> 0");
    stage.credits.verify().unwrap();
}

#[test]
fn a_bonus_is_given_once_also_after_its_cycle_is_closed() {
    let stage = begin("2026-01-01");
    play(&stage, "2026-01-01 state s1 starter");
    for number in 0..60 {
        let (today, end) = (month(number), month(number + 1));
        play(&stage, &format!("{today} paid in{number} s1 starter {today}..{end}"));
        let credits = stage.ann.credits().unwrap().get();
        stage.ann.spend_credits_on(Operation::step(u64::try_from(credits).unwrap())).now().wait().unwrap();
    }
    assert_eq!(stage.history().matches("subscription_signup_bonus").count(), 1);
    assert_eq!(stage.history().matches("+500 subscription_credits").count(), 60);
    // The same plan again has no signup bonus.
    play(&stage, "2031-01-01 state s2 starter");
    play(&stage, "2031-01-01 paid in99 s2 starter 2031-01-01..2031-02-01 -> 500");
    stage.credits.verify().unwrap();
}

/// A plan of 100 credits a month: those of the first month are transferred, later ones are spent.
fn transferred(plan: &str, months: u32) -> (Stage, TransferId) {
    let stage = begin("2026-01-01");
    play(&stage, &format!("2026-01-01 state s1 {plan}"));
    let mut transfer = None;
    for number in 0..months {
        let (today, end) = (month(number), month(number + 1));
        play(&stage, &format!("{today} paid in{number} s1 {plan} {today}..{end} -> 100"));
        if number == 0 {
            let made = stage.ann.transfer_to(&stage.credits.wallet("bob"), 100).now().wait().unwrap();
            transfer = Some(made.id);
        } else {
            stage.ann.spend_credits_on(Operation::step(100_u64)).now().wait().unwrap();
        }
    }
    (stage, transfer.unwrap())
}

#[test]
fn credits_of_a_reversed_transfer_end_with_the_plan_also_after_their_cycle_is_closed() {
    for months in [12, 60] {
        let (stage, transfer) = transferred("keep", months);
        stage.ann.reverse_transfer(transfer).now().wait().unwrap();
        let end = month(months);
        play(&stage, &format!("{end} state s1 keep ended ends={end} -> 100"));
        play(&stage, &format!("{} look -> 100", day(&end, 29)));
        play(&stage, &format!("{} look -> 0", day(&end, 30)));
        stage.credits.verify().unwrap();
    }
}

#[test]
fn credits_of_a_reversed_transfer_stay_with_the_plan_that_goes_on() {
    for months in [12, 60] {
        let (stage, transfer) = transferred("keep", months);
        stage.ann.reverse_transfer(transfer).now().wait().unwrap();
        let end = month(months);
        let (again, until) = (day(&end, 10), day(&end, 38));
        play(&stage, &format!("{end} state s1 keep ended ends={end} -> 100"));
        play(&stage, &format!("{again} state s2 keep"));
        play(&stage, &format!("{again} paid again s2 keep {again}..{until} -> 200"));
        play(&stage, &format!("{} look -> 200", day(&end, 31)));
        stage.credits.verify().unwrap();
    }
}

#[test]
fn credits_of_a_reversed_transfer_are_trimmed_with_the_next_cycle() {
    for months in [12, 60] {
        let (stage, transfer) = transferred("capped", months);
        let at = |number| (month(number), month(number + 1));
        let (today, end) = at(months);
        play(&stage, &format!("{today} paid in{months} s1 capped {today}..{end} -> 100"));
        stage.ann.reverse_transfer(transfer).now().wait().unwrap();
        assert_eq!(stage.says(), "200", "after {months} months");
        // Of 200 at most 150 roll over.
        let (today, end) = at(months + 1);
        play(&stage, &format!("{today} paid next s1 capped {today}..{end} -> 250"));
        stage.credits.verify().unwrap();
    }
}
