//! The kit's JSON: differences between shapes, and the money of each way to change, credit and refund.

use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::domain::time::Timestamp;
use crate::stripe::{Request, Transport as _};

const DAY: Duration = Duration::from_hours(24);

fn instant(day: &str) -> Timestamp {
    format!("{day}T00:00:00Z").parse().unwrap()
}

fn account(shape: Shape) -> Account {
    Account::new(shape, instant("2026-01-31"))
}

fn pro() -> Price {
    Price::monthly("price_pro", 900)
}

fn max() -> Price {
    Price::monthly("price_max", 2_700)
}

/// Events of a kind, as they are delivered.
fn events(account: &Account, kind: &str) -> Vec<Value> {
    let events = account.deliveries().iter().map(|it| serde_json::from_str::<Value>(&it.body).unwrap());
    events.filter(|event| event["type"] == kind).collect()
}

fn newest(account: &Account, kind: &str) -> Value {
    events(account, kind).pop().unwrap_or_else(|| panic!("there is no `{kind}`"))
}

/// The object of the newest event of a kind.
fn object(account: &Account, kind: &str) -> Value {
    newest(account, kind)["data"]["object"].clone()
}

fn lines(invoice: &Value) -> &[Value] {
    invoice["lines"]["data"].as_array().unwrap()
}

/// Of each line its price, quantity and amount.
fn summary(invoice: &Value) -> Vec<String> {
    let of = |line: &Value| {
        let price = line["price"]["id"].as_str().or(line["pricing"]["price_details"]["price"].as_str());
        format!("{} x {} {}", price.unwrap(), line["quantity"], line["amount"])
    };
    lines(invoice).iter().map(of).collect()
}

fn get(account: &Account, path: &str) -> (u16, Value) {
    let url = format!("https://api.stripe.com{path}");
    let request = Request { method: "GET", url, headers: Vec::new(), body: String::new() };
    let answer = account.transport().send(&request).unwrap();
    (answer.status, serde_json::from_str(&answer.body).unwrap())
}

#[test]
fn a_replaced_item_is_credited_and_its_debit_named_where_the_shape_has_it() {
    for shape in Shape::ALL {
        let mut account = account(*shape);
        let id = account.subscribe_with("ann", [pro().into()], Billed::at_once());
        let first = object(&account, "invoice.paid");
        let old = account.items_of(id).remove(0);
        account.pass(14 * DAY);
        let new = account.replace_item(id, &old, max(), Prorations::Invoiced);
        let update = newest(&account, "customer.subscription.updated");
        let before = &update["data"]["previous_attributes"];
        assert_eq!(before["items"]["data"][0]["id"], old.as_str(), "{shape:?} {before}");
        assert_eq!(before["items"]["data"][0]["price"]["id"], "price_pro");
        assert_eq!(before["plan"]["id"], "price_pro");
        assert_eq!(update["data"]["object"]["items"]["data"][0]["id"], new.as_str());
        let invoice = object(&account, "invoice.paid");
        assert_eq!(summary(&invoice), ["price_pro x 1 -450", "price_max x 1 1350"], "{shape:?}");
        assert_eq!(
            (&invoice["amount_paid"], &invoice["billing_reason"]),
            (&json!(900), &json!("subscription_update"))
        );
        let expected = json!({ "invoice": first["id"], "invoice_line_items": [lines(&first)[0]["id"]] });
        let [credit, debit] = lines(&invoice) else { panic!("{invoice}") };
        match shape {
            Shape::BeforeBasil => {
                assert_eq!(credit["proration_details"]["credited_items"], expected);
                assert_eq!(credit["subscription_item"], old.as_str());
                assert_eq!(debit["subscription_item"], new.as_str());
                assert_eq!(debit["proration_details"]["credited_items"], Value::Null);
                assert_eq!(invoice["subscription_details"]["metadata"]["credits_owner"], "ann");
            }
            Shape::Basil => {
                let details = &credit["parent"]["subscription_item_details"];
                assert_eq!(details["proration_details"]["credited_items"], expected);
                assert_eq!(details["subscription_item"], old.as_str());
            }
            Shape::Clover => {
                let details = &credit["parent"]["invoice_item_details"];
                assert_eq!(details["proration_details"]["credited_items"], expected);
                assert_eq!(details["subscription"], "sub_1");
                assert_eq!(details["subscription_item"], Value::Null);
                assert_eq!(credit["parent"]["subscription_item_details"], Value::Null);
            }
        }
    }
}

