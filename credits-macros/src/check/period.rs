//! Periods: how often a plan gives, and what a Stripe price is billed by.
//!
//! It does not know calendars.

use credits_core::{PERIOD_UNITS, Period, PeriodUnit};
use proc_macro2::Span;

use super::Checker;
use super::number::whole_amount;
use crate::ast::{self, Word};
use crate::diag::Result;
use crate::{exact, foreign, inflect, messages, suggest, vocab};

impl Checker<'_> {
    /// How often a plan gives: not more often than the settings allow.
    pub(super) fn plan_period(&mut self, written: &ast::Period) -> Result<Period> {
        let (period, span) = self.period(written)?;
        if period.seconds_min() < self.period_min.seconds_min() {
            let message = messages::period_too_short(&period.to_string(), &self.period_min.to_string());
            return Err(self.diagnostics.report(span, message));
        }
        Ok(period)
    }

    /// A period, or zero of its unit where that means at once.
    pub(super) fn period_or_none(&mut self, written: &ast::Period) -> Result<Period> {
        self.period_of_any_length(written).map(|(period, _)| period)
    }

    /// The period, and the token to edit if it is refused.
    pub(super) fn period(&mut self, written: &ast::Period) -> Result<(Period, Span)> {
        match (self.period_of_any_length(written)?, written) {
            ((Period { count: 0, .. }, span), ast::Period::Several(amount)) => {
                Err(self.diagnostics.report(span, messages::zero_period(&amount.word.text)))
            }
            (period, _) => Ok(period),
        }
    }

    fn period_of_any_length(&mut self, written: &ast::Period) -> Result<(Period, Span)> {
        match written {
            ast::Period::One(word) => {
                self.period_unit(word).map(|unit| (Period { count: 1, unit }, word.span))
            }
            ast::Period::Several(amount) => {
                let unit = self.period_unit_of(amount)?;
                let span = amount.number.span;
                let number = whole_amount(amount, self.diagnostics)?;
                match u32::try_from(number) {
                    Ok(count) => Ok((Period { count, unit }, span)),
                    Err(_) => {
                        Err(self.diagnostics.report(span, messages::period_too_long(&amount.number.text)))
                    }
                }
            }
        }
    }

    /// The unit of several, of which there is a whole number.
    fn period_unit_of(&mut self, amount: &ast::Amount) -> Result<PeriodUnit> {
        let (number, word) = (amount.number.text.as_str(), amount.word.text.as_str());
        if exact::parts_of_a_second(word).is_some() {
            let seconds = exact::converted(number, word, "seconds").and_then(exact::whole);
            let seconds =
                seconds.filter(|seconds| seconds != "0").map(|seconds| format!("{seconds}.seconds"));
            let message = messages::period_too_fine(number, word, seconds.as_deref());
            return Err(self.diagnostics.report(amount.word.span, message));
        }
        if vocab::is_amount_word(word) || self.assets.of_amount(word).is_some() {
            return Err(self.diagnostics.report(amount.word.span, messages::not_a_length(word)));
        }
        let meant = foreign::unit(word).filter(|unit| vocab::period_words().contains(unit));
        if let Some(meant) = meant {
            let written = format!("{number}.{}", inflect::counted(number, meant));
            let message = messages::abbreviated_period(number, word, &written);
            return Err(self.diagnostics.report(amount.word.span, message));
        }
        let unit = self.period_unit(&amount.word)?;
        if exact::value(number).is_some_and(|value| value.denominator() != 1) {
            let finer = super::rate::finer(number, word);
            let message = messages::period_with_decimals(number, finer.as_deref());
            return Err(self.diagnostics.report(amount.number.span, message));
        }
        Ok(unit)
    }

    /// The unit that a word for a period means.
    pub(super) fn period_unit(&mut self, word: &Word) -> Result<PeriodUnit> {
        let text = word.text.as_str();
        let known = PERIOD_UNITS
            .iter()
            .find(|(_, one, many, adverbs)| text == *one || text == *many || adverbs.contains(&text));
        known.map(|(unit, ..)| *unit).ok_or_else(|| {
            let meant = foreign::unit(text).filter(|unit| vocab::period_words().contains(unit));
            let meant = meant.or_else(|| foreign::period(text));
            let nearest = || suggest::nearest(text, &vocab::period_words());
            let nearest = meant.or_else(|| (!foreign::is_ambiguous_period(text)).then(nearest).flatten());
            self.diagnostics.report(word.span, messages::unknown_period(text, nearest))
        })
    }
}
