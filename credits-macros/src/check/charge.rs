//! What Stripe charges at once: a least and a most of each currency.
//!
//! It does not know exchange rates. The figures are of <https://docs.stripe.com/currencies>; of a currency that is
//! not listed nothing is proved but that its amounts have twelve digits.

use credits_core::Money;

use super::Checker;
use crate::ast::Amount;
use crate::diag::Result;
use crate::messages;

/// The least charge of a currency, in minor units, where Stripe publishes one.
const LEAST: &[(&str, i64)] = &[
    ("aed", 200),
    ("aud", 50),
    ("bgn", 100),
    ("brl", 50),
    ("cad", 50),
    ("chf", 50),
    ("czk", 1_500),
    ("dkk", 250),
    ("eur", 50),
    ("gbp", 30),
    ("hkd", 400),
    ("huf", 17_500),
    ("inr", 50),
    ("jpy", 50),
    ("mxn", 1_000),
    ("myr", 200),
    ("nok", 300),
    ("nzd", 50),
    ("pln", 200),
    ("ron", 200),
    ("sek", 300),
    ("sgd", 50),
    ("thb", 1_000),
    ("usd", 50),
];

/// Currencies of those whose charges have more than eight digits.
const LARGE: &[&str] = &["huf", "inr", "jpy"];

const MOST: i64 = 99_999_999;
const MOST_OF_LARGE: i64 = 999_999_999_999;

/// Whether Stripe charges as much as that, and as little.
pub(super) fn can_be_charged(price: Money) -> bool {
    let (least, most) = bounds(price.currency.code);
    least.is_none_or(|least| price.minor >= least) && price.minor <= most
}

/// The least charge of a currency, where it is published, and the most.
fn bounds(code: &str) -> (Option<i64>, i64) {
    let least = LEAST.iter().find(|(known, _)| *known == code).map(|(_, least)| *least);
    let most = if least.is_some() && !LARGE.contains(&code) { MOST } else { MOST_OF_LARGE };
    (least, most)
}

impl Checker<'_> {
    /// Refuses a price that Stripe would refuse.
    pub(super) fn is_charged(&mut self, amount: &Amount, price: Money) -> Result<()> {
        let code = price.currency.code;
        let (least, most) = bounds(code);
        let written = format!("{}.{}", amount.number.text, amount.word.text);
        let shown = |minor: i64| {
            format!("{}.{code}", super::money::with_decimals(minor, price.currency.stripe_exponent))
        };
        let message = match least {
            Some(least) if price.minor < least => messages::price_too_low(&written, &shown(least)),
            _ if price.minor > most => messages::price_too_high(&written, &shown(most)),
            _ => return Ok(()),
        };
        Err(self.diagnostics.report(amount.number.span, message))
    }
}
