//! Tokens of owners: each reads its own wallet and nothing else.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use super::Api;
use crate::site::Site;

#[test]
fn an_owner_reads_its_own_wallet() {
    let owner = "user:\u{e4}/?#% 1";
    let api = Api::with(owner, 100);
    api.credits.wallet("ben").give_credits(7).now().wait().unwrap();
    let now = api.credits.now();
    let token = api.secret.token(owner, now.after(Duration::from_mins(15))).unwrap();
    let get = |path: &str| api.as_token(&token, "GET", path, &Value::Null);
    let me = get("/me").value(200);
    assert_eq!((&me["owner"], &me["credits"]), (&json!(owner), &json!(100)));
    assert_eq!(get("/me/entries?explain&limit=1").value(200)["entries"][0]["amount"], 100);
    assert_eq!(get(&format!("/me/balance_at/{now}")).value(200)["balance"], 100);
    let upscale = json!({ "operation": "upscale_image" });
    assert_eq!(api.as_token(&token, "POST", "/me/estimate", &upscale).value(200)["price"], 20);
    assert!(get("/catalogue").value(200)["operations"].is_array());
    assert!(get("/prices.md").body.contains("Upscale image"));

    api.writes_nothing(|| {
        for path in
            ["/wallets", "/wallets/ben", "/wallets/ben/entries", "/entries", "/totals", "/export", "/head"]
        {
            get(path).problem(401, "token_invalid");
        }
        for path in ["/wallets/ben/spend", "/wallets/ben/give", "/wallets/ben/estimate", "/verify"] {
            api.as_token(&token, "POST", path, &upscale).problem(401, "token_invalid");
        }
        api.as_token(&token, "POST", "/me/spend", &upscale).problem(404, "path_unknown");
    });
}

#[test]
fn an_expired_or_foreign_token_reads_nothing() {
    let api = Api::with("ada", 100);
    let token = api.secret.token("ada", api.credits.now().after(Duration::from_mins(15))).unwrap();
    api.clock.advance(Duration::from_mins(15));
    for path in ["/me", "/me/entries", "/catalogue"] {
        let refused = api.as_token(&token, "GET", path, &Value::Null);
        refused.problem(401, "token_invalid");
        assert_eq!(refused.header("www-authenticate"), "Bearer");
    }
    let other = credits_web::OwnerSecret::new([8; 32]).unwrap();
    let forged = other.token("ada", api.credits.now().after(Duration::from_mins(15))).unwrap();
    for token in [forged.as_str(), "uo_", "uo_00_00", "uo_zz_", "uc_1_2", "\u{fc}"] {
        let refused = api.as_token(token, "GET", "/me", &Value::Null);
        assert_eq!(refused.status.as_u16(), 401, "{token}");
    }
}

#[test]
fn an_owner_does_not_see_the_notes_of_the_application() {
    let api = Api::new();
    let gift = json!({ "amount": 100, "reason": "sorry", "metadata": { "ticket": 7 } });
    api.keyed("ticket-7", "/wallets/ada/give", &gift).value(201);
    let hold = json!({ "operation": "upscale_image", "limit_seconds": 60, "metadata": { "cost": 3 } });
    api.post("/wallets/ada/holds", hold).value(201);
    let token = api.secret.token("ada", api.credits.now().after(Duration::from_mins(15))).unwrap();
    let get = |path: &str| api.as_token(&token, "GET", path, &Value::Null).value(200);
    let entry = &get("/me/entries")["entries"][0];
    assert_eq!(
        (&entry["reason"], &entry["metadata"], &entry["key"]),
        (&json!("sorry"), &Value::Null, &Value::Null)
    );
    let me = get("/me");
    assert_eq!((&me["held"], &me["holds"][0]["metadata"]), (&json!(20), &Value::Null));
    let seen = api.get("/wallets/ada/entries").value(200);
    assert_eq!(seen["entries"][0]["key"], "ticket-7");
}

#[test]
fn pages_of_known_origins_may_call_the_api() {
    let credits = crate::demo::Credits::in_memory().unwrap();
    let api = credits_web::api(&credits).origins(["https://app.example"]);
    let site = Site::of(Router::new().nest_service("/api", api));
    let ask = |method: &str, origin: &str| {
        let request = Request::builder().method(method).uri("/api/me").header("origin", origin);
        site.send(request.header("access-control-request-method", "GET").body(Body::empty()).unwrap())
    };
    let question = ask("OPTIONS", "https://app.example");
    assert_eq!(
        (question.status.as_u16(), question.header("access-control-allow-methods")),
        (204, "GET, POST")
    );
    assert_eq!(
        question.header("access-control-allow-headers"),
        "authorization, content-type, idempotency-key"
    );
    let call = ask("GET", "https://app.example");
    call.problem(401, "closed");
    for answer in [&question, &call] {
        assert_eq!(answer.header("access-control-allow-origin"), "https://app.example");
        assert_eq!(
            (answer.header("vary"), answer.header("access-control-allow-credentials")),
            ("origin", "")
        );
    }
    for origin in
        ["https://evil.example", "null", "https://app.example.evil.example", "http://app.example", ""]
    {
        assert_eq!(ask("GET", origin).header("access-control-allow-origin"), "");
        ask("OPTIONS", origin).problem(405, "method_not_allowed");
    }
    let closed = Api::new();
    let request = Request::get("/api/me").header("origin", "https://app.example");
    let answer = closed.site.send(request.body(Body::empty()).unwrap());
    assert_eq!((answer.header("access-control-allow-origin"), answer.header("vary")), ("", ""));
}
