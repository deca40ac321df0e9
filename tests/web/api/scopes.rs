//! Scopes: what each token may do, route by route.

use credits_web::Scope;
use serde_json::{Value, json};

use super::{Api, documented};

/// Who may call a route: `r` for the scope `read`, `a` for `app`; `admin` may call all.
const ROUTES: &[(&str, &str, &str)] = &[
    ("GET", "/wallets", "r"),
    ("GET", "/wallets/ada", "ra"),
    ("GET", "/wallets/ada/entries", "ra"),
    ("GET", "/wallets/ada/balance_at/2026-01-01T00:00:00Z", "r"),
    ("POST", "/wallets/ada/estimate", "a"),
    ("POST", "/wallets/ada/spend", "a"),
    ("POST", "/wallets/ada/holds", "a"),
    ("POST", "/wallets/ada/holds/1/settle", "a"),
    ("POST", "/wallets/ada/holds/1/release", "a"),
    ("POST", "/wallets/ada/holds/1/extend", "a"),
    ("POST", "/wallets/ada/give", ""),
    ("POST", "/wallets/ada/deduct", ""),
    ("POST", "/wallets/ada/adjust", ""),
    ("POST", "/wallets/ada/grants/1/revoke", ""),
    ("POST", "/wallets/ada/charges/1/reverse", ""),
    ("POST", "/wallets/ada/transfers", ""),
    ("POST", "/wallets/ada/transfers/1/reverse", ""),
    ("GET", "/entries", "r"),
    ("GET", "/entries/1", "r"),
    ("GET", "/activity", "r"),
    ("GET", "/totals", "r"),
    ("GET", "/due", "r"),
    ("GET", "/low", "r"),
    ("GET", "/unresolved", "r"),
    ("POST", "/unresolved/link", ""),
    ("POST", "/unresolved/dismiss", ""),
    ("GET", "/catalogue", "ra"),
    ("GET", "/prices.md", "ra"),
    ("POST", "/what_if", "r"),
    ("GET", "/statistics", ""),
    ("GET", "/head", ""),
    ("POST", "/head/check", ""),
    ("POST", "/verify", ""),
    ("GET", "/export", ""),
    ("GET", "/backup", ""),
    ("GET", "/openapi.json", "ra"),
    ("GET", "/metrics", "r"),
    ("POST", "/wallets/ada/checkouts", "a"),
];

/// Routes without a token of a program: of anyone, or of an owner's browser.
const OTHERS: &[&str] = &["/health/live", "/health/ready", "/me", "/me/", "/stripe"];

#[test]
fn every_route_is_in_the_table() {
    for (route, methods) in documented::paths() {
        if OTHERS.iter().any(|other| route == other || (other.ends_with('/') && route.starts_with(other))) {
            continue;
        }
        for method in methods.as_object().unwrap().keys() {
            let is_listed = |(listed, path, _): &&(&str, &str, &str)| {
                listed.eq_ignore_ascii_case(method) && documented::route(path) == Some(route)
            };
            assert!(ROUTES.iter().any(|row| is_listed(&row)), "{method} {route} has no row");
        }
    }
}

#[test]
fn a_token_without_the_scope_is_refused() {
    let api = Api::new();
    let [read, app] = [Scope::Read, Scope::App].map(|scope| api.tokens.create("t", &[scope]).unwrap());
    api.writes_nothing(|| {
        for (method, path, may) in ROUTES {
            for (token, letter) in [(&read, 'r'), (&app, 'a')] {
                // A body that is read only once the token is known to be right.
                let answer = api.as_token(token, method, path, &json!({ "unheard": "of" }));
                if may.contains(letter) {
                    assert_ne!(answer.status.as_u16(), 403, "{method} {path} {letter}: {}", answer.body);
                } else {
                    answer.problem(403, "scope_missing");
                }
            }
            api.as_token("uc_00000000_00", method, path, &Value::Null).problem(401, "token_invalid");
        }
    });
}

#[test]
fn a_token_is_needed_before_anything_is_read() {
    let api = Api::new();
    for (method, path, _) in ROUTES {
        let request = axum::http::Request::builder().method(*method).uri(format!("/api{path}"));
        let sent = api.site.send(request.body("{".into()).unwrap());
        sent.problem(401, "token_missing");
        assert_eq!(sent.header("www-authenticate"), "Bearer");
    }
    for path in ["/me", "/me/entries", "/me/balance_at/x"] {
        api.site.get(&format!("/api{path}")).problem(401, "token_missing");
    }
}
