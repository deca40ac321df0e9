//! Facts that arrive after periods and purchases were closed: nothing is given twice, and nothing is lost
//! without being listed.

use credits_runtime::Timestamp;
use credits_runtime::billing::{BillingEvent, Happening};

use super::Operation;
use super::script::{What, begin, day, instant, listed, month, play, steps};

/// The event of a line, after a change.
fn altered(text: &str, change: impl Fn(&mut BillingEvent)) -> (Timestamp, BillingEvent) {
    let step = steps(text).remove(0);
    let What::Event(mut event) = step.what else { panic!("no event") };
    change(&mut event);
    (step.at, *event)
}

/// An upgrade whose invoice is paid after 16 months. An invoice that is paid after 350 days gives all of it.
fn late_upgrade(paid: &str, waits: &str) -> (String, Vec<String>) {
    let stage = begin("2026-01-01");
    play(
        &stage,
        "2026-01-01 state s1 daily
         . paid in1 s1 daily 2026-01-01..2027-01-01 -> 1
         2026-02-01 state s1 dailyx3 was=dailyx1 anchor=2026-01-01",
    );
    play(&stage, waits);
    play(
        &stage,
        &format!("{paid} paid in2 s1 daily 2026-02-01..2027-01-01 amount=-900 proration and s1 dailyx3 2026-02-01..2027-01-01 amount=2700 proration made=2026-02-01
         +1m look
         +1m look
         +1m look"),
    );
    stage.credits.verify().unwrap();
    (stage.says(), listed(&stage))
}

#[test]
fn an_upgrade_that_is_paid_after_the_closing_of_a_renewal() {
    // The renewal at the lower quantity is given and expires, which makes the ledger close its period.
    let (early, _) = late_upgrade("2027-01-15", "2027-01-10 look");
    let (late, listed) = late_upgrade("2027-07-01", "2027-06-15 pack csx pcx brief -> 300\n . spend 300");
    assert_eq!(early, late, "listed {listed:?}");
}

/// The first payment is refunded, so the bonus is taken back. Later the owner joins the plan again.
fn joined_again(again: &str, until: &str) -> (i64, Vec<String>) {
    let stage = begin("2026-01-01");
    play(
        &stage,
        "2026-01-01 state s1 starter
         . paid in1 s1 starter 2026-01-01..2026-02-01 by=p1   -> 600
         2026-01-05 refund p1 re1 1000                         -> 0
         . state s1 starter ended ends=2026-01-05              -> 0
         2026-02-01 state s2 daily
         . paid in2 s2 daily 2026-02-01..2027-02-01            -> 1
         2027-02-01 paid in3 s2 daily 2027-02-01..2028-02-01",
    );
    play(&stage, &format!("{again} look"));
    let before = stage.ann.credits().unwrap().get();
    play(
        &stage,
        &format!(". state s3 starter\n. paid in4 s3 starter {again}..{until}").replacen(
            ". ",
            &format!("{again} "),
            1,
        ),
    );
    stage.credits.verify().unwrap();
    (stage.ann.credits().unwrap().get() - before, listed(&stage))
}

#[test]
fn a_bonus_that_was_taken_back_is_due_again_with_the_plan() {
    let early = joined_again("2027-02-02", "2027-03-02");
    let late = joined_again("2027-10-01", "2027-11-01");
    assert_eq!((early.0, late.0), (600, 600), "listed {:?}", late.1);
}

#[test]
fn an_invoice_of_no_total_that_arrives_after_the_closing_is_listed() {
    let stage = begin("2026-01-01");
    play(&stage, "2026-01-01 state s1 seats");
    for number in (0..60).filter(|number| *number != 5) {
        // A coupon pays for all of it.
        let (at, end) = (month(number), month(number + 1));
        play(&stage, &format!("{at} paid in{number} s1 seats {at}..{end} total=0"));
        stage.ann.spend_credits_on(Operation::step(100_u64)).now().wait().unwrap();
    }
    play(
        &stage,
        "2031-01-01 paid in5 s1 seats 2026-06-01..2026-07-01 total=0 happened=2026-06-01 at=2026-06-01",
    );
    assert!(!listed(&stage).is_empty() || stage.says() == "100", "has {}", stage.says());
}

fn checkout_and_invoice(between: bool) {
    {
        let stage = begin("2025-10-01");
        for number in 0..60 {
            play(&stage, &format!("{} pack csx{number} pcx{number} brief", day("2025-10-01", number)));
        }
        play(&stage, "2026-01-01 pack csA pcA boost -> 1100\n . spend 1100 -> 0");
        if between {
            // An unused pack stays open.
            play(&stage, "2026-01-01T00:02 pack csB pcB boost -> 1100");
        }
        let line =
            "2026-01-01T00:05 paid inA s9 boost 2026-01-01..2026-01-02 fee amount=900 total=900 by=pcA";
        let (at, invoice) = altered(line, |event| {
            if let Happening::TimePaid(invoice) = &mut event.what {
                for line in &mut invoice.lines {
                    line.subscription = None;
                }
            }
        });
        stage.go_to(at);
        stage.credits.receive(invoice).wait().unwrap();
        let before = if between { "1100" } else { "0" };
        assert_eq!(stage.says(), before);
        // 400 days after the checkout but not after the invoice, or much later.
        play(
            &stage,
            if between {
                "2027-03-01 refund pcx7 re7 1 failed"
            } else {
                "2027-02-05T00:03 refund pcx7 re7 1 failed"
            },
        );
        play(&stage, "2027-03-02 refund pcx8 re8 1 failed");
        stage.credits.verify().unwrap();
        assert_eq!(stage.says(), before, "between {between}\n{}", stage.history());
    }
}

#[test]
fn a_pack_whose_checkout_is_closed_before_its_invoice() {
    checkout_and_invoice(true);
}

#[test]
fn a_pack_whose_checkout_is_400_days_old_and_its_invoice_is_not() {
    checkout_and_invoice(false);
}

#[test]
fn an_item_whose_state_arrives_after_the_closing() {
    for arrives_in in [18_u32, 58] {
        let stage = begin("2026-01-01");
        play(&stage, "2026-01-01 state s1 seats");
        for number in 0..=arrives_in {
            let at = month(number);
            play(&stage, &format!("{at} paid in{number} s1 seats {at}..{}", month(number + 1)));
            stage.ann.spend_credits_on(Operation::step(100_u64)).now().wait().unwrap();
            if number == 5 {
                play(&stage, &format!("{at} paid inB s2 seats 2026-06-01..2027-06-01 of=s1"));
                assert_eq!(listed(&stage).len(), 1);
            }
        }
        assert_eq!(listed(&stage).len(), 1);
        play(
            &stage,
            &format!(
                "{} state s2 seats of=s1 happened=2026-06-01 anchor=2026-01-01\n+1d look",
                month(arrives_in)
            ),
        );
        stage.credits.verify().unwrap();
        let says = stage.says();
        assert_eq!(says, "1200", "arrives in month {arrives_in}; listed {:?}", listed(&stage));
    }
}

#[test]
fn an_invoice_that_is_delivered_again_after_a_link_and_a_closing() {
    for months in [12_u32, 60] {
        let stage = begin("2026-01-01");
        play(&stage, "2026-01-01 state s1 seats");
        for number in 0..months {
            let at = month(number);
            play(&stage, &format!("{at} paid in{number} s1 seats {at}..{}", month(number + 1)));
            stage.ann.spend_credits_on(Operation::step(100_u64)).now().wait().unwrap();
        }
        let now = month(months);
        stage.go_to(instant(&now));
        stage.credits.link(super::script::object("s1"), "bob").wait().unwrap();
        play(
            &stage,
            &format!(
                "{now} state s1 seats anchor=2026-01-01\n. paid in{months} s1 seats {now}..{}",
                month(months + 1)
            )
            .replace("\n. ", &format!("\n{now} ")),
        );
        let bob = stage.credits.wallet("bob");
        let before = bob.credits().unwrap().get();
        play(
            &stage,
            &format!("{now} paid in0 s1 seats 2026-01-01..2026-02-01 at=2026-01-01 happened=2026-01-01"),
        );
        play(
            &stage,
            &format!("{now} paid in1 s1 seats 2026-02-01..2026-03-01 at=2026-02-01 happened=2026-02-01"),
        );
        stage.credits.verify().unwrap();
        assert_eq!(bob.credits().unwrap().get() - before, 0, "months {months}, before {before}");
    }
}

/// Size of the owner's record after eight years.
fn size(with: &str) -> usize {
    let stage = begin("2026-01-01");
    play(
        &stage,
        &format!("2026-01-01 state s1 daily\n2026-01-01 paid in1 s1 daily 2026-01-01..2027-01-01\n{with}"),
    );
    for year in 2027..2031 {
        play(&stage, &format!("{year}-01-01 paid in{year} s1 daily {year}-01-01..{}-01-01", year + 1));
    }
    play(&stage, "2030-12-30 look");
    let owner = credits_runtime::Owner::new("ann").unwrap();
    credits_runtime::testing::parts::billing_bytes(&stage.credits, &owner).unwrap()
}

#[test]
fn a_rise_of_nothing_keeps_nothing_from_being_closed() {
    let plain = size("");
    // A second seat for the last minute of the first day: 1 / 1,440 of a credit.
    let risen = size("2026-01-01T23:59 paid inU s1 dailyx2 2026-01-01T23:59..2026-01-02 proration");
    // An item with a quantity of 0.
    let none = size(
        "2026-01-02 state s2 dailyx0 of=s1 anchor=2026-01-01\n. paid inN s2 dailyx0 2026-01-02..2027-01-01 of=s1 amount=0",
    );
    assert!(
        risen < plain * 3 / 2 && none < plain * 3 / 2,
        "{plain} bytes, {risen} with a rise of nothing, {none} with an item of nothing"
    );
}

#[test]
fn an_uncollectible_invoice_that_is_paid_after_all() {
    for paid in [17_u32, 60] {
        let stage = begin("2026-01-01");
        play(&stage, "2026-01-01 state s1 seats");
        for number in (0..paid).filter(|number| *number != 5) {
            let at = month(number);
            play(&stage, &format!("{at} paid in{number} s1 seats {at}..{}", month(number + 1)));
            stage.ann.spend_credits_on(Operation::step(100_u64)).now().wait().unwrap();
        }
        play(&stage, &format!("{} paid in5 s1 seats 2026-06-01..2026-07-01 made=2026-06-01", month(paid)));
        let says = stage.says();
        assert!(says == "100", "paid in month {paid}: {says}, listed {:?}", listed(&stage));
    }
}

/// Size of the owner's record after eight years of weekly packs that are used.
fn size_of_packs(first: &str) -> usize {
    let stage = begin("2026-01-01");
    play(&stage, first);
    for entry in stage.credits.unresolved().unwrap() {
        stage.credits.dismiss(&entry).unwrap();
    }
    for number in 1..400 {
        play(&stage, &format!("{} pack cs{number} pc{number} brief", day("2026-01-01", number * 7)));
        stage.ann.spend_credits_on(Operation::step(300_u64)).now().wait().unwrap();
    }
    let owner = credits_runtime::Owner::new("ann").unwrap();
    credits_runtime::testing::parts::billing_bytes(&stage.credits, &owner).unwrap()
}

#[test]
fn a_purchase_that_was_dealt_with_keeps_no_other_open() {
    let plain = size_of_packs("2026-01-01 look");
    let listed = size_of_packs("2026-01-01 pack cs0 pc0 brief subtotal=1");
    assert!(listed < plain * 3 / 2, "{plain} bytes, {listed} with one that was dismissed");
}
