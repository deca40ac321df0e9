//! A month of a customer, as Paddle tells it.

use credits_runtime::testing::ManualClock;
use credits_runtime::{Clock as _, Timestamp};
use hmac::Mac as _;
use serde_json::{Value, json};

use crate::{App, Credits, Plan, receive, respond, signature};

const SECRET: &str = "pdl_ntfset_test";

/// The header that Paddle would send with this body.
fn sign(secret: &str, body: &[u8], at: Timestamp) -> String {
    let seconds = (at.microseconds() / 1_000_000).to_string();
    let code = signature::signed(secret, &seconds, body).finalize().into_bytes();
    let digits: Vec<_> = code.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("ts={seconds};h1={}", digits.concat())
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn webhook(kind: &str, occurred_at: &str, data: &Value) -> Vec<u8> {
    let webhook = json!({
        "event_id": "evt_1", "event_type": kind, "occurred_at": occurred_at, "notification_id": "ntf_1",
        "data": data,
    });
    webhook.to_string().into_bytes()
}

fn subscribed(status: &str) -> Value {
    json!({
        "id": "sub_1", "status": status, "customer_id": "ctm_1",
        "custom_data": { "credits_owner": "user:42" },
        "started_at": "2026-01-01T00:00:00Z", "canceled_at": null, "scheduled_change": null,
        "current_billing_period": { "starts_at": "2026-01-01T00:00:00Z", "ends_at": "2026-02-01T00:00:00Z" },
        "items": [{ "price": { "id": "pri_studio_month" }, "quantity": 1, "trial_dates": null }],
    })
}

fn paid() -> Value {
    let totals = json!({ "subtotal": "2900", "discount": "0", "tax": "551", "total": "3451" });
    json!({
        "id": "txn_1", "status": "completed", "customer_id": "ctm_1", "subscription_id": "sub_1",
        "custom_data": null, "currency_code": "USD", "billed_at": "2026-01-01T00:00:00Z",
        "billing_period": { "starts_at": "2026-01-01T00:00:00Z", "ends_at": "2026-02-01T00:00:00Z" },
        "details": { "totals": totals, "line_items": [{
            "id": "txnitm_1", "price_id": "pri_studio_month", "quantity": 1, "proration": null,
            "totals": totals,
        }] },
    })
}

fn bought() -> Value {
    let totals = json!({ "subtotal": "900", "discount": "0", "tax": "171", "total": "1071" });
    json!({
        "id": "txn_2", "status": "completed", "customer_id": "ctm_1", "subscription_id": null,
        "custom_data": { "credits_owner": "user:42" }, "currency_code": "USD",
        "billed_at": "2026-01-03T00:00:00Z", "billing_period": null,
        "details": { "totals": totals, "line_items": [{
            "id": "txnitm_2", "price_id": "pri_booster", "quantity": 1, "proration": null, "totals": totals,
        }] },
    })
}

fn returned(action: &str, status: &str) -> Value {
    json!({
        "id": "adj_1", "action": action, "status": status, "transaction_id": "txn_2", "customer_id": "ctm_1",
        "subscription_id": null, "created_at": "2026-01-05T00:00:00Z", "currency_code": "USD",
        "totals": { "total": "1071" },
    })
}

fn app() -> (ManualClock, App) {
    let clock = ManualClock::at(at("2026-01-05T00:00:00Z"));
    let credits = Credits::builder().clock(clock.clone()).in_memory().unwrap();
    (clock, App { credits, secret: SECRET.to_owned() })
}

/// Sends a webhook that is signed now; returns the status of the response.
async fn send(clock: &ManualClock, app: &App, body: &[u8]) -> u16 {
    let signature = sign(SECRET, body, clock.now());
    respond(receive(app, Some(signature.as_bytes()), body, clock.now()).await).0.as_u16()
}

#[tokio::test]
async fn a_subscription_and_a_pack_are_given_in_any_order_and_once() {
    let subscribed = webhook("subscription.created", "2026-01-01T00:00:01Z", &subscribed("active"));
    let paid = webhook("transaction.completed", "2026-01-01T00:00:00Z", &paid());
    let bought = webhook("transaction.completed", "2026-01-03T00:00:00Z", &bought());
    for order in [[&subscribed, &paid, &bought], [&bought, &paid, &subscribed], [&paid, &subscribed, &bought]]
    {
        let (clock, app) = app();
        for body in order.iter().chain(&order) {
            assert_eq!(send(&clock, &app, body).await, 200);
        }
        let user = app.credits.wallet("user:42");
        assert_eq!(user.credits().unwrap(), 1_500);
        assert_eq!(user.subscriptions().unwrap()[0].plan.as_deref(), Some("studio"));
        assert_eq!(user.purchases().unwrap()[0].pack.as_deref(), Some("booster"));
        assert_eq!(app.credits.unresolved().unwrap(), []);
    }
}

#[tokio::test]
async fn a_refund_takes_back_its_pack_and_a_failed_one_does_not() {
    let (clock, app) = app();
    let bought = webhook("transaction.completed", "2026-01-03T00:00:00Z", &bought());
    assert_eq!(send(&clock, &app, &bought).await, 200);
    for (kind, data, left) in [
        ("adjustment.created", returned("refund", "pending_approval"), 500),
        ("adjustment.updated", returned("refund", "approved"), 0),
        ("adjustment.updated", returned("refund", "rejected"), 500),
        ("adjustment.created", returned("chargeback", "approved"), 0),
        ("adjustment.created", returned("chargeback_reverse", "approved"), 500),
    ] {
        clock.advance(std::time::Duration::from_mins(1));
        let body = webhook(kind, &clock.now().to_string(), &data);
        assert_eq!(send(&clock, &app, &body).await, 200);
        assert_eq!(app.credits.wallet("user:42").credits().unwrap(), left, "{data}");
    }
}

#[tokio::test]
async fn a_subscription_ends_as_paddle_says() {
    let (clock, app) = app();
    let paid = webhook("transaction.completed", "2026-01-01T00:00:00Z", &paid());
    let begun = webhook("subscription.created", "2026-01-01T00:00:01Z", &subscribed("active"));
    let mut ending = subscribed("active");
    ending["scheduled_change"] = json!({ "action": "cancel", "effective_at": "2026-02-01T00:00:00Z" });
    let ending = webhook("subscription.updated", "2026-01-04T00:00:00Z", &ending);
    for body in [&paid, &begun, &ending] {
        assert_eq!(send(&clock, &app, body).await, 200);
    }
    let subscription = &app.credits.wallet("user:42").subscriptions().unwrap()[0];
    assert_eq!(subscription.ends_at, Some(at("2026-02-01T00:00:00Z")));
    assert_eq!((subscription.paid_until, subscription.next_award_at), (subscription.ends_at, None));
}

#[tokio::test]
async fn an_unsigned_webhook_changes_nothing() {
    let (clock, app) = app();
    let body = webhook("transaction.completed", "2026-01-03T00:00:00Z", &bought());
    let (now, valid) = (clock.now(), sign(SECRET, &body, clock.now()));
    let later = now.after(std::time::Duration::from_secs(61));
    let several = format!("{}{}", valid.replace("h1=", "h1=00;h1="), ";h1=zz");
    for (signature, body, at, status) in [
        (None, &body[..], now, 401),
        (Some("ts=;h1="), &body[..], now, 401),
        (Some(&*sign("other", &body, now)), &body[..], now, 401),
        (Some(&*valid), &body[1..], now, 401),
        (Some(&*valid), &body[..], later, 401),
        (Some(&*sign(SECRET, b"{}", now)), b"{}", now, 200),
        (Some(&*sign(SECRET, b"no", now)), b"no", now, 400),
        // While a secret is replaced, there are several signatures.
        (Some(&*several), &body[..], now, 200),
    ] {
        let received = receive(&app, signature.map(str::as_bytes), body, at).await;
        assert_eq!(respond(received).0.as_u16(), status, "{signature:?}");
        let given = if signature == Some(&several) { 500 } else { 0 };
        assert_eq!(app.credits.wallet("user:42").credits().unwrap(), given, "{signature:?}");
    }
}

#[tokio::test]
async fn a_free_plan_ends_where_a_paid_one_begins() {
    let (clock, app) = app();
    app.credits.subscribe("user:42", Plan::Free).now().await.unwrap();
    // What ends at the instant at which its cycle starts gives nothing.
    clock.advance(std::time::Duration::from_hours(1));
    for (kind, data) in [("subscription.created", subscribed("active")), ("transaction.completed", paid())] {
        assert_eq!(send(&clock, &app, &webhook(kind, "2026-01-01T00:00:00Z", &data)).await, 200);
    }
    app.credits.unsubscribe("user:42").at_once().now().await.unwrap();
    let user = app.credits.wallet("user:42");
    assert_eq!(user.credits().unwrap(), 1_020);
    assert_eq!(user.subscriptions().unwrap().len(), 2);
}
