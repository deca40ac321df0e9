//! Renamed operations, plans and packs: their credits, keys, history and totals stay together.

use std::path::Path;
use std::time::Duration;

use credits_runtime::testing::ManualClock;
use credits_runtime::{Error, LedgerErrorKind, Rejection};

use crate::billing::script::{What, instant, steps};

mod before {
    credits_runtime::usage_credits! {
        operation draw { costs 10.credits }
        operation scan { costs 1.credit_per(page) }
        operation send { costs 2.credits }
        subscription_plan starter {
            stripe_price "price_starter"
            gives 500.credits.every(month)
        }
        subscription_plan hobby { gives 100.credits.every(month) }
        credit_pack boost {
            stripe_price "price_boost"
            gives 1_000.credits
            costs 9.dollars
            only_for draw
        }
    }
}

mod after {
    credits_runtime::usage_credits! {
        operation scan { costs 1.credit_per(page) named "Document scan" }
        operation paint { costs 12.credits formerly draw named "Painting" }
        subscription_plan studio {
            stripe_price "price_starter"
            gives 500.credits.every(month)
            formerly starter
            named "Studio"
        }
        subscription_plan free {
            gives 100.credits.every(month)
            formerly hobby
        }
        credit_pack refill {
            stripe_price "price_boost"
            gives 1_000.credits
            costs 9.dollars
            only_for paint
            formerly boost
            named "Refill"
        }
    }
}

/// A second renaming, of which the first name is no longer written.
mod later {
    credits_runtime::usage_credits! {
        operation scan { costs 1.credit_per(page) }
        operation render { costs 12.credits formerly paint }
        subscription_plan everyone {
            gives 50.credits.every(month)
            version 2
            formerly free
        }
    }
}

mod clashing {
    credits_runtime::usage_credits! {
        operation scan { costs 1.credit_per(page) formerly draw }
    }
}

mod side_by_side {
    credits_runtime::usage_credits! {
        operation draw { costs 1.credit }
        operation paint { costs 12.credits }
    }
}

/// Opens the ledger, works with it, and closes it.
macro_rules! with {
    ($pricing:ident, $path:expr, $clock:expr, |$credits:ident| $work:expr) => {{
        let $credits = $pricing::Credits::builder().clock($clock.clone()).open($path).unwrap();
        let result = $work;
        $credits.verify().unwrap();
        $credits.close().unwrap();
        result
    }};
}

fn in_a_file(test: impl FnOnce(&Path, &ManualClock)) {
    let folder = tempfile::tempdir().unwrap();
    test(&folder.path().join("credits.redb"), &ManualClock::at(instant("2026-01-01")));
}

#[test]
fn a_key_used_under_the_former_name_is_replayed() {
    in_a_file(|path, clock| {
        with!(before, path, clock, |credits| {
            let ann = credits.wallet("ann");
            ann.give_credits(100).now().wait().unwrap();
            ann.spend_credits_on(before::Operation::Draw).key("job").now().wait().unwrap();
        });
        with!(after, path, clock, |credits| {
            let ann = credits.wallet("ann");
            let again = ann.spend_credits_on(after::Operation::Paint).key("job").now().wait().unwrap();
            assert!(again.replayed);
            assert_eq!((again.entry.amount.get(), again.entry.description()), (-10, "Painting".to_owned()));
            ann.spend_credits_on(after::Operation::Paint).key("next").now().wait().unwrap();
            assert_eq!(ann.credits().unwrap(), 78);
        });
        with!(later, path, clock, |credits| {
            let ann = credits.wallet("ann");
            for key in ["job", "next"] {
                let render = ann.spend_credits_on(later::Operation::Render);
                assert!(render.key(key).now().wait().unwrap().replayed);
            }
            assert_eq!(ann.credits().unwrap(), 78);
        });
    });
}

