//! Owners of money: several owners behind one customer, and events of foreign objects.

use credits_runtime::Clock as _;
use credits_runtime::billing::Unresolved;
use credits_runtime::stripe::SIGNATURE_HEADER;
use credits_runtime::testing::stripe::{Delivery, Shape};
use serde_json::json;

use super::super::script::instant;
use super::super::webhooks::SECRET;
use super::packs::sale;
use super::payload;
use super::stage::{Lists, Stage};
use super::text::check;

/// One Stripe customer with two workspaces: each subscription names its owner, at once and at its renewal.
#[test]
fn two_owners_share_a_customer() {
    check(
        "2026-01-31     subscribe s1 pro ..2026-02-28                               -> 1000
         .              subscribe s2 pro ..2026-02-28 by=bob customer=ann           -> 1000 bob=1000
         2026-02-28T01  paid in_3 s2 pro 900 2026-02-28..2026-03-31
         2026-03-10     look                                                        -> 0 bob=1000",
    );
    // Linking its objects to the same owner changes nothing.
    check(
        "2026-01-31     subscribe s1 pro ..2026-02-28
         .              subscribe s2 pro ..2026-02-28 by=bob customer=ann
         .              link s2 bob
         .              link si_s2 bob
         .              link in_s2 bob                                              -> 1000 bob=1000
         2026-02-28T01  paid in_3 s2 pro 900 2026-02-28..2026-03-31
         2026-03-10     look                                                        -> 0 bob=1000",
    );
}

/// `client_reference_id` may hold an order number, because `credits_owner` names the owner.
#[test]
fn the_owner_in_the_metadata_outweighs_the_reference() {
    check("2026-02-01 sell cs_1 reference=order_4711 -> 1100 order_4711=0");
}

/// More than a thousand events of a customer of another product of the same account. Each is accepted,
/// because Stripe repeats a delivery that fails, and in the end disables the endpoint for all events.
#[test]
fn events_of_a_foreign_customer_are_accepted_without_end() {
    let stage = Stage::new(Shape::Clover, instant("2026-02-01"));
    let at = instant("2026-02-01");
    for number in 0..1_100 {
        let mut charge = payload::charge(&format!("ch_{number}"), &format!("pi_{number}"), 1);
        charge["customer"] = json!("cus_other");
        stage.send(at, "charge.refunded", &charge, None);
    }
    let listed = stage.credits.unresolved().unwrap();
    assert!(!listed.is_empty());
    assert!(
        listed
            .iter()
            .all(|it| matches!(it, Unresolved::OwnerUnknown { .. } | Unresolved::EventsGaveWay { .. }))
    );
}

/// Events of test mode change nothing in a ledger of live mode.
#[test]
fn events_of_the_other_mode_do_nothing() {
    let stage = Stage::new(Shape::Clover, instant("2026-02-01"));
    let live = stage.credits.stripe("sk_live_1").webhook_secret(SECRET).transport(Lists::default());
    let live = live.build().unwrap();
    let data = json!({ "object": sale().json() });
    let event = payload::event(stage.shape, "evt_1", stage.clock.now(), "checkout.session.completed", &data);
    let delivery = Delivery { at: stage.clock.now(), body: event.to_string() };
    let header = delivery.signature(SECRET, stage.clock.now());
    assert_eq!(live.receive([(SIGNATURE_HEADER, header)], &delivery.body).status, 200);
    assert_eq!(stage.credits_of("ann"), 0);
    assert!(stage.credits.unresolved().unwrap().is_empty());
}
