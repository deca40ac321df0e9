//! Checkouts and reconciliation, over a transport with scripted responses.

use std::collections::VecDeque;
use std::error::Error;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use credits_runtime::Problem;
use credits_runtime::billing::{BillingEvent, Happening, PackPayment};
use credits_runtime::stripe::{
    PackCheckout, Request, Response, SIGNATURE_HEADER, SellPack as _, SellPlan as _, Stripe, StripeError,
    Transport,
};
use credits_runtime::testing::ManualClock;
use credits_runtime::testing::stripe::{Account, Delivery, Shape};
use serde_json::{Value, json};

use super::script::{instant, object};
use super::webhooks::SECRET;
use super::{Credits, Pack, Plan, Pricing};

/// A transport that returns responses in the given order, and keeps the requests.
#[derive(Clone, Default)]
pub(super) struct Script(Arc<Mutex<Contents>>);

#[derive(Default)]
struct Contents {
    answers: VecDeque<Result<(u16, Value), &'static str>>,
    asked: Vec<Request>,
    pauses: Vec<Duration>,
}

impl Transport for Script {
    fn send(&self, request: &Request) -> Result<Response, Box<dyn Error + Send + Sync>> {
        let mut contents = self.0.lock().unwrap();
        contents.asked.push(request.clone());
        let (status, body) = contents.answers.pop_front().unwrap()?;
        Ok(Response { status, body: body.to_string() })
    }

    fn pause(&self, time: Duration) {
        self.0.lock().unwrap().pauses.push(time);
    }
}

impl Script {
    pub(super) fn answers(&self, status: u16, body: Value) {
        self.0.lock().unwrap().answers.push_back(Ok((status, body)));
    }

    pub(super) fn fails(&self) {
        self.0.lock().unwrap().answers.push_back(Err("the line is dead"));
    }

    pub(super) fn asked(&self) -> Vec<Request> {
        std::mem::take(&mut self.0.lock().unwrap().asked)
    }
}

fn open() -> (ManualClock, Credits, Stripe<Pricing>, Script) {
    let clock = ManualClock::at(instant("2026-01-31"));
    let credits = Credits::builder().clock(clock.clone()).in_memory().unwrap();
    let script = Script::default();
    let stripe =
        credits.stripe("sk_test_1").webhook_secret(SECRET).transport(script.clone()).build().unwrap();
    (clock, credits, stripe, script)
}

/// Decoded fields of a form.
fn fields(request: &Request) -> Vec<(String, String)> {
    let pairs = request.body.split('&').map(|pair| pair.split_once('=').unwrap());
    let plain = |text: &str| {
        text.replace("%5B", "[").replace("%5D", "]").replace("%3A", ":").replace("%2F", "/").replace('+', " ")
    };
    pairs.map(|(name, value)| (plain(name), plain(value))).collect()
}

fn header<'a>(request: &'a Request, name: &str) -> &'a str {
    &request.headers.iter().find(|(other, _)| *other == name).unwrap().1
}

fn page(id: &str) -> Value {
    json!({ "id": id, "url": format!("https://checkout.stripe.com/{id}") })
}

