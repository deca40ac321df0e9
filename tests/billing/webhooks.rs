//! Webhooks: a forged delivery changes nothing, and one of Stripe's has its response once it is durable.

use std::time::Duration;

use credits_runtime::Clock as _;
use credits_runtime::billing::Unresolved;
use credits_runtime::stripe::{
    Request, Response, SIGNATURE_HEADER, Stripe, StripeError, Transport, WebhookResponse,
};
use credits_runtime::testing::ManualClock;
use credits_runtime::testing::stripe::{Account, Delivery, Shape};
use serde_json::{Value, json};

use super::script::instant;
use super::{Credits, Pricing};

pub const SECRET: &str = "whsec_test";

/// A transport on which every list is empty.
struct Nobody;

impl Transport for Nobody {
    fn send(&self, _: &Request) -> Result<Response, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Response { status: 200, body: r#"{"data":[],"has_more":false}"#.to_owned() })
    }
}

pub fn connect(credits: &Credits) -> Stripe<Pricing> {
    let stripe = credits.stripe("sk_test_1").webhook_secret("whsec_rolled").webhook_secret(SECRET);
    stripe.transport(Nobody).build().unwrap()
}

pub fn deliver(stripe: &Stripe<Pricing>, delivery: &Delivery, clock: &ManualClock) -> WebhookResponse {
    let header = delivery.signature(SECRET, clock.now());
    stripe.receive([(SIGNATURE_HEADER, header)], &delivery.body)
}

fn open() -> (ManualClock, Credits, Stripe<Pricing>) {
    let clock = ManualClock::at(instant("2026-01-31"));
    let credits = Credits::builder().clock(clock.clone()).in_memory().unwrap();
    let stripe = connect(&credits);
    (clock, credits, stripe)
}

fn credits_of(credits: &Credits, owner: &str) -> i64 {
    credits.wallet(owner).credits().unwrap().get()
}

#[test]
fn every_shape_gives_the_same() {
    for shape in Shape::ALL {
        let (clock, credits, stripe) = open();
        let mut account = Account::new(*shape, instant("2026-01-31"));
        let ann = account.subscribe("ann", "price_pro", 900);
        account.pass(Duration::from_hours(15 * 24));
        account.change(ann, "price_max", 2_700, 1);
        account.buy("bob", "boost", 900, Some(Duration::from_hours(5)));
        account.pass(Duration::from_hours(20 * 24));
        for delivery in account.deliveries() {
            clock.set(delivery.at.max(clock.now()));
            assert_eq!(deliver(&stripe, delivery, &clock).status, 200);
        }
        clock.set(account.now());
        credits.book_due().unwrap();
        // February's rise and January's rest have expired; March's credits are there.
        assert_eq!((credits_of(&credits, "ann"), credits_of(&credits, "bob")), (3_000, 1_100), "{shape:?}");
        assert!(credits.unresolved().unwrap().is_empty(), "{:?}", credits.unresolved().unwrap());
        credits.verify().unwrap();
        let history = credits.wallet("ann").credit_history().oldest_first().page().unwrap().entries;
        // 13 of 28 days were left, less an hour for nothing: 2,000 x 13 / 28.
        let rise = history.iter().find(|entry| entry.category.name() == "subscription_upgrade").unwrap();
        assert_eq!(rise.amount, 928, "{shape:?}");
    }
}

#[test]
fn what_is_not_signed_does_nothing() {
    let (clock, credits, stripe) = open();
    let mut account = Account::new(Shape::Clover, instant("2026-01-31"));
    account.buy("ann", "boost", 900, None);
    let delivery = &account.deliveries()[0];
    let header = delivery.signature(SECRET, instant("2026-01-31"));
    let refused = |headers: Vec<(&str, String)>, body: String| {
        assert_eq!(stripe.receive(headers, body), WebhookResponse { status: 400, body: "refused" });
        assert_eq!(credits_of(&credits, "ann"), 0);
    };
    refused(vec![], delivery.body.clone());
    refused(vec![(SIGNATURE_HEADER, "t=1,v1=00".to_owned())], delivery.body.clone());
    refused(vec![(SIGNATURE_HEADER, header.clone())], delivery.body.replace("900", "901"));
    let forged = delivery.signature("whsec_other", instant("2026-01-31"));
    refused(vec![(SIGNATURE_HEADER, forged)], delivery.body.clone());
    let too_large = format!("{}{}", delivery.body, " ".repeat(2_000_000));
    refused(vec![(SIGNATURE_HEADER, header.clone())], too_large);
    clock.advance(Duration::from_secs(301));
    refused(vec![(SIGNATURE_HEADER, header.clone())], delivery.body.clone());
    clock.set(instant("2026-01-31"));
    // The same delivery counts once its time is current, and the header's name may be in another case.
    assert_eq!(stripe.receive([("Stripe-Signature", header)], &delivery.body).status, 200);
    assert_eq!(credits_of(&credits, "ann"), 1_100);
}

