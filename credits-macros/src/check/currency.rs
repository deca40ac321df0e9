//! Prices whose currency is missing: a number alone, or one in the smallest units of a currency.
//!
//! It does not know how a price is read. Each is refused with the price that was meant in the currency of its pack.

use credits_core::{Currency, Fraction, Money};

use super::Checker;
use super::charge::can_be_charged;
use super::money::with_decimals;
use crate::ast::{Amount, Number, PackCost, Word};
use crate::diag::{Reported, Result};
use crate::vocab::MONEY_WORDS;
use crate::{exact, messages};

impl Checker<'_> {
    /// A price of a pack with its currency.
    pub(super) fn pack_price<'a>(&mut self, cost: &'a PackCost) -> Result<(&'a Amount, Money)> {
        match cost {
            PackCost::Amount(amount) => self.price(amount).map(|price| (amount, price)),
            PackCost::Number(number) => Err(self.without_currency(number)),
            PackCost::MinorUnits { keyword, written, number } => {
                Err(self.in_minor_units(keyword, written, number))
            }
        }
    }

    /// `costs 900` are 900 dollars, or 900 cents.
    fn without_currency(&mut self, number: &Number) -> Reported {
        let mut meant = Vec::new();
        if let (Ok(currency), Some(value)) = (self.currency, exact::value(&number.text)) {
            meant.push(format!("{}.{}", number.text, word_of(currency)));
            let cents = exact::whole(value).and_then(|cents| cents.replace('_', "").parse().ok());
            let is_charged = |cents| can_be_charged(Money { minor: cents, currency });
            meant.extend(
                cents
                    .filter(|cents| has_cents(currency) && is_charged(*cents))
                    .map(|_| format!("{}.cents", number.text)),
            );
        }
        self.diagnostics.report(number.span, messages::price_without_currency(&number.text, &meant))
    }

    /// `unit_amount 900` are 900 cents, and 900 yen.
    fn in_minor_units(&mut self, keyword: &Word, written: &str, number: &Number) -> Reported {
        let value = exact::value(&number.text);
        let meant = self.currency.ok().zip(value).and_then(|(currency, value)| {
            // A fraction, or less than is ever charged, is no number of minor units.
            let is_amount = keyword.text == "amount";
            let minor = exact::whole(value).and_then(|minor| minor.replace('_', "").parse::<i64>().ok());
            match minor.filter(|minor| !is_amount || can_be_charged(Money { minor: *minor, currency })) {
                Some(minor) => in_currency(&number.text, minor, currency),
                None => is_amount.then(|| format!("{}.{}", number.text, word_of(currency))),
            }
        });
        let message = messages::minor_units(&keyword.text, written, meant.as_deref());
        self.diagnostics.report(keyword.span, message)
    }
}

/// A number of the smallest units that Stripe counts, as a price; none if the currency has no such amount.
fn in_currency(number: &str, minor: i64, currency: Currency) -> Option<String> {
    if has_cents(currency) {
        return Some(format!("{number}.cents"));
    }
    if currency.stripe_exponent == 0 {
        return Some(format!("{number}.{}", word_of(currency)));
    }
    let scale = 10_i128.checked_pow(currency.stripe_exponent)?;
    let steps = Fraction::new(i128::from(minor), scale)?
        .checked_mul(Fraction::whole(10_i128.checked_pow(currency.exponent)?))?;
    let written = i64::try_from(steps.numerator()).ok().filter(|_| steps.denominator() == 1)?;
    Some(format!("{}.{}", with_decimals(written, currency.exponent), word_of(currency)))
}

/// Whether `cents` are the smallest units that Stripe counts.
fn has_cents(currency: Currency) -> bool {
    currency.exponent == 2 && currency.stripe_exponent == 2
}

/// The word for a currency where it is the currency of the pack: `dollars` for `cad`.
fn word_of(currency: Currency) -> &'static str {
    let word = MONEY_WORDS.iter().find(|money| money.codes.contains(&currency.code));
    word.and_then(|money| money.words.last()).copied().unwrap_or(currency.code)
}
