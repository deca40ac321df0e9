//! The rules of rates: whole credits per whole units, each unit once.
//!
//! It does not know limits.

use credits_core::{Clause, Dimension, Fraction};

use super::number::whole_amount;
use super::operation::Terms;
use super::{Checker, Quantity, Unit};
use crate::ast::{Amount, Per, Rate, Word};
use crate::diag::Result;
use crate::inflect::singular;
use crate::{exact, messages};

impl Checker<'_> {
    /// Checks a rate, and adds what it counts to the quantities.
    pub(super) fn rate(&mut self, rate: &Rate, terms: &mut Terms) -> Result<Clause> {
        self.is_coarse(rate)?;
        let credits = self.rate_credits(rate, terms);
        let (word, number, batch) = match &rate.per {
            Per::Unit { one, .. } => (one, None, Ok(1)),
            Per::Batch(batch) => (&batch.word, Some(batch.number.text.as_str()), self.batch(batch)),
        };
        let unit = self.counted_unit(word, number, terms)?;
        let after = rate.after.as_ref().map_or(Ok(0), |after| self.included(after, &unit));
        Ok(Clause::Rate { credits: credits?, batch: batch?, unit: unit.to_core(), after: after? })
    }

    /// Nothing finer than a second is counted: `1.credit_per(100.milliseconds)` is 10 credits a second.
    fn is_coarse(&mut self, rate: &Rate) -> Result<()> {
        let (word, batch) = match &rate.per {
            Per::Unit { many: Some(_), .. } => return Ok(()),
            Per::Unit { one, many: None } => (one, "1"),
            Per::Batch(batch) => (&batch.word, batch.number.text.as_str()),
        };
        let Some(parts) = exact::parts_of_a_second(&word.text) else { return Ok(()) };
        let per_second = exact::value(&rate.amount.number.text)
            .and_then(|credits| credits.checked_mul(Fraction::whole(parts)))
            .and_then(|credits| credits.checked_div(exact::value(batch)?));
        let rate = per_second.map_or_else(
            || "1.credit_per(second)".to_owned(),
            |credits| in_batches(credits, &rate.amount.word.text, "seconds"),
        );
        Err(self.diagnostics.report(word.span, messages::unit_too_fine(&word.text, &rate)))
    }

    /// The unit of a clause, added to the quantities.
    pub(super) fn counted_unit(
        &mut self,
        word: &Word,
        number: Option<&str>,
        terms: &mut Terms,
    ) -> Result<Unit> {
        let unit = self.unit(word, number).inspect_err(|reported| terms.lost = Some(*reported))?;
        let field = Word { text: unit.plural.clone(), span: word.span };
        let choices: Vec<_> = terms.choices.iter().map(|choice| &choice.name).collect();
        let choices: Vec<_> =
            choices.iter().map(|name| (name.text.as_str(), name.span, "a choice")).collect();
        self.can_be_field(&field, &choices)?;
        self.quantity(Quantity { unit: unit.clone(), span: word.span }, terms)?;
        Ok(unit)
    }

    fn rate_credits(&mut self, rate: &Rate, terms: &mut Terms) -> Result<i64> {
        let help = match &rate.per {
            Per::Unit { one, .. } => {
                let units = self.plurals.plural_of(&one.text);
                Some(batch_for(&rate.amount.number.text, &rate.amount.word.text, &units))
            }
            Per::Batch(_) => None,
        };
        let too_fine = |number: &str, cut: &str| match help {
            Some(help) => messages::rate_not_whole(number, &help),
            None => messages::not_whole(number, cut),
        };
        self.cost_rate(&rate.amount, &mut terms.denomination, too_fine)
    }

    /// How many units one price is for.
    pub(super) fn batch(&mut self, batch: &Amount) -> Result<u64> {
        self.is_whole_in(batch)?;
        match whole_amount(batch, self.diagnostics)? {
            0 => Err(self.diagnostics.report(batch.number.span, messages::zero_batch(&batch.word.text))),
            batch => Ok(batch.unsigned_abs()),
        }
    }

    fn included(&mut self, after: &Amount, unit: &Unit) -> Result<u64> {
        self.is_whole_in(after)?;
        match self.in_unit(after, unit)? {
            0 => Err(self.diagnostics.report(after.number.span, messages::after_zero(&unit.plural))),
            included => Ok(included),
        }
    }

    /// `1.5.hours` are 90 minutes.
    fn is_whole_in(&mut self, amount: &Amount) -> Result<()> {
        let number = &amount.number;
        let is_whole = exact::value(&number.text).is_none_or(|value| value.denominator() == 1);
        let Some(finer) = finer(&number.text, &amount.word.text).filter(|_| !is_whole) else { return Ok(()) };
        let message = messages::period_with_decimals(&number.text, Some(&finer));
        Err(self.diagnostics.report(number.span, message))
    }

    /// A number of units that may be written in another unit of the dimension, if it is a whole number of these.
    pub(super) fn in_unit(&mut self, amount: &Amount, unit: &Unit) -> Result<u64> {
        let written = self.unit(&amount.word, Some(&amount.number.text))?;
        let number = whole_amount(amount, self.diagnostics)?.unsigned_abs();
        if written.name == unit.name {
            return Ok(number);
        }
        if written.dimension != unit.dimension || unit.dimension == Dimension::Count {
            let message = messages::other_unit(&amount.word.text, &unit.plural);
            return Err(self.diagnostics.report(amount.word.span, message));
        }
        let base = i128::from(number).saturating_mul(i128::from(written.base));
        let units = Fraction::new(base, i128::from(unit.base)).unwrap_or(Fraction::ZERO);
        match u64::try_from(units.numerator()) {
            Ok(whole) if units.denominator() == 1 => Ok(whole),
            Err(_) if units.denominator() == 1 => {
                let message = messages::number_too_large(&units.numerator().to_string(), i64::MAX);
                Err(self.diagnostics.report(amount.number.span, message))
            }
            _ => {
                let shown = format!("{}/{}", units.numerator(), units.denominator());
                let message = messages::inexact_unit(
                    &format!("{} {}", amount.number.text, amount.word.text),
                    &written.name,
                    &shown,
                    &unit.plural,
                );
                Err(self.diagnostics.report(amount.number.span, message))
            }
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
fn batch_for(number: &str, word: &str, units: &str) -> String {
    let rate = exact::value(number).filter(|rate| rate.numerator() > 0 && rate.denominator() > 1);
    in_batches(rate.unwrap_or(Fraction::new(1, 2).unwrap_or(Fraction::ZERO)), word, units)
}

/// The rate of a number of credits for one unit, in whole credits for a batch.
fn in_batches(credits: Fraction, word: &str, units: &str) -> String {
    let shown = |number: i128| exact::whole(Fraction::whole(number)).unwrap_or_else(|| number.to_string());
    let word = match word {
        "credit_per" | "credits_per" if credits.numerator() == 1 => "credit_per",
        "credit_per" | "credits_per" => "credits_per",
        asset => asset,
    };
    let batch = match credits.denominator() {
        1 => singular(units),
        batch => format!("{}.{units}", shown(batch)),
    };
    format!("{}.{word}({batch})", shown(credits.numerator()))
}

/// A number with decimals in the next smaller unit, if it is whole there: 90 minutes for 1.5 hours.
pub(super) fn finer(number: &str, word: &str) -> Option<String> {
    const UNITS: &[&str] = &["weeks", "days", "hours", "minutes", "seconds", "tb", "gb", "mb", "kb", "bytes"];
    UNITS.iter().find_map(|unit| {
        let value = exact::whole(exact::converted(number, word, unit)?)?;
        (value != "0").then(|| format!("{value}.{unit}"))
    })
}
