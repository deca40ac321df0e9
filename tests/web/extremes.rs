//! Values at the ends of their ranges: each is answered or refused, and none fails the server.

use serde_json::{Value, json};

use crate::api::Api;
use crate::demo::studio;
use crate::forms::{encoded, open};

const INSTANTS: [&str; 6] = [
    "1970-01-01T00:00:00Z",
    "1969-12-31T23:59:59Z",
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59.999999Z",
    "-009999-01-01T00:00:00Z",
    "2026-11-26T11:30:00Z",
];
const NUMBERS: [&str; 6] = ["0", "1", "18446744073709551615", "18446744073709551616", "-1", ""];

#[test]
fn pages_of_extreme_queries_do_not_fail() {
    let (credits, _clock) = studio();
    let site = open(&credits);
    let mut paths = Vec::new();
    for at in INSTANTS {
        for name in ["as_of", "since", "until"] {
            paths.push(format!("owner?name=user%3Aada&{name}={}", encoded(at)));
            paths.push(format!("owner?name=user%3Aada&{name}={}", at.split('T').next().unwrap()));
        }
    }
    for number in NUMBERS {
        paths.extend([
            format!("entry?number={number}"),
            format!("entries?before={number}"),
            format!("money?before={number}"),
            format!("owner?name=user%3Aada&after={number}"),
            format!("owner?name=user%3Aada&done={number}"),
            format!("owner?name=user%3Aada&released={number}"),
            format!("?days={number}"),
            format!("catalogue?operation=generate_video&input.seconds={number}"),
        ]);
    }
    let long = "%F0%9F%92%8E".repeat(1_000);
    paths.extend([
        "owner?name=".to_owned(),
        format!("owner?name={long}"),
        format!("owners?prefix={long}"),
        format!("owners?after={long}&filter=debt"),
        format!("ledger?head={long}"),
        format!("owner?name=user%3Aada&key={long}"),
        "catalogue?operation=generate_video&input.seconds=1e400".to_owned(),
        "catalogue?operation=generate_video&input.seconds=0.0000000000000000000000000000000000000001"
            .to_owned(),
    ]);
    for path in paths {
        let answer = site.get(&format!("/admin/{path}"));
        assert!(answer.status.as_u16() < 500, "{path}: {} {}", answer.status, answer.body);
    }
}

#[test]
fn forms_of_extreme_values_do_not_fail() {
    let (credits, _clock) = studio();
    let site = open(&credits);
    let mut key = 0;
    for action in ["give", "take", "transfer", "revoke", "release", "reverse"] {
        for amount in ["9223372036854775807", "9223372036854775808", "-1", "0", "1"] {
            for (number, expires) in
                [("18446744073709551615", "9999-12-31"), ("0", "9999-12-30"), ("1", "1970-01-01")]
            {
                for confirm in ["", "-1", "1"] {
                    key += 1;
                    let key = format!("form:{key:032x}");
                    let fields = [
                        ("name", "user:ada"),
                        ("key", key.as_str()),
                        ("to", "user:ben"),
                        ("amount", amount),
                        ("number", number),
                        ("expires", expires),
                        ("reason", "r"),
                        ("confirm", confirm),
                        ("debt", "yes"),
                        ("promotional", "yes"),
                    ];
                    let answer = site.form(&format!("/admin/owner/{action}"), &fields);
                    assert!(answer.status.as_u16() < 500, "{action} {amount} {number}: {}", answer.body);
                }
            }
        }
    }
    site.get("/admin/").page(200);
    site.get("/admin/owner?name=user%3Aada").page(200);
}

#[test]
fn calls_of_extreme_values_do_not_fail() {
    let (credits, clock) = studio();
    let api = Api::over(credits, clock);
    let mut paths = Vec::new();
    for at in INSTANTS.map(encoded) {
        paths.extend([
            format!("/due?until={at}"),
            format!("/wallets/user:ada/balance_at/{at}"),
            format!("/wallets/user:ada/entries?since={at}"),
            format!("/wallets/user:ada/entries?until={at}&order=oldest_first"),
        ]);
    }
    for number in NUMBERS {
        paths.extend([
            format!("/entries/{number}"),
            format!("/entries?before={number}"),
            format!("/wallets/user:ada/entries?after={number}"),
            format!("/wallets/user:ada/entries?before={number}&order=oldest_first"),
            format!("/activity?days={number}"),
            format!("/wallets?limit={number}"),
        ]);
    }
    for path in paths {
        let answer = api.get(&path);
        assert!(answer.status.as_u16() < 500, "{path}: {}", answer.body);
    }
    let amounts: [Value; 6] =
        [json!(i64::MAX), json!(i64::MIN), json!(u64::MAX), json!(0), json!(-1), json!(1e300)];
    for amount in &amounts {
        for (path, body) in [
            ("/give", json!({ "amount": amount })),
            ("/give", json!({ "amount": amount, "expires_at": "9999-12-31T23:59:59Z" })),
            ("/deduct", json!({ "amount": amount, "reason": "r", "with_debt": true })),
            ("/adjust", json!({ "amount": amount, "reason": "r", "with_debt": true })),
            ("/transfers", json!({ "amount": amount, "to": "user:ben", "including_promotional": true })),
            ("/charges/1/reverse", json!({ "amount": amount })),
            ("/holds/1/settle", json!({ "amount": amount })),
            ("/holds/1/extend", json!({ "by_seconds": amount })),
            ("/holds", json!({ "operation": "upscale_image", "limit_seconds": amount })),
            ("/spend", json!({ "operation": "generate_video", "seconds": amount })),
            ("/spend", json!({ "operation": "generate_video", "seconds": amount.to_string() })),
            ("/estimate", json!({ "operation": "generate_video", "seconds": amount.to_string() })),
        ] {
            let answer = api.post(&format!("/wallets/user:ada{path}"), &body);
            assert!(answer.status.as_u16() < 500, "{path} {body}: {}", answer.body);
        }
    }
    api.post("/verify", Value::Null).value(200);
}
