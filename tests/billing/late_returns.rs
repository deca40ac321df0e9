//! Money that is returned, or won back, long after its payment: closing waits for it, or it is listed.

use credits_runtime::billing::Unresolved;

use super::Operation;
use super::script::{Stage, begin, day, listed, month, play};

/// Three years of the plan are paid, and are refunded at this instant.
fn refunded_at(at: &str) -> (String, Vec<String>) {
    let stage = begin("2026-01-01");
    play(
        &stage,
        "2026-01-01 state s2 daily
         . paid in2 s2 daily 2026-01-01..2027-01-01            -> 1
         . state s1 starter
         . paid in1 s1 starter 2026-01-01..2029-01-01 by=p1    -> 601
         2027-02-03 look -> 600",
    );
    play(&stage, &format!("{at} give 1\n. refund p1 re1 1000").replacen(". ", &format!("{at} "), 1));
    stage.credits.verify().unwrap();
    (stage.says(), listed(&stage))
}

#[test]
fn a_bonus_is_taken_back_with_what_was_refunded() {
    let early = refunded_at("2027-02-03");
    let late = refunded_at("2027-08-10");
    assert_eq!(early, late);
}

/// A pack that stays unused for 399 days, between others that are closed.
fn unused_pack() -> Stage {
    let stage = begin("2025-12-01");
    for number in 0..20 {
        play(&stage, &format!("{} pack csx{number} pcx{number} brief", day("2025-12-01", number)));
    }
    play(&stage, "2026-01-01 pack cs0 pc0 boost");
    for number in 0..20 {
        play(&stage, &format!("2026-01-02T00:{number:02} pack csy{number} pcy{number} brief"));
    }
    play(&stage, "2026-03-01 look -> 1100");
    stage
}

#[test]
fn a_refund_of_a_pack_that_fails_after_some_days() {
    for again in ["2027-02-05T12", "2027-02-09"] {
        let stage = unused_pack();
        play(
            &stage,
            &format!(
                "2027-02-04 refund pc0 re0 900            -> 0
             # 399 days after the pack; 401 days after it another is bought and used.
             2027-02-05 look
             {again} look"
            ),
        );
        if again == "2027-02-09" {
            play(&stage, "2027-02-09 pack cs1 pc1 brief -> 300\n . spend 300");
        }
        play(&stage, "2027-02-10 refund pc0 re0 900 failed");
        stage.credits.verify().unwrap();
        let now = stage.says();
        assert!(now == "1100", "{again}: has {now}, listed {:?}", listed(&stage));
    }
}

#[test]
fn a_dispute_of_a_pack_that_is_won_after_two_months() {
    let stage = unused_pack();
    play(
        &stage,
        "2027-01-20 dispute pc0 dp0 900            -> 0
         2027-02-09 pack cs1 pc1 brief             -> 300
         .          spend 300                      -> 0
         2027-03-20 reinstated pc0 dp0",
    );
    stage.credits.verify().unwrap();
    let now = stage.says();
    assert!(now == "1100", "has {now}, listed {:?}", listed(&stage));
}

#[test]
fn a_dispute_of_a_cycle_that_is_won_after_three_months() {
    for won in ["2029-08-15", "2029-10-15"] {
        let stage = begin("2026-01-01");
        play(&stage, "2026-01-01 state s1 seats");
        for number in 0..32 {
            let at = month(number);
            play(&stage, &format!("{at} paid in{number} s1 seats {at}..{} by=pi{number}", month(number + 1)));
            if number < 31 {
                stage.ann.spend_credits_on(Operation::step(100_u64)).now().wait().unwrap();
            }
        }
        play(
            &stage,
            &format!(
                "2028-09-01 state s1 seats ended ends=2028-09-01        -> 100
                 2029-07-20 dispute pi31 dp31 1000                      -> 0
                 {won} state s2 free
                 {won} reinstated pi31 dp31"
            ),
        );
        stage.credits.verify().unwrap();
        let now = stage.says();
        assert!(now == "100", "won {won}: has {now}, listed {:?}", listed(&stage));
    }
}

#[test]
fn a_dispute_of_a_first_payment_with_its_bonus() {
    for won in ["2027-02-01", "2027-03-20"] {
        let stage = begin("2026-01-01");
        play(
            &stage,
            &format!(
                "2026-01-01 state s2 daily
             . paid in2 s2 daily 2026-01-01..2027-01-01
             . state s1 starter
             . paid in1 s1 starter 2026-01-01..2026-02-01 by=p1    -> 601
             2026-02-01 state s1 starter ended ends=2026-02-01
             2027-01-10 look                                       -> 100
             2027-01-20 dispute p1 dp1 1000                        -> 0
             {won} state s3 free
             . reinstated p1 dp1"
            )
            .replace("             . reinstated", &format!("             {won} reinstated")),
        );
        stage.credits.verify().unwrap();
        let says = stage.says();
        assert!(says == "100", "won {won}: {says}, listed {:?}", listed(&stage));
    }
}

/// Months of one plan that are paid and used.
fn used(stage: &Stage, months: std::ops::Range<u32>, price: &str, credits: u64) {
    for number in months {
        let (at, end) = (month(number), month(number + 1));
        play(stage, &format!("{at} paid in{number} s1 {price} {at}..{end} by=pi{number}"));
        stage.ann.spend_credits_on(Operation::step(credits)).now().wait().unwrap();
    }
}

#[test]
fn a_credit_note_of_a_closed_invoice_is_listed_until_it_is_void() {
    let stage = begin("2026-01-01");
    play(&stage, "2026-01-01 state s1 seats");
    used(&stage, 0..60, "seats", 100);
    play(&stage, "2030-12-10 credited in0 cn0 1000 -> 0");
    let found = stage.credits.unresolved().unwrap();
    assert!(
        matches!(&found[..], [Unresolved::PaymentUnknown { payment, returned: 1000, .. }] if payment.as_str() == "in0"),
        "{found:?}"
    );
    play(&stage, "2030-12-11 credited in0 cn0 1000 void -> 0");
    assert_eq!(listed(&stage), [""; 0]);
}

/// The higher quantity was the last paid one of the closed periods. Since then a lower one is paid.
#[test]
fn an_unpaid_upgrade_to_what_was_paid_before_a_closing_is_listed() {
    for lower in [4, 40] {
        let stage = begin("2026-01-01");
        play(&stage, "2026-01-01 state s1 seatsx2");
        used(&stage, 0..lower, "seatsx2", 200);
        play(&stage, &format!("{} state s1 seats anchor=2026-01-01", month(lower)));
        used(&stage, lower..lower + 6, "seats", 100);
        assert_eq!(listed(&stage), [""; 0], "lower from month {lower} on");
        let risen = day(&month(lower + 5), 9);
        play(&stage, &format!("{risen} state s1 seatsx2 anchor=2026-01-01 -> 0"));
        let found = stage.credits.unresolved().unwrap();
        assert!(matches!(&found[..], [Unresolved::UnpaidUpgrade { .. }]), "from {lower} on: {found:?}");
    }
}
