//! Every form that the language accepts.

#![deny(missing_docs, warnings, clippy::pedantic)]

use std::time::Duration;

use credits_runtime::catalogue::{Gives, Money, Period, PeriodUnit, Rounding, UnusedCredits};
use credits_runtime::generated::Pricing as _;
use credits_runtime::{Amount, Bytes, Quantity};

/// The runtime under another name.
mod billing {
    pub(super) use credits_runtime::*;
}

use billing::usage_credits;

usage_credits! {
    settings {
        currency: :cad;
        rounding round
        credits_named "token", "tokens"
        crate crate::everything::billing
    }

    subscription_plan basic { stripe_price "price_a" gives 1.credit.every(day) }

    /// For those who stay.
    subscription_plan :pro {
        stripe_price month: "price_b", :year: "price_c";
        gives: 10_000.credits.every(:quarterly);
        in_advance;
        unused_credits :rollover;
    };

    subscription_plan Team { unused_credits: expire gives 5.credits.every(2.weeks) stripe_price "price_d" }

    credit_pack small { gives 100.credits costs 9.dollars }
    credit_pack medium { gives 200.credits bonus 1.credit costs 29.eur }
    credit_pack large { gives 300.credits costs 49.99.dollars }
    credit_pack cheap { gives 1.credit costs 99.cents }
    credit_pack tokyo { gives 1.credit costs 1_500.yen }
    credit_pack kuwait { gives 1.credit costs 1.230.kwd }
    credit_pack kampala { gives 1.credit costs 5_000.ugx }
    credit_pack reykjavik { gives 1.credit costs 500.isk }
    credit_pack antananarivo { gives 1.credit costs 5_000.mga }
    credit_pack everywhere { gives 1.credit costs 9.dollars, 8.99.euros, 1_300.yen bonus 1.credit }

    operation free { costs 0.credits }
    operation r#move { costs 1.credit + 2.credits }
    operation type { costs 3.credits }

    /// Reads a document.
    operation process_document {
        limit pages <= 500
        costs 5.credits + 1.credit_per(page)
    }

    operation embed { costs 3.credits_per(1_000.tokens) + 1.credit_per(index, indices) }
    operation rebuild { costs 1.credit_per(10.indices) }
    operation transcribe { costs: 10.credits_per(:minute) limit minutes <= 1_440 }
    operation convert_video { costs 2.credits_per(megabyte) + 1.credit_per(second) limit mb <= 100 limit seconds <= 60 }
    operation count_types { costs 1.credit_per(type) + 1.credit_per(query) + 1.credit_per(batch) }
}

#[test]
fn operations_cost_what_was_declared() {
    for (operation, cost) in [
        (Operation::free(), 0),
        (Operation::r#move(), 3),
        (Operation::r#type(), 3),
        (Operation::process_document(12), 17),
        (Operation::ProcessDocument { pages: 3_u8.into() }, 8),
        (Operation::embed(1_500, 2), 7),
        (Operation::rebuild(14), 1),
        (Operation::transcribe(Duration::from_secs(90)), 15),
        (Operation::transcribe(Quantity::from(2)), 20),
        (Operation::convert_video(Bytes(1_572_864), Duration::from_secs(3)), 6),
        (Operation::count_types(1, 2, 3), 6),
    ] {
        assert_eq!(operation.cost().unwrap(), Amount::new(cost), "{operation:?}");
    }
    assert!(Operation::process_document(501).cost().is_err());
    assert_eq!(Operation::MOVE_COST, Amount::new(3));
    assert_eq!(Operation::PROCESS_DOCUMENT_COST_MAX, Amount::new(505));
    assert_eq!(Operation::CONVERT_VIDEO_COST_MAX, Amount::new(260));
    assert_eq!(Operation::convert_video(1, 1).name(), "convert_video");
}

#[test]
fn plans_and_packs_are_what_was_declared() {
    assert_eq!(Plan::ALL.iter().map(|plan| plan.name()).collect::<Vec<_>>(), ["basic", "pro", "Team"]);
    assert_eq!(Plan::from_name("pro"), Some(Plan::Pro));
    let pro = Plan::Pro.spec();
    let every = Period { count: 1, unit: PeriodUnit::Quarter };
    assert_eq!(pro.gives, Some(Gives { amount: 10_000, asset: "", every }));
    assert_eq!(pro.unused_credits, UnusedCredits::Rollover);
    let billed = pro.stripe_prices.iter().map(|price| price.period.map(|period| period.unit));
    assert_eq!(billed.collect::<Vec<_>>(), [Some(PeriodUnit::Month), Some(PeriodUnit::Year)]);
    let prices = Pack::ALL.iter().flat_map(|pack| pack.spec().costs);
    let expected = [
        (900, "cad"),
        (2_900, "eur"),
        (4_999, "cad"),
        (99, "cad"),
        (1_500, "jpy"),
        (1_230, "kwd"),
        (500_000, "ugx"),
        (50_000, "isk"),
        (5_000, "mga"),
        (900, "cad"),
        (899, "eur"),
        (1_300, "jpy"),
    ];
    assert_eq!(prices.map(|Money { minor, currency }| (*minor, currency.code)).collect::<Vec<_>>(), expected);
    assert_eq!(Pack::Medium.spec().bonus, 1);
}

#[test]
fn settings_hold_for_the_catalogue() {
    let catalogue = Pricing::CATALOGUE;
    let settings = catalogue.settings;
    assert_eq!((settings.currency.code, settings.rounding), ("cad", Rounding::Round));
    assert_eq!((settings.credits_named.one, settings.credits_named.many), ("token", "tokens"));
    assert_eq!(catalogue.operations.len(), 9);
}