#[test]
fn prorations_with_the_renewal_wait_for_it() {
    let mut account = account(Shape::Basil);
    let id = account.subscribe_with("ann", [pro().into()], Billed::at_once());
    account.pass(14 * DAY);
    let item = account.items_of(id).remove(0);
    account.update(id, Update::of(Prorations::WithRenewal).set(&item, max()));
    let noon = account.now();
    account.pass(DAY);
    let seat = Item::of(Price::monthly("price_seat", 280)).quantity(2);
    account.update(id, Update::of(Prorations::WithRenewal).with(seat).prorated_at(noon));
    assert_eq!(events(&account, "invoice.paid").len(), 1);
    account.pass(13 * DAY + Duration::from_hours(2));
    let renewal = object(&account, "invoice.paid");
    let expected = [
        "price_pro x 1 -450",
        "price_max x 1 1350",
        "price_seat x 2 280",
        "price_max x 1 2700",
        "price_seat x 2 560",
    ];
    assert_eq!(summary(&renewal), expected);
    assert_eq!(lines(&renewal)[2]["period"]["start"], lines(&renewal)[1]["period"]["start"]);
    assert_eq!(renewal["total"], 4_440);
    // The debit of the change is credited by the next one.
    account.remove_item(id, &item, Prorations::Invoiced);
    let invoice = object(&account, "invoice.paid");
    let details = &lines(&invoice)[0]["parent"]["subscription_item_details"];
    let credited = &details["proration_details"]["credited_items"];
    assert_eq!(credited["invoice"], renewal["id"]);
}

#[test]
fn metered_items_have_no_quantity_and_are_charged_in_arrears() {
    for shape in Shape::ALL {
        let mut account = account(*shape);
        let calls = Price::monthly("price_calls", 2).metered();
        let id = account.subscribe_with("ann", [pro().into(), calls.into()], Billed::at_once());
        let item = account.items_of(id).remove(1);
        let created = object(&account, "customer.subscription.created");
        let metered = &created["items"]["data"][1];
        assert_eq!((&metered["quantity"], &created["plan"]), (&Value::Null, &Value::Null));
        assert_eq!(metered["price"]["recurring"]["usage_type"], "metered");
        let first = summary(&object(&account, "invoice.paid"));
        let none = if shape.is_flexible() { vec![] } else { vec!["price_calls x 0 0".to_owned()] };
        assert_eq!(first, [vec!["price_pro x 1 900".to_owned()], none].concat(), "{shape:?}");
        account.use_metered(id, &item, 5_312);
        account.pass(29 * DAY);
        let renewal = object(&account, "invoice.paid");
        assert_eq!(summary(&renewal), ["price_calls x 5312 10624", "price_pro x 1 900"]);
        let ends = lines(&renewal).iter().map(|line| line["period"]["end"].clone()).collect::<Vec<_>>();
        assert_eq!(ends[0], lines(&renewal)[1]["period"]["start"]);
    }
}

#[test]
fn a_new_anchor_is_paid_as_a_whole_period() {
    let cases = [
        (Prorations::None, vec!["price_pro x 1 900"]),
        (Prorations::Invoiced, vec!["price_pro x 1 -450", "price_pro x 1 900"]),
    ];
    for (prorations, expected) in cases {
        let mut account = account(Shape::BeforeBasil);
        let id = account.subscribe_with("ann", [pro().into()], Billed::at_once());
        account.pass(14 * DAY);
        account.reset_anchor(id, prorations);
        let invoice = object(&account, "invoice.paid");
        assert_eq!(summary(&invoice), expected);
        let line = lines(&invoice).last().unwrap();
        assert_eq!((&line["type"], &line["proration"]), (&json!("subscription"), &json!(false)));
        let update = newest(&account, "customer.subscription.updated");
        let january = instant("2026-01-31").microseconds() / 1_000_000;
        assert_eq!(update["data"]["previous_attributes"]["billing_cycle_anchor"], january);
        assert_eq!(account.period_end(id), Some(instant("2026-03-14")));
    }
}

