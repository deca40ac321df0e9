//! Lists that an event lacks or has in part: they are read whole, within limits, and Stripe's response
//! decides whether the delivery should be sent again.

use std::error::Error;
use std::sync::atomic::{AtomicUsize, Ordering};

use credits_runtime::Clock as _;
use credits_runtime::stripe::{Request, Response, SIGNATURE_HEADER, Stripe, Transport};
use credits_runtime::testing::ManualClock;
use credits_runtime::testing::stripe::Delivery;
use serde_json::{Value, json};

use super::checkout::Script;
use super::script::instant;
use super::webhooks::SECRET;
use super::{Credits, Pricing};

const ADDRESS: &str = "https://api.stripe.com";

struct World {
    clock: ManualClock,
    credits: Credits,
    stripe: Stripe<Pricing>,
}

impl World {
    fn new(transport: impl Transport) -> Self {
        let clock = ManualClock::at(instant("2026-01-31"));
        let credits = Credits::builder().clock(clock.clone()).in_memory().unwrap();
        let stripe = credits.stripe("sk_test_1").webhook_secret(SECRET).transport(transport).build().unwrap();
        Self { clock, credits, stripe }
    }

    /// Response status of an event.
    fn sent(&self, event: &Value) -> u16 {
        let delivery = Delivery { at: self.clock.now(), body: event.to_string() };
        let header = delivery.signature(SECRET, self.clock.now());
        self.stripe.receive([(SIGNATURE_HEADER, header)], &delivery.body).status
    }

    fn credits(&self, owner: &str) -> i64 {
        self.credits.wallet(owner).credits().unwrap().get()
    }
}

fn event(kind: &str, object: &Value) -> Value {
    json!({ "id": "evt_1", "type": kind, "created": 1_769_817_600, "data": { "object": object } })
}

/// A paid checkout of three boosts, with some fields changed.
fn sale(changes: &Value) -> Value {
    let mut object = json!({
        "id": "cs_1", "object": "checkout.session", "mode": "payment", "payment_status": "paid",
        "payment_intent": "pi_1", "currency": "usd", "amount_subtotal": 2_700, "amount_total": 2_700,
        "metadata": { "credits_owner": "ann" },
    });
    for (name, value) in changes.as_object().unwrap() {
        object[name.as_str()] = value.clone();
    }
    event("checkout.session.completed", &object)
}

fn list(members: &Value) -> Value {
    json!({ "data": members, "has_more": false })
}

fn boosts(quantity: u64) -> Value {
    json!([{ "id": "li_1", "price": { "id": "price_boost" }, "quantity": quantity }])
}

#[test]
fn a_sale_is_read_whole_unless_it_says_what_it_sold() {
    let ours = json!({ "credits_owner": "ann", "credits_pack": "boost" });
    // Changes of the event, and whether the list is read.
    for (changes, reads) in [
        (json!({}), true),
        (json!({ "metadata": ours }), false),
        (json!({ "metadata": ours, "payment_link": null }), false),
        (json!({ "metadata": ours, "payment_link": "plink_1" }), true),
        (json!({ "metadata": { "credits_pack": "boost" }, "client_reference_id": "ann" }), true),
        (json!({ "line_items": list(&boosts(3)) }), false),
        (json!({ "line_items": { "data": boosts(1), "has_more": true } }), true),
        (json!({ "payment_status": "unpaid" }), false),
        (json!({ "mode": "subscription" }), false),
        (json!({ "mode": "setup" }), false),
    ] {
        let script = Script::default();
        let world = World::new(script.clone());
        script.answers(200, list(&boosts(3)));
        assert_eq!(world.sent(&sale(&changes)), 200, "{changes}");
        let asked = script.asked();
        assert_eq!(asked.len(), usize::from(reads), "{changes}");
        if reads {
            assert_eq!(asked[0].url, format!("{ADDRESS}/v1/checkout/sessions/cs_1/line_items?limit=100"));
            assert_eq!(world.credits("ann"), 3_300, "{changes}");
        }
    }
}

#[test]
fn an_empty_list_is_known_to_be_empty() {
    let script = Script::default();
    let world = World::new(script.clone());
    script.answers(200, list(&json!([])));
    let metadata = json!({ "credits_owner": "ann", "credits_pack": "boost" });
    let changes = json!({ "payment_link": "plink_1", "metadata": metadata, "amount_subtotal": 900 });
    assert_eq!(world.sent(&sale(&changes)), 200);
    assert_eq!((script.asked().len(), world.credits("ann")), (1, 1_100));
}

#[test]
fn a_subscription_of_many_items_is_read_whole() {
    let script = Script::default();
    let world = World::new(script.clone());
    let item = |id: &str, price: &str, quantity: u64| json!({ "id": id, "price": { "id": price }, "quantity": quantity });
    let (first, second) = (item("si_1", "price_pro", 1), item("si_2", "price_half", 2));
    let subscription = event(
        "customer.subscription.created",
        &json!({
            "id": "sub_1", "object": "subscription", "customer": "cus_1", "status": "active",
            "billing_cycle_anchor": 1_769_817_600, "metadata": { "credits_owner": "ann" },
            "items": { "data": [first], "has_more": true },
        }),
    );
    // The first item's quantity has changed in between; the event has the quantity of its time.
    script.answers(200, json!({ "data": [item("si_1", "price_pro", 9)], "has_more": true }));
    script.answers(200, list(&json!([second])));
    assert_eq!(world.sent(&subscription), 200);
    let asked = script.asked();
    let whole = format!("{ADDRESS}/v1/subscription_items?subscription=sub_1&limit=100");
    assert_eq!(
        asked.iter().map(|request| &request.url[..]).collect::<Vec<_>>(),
        [&whole[..], &format!("{whole}&starting_after=si_1")]
    );
    let known = world.credits.wallet("ann").subscriptions().unwrap();
    let known: Vec<_> = known.iter().map(|item| (item.item.as_str(), item.quantity)).collect();
    assert_eq!(known, [("si_1", Some(1)), ("si_2", Some(2))]);
}

