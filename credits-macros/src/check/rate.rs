//! The rules of rates: whole credits per whole units, each unit once.
//!
//! It does not know limits.

use credits_core::{Dimension, Fraction};

use super::number::{decimal, whole_amount};
use super::operation::Terms;
use super::{Checker, Clause, Quantity};
use crate::ast::{Amount, Per};
use crate::diag::Result;
use crate::vocab::{CreditWord, Vocabulary};
use crate::{messages, suggest};

impl Checker<'_> {
    /// Checks a rate, and adds what it counts to the quantities.
    pub(super) fn rate(&mut self, amount: &Amount, per: &Per, terms: &mut Terms) -> Result<Clause> {
        let credits = self.rate_credits(amount, per);
        let (word, batch) = match per {
            Per::Unit { one, .. } => (one, Ok(1)),
            Per::Batch(batch) => (&batch.word, self.batch(batch)),
        };
        match self.unit(word) {
            Ok(unit) => self.quantity(Quantity { unit, span: word.span }, terms)?,
            Err(reported) => {
                terms.lost = Some(reported);
                return Err(reported);
            }
        }
        Ok(Clause::Rate { credits: credits?, batch: batch? })
    }

    fn rate_credits(&mut self, amount: &Amount, per: &Per) -> Result<i64> {
        let word = amount.word.text.as_str();
        if !CreditWord::from_word(word).is_some_and(CreditWord::is_rate) {
            let message = messages::not_a_rate(word, suggest::nearest(word, &CreditWord::words()));
            return Err(self.diagnostics.report(amount.word.span, message));
        }
        let too_fine = |number: &str, cut: &str| match per {
            Per::Unit { one, .. } => {
                messages::rate_not_whole(number, &batch_for(number, &self.plurals.plural_of(&one.text)))
            }
            Per::Batch(_) => messages::not_whole(number, cut),
        };
        match decimal(&amount.number, amount.minus, 0, too_fine, self.diagnostics)? {
            0 => Err(self.diagnostics.report(amount.number.span, messages::zero_rate())),
            credits => Ok(credits),
        }
    }

    fn batch(&mut self, batch: &Amount) -> Result<u64> {
        match whole_amount(batch, self.diagnostics)? {
            0 => Err(self.diagnostics.report(batch.number.span, messages::zero_batch(&batch.word.text))),
            batch => Ok(batch.unsigned_abs()),
        }
    }

    /// A unit, and a dimension, stands in one clause only: the quantity would have to be given twice.
    fn quantity(&mut self, quantity: Quantity, terms: &mut Terms) -> Result<()> {
        let unit = &quantity.unit;
        let clash = terms.quantities.iter().find(|other| {
            let same_dimension = unit.dimension == other.unit.dimension && unit.dimension != Dimension::Count;
            same_dimension || unit.plural == other.unit.plural
        });
        let Some(other) = clash else {
            terms.quantities.push(quantity);
            return Ok(());
        };
        let message = match unit.dimension {
            Dimension::Time if unit.name != other.unit.name => messages::dimension_twice(&unit.name, "time"),
            Dimension::Size if unit.name != other.unit.name => messages::dimension_twice(&unit.name, "size"),
            _ => messages::unit_twice(&unit.plural),
        };
        let other = (other.span, messages::first_item(&other.unit.name));
        Err(self.diagnostics.report_pair((quantity.span, message), other))
    }
}

/// `1.credit_per(2.pages)`, which is 0.5 credits a page.
fn batch_for(number: &str, units: &str) -> String {
    let digits = number.replace('_', "");
    let decimals = digits.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let scale = u32::try_from(decimals).ok().and_then(|decimals| 10_i128.checked_pow(decimals));
    let credits = digits.replace('.', "").parse::<i128>().ok();
    let rate = credits.zip(scale).and_then(|(credits, scale)| Fraction::new(credits, scale));
    let rate = rate.filter(|rate| rate.numerator() > 0 && rate.denominator() > 1);
    let (credits, batch) = rate.map_or((1, 2), |rate| (rate.numerator(), rate.denominator()));
    let word = if credits == 1 { "credit_per" } else { "credits_per" };
    format!("{credits}.{word}({batch}.{units})")
}
