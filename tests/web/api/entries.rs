//! Reads of entries and of past balances.

use std::time::Duration;

use serde_json::{Value, json};

use super::Api;

/// An owner with a gift, two images, a video, and a gift of gems.
fn history() -> Api {
    let api = Api::with("a/b?c", 1_000);
    let spend = |key: &str, call: Value| {
        api.clock.advance(Duration::from_hours(1));
        api.keyed(key, "/wallets/a%2Fb%3Fc/spend", &call).value(201)
    };
    spend("i1", json!({ "operation": "generate_image", "quality": "hd" }));
    spend("v1", json!({ "operation": "generate_video", "seconds": "3.65" }));
    spend("i2", json!({ "operation": "generate_image", "quality": "draft" }));
    api.post("/wallets/a%2Fb%3Fc/give?asset=gem", json!({ "amount": 3 })).value(201);
    api
}

/// The amounts of the entries of a page.
fn amounts(page: &Value) -> Vec<i64> {
    page["entries"].as_array().unwrap().iter().map(|entry| entry["amount"].as_i64().unwrap()).collect()
}

#[test]
fn a_history_is_filtered_by_its_query() {
    let api = history();
    for (query, expected) in [
        ("", &[-5, -137, -25, 1_000][..]),
        ("order=newest_first", &[-5, -137, -25, 1_000]),
        ("order=oldest_first", &[1_000, -25, -137, -5]),
        ("limit=2", &[-5, -137]),
        ("category=operation_charge", &[-5, -137, -25]),
        ("operation=generate_image", &[-5, -25]),
        ("operation=unheard_of", &[]),
        ("key=v1", &[-137]),
        ("key=v1&operation=generate_image", &[]),
        ("asset=gem", &[3]),
        ("with_shortfall", &[]),
        ("with_shortfall=false&limit=1", &[-5]),
        ("until=2026-11-26T11:30:00Z", &[]),
        ("since=2026-11-26T12:30:00Z&until=2026-11-26T14:30:00Z", &[-137, -25]),
        ("since=2026-11-26T15:30:00%2B01:00", &[-5]),
    ] {
        let page = api.get(&format!("/wallets/a%2Fb%3Fc/entries?{query}")).value(200);
        assert_eq!(amounts(&page), expected, "{query}");
    }
    assert_eq!(amounts(&api.get("/wallets/nobody/entries").value(200)), [0; 0]);
}

#[test]
fn pages_of_a_history_follow_each_other() {
    let api = history();
    let page = |query: &str| api.get(&format!("/wallets/a%2Fb%3Fc/entries?limit=1&{query}")).value(200);
    let (mut found, mut next) = (Vec::new(), String::new());
    loop {
        let page = page(&next);
        found.extend(amounts(&page));
        let Some(cursor) = page["next"].as_str() else { break };
        next = format!("after={cursor}");
    }
    assert_eq!(found, [-5, -137, -25, 1_000]);
    let second = page(&format!("after={}", page("")["next"].as_str().unwrap()));
    let first = page(&format!("before={}", second["previous"].as_str().unwrap()));
    assert_eq!((amounts(&second), amounts(&first)), (vec![-137], vec![-5]));
    let last = u64::MAX;
    assert_eq!(page(&format!("after={last}"))["entries"], json!([]));
    page(&format!("before={last}"));
}

#[test]
fn an_entry_explains_its_price() {
    let api = history();
    let text = "100 + 10 x 3.65 s = 136.5, rounded up: 137";
    let plain = api.get("/wallets/a%2Fb%3Fc/entries?key=v1").value(200);
    assert!(plain["entries"][0].get("explanation").is_none(), "{plain}");
    let page = api.get("/wallets/a%2Fb%3Fc/entries?key=v1&explain").value(200);
    let entry = &page["entries"][0];
    assert_eq!(
        (&entry["formatted_amount"], &entry["description"]),
        (&json!("-137 credits"), &json!("Generate video"))
    );
    assert_eq!(entry["explanation"]["text"], text);
    assert_eq!(entry["explanation"]["lines"][1]["quantity"], json!({ "value": "3.65", "unit": "seconds" }));

    let one = api.get(&format!("/entries/{}", entry["number"])).value(200);
    assert_eq!((&one["owner"], &one["explanation"]["text"]), (&json!("a/b?c"), &json!(text)));
    assert_eq!((&one["explanation"]["recomputed"], &one["explanation"]["price"]), (&json!(137), &json!(137)));
    let gift = api.get("/wallets/a%2Fb%3Fc/entries?order=oldest_first&limit=1&explain=true").value(200);
    assert!(gift["entries"][0].get("explanation").is_none());
}