#[test]
fn a_pack_is_sold_at_what_the_catalogue_says_and_given_when_it_is_paid() {
    let (clock, credits, stripe, script) = open();
    script.answers(200, page("cs_1"));
    let checkout = Pack::Boost.checkout("user:42").success("https://a/ok").cancel("https://a/no").quantity(2);
    let session = stripe.start(checkout.option("allow_promotion_codes", "true").key("order-7")).unwrap();
    assert_eq!(session.url, "https://checkout.stripe.com/cs_1");
    let asked = script.asked();
    assert_eq!((asked[0].method, &asked[0].url[..]), ("POST", "https://api.stripe.com/v1/checkout/sessions"));
    assert_eq!(header(&asked[0], "Authorization"), "Bearer sk_test_1");
    assert_eq!(header(&asked[0], "Idempotency-Key"), "order-7");
    assert_eq!(header(&asked[0], "Stripe-Version"), "2025-09-30.clover");
    let expected = [
        ("mode", "payment"),
        ("line_items[0][price]", "price_boost"),
        ("line_items[0][quantity]", "2"),
        ("metadata[credits_pack]", "boost"),
        ("payment_intent_data[metadata][credits_owner]", "user:42"),
        ("payment_intent_data[description]", "Boost"),
        ("client_reference_id", "user:42"),
        ("metadata[credits_owner]", "user:42"),
        ("success_url", "https://a/ok"),
        ("cancel_url", "https://a/no"),
        ("allow_promotion_codes", "true"),
    ];
    assert_eq!(fields(&asked[0]), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    // The offer has the quantity. A payment of another sum gives nothing.
    let paid = |subtotal: i64| {
        let object = json!({
            "id": "cs_1", "object": "checkout.session", "mode": "payment", "payment_status": "paid",
            "client_reference_id": "user:42", "payment_intent": "pi_1", "currency": "usd",
            "amount_subtotal": subtotal, "amount_total": subtotal,
            "metadata": { "credits_owner": "user:42", "credits_pack": "boost" },
        });
        let event = json!({ "type": "checkout.session.completed", "created": 1_769_817_600, "data": { "object": object } });
        let delivery = Delivery { at: instant("2026-01-31"), body: event.to_string() };
        let header = delivery.signature(SECRET, credits_runtime::Clock::now(&clock));
        assert_eq!(stripe.receive([(SIGNATURE_HEADER, header)], &delivery.body).status, 200);
        credits.wallet("user:42").credits().unwrap().get()
    };
    assert_eq!(paid(1_800), 2_200);
    assert_eq!(paid(1_800), 2_200);
}

#[test]
fn a_pack_is_sold_in_a_currency_it_has_a_price_in() {
    let (_, credits, stripe, script) = open();
    let asked = |checkout: PackCheckout| {
        script.answers(200, page("cs_1"));
        stripe.start(checkout).unwrap();
        let mut fields = fields(&script.asked()[0]);
        fields.retain(|(name, _)| name.contains("price") || name.contains("currency"));
        fields.into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
    };
    let carried = |currency: &str, amount: i64| {
        format!(
            "line_items[0][price_data][currency]={currency} line_items[0][price_data][unit_amount]={amount} \
             line_items[0][price_data][product_data][name]=Small change \
             line_items[0][price_data][product_data][description]=Ten steps."
        )
    };
    // The checkout carries the price, in Stripe's units.
    assert_eq!(asked(Pack::Inline.checkout("ann").success("https://a/ok")), carried("usd", 100));
    assert_eq!(
        asked(Pack::Inline.checkout("ann").success("https://a/ok").currency("UGX")),
        carried("ugx", 500_000)
    );
    assert_eq!(
        asked(Pack::Inline.checkout("ann").success("https://a/ok").currency("isk")),
        carried("isk", 50_000)
    );
    // A price at Stripe has its own currencies.
    assert_eq!(
        asked(Pack::Abroad.checkout("ann").success("https://a/ok")),
        "line_items[0][price]=price_abroad"
    );
    assert_eq!(
        asked(Pack::Abroad.checkout("ann").success("https://a/ok").currency("eur")),
        "line_items[0][price]=price_abroad currency=eur"
    );
    for pack in [Pack::Abroad, Pack::Inline] {
        let error = stripe.start(pack.checkout("ann").currency("chf")).unwrap_err();
        assert!(matches!(error, StripeError::CurrencyUndeclared { .. }), "{error}");
    }
    let error = stripe.start(Pack::Inline.checkout("ann").currency("chf")).unwrap_err();
    assert_eq!(error.to_string(), "`inline` has no price in chf: it has usd, ugx, isk");
    assert!(script.asked().is_empty());
    credits.verify().unwrap();
}

#[test]
fn an_offer_keeps_every_price_of_its_pack_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credits.redb");
    let clock = ManualClock::at(instant("2026-01-31"));
    let open = || Credits::builder().clock(clock.clone()).open(&path).unwrap();
    let paid = |session: &str, currency: &str, subtotal: i64| BillingEvent {
        at: instant("2026-01-31"),
        objects: vec![object(session)],
        owner: None,
        what: Happening::PackPaid(PackPayment {
            session: object(session),
            payment: None,
            currency: currency.to_owned(),
            subtotal,
            paid: subtotal,
            pack: None,
            prices: Vec::new(),
            tax: 0,
            invoice: None,
            paid_in: None,
        }),
    };
    let credits = open();
    let script = Script::default();
    let stripe = credits.stripe("sk_test_1").transport(script.clone()).build().unwrap();
    for session in ["cs_1", "cs_2"] {
        script.answers(200, page(session));
        stripe.start(Pack::Inline.checkout("ann").success("https://a/ok").currency("isk")).unwrap();
    }
    drop(stripe);
    credits.close().unwrap();
    let credits = open();
    credits.receive(paid("cs_1", "isk", 50_000)).wait().unwrap();
    assert_eq!(credits.wallet("ann").credits().unwrap(), 10);
    credits.receive(paid("cs_2", "ugx", 500_000)).wait().unwrap();
    assert_eq!(credits.wallet("ann").credits().unwrap(), 20);
    credits.verify().unwrap();
}

