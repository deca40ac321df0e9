//! A checkout that is confirmed on its buyer's return gives what its webhooks would give, and they then give nothing.

use std::time::Duration;

use credits_runtime::Clock as _;
use credits_runtime::stripe::{Confirmed, SellPack as _, SellPlan as _, Stripe, StripeError};
use credits_runtime::testing::ManualClock;
use credits_runtime::testing::stripe::{Account, Price, Shape};

use super::script::instant;
use super::{Credits, Pack, Plan, Pricing};
use crate::executor::block_on;

fn open(shape: Shape) -> (ManualClock, Credits, Account, Stripe<Pricing>) {
    let clock = ManualClock::at(instant("2026-01-31"));
    let mut account = Account::new(shape, instant("2026-01-31"));
    account.add_price(Price::monthly("price_pro", 900));
    account.add_price(Price::once("price_boost", 900));
    let credits = Credits::builder().clock(clock.clone()).in_memory().unwrap();
    let stripe = credits.stripe("sk_test_1").webhook_secret(account.secret()).transport(account.transport());
    let stripe = stripe.build().unwrap();
    (clock, credits, account, stripe)
}

/// Ann's credits, and the number of her entries.
fn of_ann(credits: &Credits) -> (i64, usize) {
    let ann = credits.wallet("ann");
    (ann.credits().unwrap().get(), ann.credit_history().page().unwrap().entries.len())
}

#[test]
fn a_confirmed_pack_is_given_once_whatever_comes_later() {
    for shape in Shape::ALL {
        let (clock, credits, mut account, stripe) = open(*shape);
        let session = stripe.start(Pack::Boost.checkout("ann")).unwrap();
        assert_eq!(stripe.confirm(&session.id).unwrap(), Confirmed::Open);
        assert_eq!(of_ann(&credits), (0, 0));
        account.complete(&session.id);
        for _ in 0..2 {
            assert_eq!(block_on(stripe.confirm_async(&session.id)).unwrap(), Confirmed::Paid);
            assert_eq!(of_ann(&credits), (1_100, 2), "{shape:?}");
        }
        assert!(account.deliver(&stripe, &clock) > 0);
        assert_eq!(of_ann(&credits), (1_100, 2), "{shape:?}");
        assert!(credits.unresolved().unwrap().is_empty());
        credits.verify().unwrap();
    }
}

#[test]
fn a_confirmed_subscription_has_its_first_cycle_and_goes_on_by_webhooks() {
    for shape in Shape::ALL {
        let (clock, credits, mut account, stripe) = open(*shape);
        let month = credits_runtime::catalogue::Period {
            count: 1,
            unit: credits_runtime::catalogue::PeriodUnit::Month,
        };
        let session = stripe.start(Plan::Pro.checkout("ann").period(month)).unwrap();
        account.complete(&session.id);
        assert_eq!(stripe.confirm(&session.id).unwrap(), Confirmed::Paid);
        assert_eq!(of_ann(&credits), (1_000, 1), "{shape:?}");
        account.deliver(&stripe, &clock);
        assert_eq!(of_ann(&credits), (1_000, 1), "{shape:?}");
        account.pass(Duration::from_hours(24 * 33));
        account.deliver(&stripe, &clock);
        clock.set(account.now().max(clock.now()));
        credits.book_due().unwrap();
        assert_eq!(of_ann(&credits).0, 1_000, "the second cycle is given and the first has ended: {shape:?}");
        assert!(credits.unresolved().unwrap().is_empty());
        credits.verify().unwrap();
    }
}

#[test]
fn a_session_that_is_none_is_an_error() {
    let (_, credits, _, stripe) = open(Shape::Clover);
    let invalid = stripe.confirm("../refunds").unwrap_err();
    assert!(matches!(invalid, StripeError::SessionInvalid { .. }), "{invalid}");
    let unknown = stripe.confirm("cs_of_nobody").unwrap_err();
    assert!(matches!(unknown, StripeError::Refused { status: 404, .. }), "{unknown}");
    assert_eq!(of_ann(&credits), (0, 0));
}