#[test]
fn the_newest_entries_are_of_all_wallets() {
    let api = history();
    api.post("/wallets/ben/give", json!({ "amount": 7 })).value(201);
    let first = api.get("/entries?limit=2").value(200);
    assert_eq!((amounts(&first), &first["entries"][0]["owner"]), (vec![7, 3], &json!("ben")));
    let rest = api.get(&format!("/entries?before={}&explain", first["next"].as_str().unwrap())).value(200);
    assert_eq!((amounts(&rest), &rest["next"]), (vec![-5, -137, -25, 1_000], &Value::Null));
    assert_eq!(rest["entries"][1]["explanation"]["price"], 137);
    for number in ["0", "1000000", "18446744073709551615", "18446744073709551616", "-1", "1.5", "x", "%00"] {
        api.get(&format!("/entries/{number}")).problem(404, "entry_unknown");
    }
}

#[test]
fn a_balance_is_known_at_every_instant() {
    let api = history();
    for (instant, balance) in [
        ("1970-01-01T00:00:00Z", 0),
        ("2026-11-26T11:30:00Z", 1_000),
        ("2026-11-26T13:29:59.999999Z", 975),
        ("2026-11-26T14:30:00+01:00", 838),
        ("9999-12-30T22:00:00Z", 833),
    ] {
        let found = api.get(&format!("/wallets/a%2Fb%3Fc/balance_at/{instant}")).value(200);
        assert_eq!(found["balance"], balance, "{instant}");
    }
    let gems = api.get("/wallets/a%2Fb%3Fc/balance_at/2027-01-01T00:00:00Z?asset=gem").value(200);
    assert_eq!((&gems["balance"], &gems["formatted"]), (&json!(3), &json!("3 gems")));
    for instant in ["now", "2026-11-26", "2026-11-26T11:30:00", "-1", "2026-13-01T00:00:00Z", "%00"] {
        api.get(&format!("/wallets/ada/balance_at/{instant}")).problem(422, "instant_invalid");
    }
}

#[test]
fn an_estimate_is_the_price_that_a_spend_has() {
    let api = Api::with("ada", 100);
    let video = json!({
        "operation": "generate_video", "seconds": "3.65", "metadata": { "video": 1 }, "limit_seconds": 60,
    });
    api.writes_nothing(|| {
        let estimate = api.post("/wallets/ada/estimate", video).value(200);
        assert_eq!((&estimate["price"], &estimate["affordable"]), (&json!(137), &json!(false)));
        assert_eq!(estimate["explanation"]["text"], "100 + 10 x 3.65 s = 136.5, rounded up: 137");
        let upscale = api.post("/wallets/ada/estimate", json!({ "operation": "upscale_image" })).value(200);
        assert_eq!((&upscale["price"], &upscale["affordable"]), (&json!(20), &json!(true)));
        api.post("/wallets/ada/estimate", json!({ "operation": "x" })).problem(404, "unknown_operation");
        let over = json!({ "operation": "generate_video", "seconds": "600.000001" });
        api.post("/wallets/ada/estimate", over).problem(422, "quantity_over_limit");
    });
}

#[test]
fn an_estimate_names_the_plan_that_covers_it() {
    let api = Api::new();
    api.credits.subscribe("ada", crate::demo::Plan::Pro).complimentary().now().wait().unwrap();
    let upscale = api.post("/wallets/ada/estimate", json!({ "operation": "upscale_image" })).value(200);
    assert_eq!((&upscale["covered_by"]["plan"], &upscale["affordable"]), (&json!("pro"), &json!(true)));
}