#[test]
fn a_plan_is_sold_by_its_period() {
    let (_, _, stripe, script) = open();
    script.answers(200, page("cs_1"));
    stripe
        .start(
            Plan::Pro
                .checkout("user:42")
                .success("https://a/ok")
                .period(credits_runtime::catalogue::PeriodUnit::Year)
                .trial_days(14),
        )
        .unwrap();
    let asked = fields(&script.asked()[0]);
    let value = |name: &str| asked.iter().find(|(other, _)| other == name).map(|(_, value)| &value[..]);
    assert_eq!(value("mode"), Some("subscription"));
    assert_eq!(value("line_items[0][price]"), Some("price_pro_year"));
    assert_eq!(value("subscription_data[metadata][credits_owner]"), Some("user:42"));
    assert_eq!(value("subscription_data[trial_period_days]"), Some("14"));
    assert_eq!(value("subscription_data[description]"), Some("Pro"));
    let error = stripe.start(Plan::Pro.checkout("user:42")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`pro` has no Stripe price for test, one period of several: it has month, year"
    );
    let month = credits_runtime::catalogue::PeriodUnit::Month;
    let error = stripe.start(Plan::Mid.checkout("user:42").period(month)).unwrap_err();
    assert!(matches!(error, StripeError::PeriodNotDeclared { .. }));
    assert_eq!(
        error.to_string(),
        "`mid` has one Stripe price, whose period stands at Stripe: leave `.period(..)` out"
    );
    let error = stripe.start(Plan::Basic.checkout("user:42")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`basic` has no Stripe price for any period: it has none, so that `credits.subscribe(..)` gives the plan"
    );
}

#[test]
fn what_the_checkout_decides_cannot_be_overridden() {
    let (_, _, stripe, script) = open();
    for name in [
        "mode",
        "line_items[0][price]",
        "line_items[1][quantity]",
        "metadata[credits_owner]",
        "client_reference_id",
        "payment_intent_data[metadata][credits_owner]",
        "currency",
    ] {
        let error = stripe.start(Pack::Boost.checkout("user:42").option(name, "x")).unwrap_err();
        assert!(matches!(error, StripeError::OptionProtected { .. }), "{name}: {error}");
    }
    let error = stripe.start(Pack::Boost.checkout("")).unwrap_err();
    assert!(error.to_string().contains("owner"), "{error}");
    let error = stripe.start(Pack::Boost.checkout("user:42").cancel("https://a/no")).unwrap_err();
    assert!(matches!(error, StripeError::ReturnPageMissing { item: "boost" }));
    assert_eq!(
        error.to_string(),
        "the checkout of `boost` has no page to return to: add `.success(\"https://..\")`, where Stripe sends the \
         buyer after the payment"
    );
    assert!(script.asked().is_empty());
    script.answers(200, page("cs_1"));
    stripe
        .start(
            Pack::Boost
                .checkout("user:42")
                .success("https://a/ok")
                .option("metadata[campaign]", "x")
                .option("customer_email", "a@b"),
        )
        .unwrap();
}

