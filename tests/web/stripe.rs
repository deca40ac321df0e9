//! Stripe behind the API: checkouts begin there, and webhooks arrive there.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use credits_runtime::Clock as _;
use credits_runtime::testing::ManualClock;
use credits_runtime::testing::stripe::{Account, Billed, Completed, Price, Shape};
use credits_web::{OwnerSecret, Scope, Tokens};
use serde_json::{Value, json};

use crate::site::{Answer, Site};

mod shop {
    credits_runtime::usage_credits! {
        subscription_plan pro { stripe_price month: "price_month", year: "price_year" gives 1_000.credits.every(month) }
        subscription_plan free { gives 10.credits.every(month) }
        credit_pack boost { gives 500.credits costs 9.00.usd }
        operation step { costs 1.credit }
    }
}

struct Shop {
    credits: shop::Credits,
    clock: ManualClock,
    account: Account,
    secret: OwnerSecret,
    token: String,
    site: Site,
}

impl Shop {
    fn new() -> Self {
        let start = "2026-01-31T00:00:00Z".parse().unwrap();
        let clock = ManualClock::at(start);
        let mut account = Account::new(Shape::Clover, start);
        account.add_price(Price::monthly("price_month", 900));
        let credits = shop::Credits::builder().clock(clock.clone()).in_memory().unwrap();
        let stripe =
            credits.stripe("sk_test_1").webhook_secret(account.secret()).transport(account.transport());
        let (tokens, secret) = (Tokens::in_memory(), OwnerSecret::new([7; 32]).unwrap());
        let token = tokens.create("shop", &[Scope::App]).unwrap();
        let api = credits_web::api(&credits).tokens(tokens).owner_secret(secret.clone());
        let api = api.stripe(stripe.build().unwrap());
        let site = Site::of(Router::new().nest_service("/api", api));
        Self { credits, clock, account, secret, token, site }
    }

    fn sell(&self, owner: &str, sale: &Value) -> Answer {
        self.site.call("POST", &format!("/api/wallets/{owner}/checkouts"), &self.token, None, sale)
    }

    /// Sends the account's webhooks from this one on.
    fn deliver(&self, from: usize) {
        for delivery in &self.account.deliveries()[from..] {
            self.clock.set(self.clock.now().max(delivery.at));
            let signature = delivery.signature(self.account.secret(), self.clock.now());
            let answer = self.webhook(&signature, &delivery.body);
            assert_eq!((answer.status.as_u16(), &*answer.body), (200, "ok"), "{}", delivery.body);
        }
    }

    fn webhook(&self, signature: &str, body: &str) -> Answer {
        let request = Request::post("/api/stripe").header("stripe-signature", signature);
        self.site.send(request.body(Body::from(body.to_owned())).unwrap())
    }
}

/// The session of a checkout's page.
fn session(answer: &Answer) -> String {
    let url = answer.value(201)["url"].as_str().unwrap().to_owned();
    url.rsplit('/').next().unwrap().to_owned()
}

#[test]
fn a_pack_is_sold_and_its_webhooks_give_the_credits() {
    let mut shop = Shop::new();
    let sale = json!({ "pack": "boost", "quantity": 2, "success": "http://10.0.0.1/thanks", "cancel": "app://back" });
    let session = session(&shop.sell("user%3A1", &sale));
    assert_eq!(shop.credits.wallet("user:1").credits().unwrap(), 0);
    assert!(matches!(shop.account.complete(&session), Completed::Paid(Some(_))));
    shop.deliver(0);
    // Stripe sends again what it is not sure of.
    shop.deliver(0);
    assert_eq!(shop.credits.wallet("user:1").credits().unwrap(), 1_000);
}

