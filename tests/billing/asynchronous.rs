//! Webhooks and checkouts in tasks: no executor's thread waits for Stripe or for a commit, and a dropped task
//! loses nothing that was acknowledged.

use std::error::Error;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::ThreadId;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::routing::post;
use credits_runtime::Clock as _;
use credits_runtime::limits::WEBHOOK_BYTES_MAX;
use credits_runtime::stripe::{
    Request, Response, SIGNATURE_HEADER, SellPack as _, Stripe, StripeError, Transport, WebhookRequest,
    WebhookResponse,
};
use credits_runtime::testing::ManualClock;
use credits_runtime::testing::stripe::{Account, Delivery, Shape};
use serde_json::json;
use tower::ServiceExt as _;

use super::script::instant;
use super::webhooks::{SECRET, connect, deliver};
use super::{Credits, Pack, Pricing};
use crate::executor::{block_on, poll_until};

/// Stripe, which responds to each request only when the test allows it.
#[derive(Clone)]
struct Gate {
    allowed: Arc<Mutex<Receiver<&'static str>>>,
    threads: Arc<Mutex<Vec<ThreadId>>>,
}

impl Transport for Gate {
    fn send(&self, _: &Request) -> Result<Response, Box<dyn Error + Send + Sync>> {
        self.threads.lock().unwrap().push(std::thread::current().id());
        let body = self.allowed.lock().unwrap().recv()?;
        assert!(body != PANIC, "the transport's own panic");
        Ok(Response { status: 200, body: body.to_owned() })
    }

    fn pause(&self, _: Duration) {}
}

const PANIC: &str = "panic";
const LINE_ITEMS: &str =
    r#"{"data":[{"id":"li_1","price":{"id":"price_boost"},"quantity":1}],"has_more":false}"#;

fn open() -> (ManualClock, Credits, Stripe<Pricing>, Sender<&'static str>, Gate) {
    let clock = ManualClock::at(instant("2026-01-31"));
    let credits = Credits::builder().clock(clock.clone()).in_memory().unwrap();
    let (allow, allowed) = channel();
    let gate = Gate { allowed: Arc::new(Mutex::new(allowed)), threads: Arc::default() };
    let stripe = credits.stripe("sk_test_1").webhook_secret(SECRET).transport(gate.clone()).build().unwrap();
    (clock, credits, stripe, allow, gate)
}

/// A sale whose line items have to be fetched.
fn sale(owner: &str) -> Delivery {
    let object = json!({
        "id": "cs_sale", "object": "checkout.session", "mode": "payment", "payment_status": "paid",
        "payment_intent": "pi_sale", "currency": "usd", "amount_subtotal": 900, "amount_total": 900,
        "metadata": { "credits_owner": owner },
    });
    let event = json!({ "type": "checkout.session.completed", "created": 1_769_817_600, "data": { "object": object } });
    Delivery { at: instant("2026-01-31"), body: event.to_string() }
}

fn credits_of(credits: &Credits, owner: &str) -> i64 {
    credits.wallet(owner).credits().unwrap().get()
}

#[test]
fn a_task_waits_for_stripe_and_its_thread_does_not() {
    let (clock, credits, stripe, allow, gate) = open();
    let delivery = sale("ann");
    let header = delivery.signature(SECRET, clock.now());
    let mut received = Box::pin(stripe.receive_async([(SIGNATURE_HEADER, header)], &delivery.body));
    // Stripe has not responded yet, and the poll returns.
    assert!(poll_until(received.as_mut(), || true).is_pending());
    assert_eq!(credits_of(&credits, "ann"), 0);
    allow.send(LINE_ITEMS).unwrap();
    assert_eq!(block_on(received), WebhookResponse { status: 200, body: "ok" });
    assert_eq!(credits_of(&credits, "ann"), 1_100);
    let here = std::thread::current().id();
    assert!(gate.threads.lock().unwrap().iter().all(|thread| *thread != here));
    // A blocking call blocks its caller's thread.
    gate.threads.lock().unwrap().clear();
    allow.send(LINE_ITEMS).unwrap();
    assert_eq!(deliver(&stripe, &delivery, &clock).status, 200);
    assert_eq!(*gate.threads.lock().unwrap(), [here]);
    assert_eq!(credits_of(&credits, "ann"), 1_100);
}

#[test]
fn a_task_that_is_dropped_loses_nothing_that_was_answered() {
    let (clock, credits, stripe, allow, _) = open();
    let delivery = sale("ann");
    let begin = |delivery: &Delivery| {
        let header = delivery.signature(SECRET, clock.now());
        let mut received = Box::pin(stripe.receive_async([(SIGNATURE_HEADER, header)], &delivery.body));
        let _polled = poll_until(received.as_mut(), || true);
        drop(received);
    };
    // Dropped during the request: the delivery has no response, so Stripe sends it again.
    begin(&delivery);
    allow.send(LINE_ITEMS).unwrap();
    allow.send(LINE_ITEMS).unwrap();
    assert_eq!(deliver(&stripe, &delivery, &clock).status, 200);
    assert_eq!(credits_of(&credits, "ann"), 1_100);
    // Dropped while the ledger commits: the delivery may be booked, and is booked once.
    let mut account = Account::new(Shape::Clover, instant("2026-01-31"));
    account.buy("bob", "boost", 900, None);
    for _ in 0..3 {
        begin(&account.deliveries()[0]);
    }
    assert_eq!(deliver(&stripe, &account.deliveries()[0], &clock).status, 200);
    assert_eq!(credits_of(&credits, "bob"), 1_100);
    credits.verify().unwrap();
}