#[test]
fn a_list_of_a_connected_account_is_asked_of_that_account() {
    let script = Script::default();
    let world = World::new(script.clone());
    script.answers(200, list(&boosts(3)));
    let mut connected = sale(&json!({}));
    connected["account"] = json!("acct_1");
    assert_eq!(world.sent(&connected), 200);
    assert!(script.asked()[0].headers.contains(&("Stripe-Account", "acct_1".to_owned())));
    script.answers(200, list(&boosts(3)));
    assert_eq!(world.sent(&sale(&json!({}))), 200);
    assert!(script.asked()[0].headers.iter().all(|(name, _)| *name != "Stripe-Account"));
}

/// An id was once put into the path of a request without a check.
#[test]
fn ids_that_cannot_be_part_of_a_path_are_refused_before_stripe_is_asked() {
    let script = Script::default();
    let world = World::new(script.clone());
    let long = "x".repeat(256);
    for id in
        ["cs_1/../../refunds", "cs_1?expand[]=x", "cs 1", "cs_1#", "cs%2f1", "cs_\u{e9}", "..", &long[..]]
    {
        assert_eq!(world.sent(&sale(&json!({ "id": id }))), 400, "{id}");
        let lines = json!({ "data": [], "has_more": true });
        let invoice = json!({ "id": id, "object": "invoice", "status": "paid", "lines": lines });
        assert_eq!(world.sent(&event("invoice.paid", &invoice)), 400, "{id}");
        let subscription = json!({
            "id": id, "object": "subscription", "status": "active", "billing_cycle_anchor": 1, "items": lines,
        });
        assert_eq!(world.sent(&event("customer.subscription.updated", &subscription)), 400, "{id}");
        let mut connected = sale(&json!({}));
        connected["account"] = json!(id);
        assert_eq!(world.sent(&connected), 400, "{id}");
    }
    assert!(script.asked().is_empty());
    assert!(world.credits.unresolved().unwrap().is_empty());
}

#[test]
fn a_list_that_stripe_refuses_for_good_is_not_asked_for_again() {
    // Stripe's response, the number of requests, and the status of the delivery.
    for (status, body, times, expected) in [
        (400, json!({}), 1, 400),
        (402, json!({}), 1, 400),
        (404, json!({ "error": { "message": "no such checkout" } }), 1, 400),
        (410, json!({}), 1, 400),
        // A wrong key can be put right.
        (401, json!({}), 1, 500),
        (403, json!({}), 1, 500),
        // Transient errors.
        (409, json!({}), 4, 500),
        (429, json!({}), 4, 500),
        (500, json!({}), 4, 500),
        (503, json!("down"), 4, 500),
        (302, json!({}), 1, 500),
        (200, json!({ "data": "x" }), 1, 500),
        (200, json!({ "data": [], "has_more": true }), 1, 500),
        (200, json!({ "data": [{ "id": 7 }], "has_more": true }), 1, 500),
    ] {
        let script = Script::default();
        let world = World::new(script.clone());
        for _ in 0..times {
            script.answers(status, body.clone());
        }
        assert_eq!(world.sent(&sale(&json!({}))), expected, "{status} {body}");
        assert_eq!(script.asked().len(), times, "{status} {body}");
        // It is applied once the cause is gone.
        script.answers(200, list(&boosts(3)));
        assert_eq!((world.sent(&sale(&json!({}))), world.credits("ann")), (200, 3_300), "{status} {body}");
    }
    let script = Script::default();
    let world = World::new(script.clone());
    for _ in 0..4 {
        script.fails();
    }
    assert_eq!((world.sent(&sale(&json!({}))), script.asked().len()), (500, 4));
}

/// A list without an end, in pages of a hundred items. Its pages repeat after `repeats_after`.
struct Endless {
    pages: AtomicUsize,
    repeats_after: usize,
}

impl Transport for &'static Endless {
    fn send(&self, _: &Request) -> Result<Response, Box<dyn Error + Send + Sync>> {
        let page = self.pages.fetch_add(1, Ordering::Relaxed) % self.repeats_after;
        let members: Vec<_> = (0..100).map(|number| json!({ "id": format!("li_{page}_{number}") })).collect();
        Ok(Response { status: 200, body: json!({ "data": members, "has_more": true }).to_string() })
    }
}

#[test]
fn a_list_without_an_end_is_read_to_its_limit() {
    // Distinct pages, pages that are read at most, and the status of the delivery.
    for (repeats_after, read_max, expected) in [(1, 2, 500), (2, 6, 500), (7, 32, 500), (1_000_000, 101, 400)]
    {
        let endless: &Endless = Box::leak(Box::new(Endless { pages: AtomicUsize::new(0), repeats_after }));
        let world = World::new(endless);
        assert_eq!(world.sent(&sale(&json!({}))), expected, "{repeats_after}");
        let read = endless.pages.load(Ordering::Relaxed);
        assert!(read <= read_max, "{read} pages of {repeats_after}");
    }
}
