//! Malformed requests: each is refused with what is wrong, and writes nothing.

use axum::http::Request;
use serde_json::{Value, json};

use super::Api;

/// Every route that takes a body.
const WRITES: [&str; 17] = [
    "/wallets/ada/estimate",
    "/wallets/ada/spend",
    "/wallets/ada/holds",
    "/wallets/ada/holds/1/settle",
    "/wallets/ada/holds/1/release",
    "/wallets/ada/holds/1/extend",
    "/wallets/ada/give",
    "/wallets/ada/deduct",
    "/wallets/ada/adjust",
    "/wallets/ada/grants/1/revoke",
    "/wallets/ada/charges/1/reverse",
    "/wallets/ada/transfers",
    "/wallets/ada/transfers/1/reverse",
    "/unresolved/link",
    "/unresolved/dismiss",
    "/what_if",
    "/head/check",
];

#[test]
fn a_body_that_is_no_json_is_refused() {
    let api = Api::with("ada", 100);
    let deep = "[".repeat(1_000);
    let nested = format!("{{\"metadata\":{}1{}}}", "[".repeat(500), "]".repeat(500));
    api.writes_nothing(|| {
        for path in WRITES {
            for body in [
                &b"{"[..],
                b"amount=5&reason=x",
                b"{\"amount\": 5,}",
                b"{\"amount\": NaN}",
                b"\xff\xfe",
                b"{\"a\": \"\xff\"}",
                b"{} {}",
                b"\xef\xbb\xbf{}",
                b"\0",
                b" ",
                deep.as_bytes(),
                nested.as_bytes(),
            ] {
                let answer = api.raw(path, body.to_vec());
                let status = answer.status.as_u16();
                assert!(status == 400 || status == 422, "{path}: {status} {}", answer.body);
                answer.problem(status, "body_invalid");
            }
            for body in ["[]", "null", "5", "\"text\"", "true", "[1, 2]"] {
                api.raw(path, body).problem(422, "body_invalid");
            }
        }
    });
}

#[test]
fn members_that_are_unknown_are_named() {
    let api = Api::with("ada", 100);
    api.writes_nothing(|| {
        for path in WRITES {
            let answer = api.post(path, json!({ "unheard_of": 1 }));
            assert_eq!(answer.status.as_u16(), 422, "{path}: {}", answer.body);
            let problem = answer.problem(422, "body_invalid");
            let named = problem["detail"].as_str().unwrap();
            assert!(
                named.contains("unheard_of") || named.contains("missing field `operation`"),
                "{path}: {named}"
            );
        }
    });
}

#[test]
fn a_body_is_read_whatever_its_type_is_said_to_be() {
    let api = Api::with("ada", 100);
    let text = json!({ "operation": "upscale_image" }).to_string();
    api.raw("/wallets/ada/spend", text).value(201);
}

#[test]
fn a_large_body_is_refused() {
    let api = Api::with("ada", 100);
    let large = format!("{{\"operation\":\"upscale_image\",\"note\":\"{}\"}}", "x".repeat(64 * 1_024));
    api.writes_nothing(|| {
        for path in WRITES.iter().filter(|path| **path != "/what_if") {
            api.raw(path, large.clone()).problem(413, "body_too_large");
        }
        api.raw("/what_if", large.clone()).problem(422, "body_invalid");
        api.raw("/what_if", "x".repeat(1_024 * 1_024 + 1)).problem(413, "body_too_large");
    });
    let full = format!("{{\"operation\":\"upscale_image\"}}{}", " ".repeat(64 * 1_024 - 29));
    assert_eq!(full.len(), 64 * 1_024);
    api.raw("/wallets/ada/spend", full).value(201);
}

#[test]
fn strange_owners_are_refused() {
    let api = Api::new();
    let gift = json!({ "amount": 1 });
    api.writes_nothing(|| {
        api.get("/wallets//entries").problem(422, "owner_invalid");
        let long = "x".repeat(256);
        for owner in
            ["%20", "%00", "a%0Ab", "a%1B%5B31m", "%E2%80%AEadmin", "%7F", long.as_str(), "%E2%80%8B"]
        {
            api.post(&format!("/wallets/{owner}/give"), gift.clone()).problem(422, "owner_invalid");
            api.get(&format!("/wallets/{owner}")).problem(422, "owner_invalid");
            api.get(&format!("/wallets/{owner}/entries")).problem(422, "owner_invalid");
            let spend = json!({ "operation": "upscale_image" });
            api.post(&format!("/wallets/{owner}/spend"), spend.clone()).problem(422, "owner_invalid");
            api.post(&format!("/wallets/{owner}/estimate"), spend).problem(422, "owner_invalid");
        }
        for owner in ["%FF", "a%C3", "%ED%A0%80"] {
            api.post(&format!("/wallets/{owner}/give"), gift.clone()).problem(400, "path_invalid");
            api.get(&format!("/wallets/{owner}")).problem(400, "path_invalid");
        }
    });
    // Letters that are written from right to left are letters.
    for owner in ["%D7%90%D7%91", "a%2Fb%3Fc%23d", "%3Cb%3E", "%25", "..%2F..", "%E2%82%AC"] {
        api.post(&format!("/wallets/{owner}/give"), gift.clone()).value(201);
        assert_eq!(api.get(&format!("/wallets/{owner}")).value(200)["credits"], 1);
    }
}

