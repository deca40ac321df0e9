//! Reports across wallets, the price list, what-if, and the list of what needs an administrator.

use credits_runtime::Owner;
use credits_runtime::billing::{BillingEvent, Happening, ObjectId};
use credits_runtime::catalogue::price_list;
use credits_runtime::generated::Pricing as _;
use serde_json::{Value, json};

use super::Api;
use crate::demo::studio;

fn of_studio() -> Api {
    let (credits, clock) = studio();
    Api::over(credits, clock)
}

#[test]
fn activity_has_every_day() {
    let api = of_studio();
    let days = api.get("/activity").value(200)["days"].as_array().unwrap().clone();
    assert_eq!((days.len(), days[29]["day"].as_str()), (30, Some("2026-11-26T00:00:00Z")));
    assert_eq!(days[0]["accounts"][0]["asset"], "credits");
    assert_eq!(api.get("/activity?days=366").value(200)["days"].as_array().unwrap().len(), 366);
    for days in ["0", "367", "4294967295"] {
        let problem = api.get(&format!("/activity?days={days}")).problem(422, "field_invalid");
        assert_eq!(problem["field"], "days");
    }
    for days in ["-1", "x", "1.5", "4294967296", ""] {
        let problem = api.get(&format!("/activity?days={days}")).problem(422, "query_invalid");
        assert_eq!(problem["field"], "days");
    }
}

#[test]
fn totals_add_up_to_the_balances() {
    let api = of_studio();
    let totals = api.get("/totals").value(200);
    let of_wallets =
        totals["totals"].as_array().unwrap().iter().filter(|total| total["is_covered"] == json!(false));
    let sum: i64 = of_wallets.map(|total| total["amount"].as_i64().unwrap()).sum();
    let mut balances = 0;
    let owners = api.get("/wallets?limit=1000").value(200);
    for owner in owners["owners"].as_array().unwrap() {
        let wallet = api.credits.wallet(owner.as_str().unwrap());
        balances += wallet.balance().unwrap().get() + wallet.of_asset_named("gem").balance().unwrap().get();
    }
    assert_eq!(sum, balances);
}

#[test]
fn what_is_due_and_low_is_listed() {
    let api = of_studio();
    let due = api.get("/due").value(200);
    assert_eq!(due["items"][0]["due"], "hold_lapses");
    assert_eq!(due["is_complete"], true);
    let until = api.get("/due?until=2027-06-01T00:00:00Z&limit=2").value(200);
    assert_eq!((until["items"].as_array().unwrap().len(), &until["is_complete"]), (2, &json!(false)));
    api.get("/due?until=soon").problem(422, "query_invalid");

    api.post("/wallets/user:zoe/give", json!({ "amount": 99 })).value(201);
    let low = api.get("/low?prefix=user:z").value(200);
    assert_eq!(low["owners"], json!([{ "owner": "user:zoe", "balance": 99, "threshold": 100 }]));
    assert!(api.get("/low?asset=gem&limit=1000").value(200)["owners"].is_array());
    api.get("/low?asset=coin").problem(404, "asset_unknown");
    let after = low["owners"][0]["owner"].as_str().unwrap();
    assert_eq!(api.get(&format!("/low?after={after}")).value(200)["owners"], json!([]));
    api.get("/low?after=").problem(422, "owner_invalid");
}

#[test]
fn owners_are_listed_in_pages() {
    let api = of_studio();
    let first = api.get("/wallets?prefix=user:&limit=2").value(200);
    assert_eq!(first["owners"], json!(["user:ada", "user:ben"]));
    let next = api.get("/wallets?prefix=user:&limit=1&after=user:ben").value(200);
    assert_eq!(next["owners"], json!(["user:chen"]));
    assert_eq!(api.get("/wallets?prefix=%FF").value(200)["owners"], json!([]));
}

#[test]
fn the_figures_of_the_ledger_are_shown() {
    let api = of_studio();
    let figures = api.get("/statistics").value(200);
    assert_eq!(figures["ledger"], api.credits.ledger_id());
    assert_eq!(figures["facts"], api.credits.statistics().facts);
}

#[test]
fn the_price_list_says_what_can_be_called() {
    let api = Api::new();
    let catalogue = api.get("/catalogue").value(200);
    let video = &catalogue["operations"][1];
    assert_eq!((&video["name"], &video["is_callable"]), (&json!("generate_video"), &json!(true)));
    assert_eq!(
        video["inputs"],
        json!([{ "name": "seconds", "kind": "quantity", "unit": "second", "max": 600 }])
    );
    assert_eq!(catalogue["operations"][0]["inputs"][0]["options"], json!(["draft", "hd"]));
    assert_eq!(
        (&catalogue["plans"][1]["name"], &catalogue["packs"][0]["name"]),
        (&json!("pro"), &json!("boost"))
    );
    let prices = api.get("/prices.md");
    assert_eq!(
        (prices.status.as_u16(), prices.header("content-type")),
        (200, "text/markdown; charset=utf-8")
    );
    assert_eq!(prices.body, price_list(crate::demo::Pricing::CATALOGUE).to_string());
}

