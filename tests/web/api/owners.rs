//! Tokens of owners: each reads its own wallet and nothing else.

use std::time::Duration;

use serde_json::{Value, json};

use super::Api;

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