#[test]
fn what_cannot_be_read_is_refused_and_what_is_not_ours_is_noted() {
    let (clock, credits, stripe) = open();
    let signed = |body: &str| {
        let delivery = Delivery { at: instant("2026-01-31"), body: body.to_owned() };
        deliver(&stripe, &delivery, &clock).status
    };
    assert_eq!(signed("{"), 400);
    assert_eq!(signed("[]"), 400);
    assert_eq!(signed("{}"), 400);
    assert_eq!(
        signed(r#"{"type":"invoice.paid","created":1,"data":{"object":{"id":"in_1","status":"paid"}}}"#),
        400
    );
    assert_eq!(signed(r#"{"object":"v2.core.event","type":"v1.invoice.paid","id":"evt_1"}"#), 400);
    assert_eq!(signed(r#"{"type":"customer.created","created":1,"data":{"object":{"id":"cus_1"}}}"#), 200);
    // An event of live mode changes nothing in a ledger of test mode.
    let live = r#"{"type":"checkout.session.completed","created":1,"livemode":true,"data":{"object":{"id":"cs_1"}}}"#;
    assert_eq!(signed(live), 200);
    assert_eq!(credits.totals().unwrap().len(), 0);
}

#[test]
fn what_happened_before_the_owner_is_known_waits() {
    let (clock, credits, stripe) = open();
    let mut account = Account::new(Shape::Basil, instant("2026-01-31"));
    let payment = account.buy("ann", "boost", 900, None);
    account.refund(&payment, 450);
    // A payment's refunds name neither the customer nor the owner.
    let (sale, refunds) = account.deliveries().split_first().unwrap();
    let nobody = |delivery: &Delivery| Delivery {
        body: delivery.body.replace("cus_ann", "cus_x").replace(r#""credits_owner":"ann","#, ""),
        ..delivery.clone()
    };
    for refund in refunds {
        assert_eq!(deliver(&stripe, &nobody(refund), &clock).status, 200);
    }
    assert_eq!(credits.unresolved().unwrap().len(), 2);
    assert_eq!(deliver(&stripe, sale, &clock).status, 200);
    assert_eq!(credits_of(&credits, "ann"), 550);
    assert!(credits.unresolved().unwrap().is_empty());
    credits.verify().unwrap();
}

#[test]
fn a_hundred_deliveries_at_once_are_one() {
    let (clock, credits, stripe) = open();
    let mut account = Account::new(Shape::Basil, instant("2026-01-31"));
    let payment = account.buy("ann", "boost", 900, None);
    account.refund(&payment, 450);
    account.subscribe("ann", "price_pro", 900);
    std::thread::scope(|scope| {
        for worker in 0..10 {
            let (account, stripe, clock) = (&account, &stripe, &clock);
            scope.spawn(move || {
                for round in 0..10 {
                    // Each round begins at another delivery.
                    let deliveries = account.deliveries().iter().cycle().skip(worker * 3 + round);
                    for delivery in deliveries.take(account.deliveries().len()) {
                        assert_eq!(deliver(stripe, delivery, clock).status, 200);
                    }
                }
            });
        }
    });
    assert_eq!(credits_of(&credits, "ann"), 550 + 1_000);
    let entries = credits.wallet("ann").credit_history().page().unwrap().entries;
    assert!((4..=5).contains(&entries.len()), "{entries:?}");
    credits.verify().unwrap();
}

#[test]
fn objects_of_connected_accounts_are_others() {
    let (clock, credits, stripe) = open();
    let mut account = Account::new(Shape::Clover, instant("2026-01-31"));
    account.buy("ann", "boost", 900, None);
    let delivery = &account.deliveries()[0];
    let connected = |account: &str| {
        let named = format!(r#"{{"account":"{account}","#);
        Delivery { body: delivery.body.replacen('{', &named, 1), ..delivery.clone() }
    };
    for (delivery, expected) in [
        (connected("acct_1"), 1_100),
        (connected("acct_1"), 1_100),
        (connected("acct_2"), 2_200),
        (delivery.clone(), 3_300),
    ] {
        assert_eq!(deliver(&stripe, &delivery, &clock).status, 200);
        assert_eq!(credits_of(&credits, "ann"), expected);
    }
}

#[test]
fn many_events_that_waited_are_applied_at_once_and_the_oldest_gives_way() {
    let (clock, credits, stripe) = open();
    let signed =
        |body: String| deliver(&stripe, &Delivery { at: instant("2026-01-31"), body }, &clock).status;
    // Refunds of one unknown payment, 200 bytes each.
    let long = "x".repeat(150);
    let refund = |number: u32| {
        format!(
            r#"{{"type":"refund.created","created":1,"data":{{"object":{{"id":"re_{long}{number}","amount":1,"payment_intent":"pi_1","status":"succeeded"}}}}}}"#
        )
    };
    for number in 0..1_001 {
        assert_eq!(signed(refund(number)), 200);
    }
    let unresolved = credits.unresolved().unwrap();
    assert_eq!(unresolved.len(), 1_001);
    let expected = Unresolved::EventsGaveWay { count: 1, since: instant("2026-01-31") };
    assert!(unresolved.contains(&expected), "{:?}", unresolved.first());
    let sale = |pack: &str| {
        format!(
            r#"{{"type":"checkout.session.completed","created":1,"data":{{"object":{{"object":"checkout.session","id":"cs_1","mode":"payment","payment_status":"paid","client_reference_id":"ann","payment_intent":"pi_1","currency":"usd","amount_subtotal":1001,"amount_total":1001,"metadata":{{"credits_pack":"{pack}"}}}}}}}}"#
        )
    };
    assert_eq!(signed(sale(&"boost".repeat(20_000))), 400, "an event that is too large is refused");
    let sale = sale("boost").replace(r#""amount_subtotal":1001"#, r#""amount_subtotal":900"#);
    assert_eq!(signed(sale), 200);
    // 1,000 of 1,001 cents came back: 1,100 x 1,000 / 1,001 credits, rounded up.
    assert_eq!(credits_of(&credits, "ann"), 1);
    assert_eq!(credits.unresolved().unwrap(), std::slice::from_ref(&expected));
    // The first refund, sent again, is applied too.
    assert_eq!(signed(refund(0)), 200);
    assert_eq!(credits_of(&credits, "ann"), 0);
    // A listed entry can be dismissed once.
    credits.dismiss(&expected).unwrap();
    assert_eq!(credits.unresolved().unwrap(), []);
    assert!(!credits.dismiss(&expected).unwrap().is_new);
    credits.verify().unwrap();
}

#[test]
fn a_customer_is_linked_by_hand_where_nothing_says_whose_it_is() {
    let (clock, credits, stripe) = open();
    let mut account = Account::new(Shape::Clover, instant("2026-01-31"));
    account.buy("ann", "boost", 900, None);
    let delivery = account.deliveries()[0].clone();
    let body =
        delivery.body.replace(r#""credits_owner":"ann","#, "").replace(r#""client_reference_id":"ann","#, "");
    assert_eq!(deliver(&stripe, &Delivery { body, ..delivery }, &clock).status, 200);
    assert_eq!(credits.unresolved().unwrap().len(), 1);
    let customer = credits_runtime::billing::ObjectId::new("cus_ann").unwrap();
    credits.link(customer, "bob").wait().unwrap();
    assert_eq!(credits_of(&credits, "bob"), 1_100);
    assert!(credits.unresolved().unwrap().is_empty());
}

#[test]
fn keys_and_secrets_are_looked_at_when_it_is_connected() {
    let credits = Credits::in_memory().unwrap();
    let refused = |key: &str, secret: &str| {
        credits.stripe(key).webhook_secret(secret).build().map(|_| ()).unwrap_err().to_string()
    };
    assert_eq!(refused("", "whsec_1"), StripeError::KeyMissing.to_string());
    let help = "no secret key was given: pass one to `credits.stripe(\"sk_..\")`";
    assert_eq!(StripeError::KeyMissing.to_string(), help);
    for key in ["pk_test_1", "sk_test_", "sk_prod_1", "sk"] {
        assert_eq!(refused(key, "whsec_1"), StripeError::KeyInvalid.to_string());
    }
    assert_eq!(refused("sk_test_1", " "), StripeError::SecretEmpty.to_string());
}

/// The clock was two hours ahead during a booking, and was then set right: current deliveries were refused as
/// stale until the ledger's time was reached.
#[test]
fn deliveries_are_compared_with_the_clock_and_not_with_the_ledgers_time() {
    let (clock, credits, stripe) = open();
    let mut account = Account::new(Shape::Clover, instant("2026-01-31"));
    account.buy("ann", "boost", 900, None);
    let delivery = &account.deliveries()[0];
    clock.set(instant("2026-01-31T02"));
    credits.wallet("bob").give_credits(1).now().wait().unwrap();
    let ahead = delivery.signature(SECRET, clock.now());
    clock.set(instant("2026-01-31"));
    assert!(credits.now() > clock.now());
    assert_eq!(stripe.receive([(SIGNATURE_HEADER, ahead)], &delivery.body).status, 400);
    assert_eq!(deliver(&stripe, delivery, &clock).status, 200);
    assert_eq!(credits_of(&credits, "ann"), 1_100);
}

/// A paid checkout, as Stripe sends it.
fn sale(client_reference_id: &Value, metadata: &Value) -> Delivery {
    let object = json!({
        "id": "cs_1", "object": "checkout.session", "mode": "payment", "payment_status": "paid",
        "client_reference_id": client_reference_id, "customer": "cus_1", "payment_intent": "pi_1",
        "currency": "usd", "amount_subtotal": 900, "amount_total": 900, "metadata": metadata,
        "line_items": { "data": [{ "id": "li_1", "price": { "id": "price_boost" }, "quantity": 1 }], "has_more": false },
    });
    let event = json!({ "type": "checkout.session.completed", "created": 1_769_817_600, "data": { "object": object } });
    Delivery { at: instant("2026-01-31"), body: event.to_string() }
}

#[test]
fn a_reference_names_the_owner_of_a_checkout_of_ours_or_where_the_application_says_so() {
    let (both, owner) =
        (json!({ "credits_owner": "ann", "credits_pack": "boost" }), json!({ "credits_owner": "ann" }));
    let (pack, neither) = (json!({ "credits_pack": "boost" }), json!({}));
    // Metadata, reference, whether references name owners; the expected owner, and whether the customer is
    // linked.
    for (metadata, reference, names_owners, expected, links) in [
        (&both, json!("order_1"), false, Some("ann"), true),
        (&both, json!("order_1"), true, Some("ann"), true),
        (&owner, json!("order_1"), true, Some("ann"), true),
        (&pack, json!("bob"), false, Some("bob"), false),
        // The session sells a pack of the catalogue.
        (&neither, json!("order_1"), false, Some("order_1"), false),
        (&neither, json!("bob"), true, Some("bob"), false),
        (&neither, json!(""), true, None, false),
        (&pack, json!(null), true, None, false),
    ] {
        let clock = ManualClock::at(instant("2026-01-31"));
        let credits = Credits::builder().clock(clock.clone()).in_memory().unwrap();
        let mut stripe = credits.stripe("sk_test_1").webhook_secret(SECRET).transport(Nobody);
        if names_owners {
            stripe = stripe.client_reference_ids_name_owners();
        }
        let stripe = stripe.build().unwrap();
        assert_eq!(deliver(&stripe, &sale(&reference, metadata), &clock).status, 200);
        let row = format!("{metadata} {reference} {names_owners}");
        for name in ["ann", "bob", "order_1"] {
            let given = if expected == Some(name) { 1_100 } else { 0 };
            assert_eq!(credits_of(&credits, name), given, "{row}: {name}");
        }
        assert_eq!(credits.unresolved().unwrap().len(), usize::from(expected.is_none()), "{row}");
        // A later purchase of the customer that names no owner belongs to the owner only if the customer was
        // linked.
        let later = sale(&json!(null), &neither);
        let body = later.body.replace("cs_1", "cs_2").replace("pi_1", "pi_2");
        assert_eq!(deliver(&stripe, &Delivery { body, ..later }, &clock).status, 200);
        if let Some(owner) = expected {
            assert_eq!(credits_of(&credits, owner), if links { 2_200 } else { 1_100 }, "{row}");
        }
        credits.verify().unwrap();
    }
}