#[test]
fn credits_for_an_operation_pay_for_it_under_every_name() {
    in_a_file(|path, clock| {
        with!(before, path, clock, |credits| {
            credits.wallet("ann").give_credits(30).only_for(["draw"]).key("gift").now().wait().unwrap();
        });
        with!(after, path, clock, |credits| {
            let ann = credits.wallet("ann");
            let again = ann.give_credits(30).only_for(["paint"]).key("gift").now().wait().unwrap();
            assert!(again.replayed);
            assert!(ann.give_credits(30).only_for(["draw"]).key("gift").now().wait().unwrap().replayed);
            ann.spend_credits_on(after::Operation::Paint).now().wait().unwrap();
            let refused = ann.spend_credits_on(after::Operation::scan(1)).now().wait().unwrap_err();
            assert!(matches!(refused, Error::Rejected(Rejection::InsufficientCredits { .. })), "{refused}");
        });
        with!(later, path, clock, |credits| {
            let ann = credits.wallet("ann");
            ann.spend_credits_on(later::Operation::Render).now().wait().unwrap();
            assert_eq!(ann.balance().unwrap(), 6);
        });
    });
}

#[test]
fn credits_for_an_operation_that_is_gone_are_refused() {
    in_a_file(|path, clock| {
        with!(before, path, clock, |credits| {
            let gift = credits.wallet("ann").give_credits(5).only_for(["send", "scan"]).key("gift");
            gift.now().wait().unwrap();
        });
        with!(after, path, clock, |credits| {
            let ann = credits.wallet("ann");
            let refused = ann.give_credits(5).only_for(["send"]).now().wait().unwrap_err();
            let expected = "`send` is no operation of this pricing: name it as it is declared";
            assert_eq!(refused.to_string(), expected);
            // What was given then is given still.
            assert!(
                ann.give_credits(5).only_for(["send", "scan"]).key("gift").now().wait().unwrap().replayed
            );
            assert_eq!(ann.balance().unwrap(), 5);
        });
    });
}

#[test]
fn history_and_totals_have_one_name() {
    in_a_file(|path, clock| {
        with!(before, path, clock, |credits| {
            let ann = credits.wallet("ann");
            ann.give_credits(100).now().wait().unwrap();
            ann.spend_credits_on(before::Operation::Draw).now().wait().unwrap();
        });
        with!(after, path, clock, |credits| {
            let ann = credits.wallet("ann");
            ann.spend_credits_on(after::Operation::Paint).now().wait().unwrap();
            ann.spend_credits_on(after::Operation::scan(3)).now().wait().unwrap();
            for name in ["draw", "paint"] {
                let page = ann.credit_history().operation(name).page().unwrap();
                let lines: Vec<_> = page
                    .entries
                    .iter()
                    .map(|entry| (entry.operation.as_deref(), entry.amount.get()))
                    .collect();
                assert_eq!(lines, [(Some("paint"), -12), (Some("paint"), -10)], "{name}");
            }
            let totals = credits.totals().unwrap();
            let charged: Vec<_> = totals
                .iter()
                .filter(|total| total.is_operation)
                .map(|total| (total.account.as_str(), total.amount, total.entries))
                .collect();
            assert_eq!(charged, [("paint", -22, 2), ("scan", -3, 1)]);
        });
        // The earlier release shows the same entries in its own words.
        with!(before, path, clock, |credits| {
            let page = credits.wallet("ann").credit_history().operation("draw").page().unwrap();
            let lines: Vec<_> = page.entries.iter().map(credits_runtime::Entry::description).collect();
            assert_eq!(lines, ["Draw", "Draw"]);
        });
    });
}

#[test]
fn a_subscription_and_a_purchase_go_on_under_the_new_name() {
    let events =
        |credits: &dyn Fn(credits_runtime::billing::BillingEvent), clock: &ManualClock, text: &str| {
            for step in steps(text) {
                clock.set(step.at);
                if let What::Event(event) = step.what {
                    credits(*event);
                }
            }
        };
    in_a_file(|path, clock| {
        with!(before, path, clock, |credits| {
            events(
                &|event| assert!(credits.receive(event).wait().is_ok()),
                clock,
                "2026-01-01 state s1 starter
                 .          paid in1 s1 starter 2026-01-01..2026-02-01 begins
                 2026-01-02 pack cs1 pi1 boost",
            );
            assert_eq!(credits.wallet("ann").balance().unwrap(), 1_500);
        });
        with!(after, path, clock, |credits| {
            events(
                &|event| assert!(credits.receive(event).wait().is_ok()),
                clock,
                "2026-01-03 refund pi1 re1 900
                 .          refunded pi1 900
                 2026-02-01 paid in2 s1 starter 2026-02-01..2026-03-01",
            );
            clock.advance(Duration::from_hours(1));
            credits.book_due().unwrap();
            let ann = credits.wallet("ann");
            let subscriptions = ann.subscriptions().unwrap();
            assert_eq!(subscriptions[0].plan.as_deref(), Some("studio"));
            let purchases = ann.purchases().unwrap();
            assert_eq!(purchases[0].pack.as_deref(), Some("refill"));
            assert_eq!(ann.balance().unwrap(), 500);
            assert!(credits.unresolved().unwrap().is_empty());
            let page = ann.credit_history().page().unwrap();
            let mut lines: Vec<_> =
                page.entries.iter().map(|entry| (entry.description(), entry.amount.get())).collect();
            lines.reverse();
            let expected = [
                ("Subscription credits: Studio", 500),
                ("Credit pack purchase: Refill", 1_000),
                ("Credit pack refund: Refill", -1_000),
                ("Subscription credits: Studio", 500),
                ("Expired", -500),
            ];
            assert_eq!(lines, expected.map(|(line, amount)| (line.to_owned(), amount)));
        });
    });
}

