//! Holds over the API.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Api, replayed};

fn hd() -> Value {
    json!({ "operation": "generate_image", "quality": "hd", "limit_seconds": 60 })
}

/// Opens a hold of 25 credits and returns the path of the hold.
fn opened(api: &Api) -> String {
    let hold = api.post("/wallets/ada/holds", hd()).value(201);
    assert_eq!((&hold["amount"], &hold["until"]), (&json!(25), &json!("2026-11-26T11:31:00Z")));
    format!("/wallets/ada/holds/{}", hold["id"])
}

#[test]
fn a_hold_sets_credits_aside_once_for_its_key() {
    let api = Api::with("ada", 30);
    let body = json!({
        "operation": "generate_image", "quality": "hd", "limit_seconds": 60, "metadata": { "job": 7 },
    });
    let first = api.keyed("job-7", "/wallets/ada/holds", &body);
    let again = api.keyed("job-7", "/wallets/ada/holds", &body);
    assert_eq!(first.value(201), again.value(201));
    assert_eq!(again.header("idempotency-replayed"), "true");
    let wallet = api.get("/wallets/ada").value(200);
    assert_eq!(
        (&wallet["credits"], &wallet["held"], &wallet["balance"]),
        (&json!(5), &json!(25), &json!(30))
    );
    assert_eq!(wallet["holds"][0]["metadata"], json!({ "job": 7, "by": "token:worker" }));
    api.post("/wallets/ada/holds", hd()).problem(402, "insufficient_credits");
}

#[test]
fn a_hold_needs_a_limit_in_range() {
    let api = Api::with("ada", 30);
    api.writes_nothing(|| {
        let missing = json!({ "operation": "upscale_image" });
        let problem = api.post("/wallets/ada/holds", missing).problem(422, "field_invalid");
        assert_eq!(problem["field"], "limit_seconds");
        for limit in [json!(1.5), json!(-1), json!("60"), json!(null), json!(1e30)] {
            let body = json!({ "operation": "upscale_image", "limit_seconds": limit });
            let problem = api.post("/wallets/ada/holds", body).problem(422, "field_invalid");
            assert_eq!(problem["field"], "limit_seconds");
        }
        for limit in [0, 86_401, u64::MAX] {
            let body = json!({ "operation": "upscale_image", "limit_seconds": limit });
            let problem = api.post("/wallets/ada/holds", body).problem(422, "hold_limit_invalid");
            assert_eq!((&problem["seconds"], &problem["max"]), (&json!(limit), &json!(86_400)));
        }
    });
}

#[test]
fn a_hold_is_settled_once() {
    for (body, charged) in [
        (json!({}), 25),
        (Value::Null, 25),
        (json!({ "amount": 0 }), 0),
        (json!({ "amount": 7, "metadata": { "seen": true } }), 7),
        (json!({ "operation": "generate_image", "quality": "draft", "metadata": { "seen": true } }), 5),
    ] {
        let api = Api::with("ada", 30);
        let hold = opened(&api);
        let first = api.post(&format!("{hold}/settle"), body.clone());
        let settled = first.value(200);
        assert_eq!((&settled["entry"]["amount"], &settled["late"]), (&json!(-charged), &json!(false)));
        assert_eq!(settled["entry"]["metadata"]["by"], "token:worker");
        assert_eq!(settled["entry"]["metadata"].get("seen"), body["metadata"].get("seen"));
        api.writes_nothing(|| {
            // Another settlement returns the first outcome, whatever it asks for.
            let again = api.post(&format!("{hold}/settle"), json!({ "amount": 3 }));
            assert_eq!(again.header("idempotency-replayed"), "true");
            assert_eq!(again.value(200)["entry"], settled["entry"]);
            let closed = api.post(&format!("{hold}/release"), json!({})).problem(409, "hold_closed");
            assert_eq!(closed["closing"], "settled");
            api.post(&format!("{hold}/extend"), json!({ "by_seconds": 5 })).problem(409, "hold_closed");
        });
        assert_eq!(api.balance("ada"), 30 - charged);
    }
}

#[test]
fn a_released_hold_is_not_settled() {
    let api = Api::with("ada", 30);
    let hold = opened(&api);
    let released = api.post(&format!("{hold}/release"), Value::Null);
    assert_eq!(released.value(200)["replayed"], false);
    assert_eq!(api.balance("ada"), 30);
    api.writes_nothing(|| {
        let again = api.post(&format!("{hold}/release"), json!({}));
        assert_eq!(
            (again.header("idempotency-replayed"), &again.value(200)["replayed"]),
            ("true", &json!(true))
        );
        for body in [json!({}), json!({ "amount": 1 }), hd_without_limit()] {
            let closed = api.post(&format!("{hold}/settle"), body).problem(409, "hold_closed");
            assert_eq!(closed["closing"], "released");
        }
    });
}

fn hd_without_limit() -> Value {
    json!({ "operation": "generate_image", "quality": "hd" })
}

#[test]
fn a_late_settlement_says_so() {
    let api = Api::with("ada", 30);
    let hold = opened(&api);
    api.clock.advance(Duration::from_secs(61));
    api.post(&format!("{hold}/extend"), json!({ "by_seconds": 60 })).problem(409, "hold_closed");
    let settled = api.post(&format!("{hold}/settle"), json!({})).value(200);
    assert_eq!((&settled["late"], &settled["entry"]["amount"]), (&json!(true), &json!(-25)));
}

