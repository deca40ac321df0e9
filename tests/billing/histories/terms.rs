//! The terms under which a subscription is joined, awards that do not fit, and edges of the wallet beside
//! subscriptions.

use std::time::Duration;

use credits_runtime::Owner;
use credits_runtime::billing::{
    BillingEvent, Happening, Interval, Invoice, Line, Status, SubscriptionState, Unresolved,
};
use credits_runtime::testing::ManualClock;
use credits_runtime::testing::stripe::Shape;

use super::super::script::{instant, object};
use super::Operation;
use super::stage::Stage;
use super::text::played;

mod first {
    credits_runtime::usage_credits! {
        subscription_plan pro {
            stripe_price "price_pro"
            gives 1_000.credits.every(month)
        }
        operation step { costs 1.credit }
    }
}

mod second {
    credits_runtime::usage_credits! {
        subscription_plan pro {
            stripe_price "price_pro"
            gives 2_000.credits.every(month)
            version 2
        }
        operation step { costs 1.credit }
    }
}

fn of(owner: &str, at: &str, what: Happening) -> BillingEvent {
    let objects = match &what {
        Happening::SubscriptionChanged(state) => vec![state.subscription.clone()],
        Happening::TimePaid(invoice) => vec![invoice.invoice.clone()],
        _ => Vec::new(),
    };
    BillingEvent { at: instant(at), objects, owner: Some(Owner::new(owner).unwrap()), what }
}

fn state(owner: &str, id: &str, at: &str, status: Status) -> BillingEvent {
    let state = SubscriptionState {
        item: object(&format!("si_{id}")),
        subscription: object(id),
        status,
        price: object("price_pro"),
        quantity: Some(1),
        anchor: instant(at),
        trial: None,
        ends_at: (status == Status::Ended).then(|| instant(at)),
        before: None,
    };
    of(owner, at, Happening::SubscriptionChanged(state))
}

fn paid(owner: &str, id: &str, start: &str, end: &str) -> BillingEvent {
    let line = Line {
        id: None,
        item: Some(object(&format!("si_{id}"))),
        subscription: Some(object(id)),
        price: object("price_pro"),
        quantity: Some(1),
        period: Interval { start: instant(start), end: instant(end) },
        amount: 900,
        net: 900,
        is_proration: false,
        credits: None,
    };
    let invoice = Invoice {
        invoice: object(&format!("in_{id}")),
        made_at: instant(start),
        paid_at: instant(start),
        paid: 900,
        tax: 0,
        currency: "usd".to_owned(),
        payments: Vec::new(),
        lines: vec![line],
    };
    of(owner, start, Happening::TimePaid(invoice))
}

/// A customer leaves and comes back after the pricing's next version: the terms are those on sale, not those
/// of the first time.
#[test]
fn a_returning_customer_joins_under_the_terms_on_sale() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credits.redb");
    let clock = ManualClock::at(instant("2026-01-31"));
    let credits = first::Credits::builder().clock(clock.clone()).open(&path).unwrap();
    credits.receive(state("ann", "s1", "2026-01-31", Status::Active)).wait().unwrap();
    credits.receive(paid("ann", "s1", "2026-01-31", "2026-02-28")).wait().unwrap();
    clock.set(instant("2026-02-10"));
    credits.receive(state("ann", "s1", "2026-02-10", Status::Ended)).wait().unwrap();
    credits.close().unwrap();
    clock.set(instant("2026-02-20"));
    let credits = second::Credits::builder().clock(clock.clone()).open(&path).unwrap();
    clock.set(instant("2026-03-10"));
    for (owner, id) in [("ann", "s2"), ("bob", "s3")] {
        credits.receive(state(owner, id, "2026-03-10", Status::Active)).wait().unwrap();
        credits.receive(paid(owner, id, "2026-03-10", "2026-04-10")).wait().unwrap();
        let wallet = credits.wallet(owner);
        assert_eq!(wallet.credits().unwrap(), 2_000, "{owner} {:?}", wallet.subscriptions().unwrap());
    }
    credits.verify().unwrap();
}

/// A plan of 2^53 credits a month, a thousand times: the second month does not fit beside the first while
/// both last. It is listed, and a pack that fits is given beside the first.
#[test]
fn awards_that_do_not_fit_are_listed() {
    for shape in Shape::ALL {
        let stage = played(
            *shape,
            "2026-01-31     subscribe s1 endlessx1000 ..2026-02-28                  -> 9007199254740992000
             .              sell cs_1                                               -> 9007199254740993100
             2026-02-28     change s1 ..2026-03-31
             2026-02-28T01  paid in_2 s1 endlessx1000 900 month                     -> 9007199254740993100 listed=1",
        );
        let listed = stage.credits.unresolved().unwrap();
        assert!(matches!(&listed[..], [Unresolved::AwardTooLarge { .. }]), "{listed:?}");
    }
}

/// Credits are spent before their expiry and not at it. A hold lasts past its grants' expiry, and settled
/// above its amount it takes free credits, here none. Promotional credits move only where the sender allows
/// it.
#[test]
fn expiry_holds_and_promotional_transfers_are_exact() {
    let stage = Stage::new(Shape::Clover, instant("2026-02-01"));
    let (ann, bob) = (&stage.ann, stage.credits.wallet("bob"));
    ann.give_credits(100).expires_at(instant("2026-02-02")).now().wait().unwrap();
    stage.clock.set(instant("2026-02-02"));
    let late = ann.spend_credits_on(Operation::step(1)).now().wait().unwrap_err();
    assert_eq!(late.to_string(), "1 credit needed for `step`, 0 available: give or buy at least 1 more");
    ann.give_credits(100).expires_at(instant("2026-02-02T01")).now().wait().unwrap();
    let hold = ann.spend_credits_on(Operation::step(60)).hold(Duration::from_hours(2)).wait().unwrap();
    stage.clock.set(instant("2026-02-02T01"));
    assert_eq!((ann.credits().unwrap(), ann.held().unwrap()), (0.into(), 60.into()));
    let settled = hold.settle_for(Operation::step(80)).wait().unwrap();
    assert_eq!((settled.entry.amount, settled.entry.shortfall), ((-60).into(), 20.into()));
    assert_eq!(
        (ann.credits().unwrap(), ann.held().unwrap(), ann.debt().unwrap()),
        (0.into(), 0.into(), 0.into())
    );
    ann.give_credits(50).promotional().now().wait().unwrap();
    assert!(ann.transfer_to(&bob, 10).now().wait().is_err());
    ann.transfer_to(&bob, 50).including_promotional().now().wait().unwrap();
    assert_eq!((ann.credits().unwrap(), bob.credits().unwrap()), (0.into(), 50.into()));
    bob.spend_credits_on(Operation::step(50)).now().wait().unwrap();
    stage.credits.verify().unwrap();
}
