//! Writes of administrators.

use serde_json::{Value, json};

use super::{Api, replayed};

#[test]
fn a_gift_has_the_terms_of_its_request() {
    let api = Api::new();
    let gift = json!({
        "amount": 100, "reason": "sorry for the outage", "category": "bonus", "expires_at": "2026-12-31T00:00:00Z",
        "promotional": true, "priority": 10, "only_for": ["upscale_image"], "metadata": { "ticket": 7 },
    });
    let receipt = replayed(&api, "/wallets/ada/give", &gift, 201);
    let entry = &receipt["entry"];
    assert_eq!(
        (&entry["amount"], &entry["category"], &entry["key"]),
        (&json!(100), &json!("bonus"), &json!("once"))
    );
    assert_eq!(entry["metadata"], json!({ "ticket": 7, "by": "token:worker" }));
    let grant = &api.get("/wallets/ada").value(200)["grants"][0];
    let terms = json!({
        "id": entry["number"], "free": 100, "held": 0, "category": "bonus", "expires_at": "2026-12-31T00:00:00Z",
        "is_promotional": true, "only_for": ["upscale_image"], "priority": 10,
    });
    assert_eq!(*grant, terms);
    let least = api.post("/wallets/ada/give", json!({ "amount": 1 })).value(201);
    assert_eq!(least["entry"]["metadata"], json!({ "by": "token:worker" }));
}

#[test]
fn a_wrong_gift_gives_nothing() {
    let api = Api::with("ada", 1);
    api.writes_nothing(|| {
        for (body, status, code) in [
            (json!({ "amount": 0 }), 422, "amount_not_positive"),
            (json!({ "amount": i64::MIN }), 422, "amount_not_positive"),
            (json!({ "amount": i64::MAX }), 422, "balance_out_of_range"),
            (json!({ "amount": 1, "category": "tip" }), 422, "category_unknown"),
            (json!({ "amount": 1, "expires_at": "2026-11-26T11:30:00Z" }), 422, "expiry_in_past"),
            (json!({ "amount": 1, "expires_at": "9999-12-30T22:00:00.999999Z" }), 422, "expiry_out_of_range"),
            (json!({ "amount": 1, "only_for": ["fly"] }), 404, "operation_unknown"),
            (json!({ "amount": 1, "reason": "x".repeat(1_001) }), 422, "reason_too_long"),
            (json!({ "amount": 1, "reason": "a\u{0}b" }), 422, "reason_invalid"),
            (json!({ "amount": 1, "metadata": { "a": "x".repeat(5_000) } }), 413, "metadata_too_large"),
        ] {
            api.post("/wallets/ada/give", body).problem(status, code);
        }
        for (body, field) in [
            (json!({ "amount": 1.5 }), "amount"),
            (json!({ "amount": "1" }), "amount"),
            (json!({ "amount": 1e30 }), "amount"),
            (json!({ "amount": 9_223_372_036_854_775_808_u64 }), "amount"),
            (json!({ "amount": null }), "amount"),
            (json!({ "amount": 1, "expires_at": "tomorrow" }), "expires_at"),
            (json!({ "amount": 1, "expires_at": 5 }), "expires_at"),
            (json!({ "amount": 1, "priority": 65_536 }), "priority"),
            (json!({ "amount": 1, "priority": -1 }), "priority"),
            (json!({ "amount": 1, "promotional": "yes" }), "promotional"),
            (json!({ "amount": 1, "only_for": "upscale_image" }), "only_for"),
            (json!({ "amount": 1, "only_for": ["upscale_image", 5] }), "only_for[1]"),
            (json!({ "amount": 1, "metadata": [] }), "metadata"),
            (json!({ "amount": 1, "owner": "ben" }), "owner"),
            (json!({ "amount": 1, "metadata": { "by": "ben" } }), "metadata.by"),
        ] {
            let refused = api.post("/wallets/ada/give", body);
            assert_eq!(refused.status.as_u16(), 422, "{}", refused.body);
            let problem: Value = serde_json::from_str(&refused.body).unwrap();
            assert_eq!(problem["field"], field, "{problem}");
        }
    });
    api.post("/wallets/ada/give?asset=coin", json!({ "amount": 1 })).problem(404, "asset_unknown");
    api.post("/wallets/ada/give?coin=1", json!({ "amount": 1 })).problem(422, "query_invalid");
}