#[test]
fn another_billing_period_and_a_first_paid_price_move_the_anchor() {
    let mut account = account(Shape::Clover);
    let id = account.subscribe_with("ann", [Price::monthly("price_free", 0).into()], Billed::at_once());
    account.pass(5 * DAY);
    let item = account.items_of(id).remove(0);
    account.update(id, Update::of(Prorations::Invoiced).set(&item, pro()));
    assert_eq!(summary(&object(&account, "invoice.paid")), ["price_free x 1 0", "price_pro x 1 900"]);
    account.pass(14 * DAY);
    account.update(id, Update::of(Prorations::Invoiced).set(&item, Price::yearly("price_pro_year", 9_000)));
    assert_eq!(summary(&object(&account, "invoice.paid")), ["price_pro x 1 -450", "price_pro_year x 1 9000"]);
    assert_eq!(account.period_end(id), Some(instant("2027-02-19")));
}

#[test]
fn trials_are_extended_ended_early_and_begun_after_paid_time() {
    let mut account = account(Shape::Clover);
    let id = account.subscribe_with("ann", [pro().into()], Billed::at_once().trial_days(14));
    account.pass(5 * DAY);
    account.extend_trial(id, instant("2026-03-10"));
    let trial = object(&account, "invoice.paid");
    assert_eq!(summary(&trial), ["price_pro x 1 0"]);
    assert_eq!(lines(&trial)[0]["period"]["end"], instant("2026-03-10").microseconds() / 1_000_000);
    account.pass(20 * DAY);
    assert!(account.is_in_trial(id));
    account.end_trial(id);
    assert_eq!(summary(&object(&account, "invoice.paid")), ["price_pro x 1 900"]);
    assert_eq!(account.period_end(id), Some(instant("2026-03-25")));
    account.pass(14 * DAY);
    account.begin_trial(id, instant("2026-04-20"), Prorations::Invoiced);
    let update = newest(&account, "customer.subscription.updated");
    assert_eq!(update["data"]["previous_attributes"]["status"], "active");
    assert_eq!(update["data"]["object"]["trial_start"], account.now().microseconds() / 1_000_000);
    assert_eq!(summary(&object(&account, "invoice.paid")), ["price_pro x 1 -450", "price_pro x 1 0"]);
    // The credit of the rest pays for a part of the next period.
    account.pass(50 * DAY);
    let renewal = object(&account, "invoice.paid");
    assert_eq!((&renewal["total"], &renewal["amount_paid"]), (&json!(900), &json!(450)));
    assert_eq!((&renewal["starting_balance"], &renewal["ending_balance"]), (&json!(-450), &json!(0)));
}

#[test]
fn credit_goes_to_the_balance_and_pays_the_next_invoice() {
    let mut account = account(Shape::Clover);
    let id = account.subscribe_with("ann", [pro().into()], Billed::at_once());
    account.cancel_with_credit(id);
    let last = object(&account, "invoice.paid");
    assert_eq!(
        (&last["total"], &last["amount_due"], &last["amount_paid"]),
        (&json!(-900), &json!(0), &json!(0))
    );
    assert_eq!((&last["starting_balance"], &last["ending_balance"]), (&json!(0), &json!(-900)));
    assert_eq!((account.balance_of("ann"), account.has_ended(id)), (900, true));
    let again = account.subscribe_with("ann", [max().into()], Billed::at_once());
    let first = object(&account, "invoice.paid");
    assert_eq!(
        (&first["total"], &first["amount_due"], &first["amount_paid"]),
        (&json!(2_700), &json!(1_800), &json!(1_800))
    );
    assert_eq!((&first["starting_balance"], &first["ending_balance"]), (&json!(-900), &json!(0)));
    assert_eq!(account.amount_of(&account.payment_of(again).unwrap()), 1_800);
}

#[test]
fn discounts_and_taxes_are_beside_the_amounts_of_lines() {
    for shape in Shape::ALL {
        let mut account = account(*shape);
        account.subscribe_with("ann", [pro().into()], Billed::at_once().discounted(50).taxed(10));
        let invoice = object(&account, "invoice.paid");
        let line = &lines(&invoice)[0];
        assert_eq!((&line["amount"], &line["discount_amounts"][0]["amount"]), (&json!(900), &json!(450)));
        assert_eq!((&invoice["subtotal"], &invoice["total"]), (&json!(900), &json!(495)));
        let (on_line, on_invoice) = if shape.is_since_basil() {
            ("taxes", "total_taxes")
        } else {
            ("tax_amounts", "total_tax_amounts")
        };
        assert_eq!(
            (&line[on_line][0]["amount"], &invoice[on_invoice][0]["amount"]),
            (&json!(45), &json!(45))
        );
        let session = object(&account, "checkout.session.completed");
        assert_eq!((&session["amount_subtotal"], &session["amount_total"]), (&json!(900), &json!(495)));
        assert_eq!(session["total_details"]["amount_discount"], 450);
    }
}