#[test]
fn what_may_pass_is_asked_again_under_the_same_key() {
    let (_, _, stripe, script) = open();
    script.fails();
    script.answers(500, json!({}));
    script.answers(429, json!({ "error": { "message": "slowly" } }));
    script.answers(200, page("cs_1"));
    stripe.start(Pack::Boost.checkout("user:42").success("https://a/ok")).unwrap();
    let asked = script.asked();
    assert_eq!(asked.len(), 4);
    assert!(
        asked
            .iter()
            .all(|request| header(request, "Idempotency-Key") == header(&asked[0], "Idempotency-Key"))
    );
    let pauses = script.0.lock().unwrap().pauses.clone();
    assert_eq!(pauses, [250, 500, 1_000].map(Duration::from_millis));
    // A refused request is not repeated, and its reason is kept.
    script.answers(402, json!({ "error": { "message": "no such price: price_boost" } }));
    let error = stripe.start(Pack::Boost.checkout("user:42").success("https://a/ok")).unwrap_err();
    assert_eq!(error.to_string(), "Stripe refused with status 402: no such price: price_boost");
    for _ in 0..4 {
        script.fails();
    }
    let error = stripe.start(Pack::Boost.checkout("user:42").success("https://a/ok")).unwrap_err();
    assert_eq!(error.to_string(), "Stripe could not be reached: the line is dead");
    script.answers(200, json!({ "id": "cs_2" }));
    let error = stripe.start(Pack::Boost.checkout("user:42").success("https://a/ok")).unwrap_err();
    assert!(matches!(error, StripeError::Unreadable(_)), "{error}");
}

#[test]
fn the_portal_has_a_page() {
    let (_, _, stripe, script) = open();
    script.answers(200, json!({ "url": "https://billing.stripe.com/p/1" }));
    assert_eq!(stripe.portal("cus_1", "https://a/account").unwrap(), "https://billing.stripe.com/p/1");
    let asked = script.asked();
    assert_eq!(asked[0].url, "https://api.stripe.com/v1/billing_portal/sessions");
    assert_eq!(asked[0].body, "customer=cus_1&return_url=https%3A%2F%2Fa%2Faccount");
}

#[test]
fn what_was_missed_is_read_again_and_harmless_to_repeat() {
    let (clock, credits, stripe, script) = open();
    let mut account = Account::new(Shape::Clover, instant("2026-01-31"));
    account.subscribe("ann", "price_pro", 900);
    account.buy("bob", "boost", 900, None);
    clock.set(instant("2026-02-01"));
    let mut events: Vec<Value> =
        account.deliveries().iter().map(|delivery| serde_json::from_str(&delivery.body).unwrap()).collect();
    // Stripe lists the newest first.
    events.reverse();
    let both = |expected: (u64, u64)| {
        let (newer, older) = events.split_at(3);
        script.answers(200, json!({ "data": newer, "has_more": true }));
        script.answers(200, json!({ "data": older, "has_more": false }));
        let mut shown = Vec::new();
        let reconciled =
            stripe.reconcile(instant("2026-01-30"), |progress| shown.push(progress.seen)).unwrap();
        assert_eq!((reconciled.seen, reconciled.applied, reconciled.unreadable), (expected.0, expected.1, 0));
        assert_eq!(shown, [3, expected.0]);
        let asked = script.asked();
        assert_eq!(asked[0].url, "https://api.stripe.com/v1/events?created%5Bgte%5D=1769731200&limit=100");
        let last = newer[2]["id"].as_str().unwrap();
        assert!(asked[1].url.ends_with(&format!("&starting_after={last}")), "{}", asked[1].url);
        (credits.wallet("ann").credits().unwrap().get(), credits.wallet("bob").credits().unwrap().get())
    };
    let count = u64::try_from(account.deliveries().len()).unwrap();
    // The checkout of the subscription names no owner; the subscription itself does.
    assert_eq!(both((count, 4)), (1_000, 1_100));
    assert_eq!(both((count, 0)), (1_000, 1_100));
}

