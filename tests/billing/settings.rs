//! Settings about returned money, upgrades and environments.

use credits_runtime::stripe::{Request, Response, SellPack as _, SellPlan as _, StripeError, Transport};
use credits_runtime::testing::ManualClock;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::script::{What, check, instant, steps};

mod lenient {
    credits_runtime::usage_credits! {
        settings { refunded_but_spent forgive upgrades on_change }
        subscription_plan pro { stripe_price "price_pro" gives 1_000.credits.every(month) }
        subscription_plan max { stripe_price "price_max" gives 3_000.credits.every(month) }
        credit_pack boost { stripe_price "price_boost" gives 1_000.credits bonus 100.credits costs 9.dollars }
        operation step { costs 1.credit_per(page) }
    }
}

mod strict {
    credits_runtime::usage_credits! {
        settings { subscription_refunds debt }
        subscription_plan pro { stripe_price "price_pro" gives 1_000.credits.every(month) }
        operation step { costs 1.credit_per(page) }
    }
}

mod environments {
    credits_runtime::usage_credits! {
        settings { environments test, live }
        subscription_plan pro {
            stripe_price live(month: "price_lm", year: "price_ly"), test(month: "price_tm", year: "price_ty")
            gives 1_000.credits.every(month)
        }
        credit_pack boost { stripe_price live: "price_lb", test: "price_tb" gives 1_000.credits costs 9.dollars }
        credit_pack inline { gives 10.credits costs 500.yen }
    }
}

mod live_only {
    credits_runtime::usage_credits! {
        settings { environments live }
        credit_pack boost { stripe_price live: "price_lb" gives 1_000.credits costs 9.dollars }
    }
}

/// Plays a script against another pricing. The caller checks the last line's expectation.
macro_rules! played {
    ($pricing:ident, $script:expr) => {{
        let steps = steps($script);
        let clock = ManualClock::at(steps[0].at);
        let credits = $pricing::Credits::builder().clock(clock.clone()).in_memory().unwrap();
        let ann = credits.wallet("ann");
        for step in steps {
            clock.set(step.at);
            credits.book_due().unwrap();
            match step.what {
                What::Event(event) => drop(credits.receive(*event).wait().unwrap()),
                What::Spend(amount) => {
                    drop(ann.spend_credits_on($pricing::Operation::step(amount)).now().wait().unwrap());
                }
                What::Give(amount) => drop(ann.give_credits(amount).now().wait().unwrap()),
                _ => {}
            }
            if let Some(expected) = step.expected {
                assert_eq!(ann.credits().unwrap().to_string(), expected, "{:?}", step.at);
            }
        }
        credits.verify().unwrap();
        (clock, credits, ann)
    }};
}

#[test]
fn spent_credits_of_a_refund_are_forgiven_where_the_settings_say_so() {
    let (_, _, ann) = played!(
        lenient,
        "2026-01-01   pack cs1 pi1 boost           -> 1100
         .            spend 1000                   -> 100
         .            refund pi1 re1 900           -> 0
         # Forgiven credits are not given back.
         .            refund pi1 re1 900 failed happened=2026-01-02   -> 100"
    );
    assert_eq!(ann.debt().unwrap(), 0);
}

#[test]
fn what_is_held_is_taken_when_it_is_released() {
    for settles in [false, true] {
        let (_, credits, ann) = played!(lenient, "2026-01-01 pack cs1 pi1 boost -> 1100\n. spend 500 -> 600");
        let hold =
            ann.spend_credits_on(lenient::Operation::step(400)).hold(Duration::from_hours(1)).wait().unwrap();
        for step in steps("2026-01-01 refund pi1 re1 900") {
            let What::Event(event) = step.what else { panic!("an event") };
            credits.receive(*event).wait().unwrap();
        }
        // 200 were free, 400 are held and owed, and the other 500 were spent and are forgiven.
        assert_eq!(
            (ann.credits().unwrap().get(), ann.held().unwrap().get(), ann.debt().unwrap().get()),
            (-400, 400, 400)
        );
        if settles {
            hold.settle().wait().unwrap();
            assert_eq!((ann.credits().unwrap().get(), ann.debt().unwrap().get()), (-400, 400));
        } else {
            hold.release().wait().unwrap();
            assert_eq!((ann.credits().unwrap().get(), ann.debt().unwrap().get()), (0, 0));
        }
        credits.verify().unwrap();
    }
}