#[test]
fn unpaid_invoices_are_paid_later_out_of_band_or_never() {
    let mut account = account(Shape::BeforeBasil);
    let id = account.subscribe_with("ann", [pro().into()], Billed::at_once());
    account.fail_renewals(id);
    account.pass(90 * DAY);
    let open = account.open_invoices(id);
    assert_eq!((open.len(), events(&account, "invoice.payment_failed").len()), (3, 3));
    assert_eq!(object(&account, "customer.subscription.updated")["status"], "past_due");
    account.mark_uncollectible(&open[0]);
    account.void(&open[1]);
    account.pay_out_of_band(&open[2]);
    let paid = object(&account, "invoice.paid");
    assert_eq!((&paid["paid_out_of_band"], &paid["payment_intent"]), (&json!(true), &Value::Null));
    assert_eq!(object(&account, "customer.subscription.updated")["status"], "active");
    account.pay_invoice(&open[0]);
    let paid = object(&account, "invoice.paid");
    assert_eq!(paid["status_transitions"]["marked_uncollectible_at"], paid["status_transitions"]["paid_at"]);
    assert_eq!(object(&account, "invoice.voided")["status"], "void");
    assert!(account.open_invoices(id).is_empty());
}

#[test]
fn a_paused_collection_makes_invoices_and_collects_none() {
    let cases = [
        (Uncollected::Void, "void"),
        (Uncollected::Uncollectible, "uncollectible"),
        (Uncollected::Draft, "draft"),
    ];
    for (behavior, status) in cases {
        let mut account = account(Shape::Clover);
        let id = account.subscribe_with("ann", [pro().into()], Billed::at_once());
        account.pause_collection(id, behavior);
        let update = newest(&account, "customer.subscription.updated");
        assert_eq!(update["data"]["previous_attributes"], json!({ "pause_collection": null }));
        account.pass(30 * DAY);
        assert_eq!(events(&account, "invoice.paid").len(), 1, "{status}");
        account.resume_collection(id);
        account.pass(30 * DAY);
        let paid = events(&account, "invoice.paid").len();
        assert_eq!(paid, if behavior == Uncollected::Draft { 3 } else { 2 }, "{status}");
    }
}

#[test]
fn a_schedule_makes_its_items_anew_at_the_turn() {
    let mut account = account(Shape::Basil);
    let id = account.subscribe_with("ann", [pro().into()], Billed::at_once());
    let old = account.items_of(id);
    account.schedule(id, [max().into()]);
    account.pass(29 * DAY);
    assert_ne!(account.items_of(id), old);
    let update = newest(&account, "customer.subscription.updated");
    assert_eq!(update["data"]["previous_attributes"]["items"]["data"][0]["id"], old[0].as_str());
    assert_eq!(summary(&object(&account, "invoice.paid")), ["price_max x 1 2700"]);
}

#[test]
fn refunds_fail_before_and_after_the_sum_of_the_charge_grew() {
    let mut account = account(Shape::BeforeBasil);
    let payment = account.buy("ann", "boost", 900, None);
    let first = account.refund(&payment, 300);
    let slow = account.begin_refund(&payment, 200);
    assert_eq!(object(&account, "charge.refunded")["amount_refunded"], 300);
    account.fail_refund(slow);
    assert_eq!(object(&account, "charge.refund.updated")["status"], "failed");
    account.fail_refund(first);
    let second = account.begin_refund(&payment, 600);
    account.finish_refund(second);
    let charge = object(&account, "charge.refunded");
    assert_eq!((&charge["amount_refunded"], &charge["refunded"]), (&json!(600), &json!(false)));
}

#[test]
fn inquiries_move_nothing_until_they_are_disputes() {
    let mut account = account(Shape::Clover);
    let payment = account.buy("ann", "boost", 900, None);
    let closed = account.inquire(&payment);
    account.close_inquiry(closed);
    assert_eq!(object(&account, "charge.dispute.closed")["status"], "warning_closed");
    assert!(events(&account, "charge.dispute.funds_withdrawn").is_empty());
    let dispute = account.inquire(&payment);
    account.escalate(dispute);
    assert_eq!(object(&account, "charge.dispute.funds_withdrawn")["amount"], 900);
    account.win(dispute);
    assert_eq!(object(&account, "charge.dispute.funds_reinstated")["status"], "won");
}

