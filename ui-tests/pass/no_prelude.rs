//! A pricing in a module without a prelude, and names that are the language's own words.

#![deny(missing_docs, warnings, clippy::all, clippy::pedantic)]

/// A module that has nothing in scope.
#[allow(clippy::no_mangle_with_rust_abi)]
pub mod bare {
    #![no_implicit_prelude]

    ::credits_runtime::usage_credits! {
        settings { low_balance_threshold 100.credits, 10.gems, 100.gems renewal_wait 0.hours }
        /// Found in caves.
        asset gem
        operation operation { costs 1.credit formerly op }
        operation transcribe {
            costs 3.credits_per(minute) + by quality { draft => 0.credits, hd => 5.credits }
            with prompt: ::std::string::String
            limit minutes <= 600
            validate !prompt.is_empty(), "an empty prompt"
        }
        operation settings {
            with pages: u32
            costs { pages * 2 + 5 }
        }
        operation open_chest { costs 5.gems }
        subscription_plan subscription_plan {
            stripe_price PRICE
            gives 10.credits.every(month)
            expire_after 0.days
            meta tier: :creator, kind: :credit_pack, is_new: true
        }
        credit_pack credit_pack { gives 5.gems costs 9.dollars }
    }

    const PRICE: &str = "price_xyz";
}

use credits_runtime::catalogue::{Meta, Period, PeriodUnit, Threshold};
use credits_runtime::generated::Pricing as _;

#[test]
fn a_pricing_without_a_prelude_is_a_pricing() {
    assert_eq!(bare::Operation::operation().name(), "operation");
    assert_eq!(bare::Operation::settings(3).cost().unwrap(), 11);
    let transcribe = bare::Operation::transcribe(2, bare::TranscribeQuality::Hd, "a");
    assert_eq!(transcribe.cost().unwrap(), 11);
    assert_eq!(transcribe, transcribe.clone());
    assert_eq!(bare::Plan::from_price("price_xyz"), Some(bare::Plan::SubscriptionPlan));
    assert_eq!(bare::Pack::CreditPack.total(), 5);
    assert_eq!(bare::Asset::from_name("gem"), Some(bare::Asset::Gems));
}

#[test]
fn zero_is_at_once_and_symbols_are_texts() {
    let plan = bare::Plan::SubscriptionPlan.spec();
    assert_eq!(plan.expire_after, Some(Period { count: 0, unit: PeriodUnit::Day }));
    assert_eq!(bare::Pricing::CATALOGUE.settings.renewal_wait, Period { count: 0, unit: PeriodUnit::Hour });
    let meta =
        [("tier", Meta::Text("creator")), ("kind", Meta::Text("credit_pack")), ("is_new", Meta::Flag(true))];
    assert_eq!(plan.meta, meta);
}

#[test]
fn thresholds_are_of_any_asset() {
    let thresholds = bare::Pricing::CATALOGUE.settings.low_balance_thresholds;
    let expected = [("", 100), ("gem", 10), ("gem", 100)];
    assert_eq!(thresholds, expected.map(|(asset, amount)| Threshold { asset, amount }));
    let data = bare::Pricing::catalog().settings.low_balance_thresholds;
    assert_eq!((data[1].asset.as_str(), data[1].amount), ("gem", 10));
}