#[test]
fn a_change_is_enough_for_a_rise_where_the_settings_say_so() {
    played!(
        lenient,
        "2026-01-01     state s1 pro
         .              paid in1 s1 pro 2026-01-01..2026-02-01 begins        -> 1000
         2026-01-16T12  state s1 max was=pro anchor=2026-01-01               -> 2000
         # And back, and up again: nothing more.
         2026-01-20     state s1 pro was=max anchor=2026-01-01               -> 2000
         2026-01-21     state s1 max was=pro anchor=2026-01-01               -> 2000"
    );
}

#[test]
fn what_was_spent_of_a_refunded_cycle_is_owed_where_the_settings_say_so() {
    played!(
        strict,
        "2026-01-01   state s1 pro
         .            paid in1 s1 pro 2026-01-01..2026-02-01 begins by=pi1   -> 1000
         .            spend 300                                              -> 700
         +1d          refund pi1 re1 1000                                    -> -300
         +1d          dispute pi1 dp1 1000                                   -> -300"
    );
    // Expired credits are not owed.
    played!(
        strict,
        "2026-01-01   state s1 pro
         .            paid in1 s1 pro 2026-01-01..2026-02-01 begins by=pi1   -> 1000
         .            spend 300                                              -> 700
         2026-02-10   refund pi1 re1 1000                                    -> -300"
    );
}

#[test]
fn a_disputed_invoice_is_as_a_refunded_one_until_it_is_won() {
    check(
        "2026-01-01   state s1 pro
         .            paid in1 s1 pro 2026-01-01..2026-02-01 begins by=pi1   -> 1000
         .            spend 300                                              -> 700
         +1d          dispute pi1 dp1 1000                                   -> 0
         +1d          reinstated pi1 dp1                                     -> 700",
    );
}

/// A transport that keeps the requests, and returns a page for each.
#[derive(Clone, Default)]
struct Pages(Arc<Mutex<Vec<String>>>);

impl Transport for Pages {
    fn send(&self, request: &Request) -> Result<Response, Box<dyn std::error::Error + Send + Sync>> {
        self.0.lock().unwrap().push(request.body.clone());
        let body = r#"{"id":"cs_1","url":"https://checkout.stripe.com/cs_1"}"#.to_owned();
        Ok(Response { status: 200, body })
    }
}

#[test]
fn the_key_decides_which_environments_prices_are_used() {
    use environments::{Credits, Pack, Plan};
    let credits = Credits::builder().clock(ManualClock::at(instant("2026-01-01"))).in_memory().unwrap();
    for (key, month, pack) in [("sk_live_1", "price_lm", "price_lb"), ("rk_test_1", "price_tm", "price_tb")] {
        let pages = Pages::default();
        let stripe = credits.stripe(key).transport(pages.clone()).build().unwrap();
        let monthly = credits_runtime::catalogue::PeriodUnit::Month;
        stripe.start(Plan::Pro.checkout("ann").success("https://a/ok").period(monthly)).unwrap();
        stripe.start(Pack::Boost.checkout("ann").success("https://a/ok")).unwrap();
        stripe.start(Pack::Inline.checkout("ann").success("https://a/ok")).unwrap();
        let asked = pages.0.lock().unwrap().clone();
        assert!(
            asked[0].contains(&format!("{month}&")) && asked[1].contains(&format!("{pack}&")),
            "{asked:?}"
        );
        assert!(
            asked[2].contains("unit_amount%5D=500&") && asked[2].contains("currency%5D=jpy&"),
            "{asked:?}"
        );
    }
    let credits = live_only::Credits::in_memory().unwrap();
    let error = credits.stripe("sk_test_1").build().unwrap_err();
    assert!(matches!(error, StripeError::EnvironmentUnknown { .. }), "{error}");
    assert_eq!(
        error.to_string(),
        "the key is for test and the pricing's environments are live: declare `test`, or use the other key"
    );
}