#[test]
fn a_deduction_beyond_the_credits_needs_debt() {
    let api = Api::with("ada", 10);
    let body = json!({ "amount": 4, "reason": "chargeback", "category": "credit_deducted" });
    replayed(&api, "/wallets/ada/deduct", &body, 201);
    let missing = api.post("/wallets/ada/deduct", json!({ "amount": 7, "reason": "more" }));
    assert_eq!(missing.problem(402, "insufficient_credits")["available"], 6);
    let owed = api.post("/wallets/ada/deduct", json!({ "amount": 7, "reason": "more", "with_debt": true }));
    assert_eq!(owed.value(201)["entry"]["owed"], 1);
    assert_eq!(api.balance("ada"), -1);
    api.writes_nothing(|| {
        let problem = api.post("/wallets/ada/deduct", json!({ "amount": 1 })).problem(422, "body_invalid");
        assert!(problem["detail"].as_str().unwrap().contains("reason"), "{problem}");
        api.post("/wallets/ada/deduct", json!({ "amount": -1, "reason": "r" }))
            .problem(422, "amount_not_positive");
    });
}

#[test]
fn a_correction_goes_up_and_down() {
    let api = Api::with("ada", 10);
    replayed(&api, "/wallets/ada/adjust", &json!({ "amount": -4, "reason": "counted twice" }), 201);
    api.post("/wallets/ada/adjust", json!({ "amount": 1, "reason": "rounding" })).value(201);
    assert_eq!(api.balance("ada"), 7);
    api.writes_nothing(|| {
        api.post("/wallets/ada/adjust", json!({ "amount": 0, "reason": "r" })).problem(422, "amount_zero");
        api.post("/wallets/ada/adjust", json!({ "amount": -8, "reason": "r" }))
            .problem(402, "insufficient_credits");
        let least = json!({ "amount": i64::MIN, "reason": "r" });
        api.post("/wallets/ada/adjust", least).problem(422, "amount_out_of_range");
    });
    let owed = json!({ "amount": -8, "reason": "r", "with_debt": true });
    api.post("/wallets/ada/adjust", owed).value(201);
    assert_eq!(api.balance("ada"), -1);
}

#[test]
fn a_grant_is_revoked_once() {
    let api = Api::new();
    let grant = api.post("/wallets/ada/give", json!({ "amount": 10 })).value(201)["entry"]["number"].clone();
    let path = format!("/wallets/ada/grants/{grant}/revoke");
    let revoked = replayed(&api, &path, &json!({ "reason": "fraud" }), 201);
    assert_eq!(revoked["entry"]["amount"], -10);
    api.writes_nothing(|| {
        api.post(&path, json!({ "reason": "fraud" })).problem(409, "grant_not_free");
        api.post(&path.replace("ada", "ben"), json!({ "reason": "r" })).problem(404, "grant_unknown");
        let last = format!("/wallets/ada/grants/{}/revoke", u64::MAX);
        api.post(&last, json!({ "reason": "r" })).problem(404, "grant_unknown");
        let problem = api.post("/wallets/ada/grants/x/revoke", json!({ "reason": "r" }));
        assert_eq!(problem.problem(422, "field_invalid")["field"], "grant");
        api.post(&path, json!({})).problem(422, "body_invalid");
    });
}