#[test]
fn credit_notes_go_to_the_balance_by_refund_or_out_of_band() {
    for shape in Shape::ALL {
        let mut account = account(*shape);
        let id = account.subscribe_with("ann", [pro().into()], Billed::at_once());
        let invoice = account.invoice_of(id).unwrap();
        let to_balance = account.credit(&invoice, 300, CreditTo::Balance);
        let note = object(&account, "credit_note.created");
        assert_eq!((&note["amount"], &note["type"]), (&json!(300), &json!("post_payment")));
        assert_eq!(note["customer_balance_transaction"], "cbtxn_0");
        assert_eq!(account.balance_of("ann"), 300);
        account.void_credit(to_balance);
        assert_eq!(object(&account, "credit_note.voided")["status"], "void");
        assert_eq!(account.balance_of("ann"), 0);
        account.credit(&invoice, 200, CreditTo::Refund);
        let note = object(&account, "credit_note.created");
        let refund = if shape.is_since_basil() { &note["refunds"][0]["refund"] } else { &note["refund"] };
        assert_eq!(refund, "re_0");
        assert_eq!(object(&account, "charge.refunded")["amount_refunded"], 200);
        account.credit(&invoice, 700, CreditTo::OutOfBand);
        assert_eq!(object(&account, "credit_note.created")["out_of_band_amount"], 700);
        assert_eq!(account.creditable(&invoice), 0);
    }
    // A note on an open invoice reduces the amount due.
    let mut account = account(Shape::Clover);
    let id = account.subscribe_with("ann", [pro().into()], Billed::at_once());
    account.fail_renewals(id);
    account.pass(29 * DAY);
    let open = account.open_invoices(id).remove(0);
    account.credit(&open, 400, CreditTo::Balance);
    let note = object(&account, "credit_note.created");
    assert_eq!((&note["type"], &note["pre_payment_amount"]), (&json!("pre_payment"), &json!(400)));
    account.pay_invoice(&open);
    let paid = object(&account, "invoice.paid");
    assert_eq!((&paid["total"], &paid["amount_paid"]), (&json!(900), &json!(500)));
}

#[test]
fn one_time_lines_belong_to_no_item() {
    for shape in Shape::ALL {
        let mut account = account(*shape);
        let set_up = Extra::of(Price::once("price_setup", 5_000));
        let id = account.subscribe_with("ann", [pro().into()], Billed::at_once().with(set_up));
        assert_eq!(summary(&object(&account, "invoice.paid")), ["price_pro x 1 900", "price_setup x 1 5000"]);
        let overage = Extra::of(Price::once("price_overage", 2)).quantity(50);
        account.add_line(id, &overage.period(instant("2026-01-31"), instant("2026-02-28")));
        account.pass(29 * DAY);
        let renewal = object(&account, "invoice.paid");
        assert_eq!(summary(&renewal), ["price_overage x 50 100", "price_pro x 1 900"]);
        let line = &lines(&renewal)[0];
        if shape.is_since_basil() {
            assert_eq!(line["parent"]["type"], "invoice_item_details");
            assert_eq!(line["parent"]["invoice_item_details"]["proration"], false);
        } else {
            assert_eq!((&line["type"], &line["subscription_item"]), (&json!("invoiceitem"), &Value::Null));
        }
        account.invoice("ann", [Extra::of(Price::once("price_boost", 900))]);
        let manual = object(&account, "invoice.paid");
        assert_eq!((&manual["billing_reason"], &manual["parent"]), (&json!("manual"), &Value::Null));
        assert_eq!(
            (&manual["subscription"], &manual["metadata"]["credits_owner"]),
            (&Value::Null, &json!("ann"))
        );
    }
}