#[test]
fn another_price_list_is_compared_with_the_charges() {
    let api = Api::with("ada", 50);
    for _ in 0..2 {
        api.post("/wallets/ada/spend", json!({ "operation": "upscale_image" })).value(201);
    }
    let mut terms = api.get("/catalogue").value(200);
    terms["operations"][2]["costs"][0]["credits"] = json!(30);
    api.writes_nothing(|| {
        let report = api.post("/what_if", json!({ "terms": terms })).value(200);
        let upscale = &report["operations"][0];
        assert_eq!(
            (&upscale["charges"], &upscale["charged"], &upscale["would_be"]),
            (&json!(2), &json!(40), &json!(60))
        );
        assert_eq!(report["short"], json!(["ada"]));
        let later = json!({ "terms": terms, "since": "2027-01-01T00:00:00Z" });
        assert_eq!(api.post("/what_if", later).value(200)["operations"], json!([]));
    });
}

/// Terms come from outside, so that every number of them may be wrong.
#[test]
fn strange_terms_are_compared_without_harm() {
    let api = Api::with("ada", 10_000);
    api.post("/wallets/ada/spend", json!({ "operation": "generate_video", "seconds": "3.65" })).value(201);
    api.post("/wallets/ada/spend", json!({ "operation": "generate_image", "quality": "hd" })).value(201);
    let terms = api.get("/catalogue").value(200);
    let with = |pointer: &str, value: Value| {
        let mut terms = terms.clone();
        *terms.pointer_mut(pointer).expect(pointer) = value;
        json!({ "terms": terms })
    };
    api.writes_nothing(|| {
        for (pointer, value) in [
            ("/operations/1/costs/1/batch", json!(0)),
            ("/operations/1/costs/1/credits", json!(i64::MAX)),
            ("/operations/1/costs/1/credits", json!(i64::MIN)),
            ("/operations/1/costs/1/unit/base", json!(0)),
            ("/operations/1/costs/1/unit/base", json!(u64::MAX)),
            ("/operations/1/costs/0/credits", json!(i64::MIN)),
            ("/operations/1/at_least", json!(i64::MAX)),
            ("/operations/1/at_most", json!(i64::MIN)),
            ("/operations/1/costs", json!([])),
            ("/operations/0/costs/0/options", json!([])),
            ("/settings/rounding", json!("up")),
            ("/operations/1/asset", json!("gem")),
            ("/operations", json!([])),
        ] {
            let report = api.post("/what_if", with(pointer, value)).value(200);
            assert!(report["operations"].is_array(), "{pointer}");
        }
        let problem = api.post("/what_if", with("/operations/1/name", json!(5))).problem(422, "body_invalid");
        assert_eq!(problem["field"], "terms.operations[1].name");
        api.post("/what_if", json!({ "terms": {} })).problem(422, "body_invalid");
        api.post("/what_if", json!({})).problem(422, "body_invalid");
        api.post("/what_if", json!({ "terms": terms, "since": "x" })).problem(422, "body_invalid");
    });
}

#[test]
fn what_needs_an_administrator_is_linked_or_dismissed() {
    let api = Api::new();
    let page = api.get("/unresolved").value(200);
    assert_eq!(page, json!({ "unresolved": [], "count": 0 }));
    receive_unknown_payment(&api, "ada");
    let page = api.get("/unresolved?limit=1").value(200);
    let entry = &page["unresolved"][0];
    assert_eq!((&page["count"], &entry["entry"]["owner"]), (&json!(1), &json!("ada")), "{page}");
    let key = entry["key"].clone();
    api.writes_nothing(|| {
        for body in [
            json!({ "key": key }),
            json!({ "key": key, "owner": "ben" }),
            json!({ "key": "x", "owner": "ada" }),
        ] {
            api.post("/unresolved/dismiss", body).problem(404, "unresolved_unknown");
        }
        api.post("/unresolved/dismiss", json!({ "owner": "ada" })).problem(422, "body_invalid");
        let problem = api.post("/unresolved/dismiss", json!({ "key": key, "owner": "" }));
        assert_eq!(problem.problem(422, "body_invalid")["field"], "owner");
    });
    let dismissed = api.post("/unresolved/dismiss", json!({ "key": key, "owner": "ada" })).value(200);
    assert_eq!(dismissed, json!({ "is_new": true }));
    assert_eq!(api.get("/unresolved").value(200)["count"], 0);

    let link = json!({ "object": "cus_1", "owner": "ada" });
    assert_eq!(api.post("/unresolved/link", link.clone()).value(200), json!({ "is_new": true }));
    let again = api.post("/unresolved/link", link);
    assert_eq!(
        (again.header("idempotency-replayed"), again.value(200)),
        ("true", json!({ "is_new": false }))
    );
    api.writes_nothing(|| {
        for (object, owner, field) in
            [("", "ada", "object"), ("c\u{0}", "ada", "object"), ("cus_1", " ", "owner")]
        {
            let problem = api.post("/unresolved/link", json!({ "object": object, "owner": owner }));
            assert_eq!(problem.problem(422, "body_invalid")["field"], field);
        }
    });
}

/// A payment of no known invoice comes back.
fn receive_unknown_payment(api: &Api, owner: &str) {
    let object = |id: &str| ObjectId::new(id).unwrap();
    let (payment, refund, at) = (object("pi_1"), object("re_1"), api.credits.now());
    let objects = vec![refund.clone(), payment.clone()];
    let what = Happening::Refunded { payment, refund, amount: 450, stands: true, made_at: None };
    let owner = Some(Owner::new(owner).unwrap());
    api.credits.receive(BillingEvent { at, objects, owner, what }).wait().unwrap();
}
