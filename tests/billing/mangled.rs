//! Signed deliveries that Stripe would never send: numbers at the ends of 64 bits, and fields that are
//! missing or of another kind. Nothing panics, no valid fact is lost, and the books add up.

use serde_json::{Value, json};

use credits_runtime::testing::ManualClock;
use credits_runtime::testing::stripe::{
    Account, Billed, CreditTo, Delivery, Extra, Item, Price, Prorations, Purchase, Shape, Tier,
};

use super::Credits;
use super::lives::DAY;
use super::script::instant;
use super::webhooks::{connect, deliver};
use crate::power::random::Random;

/// Replaces, removes or repeats a random part of a value.
fn mangle(value: &mut Value, random: &mut Random) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            let names: Vec<String> = fields.keys().cloned().collect();
            let name = random.choose(&names);
            if random.once_in(6) {
                fields.remove(&name);
            } else if let Some(field) = fields.get_mut(&name) {
                mangle(field, random);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            let place = random.below(items.len());
            if random.once_in(6) {
                let again = items[place].clone();
                items.push(again);
            } else {
                mangle(&mut items[place], random);
            }
        }
        other => {
            let ends = [
                json!(i64::MAX),
                json!(i64::MIN),
                json!(0),
                json!(-1),
                json!(1.5),
                json!(253_402_207_200_i64),
                json!(4_000_000_000_000_i64),
                json!("x"),
                json!("price_starter"),
                json!("si_1"),
                json!("pi_6"),
                json!("\u{0}"),
                json!("ended"),
                json!("trialing"),
                json!("ann"),
                json!("bob"),
                json!(null),
                json!([]),
                json!({}),
                json!(true),
            ];
            *other = random.choose(&ends);
        }
    }
}

fn account(random: &mut Random) -> Account {
    let mut account = Account::new(random.choose(Shape::ALL), instant("2026-01-31"));
    let subscription =
        account.subscribe("ann", random.choose(&["price_starter", "price_keep", "price_half"]), 900);
    account.pass(DAY * 15);
    account.change(subscription, "price_max", 2_700, 2);
    let payment = account.buy("ann", "boost", 900, None);
    let refund = account.refund(&payment, 300);
    account.fail_refund(refund);
    let dispute = account.dispute(&payment);
    account.win(dispute);
    account.pass(DAY * 20);
    another_life(&mut account, random);
    account
}

/// Adds several items, a replaced one, notes, a payment link, and a trial after paid time.
fn another_life(account: &mut Account, random: &mut Random) {
    let seats = Price::monthly("price_capped", 0).graduated([Tier::up_to(2, 300), Tier::rest(200)]);
    let items = [Price::monthly("price_pro", 900).into(), Item::of(seats).quantity(3)];
    let id = account.subscribe_with("bob", items, Billed::at_once().taxed(19).discounted(10));
    account.pass(DAY * 3);
    let item = account.items_of(id).remove(0);
    let prorations = random.choose(&[Prorations::Invoiced, Prorations::WithRenewal]);
    account.replace_item(id, &item, Price::monthly("price_max", 2_700), prorations);
    let boost = Price::once("price_boost", 900);
    account.purchase("bob", Purchase::of(boost.clone()).quantity(2).by_link());
    account.add_line(id, &Extra::of(boost));
    account.pass(DAY * 30);
    let invoice = account.invoice_of(id).unwrap();
    let note = account.credit(&invoice, 500, CreditTo::Balance);
    account.void_credit(note);
    account.begin_trial(id, account.now().after(DAY * 9), Prorations::Invoiced);
    account.cancel_with_credit(id);
}

/// Mangles the fields of the event around its object.
#[test]
fn an_event_whose_own_fields_are_mangled_harms_nothing() {
    let whole = {
        let mut account = Account::new(Shape::Clover, instant("2026-01-31"));
        account.buy("ann", "boost", 900, None);
        serde_json::from_str::<Value>(&account.deliveries()[0].body).unwrap()
    };
    let odd = ["x", "\u{0}", "", "acct/../1", "\u{1f4a9}"].map(|text| json!(text));
    let odd: Vec<Value> =
        odd.into_iter().chain([json!(i64::MIN), json!(i64::MAX), json!(u64::MAX)]).collect();
    let odd =
        [odd, vec![json!(-1.5e300), json!(null), json!([[]]), json!({ "data": {} }), json!(true)]].concat();
    for name in ["id", "type", "created", "account", "livemode", "object", "data", "api_version"] {
        for value in &odd {
            let clock = ManualClock::at(instant("2026-01-31"));
            let credits = Credits::builder().clock(clock.clone()).in_memory().unwrap();
            let stripe = connect(&credits);
            // With metadata that names the pack, and without, so that the list of sold items is fetched.
            for metadata in [json!({ "credits_owner": "ann", "credits_pack": "boost" }), json!({})] {
                let mut event = whole.clone();
                event["data"]["object"]["metadata"] = metadata;
                event[name] = value.clone();
                let delivery = Delivery { at: instant("2026-01-31"), body: event.to_string() };
                let status = deliver(&stripe, &delivery, &clock).status;
                assert!(status == 200 || status == 400, "{name} {value}: {status}");
            }
            credits.book_due().unwrap();
            credits.verify().unwrap();
        }
    }
}

#[test]
fn what_stripe_would_never_say_harms_nothing() {
    let mut said = [0, 0, 0];
    for seed in 0..150 {
        let mut random = Random::new(seed, 17);
        let account = account(&mut random);
        let clock = ManualClock::at(instant("2026-01-31"));
        let credits = Credits::builder().clock(clock.clone()).in_memory().unwrap();
        let stripe = connect(&credits);
        for delivery in account.deliveries() {
            clock.set(delivery.at);
            let mut event: Value = serde_json::from_str(&delivery.body).unwrap();
            if random.once_in(2) {
                for _ in 0..=random.below(3) {
                    mangle(&mut event["data"], &mut random);
                }
            }
            let mangled = Delivery { body: event.to_string(), ..delivery.clone() };
            match deliver(&stripe, &mangled, &clock).status {
                200 => said[0] += 1,
                400 => said[1] += 1,
                500 => said[2] += 1,
                other => panic!("{other}"),
            }
            credits.wallet("ann").credits().unwrap();
            credits.unresolved().unwrap();
        }
        credits.book_due().unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        credits.verify().unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    }
    assert!(said[0] > 800 && said[1] > 20 && said[2] == 0, "{said:?}");
}