#[test]
fn an_extension_is_made_once_for_its_key() {
    let api = Api::with("ada", 30);
    let hold = opened(&api);
    let body = json!({ "by_seconds": 60 });
    let extended = replayed(&api, &format!("{hold}/extend"), &body, 200);
    assert_eq!(extended["until"], "2026-11-26T11:32:00Z");
    let longer = api.post(&format!("{hold}/extend"), body).value(200);
    assert_eq!(longer["until"], "2026-11-26T11:33:00Z");
    api.writes_nothing(|| {
        let other = json!({ "by_seconds": 61 });
        api.keyed("once", &format!("{hold}/extend"), &other).problem(422, "idempotency_key_reused");
        for by in [0, 86_400, u64::MAX] {
            let body = json!({ "by_seconds": by });
            api.post(&format!("{hold}/extend"), body).problem(422, "hold_limit_invalid");
        }
        let problem = api.post(&format!("{hold}/extend"), json!({})).problem(422, "body_invalid");
        assert!(problem["detail"].as_str().unwrap().contains("by_seconds"), "{problem}");
    });
}

#[test]
fn a_key_opens_no_second_hold() {
    for (action, closing) in [("settle", "settled"), ("release", "released")] {
        let api = Api::with("ada", 100);
        let hold = api.keyed("job-7", "/wallets/ada/holds", &hd()).value(201);
        api.post(&format!("/wallets/ada/holds/{}/{action}", hold["id"]), json!({})).value(200);
        api.writes_nothing(|| {
            let again = api.keyed("job-7", "/wallets/ada/holds", &hd()).problem(409, "hold_closed");
            assert_eq!((&again["closing"], &again["hold"]), (&json!(closing), &hold["id"]));
        });
    }
}

#[test]
fn a_hold_is_of_its_wallet() {
    let api = Api::with("ada", 30);
    let hold = opened(&api).replace("ada", "ben");
    let of_gems = format!("{hold}/settle?asset=gem").replace("ben", "ada");
    api.writes_nothing(|| {
        for action in ["settle", "release"] {
            api.post(&format!("{hold}/{action}"), json!({})).problem(404, "hold_unknown");
        }
        api.post(&format!("{hold}/extend"), json!({ "by_seconds": 1 })).problem(404, "hold_unknown");
        api.post(&of_gems, json!({})).problem(404, "hold_unknown");
        api.post("/wallets/ada/holds/1/settle", json!({})).problem(404, "hold_unknown");
        for number in ["0", "18446744073709551615"] {
            api.post(&format!("/wallets/ada/holds/{number}/settle"), json!({})).problem(404, "hold_unknown");
        }
        for number in ["x", "-1", "1.5", "18446744073709551616"] {
            let problem = api.post(&format!("/wallets/ada/holds/{number}/settle"), json!({}));
            assert_eq!(problem.problem(422, "field_invalid")["field"], "hold");
        }
        let own = hold.replace("ben", "ada");
        for body in [json!({ "amount": -1 }), json!({ "amount": 1.5 }), json!({ "amount": "1" })] {
            let refused = api.post(&format!("{own}/settle"), body);
            assert_eq!(refused.status.as_u16(), 422, "{}", refused.body);
        }
        let problem = api.post(&format!("{own}/settle"), json!({ "amout": 1 })).problem(422, "body_invalid");
        assert_eq!(problem["field"], "amout");
        api.post(&format!("{own}/settle"), json!({ "operation": "show_in_gallery" }))
            .problem(404, "hold_unknown");
    });
}

#[test]
fn a_hold_of_another_asset_is_settled_there() {
    let api = Api::new();
    api.post("/wallets/ada/give?asset=gem", json!({ "amount": 5 })).value(201);
    let body = json!({ "operation": "show_in_gallery", "limit_seconds": 60 });
    let id = api.post("/wallets/ada/holds", body).value(201)["id"].clone();
    api.post(&format!("/wallets/ada/holds/{id}/settle?asset=coin"), json!({})).problem(404, "asset_unknown");
    let settled = api.post(&format!("/wallets/ada/holds/{id}/settle?asset=gem"), json!({ "amount": 1 }));
    assert_eq!(settled.value(200)["entry"]["asset"], "gem");
}

/// A hold is released with the handle that opened it, and a request that is cut off drops its handle: sent again under its
/// key, it was told that its hold was closed.
#[test]
fn a_hold_under_a_key_outlives_its_request() {
    let api = Api::with("ada", 30);
    let request = axum::http::Request::post("/api/wallets/ada/holds")
        .header("authorization", api.authorization())
        .header("idempotency-key", "job-7");
    api.site.abandon(request.body(hd().to_string().into()).unwrap());
    let again = api.keyed("job-7", "/wallets/ada/holds", &hd());
    assert_eq!((again.header("idempotency-replayed"), &again.value(201)["amount"]), ("true", &json!(25)));
    assert_eq!(api.get("/wallets/ada").value(200)["held"], 25);
}