#[test]
fn a_subscription_without_a_processor_goes_on_under_the_new_name() {
    in_a_file(|path, clock| {
        with!(before, path, clock, |credits| {
            assert!(credits.subscribe("ann", before::Plan::Hobby).now().wait().unwrap().is_new);
        });
        clock.set(instant("2026-02-01T01"));
        with!(after, path, clock, |credits| {
            credits.book_due().unwrap();
            let [ann, bob] = ["ann", "bob"].map(|owner| credits.wallet(owner));
            assert_eq!(ann.subscriptions().unwrap()[0].plan.as_deref(), Some("free"));
            // It is the plan that ann has; bob joins it by its new name.
            for (owner, is_new) in [("ann", false), ("bob", true)] {
                let joined = credits.subscribe(owner, after::Plan::Free).now().wait().unwrap();
                assert_eq!(joined.is_new, is_new, "{owner}");
            }
            assert_eq!([ann, bob].map(|wallet| wallet.credits().unwrap().get()), [100, 100]);
            clock.set(instant("2026-03-01T02"));
            credits.book_due().unwrap();
            assert!(credits.unsubscribe("ann").now().wait().unwrap().is_new);
        });
        // A new version under a third name.
        with!(later, path, clock, |credits| {
            assert_eq!(credits.migrate_subscribers(later::Plan::Everyone).unwrap(), 2);
            clock.set(instant("2026-04-01T02"));
            credits.book_due().unwrap();
            for (owner, given) in [("ann", [100, 100, 100].as_slice()), ("bob", &[100, 100, 50])] {
                let history = credits.wallet(owner).credit_history().page().unwrap();
                let amounts = history.entries.iter().rev().map(|entry| entry.amount.get());
                let awards: Vec<_> = amounts.filter(|amount| *amount > 0).collect();
                assert_eq!(awards, given, "{owner}");
            }
            assert!(credits.unresolved().unwrap().is_empty());
        });
    });
}

#[test]
fn a_name_that_contradicts_the_ledger_is_refused_when_it_is_opened() {
    in_a_file(|path, clock| {
        with!(before, path, clock, |credits| {
            credits.wallet("ann").give_credits(1).now().wait().unwrap();
        });
        let refused = |opened: Result<(), Error>| match opened.unwrap_err() {
            Error::Ledger(error) if error.kind() == LedgerErrorKind::NameClash => error.to_string(),
            error => panic!("{error}"),
        };
        let opened = clashing::Credits::builder().clock(clock.clone()).open(path).map(drop);
        assert_eq!(
            refused(opened),
            "the operation `scan` is declared as `formerly draw`, and this ledger has entries of both: leave \
             `formerly draw` out, and add it next time in the same change as the new name"
        );
        with!(after, path, clock, |credits| assert_eq!(credits.wallet("ann").credits().unwrap(), 1));
        let opened = side_by_side::Credits::builder().clock(clock.clone()).open(path).map(drop);
        assert_eq!(
            refused(opened),
            "the operations `draw` and `paint` are declared side by side, and in this ledger one is the former name of \
             the other: give one of them a new name"
        );
        // Nothing was declared by the refused openings.
        with!(after, path, clock, |credits| assert_eq!(credits.wallet("ann").credits().unwrap(), 1));
    });
}