#[test]
fn owners_share_customers_and_hand_subscriptions_over() {
    let mut account = account(Shape::Clover);
    account.customer("ann", "cus_shared");
    account.customer("bob", "cus_shared");
    account.subscribe_with("ann", [pro().into()], Billed::at_once());
    let id = account.subscribe_with("bob", [pro().into()], Billed::at_once());
    let created = events(&account, "customer.subscription.created");
    assert!(created.iter().all(|event| event["data"]["object"]["customer"] == "cus_shared"));
    account.hand_over(id, "ann");
    let update = newest(&account, "customer.subscription.updated");
    assert_eq!(update["data"]["previous_attributes"]["metadata"], json!({ "credits_owner": "bob" }));
    account.subscribe_with("cy", [pro().into()], Billed::at_once().naming_no_owner());
    assert_eq!(object(&account, "customer.subscription.created")["metadata"], json!({}));
    assert_eq!(object(&account, "checkout.session.completed")["client_reference_id"], Value::Null);
    let details = &object(&account, "invoice.paid")["parent"]["subscription_details"];
    assert_eq!(details["metadata"], json!({}));
}

#[test]
fn payment_links_have_line_items_that_are_fetched() {
    let mut account = account(Shape::Clover);
    let boost = Price::once("price_boost", 900);
    account.purchase("ann", Purchase::of(boost).quantity(3).and(Price::once("price_shirt", 200)).by_link());
    let session = object(&account, "checkout.session.completed");
    assert_eq!((&session["metadata"], &session["amount_total"]), (&json!({}), &json!(2_900)));
    let path = format!("/v1/checkout/sessions/{}/line_items?limit=1", session["id"].as_str().unwrap());
    let (status, page) = get(&account, &path);
    assert_eq!((status, &page["has_more"]), (200, &json!(true)));
    assert_eq!(
        (&page["data"][0]["price"]["id"], &page["data"][0]["quantity"]),
        (&json!("price_boost"), &json!(3))
    );
    let after = page["data"][0]["id"].as_str().unwrap();
    let (_, page) = get(&account, &format!("{path}&starting_after={after}"));
    assert_eq!((&page["data"][0]["price"]["id"], &page["has_more"]), (&json!("price_shirt"), &json!(false)));
    assert_eq!(get(&account, "/v1/invoices/in_none").0, 404);
    let (_, events) = get(&account, "/v1/events?limit=100&created%5Bgte%5D=0");
    assert_eq!(events["data"].as_array().unwrap().len(), account.deliveries().len());
}

#[test]
fn buyers_pay_in_their_currency_in_every_shape() {
    for shape in Shape::ALL {
        let mut account = account(*shape);
        let purchase =
            Purchase::of(Price::once("price_boost", 900)).naming_pack("boost").presented_in("eur", 830);
        let payment = account.purchase("ann", purchase).unwrap();
        let session = object(&account, "checkout.session.completed");
        if shape.is_since_basil() {
            assert_eq!((&session["currency"], &session["amount_total"]), (&json!("usd"), &json!(900)));
            assert_eq!(session["presentment_details"]["presentment_amount"], 830);
            assert_eq!(account.amount_of(&payment), 900);
        } else {
            assert_eq!((&session["currency"], &session["amount_total"]), (&json!("eur"), &json!(830)));
            assert_eq!(session["currency_conversion"]["amount_total"], 900);
            assert_eq!(account.amount_of(&payment), 830);
        }
    }
    let mut account = account(Shape::Clover);
    let boost = || Purchase::of(Price::once("price_boost", 900)).naming_pack("boost");
    assert_eq!(account.purchase("ann", boost().discounted(900)), None);
    assert_eq!(object(&account, "checkout.session.completed")["payment_status"], "no_payment_required");
    assert_eq!(account.purchase("ann", boost().failing_after(DAY)), None);
    assert_eq!(object(&account, "checkout.session.async_payment_failed")["payment_status"], "unpaid");
}

#[test]
fn an_event_carries_ten_lines_and_the_api_the_rest() {
    let mut account = account(Shape::Clover);
    let tiers = (1..12).map(|tier| Tier::up_to(tier, 100)).chain([Tier::rest(50)]);
    let seats = Item::of(Price::monthly("price_seats", 0).graduated(tiers)).quantity(13);
    account.subscribe_with("ann", [seats], Billed::at_once());
    let invoice = object(&account, "invoice.paid");
    assert_eq!((lines(&invoice).len(), &invoice["lines"]["has_more"]), (10, &json!(true)));
    assert_eq!(invoice["total"], 1_200);
    let (_, page) = get(&account, &format!("{}?limit=100", invoice["lines"]["url"].as_str().unwrap()));
    assert_eq!((page["data"].as_array().unwrap().len(), &page["has_more"]), (12, &json!(false)));
}