#[test]
fn an_unknown_owner_has_nothing() {
    let api = Api::new();
    api.writes_nothing(|| {
        assert_eq!(api.get("/wallets/nobody").value(200)["credits"], 0);
        assert_eq!(api.get("/wallets/nobody/entries").value(200)["entries"], json!([]));
        api.post("/wallets/nobody/spend", json!({ "operation": "upscale_image" }))
            .problem(402, "insufficient_credits");
        for path in ["/wallets/ada?asset=coin", "/wallets/ada/entries?asset=coin", "/wallets/ada?asset="] {
            api.get(path).problem(404, "asset_unknown");
        }
    });
}

#[test]
fn wrong_queries_are_refused_with_their_field() {
    let api = Api::with("ada", 100);
    for path in ["/wallets", "/wallets/ada/entries", "/entries", "/due", "/low", "/unresolved"] {
        for limit in ["0", "1001", "18446744073709551615"] {
            let problem = api.get(&format!("{path}?limit={limit}")).problem(422, "field_invalid");
            assert_eq!(problem["field"], "limit", "{path}");
        }
        for limit in ["-1", "x", "1.5", "18446744073709551616", ""] {
            let problem = api.get(&format!("{path}?limit={limit}")).problem(422, "query_invalid");
            assert_eq!(problem["field"], "limit", "{path}");
            let detail = problem["detail"].as_str().unwrap();
            assert!(detail.starts_with(&format!("`limit`: `{limit}`: ")), "{detail}");
        }
        for limit in [1, 1_000] {
            api.get(&format!("{path}?limit={limit}")).value(200);
        }
        api.get(&format!("{path}?limit=1&limit=2")).problem(422, "query_invalid");
        let problem = api.get(&format!("{path}?unheard_of=1")).problem(422, "query_invalid");
        assert!(problem["detail"].as_str().unwrap().contains("unheard_of"), "{problem}");
    }
    for (query, code) in [
        ("after=x", "cursor_invalid"),
        ("before=-1", "cursor_invalid"),
        ("after=18446744073709551616", "cursor_invalid"),
        ("after=%00", "cursor_invalid"),
        ("after=1&before=2", "field_invalid"),
        ("since=yesterday", "query_invalid"),
        ("until=2026-02-30T00:00:00Z", "query_invalid"),
        ("order=up", "query_invalid"),
        ("explain=maybe", "query_invalid"),
        ("key=", "key_invalid"),
        ("key=%00", "key_invalid"),
    ] {
        api.get(&format!("/wallets/ada/entries?{query}")).problem(422, code);
    }
    api.get("/entries?before=x").problem(422, "cursor_invalid");
    api.get("/wallets?after=%00").problem(422, "owner_invalid");
    for query in ["category=unheard_of", "operation=%00", "category="] {
        assert_eq!(api.get(&format!("/wallets/ada/entries?{query}")).value(200)["entries"], json!([]));
    }
}

#[test]
fn unknown_paths_and_methods_are_told() {
    let api = Api::with("ada", 100);
    api.writes_nothing(|| {
        for path in ["/", "/walletz", "/wallets/ada/unheard", "/wallets/ada/holds/1", "/me/spend"] {
            api.get(path).problem(404, "path_unknown");
        }
        for (method, path) in [
            ("POST", "/wallets"),
            ("DELETE", "/wallets/ada"),
            ("GET", "/wallets/ada/spend"),
            ("PUT", "/wallets/ada/give"),
            ("PATCH", "/head"),
            ("GET", "/verify"),
            ("POST", "/backup"),
        ] {
            api.as_token("none", method, path, &Value::Null).problem(405, "method_not_allowed");
        }
    });
}

#[test]
fn every_response_is_kept_from_caches() {
    let api = Api::with("ada", 100);
    for answer in [api.get("/wallets/ada"), api.get("/unheard"), api.get("/prices.md"), api.get("/export")] {
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
    }
    let head = Request::head("/api/wallets/ada").header("authorization", api.authorization());
    assert_eq!(api.site.send(head.body("".into()).unwrap()).body, "");
}