#[test]
fn a_transport_that_panics_is_a_cause_that_passes() {
    let (clock, credits, stripe, allow, _) = open();
    let delivery = sale("ann");
    let received = || {
        let header = delivery.signature(SECRET, clock.now());
        block_on(stripe.receive_async([(SIGNATURE_HEADER, header)], &delivery.body)).status
    };
    allow.send(PANIC).unwrap();
    assert_eq!(received(), 500);
    assert_eq!(credits_of(&credits, "ann"), 0);
}

#[test]
fn a_checkout_begins_in_a_task() {
    let (clock, credits, stripe, allow, gate) = open();
    let checkout = Pack::Boost.checkout("ann").success("https://a/ok").quantity(2);
    let mut started = Box::pin(stripe.start_async(checkout));
    assert!(poll_until(started.as_mut(), || true).is_pending());
    allow.send(r#"{"id":"cs_9","url":"https://checkout.stripe.com/cs_9"}"#).unwrap();
    assert_eq!(block_on(started).unwrap().url, "https://checkout.stripe.com/cs_9");
    let here = std::thread::current().id();
    assert!(gate.threads.lock().unwrap().iter().all(|thread| *thread != here));
    // The offer was recorded: two packs are paid. The catalogue alone would give one.
    let body = sale("ann").body.replace("cs_sale", "cs_9").replace("900", "1800");
    let body = body.replace(r#""metadata":{"#, r#""metadata":{"credits_pack":"boost","#);
    assert_eq!(deliver(&stripe, &Delivery { body, ..sale("ann") }, &clock).status, 200);
    assert_eq!(credits_of(&credits, "ann"), 2_200);
    // An invalid checkout is refused without a request to Stripe.
    let refused = block_on(stripe.start_async(Pack::Boost.checkout("ann").option("mode", "setup")));
    assert!(matches!(refused, Err(StripeError::OptionProtected { .. })));
    let refused = block_on(stripe.start_async(Pack::Boost.checkout("")));
    assert!(matches!(refused, Err(StripeError::Ledger(_))), "{refused:?}");
}

async fn webhook(State(stripe): State<Stripe<Pricing>>, request: WebhookRequest) -> WebhookResponse {
    stripe.receive_async(request.headers(), request.body()).await
}

#[test]
fn a_route_of_axum_receives_webhooks() {
    let clock = ManualClock::at(instant("2026-01-31"));
    let credits = Credits::builder().clock(clock.clone()).in_memory().unwrap();
    // The webhook's own limit of the body applies, whatever the router's is.
    let router = Router::new().route("/stripe", post(webhook)).layer(DefaultBodyLimit::max(10));
    let router = router.with_state(connect(&credits));
    let posted = |signature: Option<String>, body: Vec<u8>| {
        let mut request = axum::http::Request::post("/stripe");
        if let Some(signature) = signature {
            request = request.header("Stripe-Signature", signature);
        }
        let response = block_on(router.clone().oneshot(request.body(Body::from(body)).unwrap())).unwrap();
        let status = response.status().as_u16();
        (status, block_on(to_bytes(response.into_body(), 100)).unwrap().to_vec())
    };
    let mut account = Account::new(Shape::Clover, instant("2026-01-31"));
    account.buy("ann", "boost", 900, None);
    let padded = |bytes: usize| {
        let delivery = account.deliveries()[0].clone();
        let body = format!("{}{}", delivery.body, " ".repeat(bytes - delivery.body.len()));
        Delivery { body, ..delivery }
    };
    let signed = |delivery: &Delivery| {
        posted(Some(delivery.signature(SECRET, clock.now())), delivery.body.clone().into_bytes())
    };
    let refused = (400, b"refused".to_vec());
    assert_eq!(posted(None, padded(2_000).body.into_bytes()), refused);
    assert_eq!(posted(Some("t=1,v1=00".to_owned()), padded(2_000).body.into_bytes()), refused);
    assert_eq!(posted(Some(padded(2_000).signature(SECRET, clock.now())), vec![0xff; 2_000]), refused);
    assert_eq!(signed(&padded(WEBHOOK_BYTES_MAX + 1)), refused);
    assert_eq!(credits_of(&credits, "ann"), 0);
    assert_eq!(signed(&padded(WEBHOOK_BYTES_MAX)), (200, b"ok".to_vec()));
    assert_eq!(credits_of(&credits, "ann"), 1_100);
    credits.close().unwrap();
    assert_eq!(signed(&padded(2_000)), (500, b"later".to_vec()));
}