#[test]
fn a_charge_is_reversed_up_to_its_amount() {
    let api = Api::with("ada", 100);
    let charge = api.post("/wallets/ada/spend", json!({ "operation": "upscale_image" })).value(201);
    let path = format!("/wallets/ada/charges/{}/reverse", charge["entry"]["number"]);
    let part = replayed(&api, &path, &json!({ "amount": 15, "reason": "blurred" }), 201);
    assert_eq!(
        (&part["entry"]["amount"], &part["entry"]["reverses"]),
        (&json!(15), &charge["entry"]["number"])
    );
    api.writes_nothing(|| {
        let more = api.post(&path, json!({ "amount": 6 })).problem(409, "reversal_exceeds_charge");
        assert_eq!(more["left"], 5);
        api.post(&path, json!({ "amount": 0 })).problem(422, "amount_not_positive");
        api.post(&path.replace("ada", "ben"), json!({})).problem(404, "charge_of_another_wallet");
        api.post("/wallets/ada/charges/1/reverse", json!({})).problem(404, "entry_unknown");
        let last = format!("/wallets/ada/charges/{}/reverse", u64::MAX);
        api.post(&last, json!({})).problem(404, "entry_unknown");
        let gift =
            api.credits.wallet("ada").credit_history().oldest_first().page().unwrap().entries[0].number;
        api.post(&format!("/wallets/ada/charges/{gift}/reverse"), json!({})).problem(422, "not_a_charge");
    });
    assert_eq!(api.post(&path, Value::Null).value(201)["entry"]["amount"], 5);
    assert_eq!(api.balance("ada"), 100);
}

#[test]
fn a_transfer_moves_credits_once_and_is_reversed_once() {
    let api = Api::with("ada", 100);
    let sending = json!({ "to": "ben", "amount": 40, "metadata": { "gift": true } });
    let sent = replayed(&api, "/wallets/ada/transfers", &sending, 201);
    assert_eq!(sent["sent"]["metadata"], json!({ "gift": true, "by": "token:worker" }));
    assert_eq!((api.balance("ada"), api.balance("ben")), (60, 40));
    let path = format!("/wallets/ada/transfers/{}/reverse", sent["id"]);
    api.post("/wallets/ben/spend", json!({ "operation": "upscale_image" })).value(201);
    api.writes_nothing(|| {
        api.post(&path, json!({})).problem(402, "insufficient_credits");
        let both = json!({ "as_far_as_possible": true, "with_debt": true });
        assert_eq!(api.post(&path, both).problem(422, "field_invalid")["field"], "with_debt");
        api.post(&path.replace("ada", "ben"), json!({})).problem(404, "transfer_unknown");
        let last = format!("/wallets/ada/transfers/{}/reverse", u64::MAX);
        api.post(&last, json!({})).problem(404, "transfer_unknown");
    });
    let reversed = replayed(&api, &path, &json!({ "as_far_as_possible": true }), 201);
    assert_eq!(reversed["reclaimed"]["amount"], 20);
    assert_eq!((api.balance("ada"), api.balance("ben")), (80, 0));
}

#[test]
fn a_transfer_that_cannot_be_made_moves_nothing() {
    let api = Api::with("ada", 10);
    api.post("/wallets/ada/give", json!({ "amount": 5, "promotional": true })).value(201);
    api.writes_nothing(|| {
        for (body, status, code) in [
            (json!({ "to": "ada", "amount": 1 }), 422, "transfer_to_self"),
            (json!({ "to": "", "amount": 1 }), 422, "owner_invalid"),
            (json!({ "to": "b\u{0}n", "amount": 1 }), 422, "owner_invalid"),
            (json!({ "to": "ben", "amount": 0 }), 422, "amount_not_positive"),
            (json!({ "to": "ben", "amount": -5 }), 422, "amount_not_positive"),
            (json!({ "to": "ben", "amount": 11 }), 402, "insufficient_credits"),
            (
                json!({ "to": "ben", "amount": 1, "expires_at": "2020-01-01T00:00:00Z" }),
                422,
                "expiry_in_past",
            ),
            (json!({ "to": "ben", "amount": 1, "category": "tip" }), 422, "category_unknown"),
            (json!({ "amount": 1 }), 422, "body_invalid"),
        ] {
            api.post("/wallets/ada/transfers", body).problem(status, code);
        }
        api.post("/wallets/ada/transfers?asset=coin", json!({ "to": "ben", "amount": 1 }))
            .problem(404, "asset_unknown");
    });
    let all = json!({
        "to": "ben", "amount": 15, "including_promotional": true, "expires_at": "2027-01-01T00:00:00Z",
        "category": "bonus",
    });
    let sent = api.post("/wallets/ada/transfers", all).value(201);
    assert_eq!(sent["received"][0]["expires_at"], "2027-01-01T00:00:00Z");
    assert_eq!(sent["received"][0]["category"], "bonus");
}