#[test]
fn long_invoices_and_unnamed_sales_are_read_whole() {
    let (clock, credits, stripe, script) = open();
    let signed = |event: &Value| {
        let delivery = Delivery { at: instant("2026-01-31"), body: event.to_string() };
        let header = delivery.signature(SECRET, credits_runtime::Clock::now(&clock));
        stripe.receive([(SIGNATURE_HEADER, header)], &delivery.body).status
    };
    let mut account = Account::new(Shape::BeforeBasil, instant("2026-01-31"));
    account.subscribe("ann", "price_pro", 900);
    let mut events: Vec<Value> =
        account.deliveries().iter().map(|delivery| serde_json::from_str(&delivery.body).unwrap()).collect();
    assert_eq!(signed(&events[1]), 200);
    let lines = events[2]["data"]["object"]["lines"]["data"].take();
    events[2]["data"]["object"]["lines"] = json!({ "data": [], "has_more": true });
    // Stripe sends a delivery again whose list could not be read.
    for _ in 0..4 {
        script.fails();
    }
    assert_eq!(signed(&events[2]), 500);
    script.answers(200, json!({ "data": lines, "has_more": false }));
    assert_eq!(signed(&events[2]), 200);
    assert_eq!(credits.wallet("ann").credits().unwrap(), 1_000);
    let invoice = events[2]["data"]["object"]["id"].as_str().unwrap();
    let whole = format!("https://api.stripe.com/v1/invoices/{invoice}/lines?limit=100");
    assert_eq!(script.asked().last().unwrap().url, whole);
    // The items of a payment link are in a list of their own, and the owner is in the link's address.
    let stripe = credits.stripe("sk_test_1").webhook_secret(SECRET).client_reference_ids_name_owners();
    let stripe = stripe.transport(script.clone()).build().unwrap();
    let signed = |event: &Value| {
        let delivery = Delivery { at: instant("2026-01-31"), body: event.to_string() };
        let header = delivery.signature(SECRET, credits_runtime::Clock::now(&clock));
        stripe.receive([(SIGNATURE_HEADER, header)], &delivery.body).status
    };
    let object = json!({
        "id": "cs_9", "object": "checkout.session", "mode": "payment", "payment_status": "paid",
        "client_reference_id": "bob", "payment_intent": "pi_9", "currency": "usd",
        "amount_subtotal": 2_700, "amount_total": 2_700, "metadata": {},
    });
    let event = json!({ "type": "checkout.session.completed", "created": 1_769_817_600, "data": { "object": object } });
    script.answers(200, json!({ "data": [{ "id": "li_1", "price": { "id": "price_boost" }, "quantity": 3 }], "has_more": false }));
    assert_eq!(signed(&event), 200);
    assert_eq!(credits.wallet("bob").credits().unwrap(), 3_300);
}

#[test]
fn a_failure_of_a_checkout_is_a_problem_of_an_http_api() {
    let (_, _, stripe, script) = open();
    let boost = || Pack::Boost.checkout("user:42").success("https://a/ok");
    let problem = |checkout: PackCheckout| {
        let problem = Problem::from(stripe.start(checkout).unwrap_err());
        (problem.status, problem.code, problem.detail)
    };
    let shown = |status: u16, code: &str, detail: &str| (status, code.to_owned(), detail.to_owned());
    let refused = |status: u16, error: Value| {
        script.answers(status, json!({ "error": error }));
        problem(boost())
    };
    assert_eq!(
        refused(402, json!({ "type": "card_error", "message": "Your card was declined." })),
        shown(402, "card_declined", "Your card was declined.")
    );
    assert_eq!(
        refused(404, json!({ "code": "resource_missing", "message": "No such price: price_1" })),
        shown(404, "unknown_to_processor", "the payment processor does not have it")
    );
    // What Stripe says of the application's mistakes stays in the log.
    assert_eq!(
        refused(400, json!({ "type": "invalid_request_error", "message": "sk_test_1 is wrong" })),
        shown(502, "processor_failed", "the payment processor failed: send the request again later")
    );
    let currency = problem(boost().currency("sek"));
    assert_eq!((currency.0, currency.1.as_str()), (422, "currency_undeclared"));
    assert!(currency.2.contains("has no price in sek"), "{}", currency.2);
    let no_page = problem(Pack::Boost.checkout("user:42"));
    assert_eq!((no_page.0, no_page.1.as_str()), (500, "internal_error"));
    let owner = problem(Pack::Boost.checkout("").success("https://a/ok"));
    assert_eq!((owner.0, owner.1.as_str()), (422, "owner_invalid"));
    // What may pass is sent again some times, and then a client may do so.
    for _ in 0..10 {
        script.answers(429, json!({}));
    }
    let busy = problem(boost());
    assert_eq!((busy.0, busy.1.as_str()), (503, "processor_unavailable"));
}

