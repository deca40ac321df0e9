//! A checkout that is confirmed on its buyer's return gives what its webhooks would give, and they then give nothing.

use std::time::Duration;

use credits_runtime::Clock as _;
use credits_runtime::stripe::{Confirmed, SellPack as _, SellPlan as _, Stripe, StripeError};
use credits_runtime::testing::ManualClock;
use credits_runtime::testing::stripe::{Account, Completed, Price, Shape};

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

/// Confirming again writes nothing at all.
fn check_unchanged(credits: &Credits, stripe: &Stripe<Pricing>, session: &str, expected: Confirmed) {
    let before = credits.statistics().facts;
    assert_eq!(stripe.confirm(session).unwrap(), expected);
    assert_eq!(credits.statistics().facts, before);
}

#[test]
fn an_old_session_is_not_applied() {
    let (clock, credits, mut account, stripe) = open(Shape::Clover);
    let session = stripe.start(Pack::Boost.checkout("ann").success("https://a/ok")).unwrap();
    account.complete(&session.id);
    clock.advance(Duration::from_hours(3 * 24 + 1));
    check_unchanged(&credits, &stripe, &session.id, Confirmed::Earlier);
    assert_eq!(of_ann(&credits), (0, 0));
    account.deliver(&stripe, &clock);
    assert_eq!(of_ann(&credits), (1_100, 2));
}

#[test]
fn a_confirmed_pack_is_given_once_whatever_comes_later() {
    for shape in Shape::ALL {
        let (clock, credits, mut account, stripe) = open(*shape);
        let session = stripe.start(Pack::Boost.checkout("ann").success("https://a/ok")).unwrap();
        assert_eq!(stripe.confirm(&session.id).unwrap(), Confirmed::Open);
        assert_eq!(of_ann(&credits), (0, 0));
        account.complete(&session.id);
        for _ in 0..2 {
            assert_eq!(block_on(stripe.confirm_async(&session.id)).unwrap(), Confirmed::Paid);
            assert_eq!(of_ann(&credits), (1_100, 2), "{shape:?}");
        }
        check_unchanged(&credits, &stripe, &session.id, Confirmed::Paid);
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
        let session = stripe.start(Plan::Pro.checkout("ann").success("https://a/ok").period(month)).unwrap();
        account.complete(&session.id);
        assert_eq!(stripe.confirm(&session.id).unwrap(), Confirmed::Paid);
        assert_eq!(of_ann(&credits), (1_000, 1), "{shape:?}");
        check_unchanged(&credits, &stripe, &session.id, Confirmed::Paid);
        account.deliver(&stripe, &clock);
        check_unchanged(&credits, &stripe, &session.id, Confirmed::Paid);
        assert_eq!(of_ann(&credits), (1_000, 1), "{shape:?}");
        account.pass(Duration::from_hours(24 * 33));
        account.deliver(&stripe, &clock);
        clock.set(account.now().max(clock.now()));
        credits.book_due().unwrap();
        check_unchanged(&credits, &stripe, &session.id, Confirmed::Earlier);
        assert_eq!(of_ann(&credits).0, 1_000, "the second cycle is given and the first has ended: {shape:?}");
        assert!(credits.unresolved().unwrap().is_empty());
        credits.verify().unwrap();
    }
}

#[test]
fn confirmations_of_one_session_at_the_same_time_give_it_once() {
    for round in 0..12 {
        let (clock, credits, mut account, stripe) = open(Shape::Clover);
        let month = credits_runtime::catalogue::Period {
            count: 1,
            unit: credits_runtime::catalogue::PeriodUnit::Month,
        };
        let checkout = if round % 2 == 0 {
            stripe.start(Pack::Boost.checkout("ann").success("https://a/ok"))
        } else {
            stripe.start(Plan::Pro.checkout("ann").success("https://a/ok").period(month))
        };
        let session = checkout.unwrap();
        account.complete(&session.id);
        let start = std::sync::Barrier::new(6);
        std::thread::scope(|scope| {
            for _ in 0..5 {
                scope.spawn(|| {
                    start.wait();
                    assert_eq!(stripe.confirm(&session.id).unwrap(), Confirmed::Paid);
                });
            }
            start.wait();
            account.deliver(&stripe, &clock);
        });
        let expected = if round % 2 == 0 { (1_100, 2) } else { (1_000, 1) };
        assert_eq!(of_ann(&credits), expected, "round {round}");
        check_unchanged(&credits, &stripe, &session.id, Confirmed::Paid);
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

/// Credits of a payment that was returned stay away in every order of the confirmation, the webhooks and the return.
#[test]
fn a_returned_payment_is_not_given_by_a_confirmation() {
    for shape in Shape::ALL {
        for (confirms_before, is_refund) in [(true, true), (false, true), (true, false), (false, false)] {
            let (clock, credits, mut account, stripe) = open(*shape);
            let session = stripe.start(Pack::Boost.checkout("ann").success("https://a/ok")).unwrap();
            let Completed::Paid(Some(payment)) = account.complete(&session.id) else {
                panic!("nothing was paid")
            };
            if is_refund {
                account.refund(&payment, 900);
            } else {
                account.dispute(&payment);
            }
            if confirms_before {
                // The session stays paid at Stripe, and the webhooks are under way.
                assert_eq!(stripe.confirm(&session.id).unwrap(), Confirmed::Paid);
            }
            account.deliver(&stripe, &clock);
            assert_eq!(of_ann(&credits).0, 0, "{shape:?}, confirmed before: {confirms_before}");
            check_unchanged(&credits, &stripe, &session.id, Confirmed::Paid);
            assert_eq!(of_ann(&credits).0, 0, "{shape:?}, confirmed after");
            credits.verify().unwrap();
        }
    }
}

/// A session is confirmed up to and at the limit of its age, by the ledger's time.
#[test]
fn a_session_is_fresh_for_three_days() {
    let (limit, step) = (Duration::from_hours(3 * 24), Duration::from_micros(1));
    for (age, expected, credited) in [(limit, Confirmed::Paid, 1_100), (limit + step, Confirmed::Earlier, 0)]
    {
        let (clock, credits, mut account, stripe) = open(Shape::Clover);
        let session = stripe.start(Pack::Boost.checkout("ann").success("https://a/ok")).unwrap();
        account.complete(&session.id);
        clock.advance(age);
        assert_eq!(stripe.confirm(&session.id).unwrap(), expected);
        assert_eq!(of_ann(&credits).0, credited, "{age:?}");
    }
}

/// A leap of the clock, which the ledger does not follow, neither dates a purchase ahead nor makes a session old.
#[test]
fn a_leap_of_the_clock_does_not_move_a_purchase() {
    let (clock, credits, mut account, stripe) = open(Shape::Clover);
    let session = stripe.start(Pack::Boost.checkout("ann").success("https://a/ok")).unwrap();
    account.complete(&session.id);
    clock.leap(Duration::from_hours(24 * 400));
    assert_eq!(stripe.confirm(&session.id).unwrap(), Confirmed::Paid);
    assert_eq!(of_ann(&credits).0, 1_100);
    let entries = credits.wallet("ann").credit_history().page().unwrap().entries;
    assert!(entries.iter().all(|entry| entry.effective_at < instant("2026-02-01")));
}
