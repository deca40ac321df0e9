//! Money: keys, and requests at the same time.

use std::thread;

use serde_json::{Value, json};

use super::Api;
use crate::site::Answer;

fn upscale() -> Value {
    json!({ "operation": "upscale_image" })
}

#[test]
fn a_key_belongs_to_one_command() {
    let api = Api::with("ada", 1_000);
    let gift = json!({ "amount": 5 });
    let entry = api.keyed("k", "/wallets/ada/give", &gift).value(201)["entry"]["number"].clone();
    api.writes_nothing(|| {
        let hold = json!({ "operation": "upscale_image", "limit_seconds": 60 });
        for (path, body) in [
            ("spend", upscale()),
            ("holds", hold),
            ("give", json!({ "amount": 6 })),
            ("deduct", json!({ "amount": 5, "reason": "r" })),
            ("adjust", json!({ "amount": 5, "reason": "r" })),
            ("transfers", json!({ "to": "ben", "amount": 5 })),
        ] {
            let problem = api.keyed("k", &format!("/wallets/ada/{path}"), &body);
            let problem = problem.problem(422, "idempotency_key_reused");
            assert_eq!((&problem["fact"], &problem["command"]), (&entry, &json!("give")), "{path}");
        }
    });
    // Each wallet has its own keys.
    api.keyed("k", "/wallets/ben/give", &gift).value(201);
    api.keyed("k", "/wallets/ada/give?asset=gem", &gift).value(201);
}

#[test]
fn a_wrong_key_is_refused() {
    let api = Api::with("ada", 1_000);
    let send = |key: &[u8]| {
        let request = axum::http::Request::post("/api/wallets/ada/spend")
            .header("authorization", api.authorization())
            .header("idempotency-key", axum::http::HeaderValue::from_bytes(key).unwrap());
        api.site.send(request.body(upscale().to_string().into()).unwrap())
    };
    api.writes_nothing(|| {
        let long = [b'x'; 256];
        for key in [&b""[..], b"~own", b"a\xff", b"\xe2\x80\xae", b" ", &long] {
            send(key).problem(422, "key_invalid");
        }
        let twice = axum::http::Request::post("/api/wallets/ada/spend")
            .header("authorization", api.authorization())
            .header("idempotency-key", "a")
            .header("idempotency-key", "a");
        api.site.send(twice.body(upscale().to_string().into()).unwrap()).problem(422, "key_invalid");
    });
    send("\u{5d0}".as_bytes()).value(201);
}

#[test]
fn a_refused_request_does_not_use_its_key_up() {
    let api = Api::with("ada", 5);
    api.keyed("k", "/wallets/ada/spend", &upscale()).problem(402, "insufficient_credits");
    api.post("/wallets/ada/give", json!({ "amount": 15 })).value(201);
    let spent = api.keyed("k", "/wallets/ada/spend", &upscale());
    assert_eq!(
        (spent.header("idempotency-replayed"), spent.value(201)["replayed"].clone()),
        ("", json!(false))
    );
}

/// Sends requests from threads at the same time.
fn at_once(api: &Api, keys: &[&str], path: &str, body: &Value) -> Vec<Answer> {
    thread::scope(|scope| {
        let send = |key: &str| api.keyed(key, path, body);
        let threads: Vec<_> = keys.iter().map(|key| scope.spawn(move || send(key))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn a_request_that_is_sent_twice_at_once_is_done_once() {
    for (path, body) in [
        ("/wallets/ada/spend", upscale()),
        ("/wallets/ada/deduct", json!({ "amount": 20, "reason": "r" })),
        ("/wallets/ada/transfers", json!({ "to": "ben", "amount": 20 })),
        ("/wallets/ada/holds", json!({ "operation": "upscale_image", "limit_seconds": 60 })),
    ] {
        let api = Api::with("ada", 1_000);
        let answers = at_once(&api, &["k"; 8], path, &body);
        let new = answers.iter().filter(|answer| answer.header("idempotency-replayed").is_empty()).count();
        assert_eq!(new, 1, "{path}");
        let ids: Vec<Value> = answers
            .iter()
            .map(|answer| {
                let mut value = answer.value(201);
                value["replayed"] = Value::Null;
                value
            })
            .collect();
        assert!(ids.windows(2).all(|pair| pair[0] == pair[1]), "{path}");
        assert_eq!(api.balance("ada"), 980, "{path}");
    }
}

#[test]
fn requests_at_once_never_spend_more_than_there_is() {
    let api = Api::with("ada", 50);
    let answers = at_once(&api, &["1", "2", "3", "4", "5", "6"], "/wallets/ada/spend", &upscale());
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 201, 402, 402, 402, 402]);
    assert_eq!(api.balance("ada"), 10);
}

#[test]
fn a_hold_that_is_settled_twice_at_once_is_charged_once() {
    let api = Api::with("ada", 50);
    let hold = api.post("/wallets/ada/holds", json!({ "operation": "upscale_image", "limit_seconds": 60 }));
    let path = format!("/wallets/ada/holds/{}/settle", hold.value(201)["id"]);
    let answers = at_once(&api, &["1", "2", "3", "4"], &path, &json!({}));
    assert!(answers.iter().all(|answer| answer.value(200)["entry"]["amount"] == json!(-20)));
    assert_eq!(api.balance("ada"), 30);
}

#[test]
fn a_ledger_that_is_closed_is_told_to_try_again() {
    let api = Api::with("ada", 50);
    api.credits.close().unwrap();
    for answer in [
        api.post("/wallets/ada/spend", upscale()),
        api.post("/wallets/ada/give", json!({ "amount": 1 })),
        api.get("/wallets/ada"),
        api.get("/wallets/ada/entries"),
        api.get("/totals"),
        api.get("/export"),
        api.get("/backup"),
        api.post("/verify", Value::Null),
        api.get("/health/ready"),
    ] {
        answer.problem(503, "unavailable");
        assert_eq!(answer.header("retry-after"), "1");
    }
}
