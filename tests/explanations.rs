//! Why a charge costs what it costs: one line for each term, bounds, rounding, and the grants.

use std::time::Duration;

use credits_runtime::{Amount, Bytes, Entry, Explanation, usage_credits};

usage_credits! {
    settings { overrun debt allow_negative_balance up_to 50.credits }
    operation film { costs 100.credits + 10.credits_per(second) }
    operation read {
        costs tiers(100.pages) {
            ..1_000.pages => 5.credits,
            ..3_000.pages => 2.credits,
            .. => 1.credit,
        }
        at_most 95.credits
    }
    operation scan { costs 1.credit_per(page) after 10.pages }
    operation paint {
        costs by quality { standard => 2.credits, hd => 5.credits } + 3.credits_per(2.images)
        at_least 4.credits
    }
    operation hash { costs 1.credit_per(mb) }
    operation trace { costs 1.credit_per(hour) }
    operation haggle {
        with discount: i64
        costs 1.credit_per(page) + { 10 - discount }
    }
    operation tick { costs 1.credit }
}

/// A wallet with enough credits for everything.
fn rich() -> Wallet {
    let wallet = Credits::in_memory().unwrap().wallet("ann");
    wallet.give_credits(1_000).now().wait().unwrap();
    wallet
}

fn why(entry: &Entry) -> Explanation {
    entry.explanation().unwrap()
}

#[test]
fn a_charge_reads_as_a_sum() {
    let ann = rich();
    for (operation, sum) in [
        (Operation::film(Duration::from_millis(3_650)), "100 + 10 x 3.65 s = 136.5, rounded up: 137"),
        (Operation::film(Duration::from_secs(1)), "100 + 10 x 1 s = 110"),
        (Operation::read(50), "5/100 x 50 pages up to 1000 = 2.5, rounded up: 3"),
        (Operation::read(0), "5/100 x 0 pages up to 1000 = 0"),
        (
            Operation::read(3_500),
            "5/100 x 1000 pages up to 1000 + 2/100 x 2000 pages from 1000 to 3000 + 1/100 x 500 pages after 3000 = 95",
        ),
        (
            Operation::read(3_501),
            "5/100 x 1000 pages up to 1000 + 2/100 x 2000 pages from 1000 to 3000 + 1/100 x 501 pages after 3000 \
             = 95.01, rounded up, at most 95: 95",
        ),
        (Operation::scan(7), "1 x 0 pages after 10 = 0"),
        (Operation::scan(11), "1 x 1 page after 10 = 1"),
        (Operation::paint(3, PaintQuality::Hd), "5 (quality hd) + 3/2 x 3 images = 9.5, rounded up: 10"),
        (
            Operation::paint(0, PaintQuality::Standard),
            "2 (quality standard) + 3/2 x 0 images = 2, at least 4: 4",
        ),
        (Operation::hash(Bytes(1)), "1 x 0.00000095367431640625 mb = 0.00000095367431640625, rounded up: 1"),
        (Operation::trace(Duration::from_mins(20)), "1 x 1/3 h = 1/3, rounded up: 1"),
        (Operation::haggle(2, 4), "1 x 2 pages + { 10 - discount } (computed): 8"),
        (Operation::tick(), "1"),
    ] {
        let entry = ann.spend_credits_on(operation).now().wait().unwrap().entry;
        assert_eq!(why(&entry).to_string(), sum);
        assert_eq!(why(&entry).price, -entry.amount.get());
    }
}

#[test]
fn a_line_has_its_quantity_rate_and_credits() {
    let film = rich().spend_credits_on(Operation::film(Duration::from_millis(3_650))).now().wait().unwrap();
    let why = why(&film.entry);
    let [fixed, seconds] = why.lines.as_slice() else { panic!("{why:?}") };
    assert_eq!((fixed.what.as_str(), &fixed.quantity, fixed.rate), ("fixed", &None, None));
    assert_eq!(fixed.credits.unwrap().to_string(), "100");
    let (quantity, rate) = (seconds.quantity.as_ref().unwrap(), seconds.rate.unwrap());
    assert_eq!((quantity.value.to_string(), quantity.unit.as_str()), ("3.65".into(), "seconds"));
    assert_eq!((rate.credits.get(), rate.units), (10, 1));
    assert_eq!(seconds.credits.unwrap().to_string(), "36.5");
    assert_eq!((why.sum.unwrap().to_string(), why.rounding.as_str()), ("136.5".into(), "ceil"));
    assert_eq!((why.price.get(), why.recomputed), (137, Some(Amount::new(137))));
    assert_eq!(why.inputs, ["3.65 seconds"]);
}

#[test]
fn the_grants_of_a_charge_add_up_to_it() {
    let ann = Credits::in_memory().unwrap().wallet("ann");
    let first = ann.give_credits(40).expires_in(Duration::from_hours(1)).now().wait().unwrap().entry.number;
    let second = ann.give_credits(100).now().wait().unwrap().entry.number;
    let entry = ann.spend_credits_on(Operation::film(0)).now().wait().unwrap().entry;
    let grants: Vec<_> = why(&entry).grants.iter().map(|part| (part.grant, part.amount.get())).collect();
    assert_eq!(grants, [(first, 40), (second, 60)]);
}

#[test]
fn what_was_settled_otherwise_or_not_paid_stands_at_the_end() {
    let ann = Credits::in_memory().unwrap().wallet("ann");
    ann.give_credits(110).now().wait().unwrap();
    let limit = Duration::from_mins(5);
    let hold = ann.spend_credits_on(Operation::film(1)).hold(limit).wait().unwrap();
    let settled = hold.settle_amount(60).wait().unwrap();
    assert_eq!(why(&settled.entry).to_string(), "100 + 10 x 1 s = 110, settled at 60");
    let hold = ann.spend_credits_on(Operation::haggle(0, 0)).hold(limit).wait().unwrap();
    let settled = hold.settle_for(Operation::haggle(70, 0)).wait().unwrap();
    assert_eq!(
        why(&settled.entry).to_string(),
        "1 x 70 pages + { 10 - discount } (computed): 80, 30 of it owed"
    );
}

#[test]
fn an_explanation_reads_back_from_json() {
    let ann = rich();
    for operation in [Operation::trace(Duration::from_mins(20)), Operation::haggle(2, 4)] {
        let why = why(&ann.spend_credits_on(operation).now().wait().unwrap().entry);
        let text = serde_json::to_string(&why).unwrap();
        assert_eq!(serde_json::from_str::<Explanation>(&text).unwrap(), why, "{text}");
    }
}
