//! The API, route by route.

mod administration;
pub mod documented;
mod entries;
mod failing;
mod holds;
mod malformed;
mod money;
mod owners;
mod reports;
mod scopes;
mod streams;

use std::borrow::Borrow;
use std::thread;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use credits_runtime::testing::ManualClock;
use credits_runtime::{Error, LedgerErrorKind};
use credits_web::{OwnerSecret, Scope, Tokens};
use serde_json::{Value, json};

use crate::demo::{Credits, end};
use crate::site::{Answer, Site};

/// An API at `/api` over a ledger in memory, called as an administrator.
pub struct Api {
    pub credits: Credits,
    pub clock: ManualClock,
    pub tokens: Tokens,
    pub secret: OwnerSecret,
    pub site: Site,
    token: String,
}

impl Api {
    /// Over an empty ledger.
    pub fn new() -> Self {
        let clock = ManualClock::at(end());
        let credits = Credits::builder().clock(clock.clone()).in_memory().unwrap();
        Self::over(credits, clock)
    }

    pub fn over(credits: Credits, clock: ManualClock) -> Self {
        let (tokens, secret) = (Tokens::in_memory(), OwnerSecret::new([7; 32]).unwrap());
        let token = tokens.create("worker", &[Scope::Admin]).unwrap();
        let api = credits_web::api(&credits).tokens(tokens.clone()).owner_secret(secret.clone());
        let site = Site::of(Router::new().nest_service("/api", api));
        Self { credits, clock, tokens, secret, site, token }
    }

    /// With credits of an owner.
    pub fn with(owner: &str, amount: i64) -> Self {
        let api = Self::new();
        api.credits.wallet(owner).give_credits(amount).now().wait().unwrap();
        api
    }

    pub fn get(&self, path: &str) -> Answer {
        self.as_token(&self.token, "GET", path, &Value::Null)
    }

    pub fn post(&self, path: &str, body: impl Borrow<Value>) -> Answer {
        self.as_token(&self.token, "POST", path, body.borrow())
    }

    pub fn keyed(&self, key: &str, path: &str, body: &Value) -> Answer {
        self.call("POST", path, &self.token, Some(key), body)
    }

    /// A call whose status is documented.
    #[track_caller]
    fn call(&self, method: &str, path: &str, token: &str, key: Option<&str>, body: &Value) -> Answer {
        let answer = self.site.call(method, &format!("/api{path}"), token, key, body);
        documented::check(method, path, &answer);
        answer
    }

    pub fn as_token(&self, token: &str, method: &str, path: &str, body: &Value) -> Answer {
        self.call(method, path, token, None, body)
    }

    /// A body of bytes, as `curl -d` sends it.
    pub fn raw(&self, path: &str, body: impl Into<Body>) -> Answer {
        let request = Request::post(format!("/api{path}"))
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/x-www-form-urlencoded");
        let answer = self.site.send(request.body(body.into()).unwrap());
        documented::check("POST", path, &answer);
        answer
    }

    pub fn authorization(&self) -> String {
        format!("Bearer {}", self.token)
    }

    pub fn balance(&self, owner: &str) -> i64 {
        self.credits.wallet(owner).credits().unwrap().get()
    }

    /// Runs requests that are to write nothing.
    pub fn writes_nothing(&self, requests: impl FnOnce()) {
        let before = self.credits.statistics().facts;
        requests();
        assert_eq!(self.credits.statistics().facts, before, "something was written");
    }
}

/// Whatever the requests were, the ledger is sound after them.
impl Drop for Api {
    fn drop(&mut self) {
        if thread::panicking() {
            return;
        }
        match self.credits.verify() {
            Ok(_) => {}
            Err(Error::Ledger(error)) if error.kind() == LedgerErrorKind::Closed => {}
            Err(error) => panic!("{error}"),
        }
    }
}

/// A write that is done once for its key: the first response, and the same one marked as replayed.
pub fn replayed(api: &Api, path: &str, body: &Value, status: u16) -> Value {
    let first = api.keyed("once", path, body);
    let value = first.value(status);
    assert_eq!(first.header("idempotency-replayed"), "");
    api.writes_nothing(|| {
        let again = api.keyed("once", path, body);
        assert_eq!(again.header("idempotency-replayed"), "true", "{path}");
        let mut first = value.clone();
        first["replayed"] = json!(true);
        assert_eq!(again.value(status), first, "{path}");
    });
    value
}

#[test]
fn a_spend_is_charged_once_for_its_key() {
    let api = Api::with("user:1", 30);
    let hd = json!({ "operation": "generate_image", "quality": "hd", "metadata": { "picture": 1 } });
    let receipt = replayed(&api, "/wallets/user%3A1/spend", &hd, 201);
    assert_eq!(receipt["entry"]["metadata"], json!({ "picture": 1, "by": "token:worker" }));
    let missing = api.keyed("k2", "/wallets/user%3A1/spend", &hd).problem(402, "insufficient_credits");
    assert_eq!((&missing["needed"], &missing["available"]), (&json!(25), &json!(5)));

    let wallet = api.get("/wallets/user%3A1").value(200);
    assert_eq!((&wallet["credits"], &wallet["formatted"]), (&json!(5), &json!("5 credits")));
}

#[test]
fn a_spend_names_what_is_wrong_with_its_inputs() {
    let api = Api::with("ada", 1_000);
    api.writes_nothing(|| {
        for (body, status, code, field, value) in [
            (json!({ "operation": "paint" }), 404, "unknown_operation", "operation", json!("paint")),
            (json!({ "operation": "generate_image" }), 422, "missing_input", "input", json!("quality")),
            (
                json!({ "operation": "generate_image", "quality": "best" }),
                422,
                "invalid_input",
                "input",
                json!("quality"),
            ),
            (
                json!({ "operation": "upscale_image", "seconds": 1 }),
                422,
                "unknown_input",
                "input",
                json!("seconds"),
            ),
            (
                json!({ "operation": "generate_video", "seconds": 1.5 }),
                422,
                "invalid_input",
                "input",
                json!("seconds"),
            ),
            (
                json!({ "operation": "generate_video", "seconds": 601 }),
                422,
                "quantity_over_limit",
                "limit",
                json!(600),
            ),
            (
                json!({ "operation": "generate_video", "seconds": -1 }),
                422,
                "quantity_negative",
                "quantity",
                json!("seconds"),
            ),
            (
                json!({ "operation": "upscale_image", "metadata": { "by": "me" } }),
                422,
                "field_invalid",
                "field",
                json!("metadata.by"),
            ),
            (
                json!({ "operation": "upscale_image", "metadata": "text" }),
                422,
                "field_invalid",
                "field",
                json!("metadata"),
            ),
            (
                json!({ "operation": "upscale_image", "metadata": { "note": "x".repeat(5_000) } }),
                413,
                "metadata_too_large",
                "max",
                json!(4_096),
            ),
        ] {
            let problem = api.post("/wallets/ada/spend", body).problem(status, code);
            assert_eq!(problem[field], value, "{problem}");
        }
    });
}
