//! Types shared by the `usage_credits!` macro and the ledger: the catalogue, tables of units and currencies,
//! and exact cost arithmetic.
//!
//! The crate has no dependencies and knows nothing of owners, time or storage. Applications use
//! `credits-runtime`, which re-exports the public part.
#![no_std]

mod catalogue;
mod cost;
mod fraction;
mod input;
mod money;
mod period;
mod rounding;
mod shown;
mod unit;
mod wording;

/// Compiles the example of the crate's page.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub use catalogue::{
    AWARD_MAX, AssetSpec, BUILT_IN_CATEGORIES, Catalogue, Clause, CreditsName, Gives, Limit, Meta, OnUpgrade,
    OperationSpec, Overrun, PackSpec, PlanCost, PlanSpec, ProcessorPrice, RefundedButSpent, Settings,
    StripePrice, SubscriptionRefunds, Threshold, Tier, TransferExpiration, Unlimited, UnusedCredits,
    Upgrades, assert_unique_prices,
};
pub use cost::{CostError, CostInput, bounded, graduated, rated, total};
pub use fraction::{Fraction, NotAFraction};
pub use input::{InputKind, InputSpec};
pub use money::{CURRENCIES, Currency, Money};
pub use period::{PERIOD_UNITS, Period, PeriodUnit};
pub use rounding::Rounding;
pub use unit::{BUILT_IN_UNITS, BuiltInUnit, Dimension, Unit};
pub use wording::{
    CostTerm, Inflected, Listed, NOT_KNOWN_YET, Wording, amount_in, figure_in, grouped, limits_in_words,
    price_list, price_list_of,
};