#[test]
fn a_refusal_has_all_that_stripe_says_of_it() {
    let (_, _, stripe, script) = open();
    let refused = |error: Value| {
        script.answers(402, json!({ "error": error }));
        stripe.start(Pack::Boost.checkout("user:42").success("https://a/ok")).unwrap_err()
    };
    let whole = json!({
        "type": "card_error", "code": "card_declined", "decline_code": "insufficient_funds", "param": "source",
        "message": "Your card was declined.", "charge": "ch_1", "payment_intent": { "id": "pi_1" },
    });
    let StripeError::Refused {
        status, message, kind, code, decline_code, param, charge, payment_intent, ..
    } = refused(whole)
    else {
        panic!("it is refused")
    };
    assert_eq!((status, &*message), (402, "Your card was declined."));
    let said = [kind, code, decline_code, param, charge, payment_intent];
    let expected = ["card_error", "card_declined", "insufficient_funds", "source", "ch_1", "pi_1"];
    assert_eq!(said.each_ref().map(|text| text.as_deref().unwrap()), expected);
    let StripeError::Refused { message, kind: None, code: None, charge: None, payment_intent: None, .. } =
        refused(json!({ "code": 7, "charge": {}, "payment_intent": null }))
    else {
        panic!("nothing is made up")
    };
    assert_eq!(&*message, "without a reason");
    let error = stripe.start(Pack::Boost.checkout("user:42").option("mode", "x")).unwrap_err();
    assert!(std::mem::size_of_val(&error) < 128, "clippy warns of larger errors where they are returned");
}

#[test]
fn secrets_are_shown_nowhere() {
    let (_, credits, _, script) = open();
    script.answers(200, page("cs_1"));
    let builder = credits.stripe("sk_test_topmost").webhook_secret("whsec_topmost").transport(script.clone());
    let mut shown = vec![format!("{builder:?} {builder:#?}")];
    let stripe = builder.build().unwrap();
    shown.push(format!("{stripe:?}"));
    stripe.start(Pack::Boost.checkout("user:42").success("https://a/ok")).unwrap();
    let request = script.asked().remove(0);
    assert_eq!(header(&request, "Authorization"), "Bearer sk_test_topmost");
    let text = format!("{request:?} {request:#?}");
    for visible in ["https://api.stripe.com/v1/checkout/sessions", "Authorization", "Stripe-Version", "POST"]
    {
        assert!(text.contains(visible), "{visible} is not in {text}");
    }
    shown.push(text);
    for text in shown {
        assert!(!text.contains("topmost"), "{text}");
        assert!(!text.contains("sk_test"), "{text}");
    }
    // Two requests are equal if their headers are.
    let mut other = request.clone();
    assert_eq!(request, other);
    other.headers[0].1 = "Bearer sk_test_other".to_owned();
    assert_ne!(request, other);
}

#[test]
fn events_that_can_never_be_applied_do_not_end_a_reconciliation() {
    let (clock, credits, stripe, script) = open();
    let mut account = Account::new(Shape::Clover, instant("2026-01-31"));
    account.buy("bob", "boost", 900, None);
    clock.set(instant("2026-02-01"));
    let sale: Value = serde_json::from_str(&account.deliveries()[0].body).unwrap();
    let mut gone = sale.clone();
    gone["data"]["object"]["metadata"] = json!({});
    script.answers(200, json!({ "data": [gone, sale], "has_more": false }));
    script.answers(404, json!({ "error": { "message": "no such checkout" } }));
    let reconciled = stripe.reconcile(instant("2026-01-30"), |_| {}).unwrap();
    assert_eq!((reconciled.seen, reconciled.applied, reconciled.unreadable), (2, 1, 1));
    assert_eq!(credits.wallet("bob").credits().unwrap(), 1_100);
    // A cause that can be put right ends the reconciliation, so that it is repeated.
    script.answers(200, json!({ "data": [gone], "has_more": false }));
    script.answers(401, json!({}));
    assert!(matches!(
        stripe.reconcile(instant("2026-01-30"), |_| {}),
        Err(StripeError::Refused { status: 401, .. })
    ));
}
