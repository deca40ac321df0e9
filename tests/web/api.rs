//! The API, route by route.

use axum::Router;
use credits_web::{Scope, Tokens};
use serde_json::{Value, json};

use crate::demo::Credits;
use crate::site::Site;

fn open(credits: &Credits) -> (Site, String) {
    let tokens = Tokens::in_memory();
    let token = tokens.create("worker", &[Scope::Admin]).unwrap();
    (Site::of(Router::new().nest_service("/api", credits_web::api(credits).tokens(tokens))), token)
}

#[test]
fn a_spend_is_charged_once_for_its_key() {
    let credits = Credits::in_memory().unwrap();
    credits.wallet("user:1").give_credits(30).now().wait().unwrap();
    let (site, token) = open(&credits);
    let hd = json!({ "operation": "generate_image", "quality": "hd", "metadata": { "picture": 1 } });
    let spend = |key: &str| site.call("POST", "/api/wallets/user%3A1/spend", &token, Some(key), &hd);
    let first = spend("k1");
    assert_eq!(
        (first.header("idempotency-replayed"), first.value(201)["replayed"].clone()),
        ("", json!(false))
    );
    assert_eq!(first.value(201)["entry"]["metadata"], json!({ "picture": 1, "by": "token:worker" }));
    let again = spend("k1");
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.value(201)["entry"], first.value(201)["entry"]);
    let missing = spend("k2").problem(402, "insufficient_credits");
    assert_eq!((&missing["needed"], &missing["available"]), (&json!(25), &json!(5)));

    let wallet = site.call("GET", "/api/wallets/user%3A1", &token, None, &Value::Null).value(200);
    assert_eq!((&wallet["credits"], &wallet["formatted"]), (&json!(5), &json!("5 credits")));
}