#[test]
fn an_owners_browser_buys_a_plan_for_itself() {
    let mut shop = Shop::new();
    let token = shop.secret.token("user:2", shop.credits.now().after(Duration::from_mins(1))).unwrap();
    let buy = |sale: Value| shop.site.call("POST", "/api/me/checkouts", &token, Some("k1"), &sale);
    let sale = |success: &str| json!({ "plan": "pro", "period": "month", "success": success });
    for success in [
        "http://evil.example/",
        "//evil.example",
        "javascript:alert(1)",
        "https://",
        "",
        "http://localhost.evil/",
    ] {
        let problem = buy(sale(success)).problem(422, "field_invalid");
        assert_eq!(problem["field"], "success", "{success}");
    }
    let mut cancel = sale("http://localhost:3000/thanks");
    cancel["cancel"] = json!("http://evil.example/");
    assert_eq!(buy(cancel).problem(422, "field_invalid")["field"], "cancel");
    let bought = session(&buy(sale("https://app.example.com/thanks?session={CHECKOUT_SESSION_ID}")));
    assert!(matches!(shop.account.complete(&bought), Completed::Subscribed(_)));
    shop.deliver(0);
    assert_eq!(shop.credits.wallet("user:2").credits().unwrap(), 1_000);
}

#[test]
fn wrong_sales_are_refused_by_their_field() {
    let shop = Shop::new();
    let refused = |sale: Value, status, code| shop.sell("user%3A1", &sale).problem(status, code);
    let success = "https://app.example.com";
    refused(json!({ "pack": "rocket", "success": success }), 404, "pack_unknown");
    refused(json!({ "plan": "rocket", "success": success }), 404, "plan_unknown");
    refused(json!({ "success": success }), 422, "field_invalid");
    refused(json!({ "pack": "boost", "plan": "pro", "success": success }), 422, "field_invalid");
    refused(json!({ "pack": "boost", "quantity": 0, "success": success }), 422, "field_invalid");
    refused(json!({ "pack": "boost", "period": "month", "success": success }), 422, "field_invalid");
    let week = refused(json!({ "plan": "pro", "period": "week", "success": success }), 422, "field_invalid");
    assert!(week["detail"].as_str().unwrap().contains("such as `month`"), "{week}");
    refused(json!({ "plan": "pro", "success": success }), 422, "price_missing");
    refused(json!({ "plan": "free", "success": success }), 422, "price_missing");
    refused(json!({ "pack": "boost" }), 422, "body_invalid");
    let owner = shop.sell("%20", &json!({ "pack": "boost", "success": success }));
    owner.problem(422, "owner_invalid");
}

#[test]
fn a_webhook_is_answered_as_stripe_wants_it() {
    let mut shop = Shop::new();
    shop.account.subscribe_with("user:1", [Price::monthly("price_month", 900).into()], Billed::at_once());
    let delivery = shop.account.deliveries()[0].clone();
    for (signature, body) in [
        ("", &*delivery.body),
        ("t=1,v1=00", &delivery.body),
        (&delivery.signature("whsec_other", delivery.at), &delivery.body),
    ] {
        let answer = shop.webhook(signature, body);
        assert_eq!((answer.status.as_u16(), &*answer.body), (400, "refused"));
    }
    // More than the API takes elsewhere, and less than a webhook may have.
    let large = "x".repeat(credits_web::limits::BODY_BYTES_MAX + 1);
    assert_eq!(shop.webhook("t=1,v1=00", &large).body, "refused");
    shop.deliver(0);
    assert_eq!(shop.credits.wallet("user:1").credits().unwrap(), 1_000);
}

#[test]
fn an_api_without_stripe_sells_nothing() {
    let credits = shop::Credits::in_memory().unwrap();
    let tokens = Tokens::in_memory();
    let token = tokens.create("shop", &[Scope::App]).unwrap();
    let site = Site::of(Router::new().fallback_service(credits_web::api(&credits).tokens(tokens)));
    let sale = json!({ "pack": "boost", "success": "https://app.example.com" });
    site.call("POST", "/wallets/x/checkouts", &token, None, &sale).problem(404, "stripe_missing");
    site.call("POST", "/stripe", "", None, &sale).problem(404, "stripe_missing");
}
