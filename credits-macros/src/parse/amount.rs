//! Amounts: `50.credits`, `49.99.dollars`, `1_000.tokens`, `10.credits.every(3.months)`.
//!
//! It does not know which words may follow the dot where.

use proc_macro2::{Delimiter, Span};

use super::number::split_suffix;
use super::tokens::Parser;
use crate::ast::{Amount, Every, Gives, Number, Period};
use crate::diag::{Reported, Result};
use crate::messages;
use crate::vocab::{EVERY, PlanWord, Vocabulary, follows_a_number, period_words};

impl Parser<'_, '_> {
    /// A number, a dot and a word. `K` are the keywords that end the statement, `example` is what was expected.
    pub(super) fn amount<K: Vocabulary>(&mut self, example: &str) -> Result<Amount> {
        self.amount_of::<K>(example, follows_a_number)
    }

    /// An amount that may be of anything: any word after its number lacks only the dot.
    pub(super) fn amount_of_units<K: Vocabulary>(&mut self, example: &str) -> Result<Amount> {
        self.amount_of::<K>(example, |_| true)
    }

    fn amount_of<K: Vocabulary>(&mut self, example: &str, is_unit: fn(&str) -> bool) -> Result<Amount> {
        let minus = self.mark('-');
        if let Some(dot) = self.mark('.') {
            return Err(self.leading_dot(dot));
        }
        let Some(number) = self.peek_number() else {
            let message = messages::expected_amount(&self.found(), example);
            return Err(self.diagnostics.report(self.place::<K>(), message));
        };
        self.skip();
        self.thousands(&number)?;
        let has_dot = self.mark('.').is_some();
        if !has_dot || number.text.ends_with('.') {
            return Err(self.no_dot(&number, example, is_unit));
        }
        match self.word() {
            Some(word) => Ok(Amount { minus, number, word }),
            None => Err(self.diagnostics.report(number.span, messages::missing_unit(&number.text, example))),
        }
    }

    /// `.5.credits`
    fn leading_dot(&mut self, dot: Span) -> Reported {
        let number = self.peek_number().map_or_else(|| "5".to_owned(), |number| number.text);
        self.diagnostics.report(dot, messages::leading_dot(&number))
    }

    /// `50credits`, `50. credits`, `50 credits` and `50`.
    fn no_dot(&mut self, number: &Number, example: &str, is_unit: fn(&str) -> bool) -> Reported {
        let next = self.peek_word().map(|word| word.text).filter(|word| is_unit(word));
        let message = match (split_suffix(&number.text), number.text.strip_suffix('.'), next) {
            (Some((digits, suffix)), _, _) => messages::glued_word(digits, suffix),
            (None, Some(digits), Some(word)) => messages::swallowed_dot(digits, &word),
            (None, None, Some(word)) => messages::missing_dot(&number.text, &word),
            (None, _, None) => messages::missing_unit(&number.text, example),
        };
        self.diagnostics.report(number.span, message)
    }

    /// An amount that is no rate.
    pub(super) fn plain_amount<K: Vocabulary>(&mut self, statement: &str, example: &str) -> Result<Amount> {
        let amount = self.amount::<K>(example)?;
        if self.group(Delimiter::Parenthesis).is_none() {
            return Ok(amount);
        }
        let message = messages::rate_where_amount(&amount.number.text, &amount.word.text, statement);
        Err(self.diagnostics.report(amount.word.span, message))
    }

    /// `10_000.credits`, with or without `.every(month)`.
    pub(super) fn gives<K: Vocabulary>(&mut self) -> Result<Gives> {
        let amount = self.plain_amount::<K>("gives", "100.credits")?;
        let every = self.every()?;
        Ok(Gives { amount, every })
    }

    fn every(&mut self) -> Result<Option<Every>> {
        let dot = self.mark('.');
        let Some(keyword) = self.peek_word() else { return Ok(None) };
        let word = keyword.text.as_str();
        let is_meant = [EVERY, "each", "per"].contains(&word) || period_words().contains(&word);
        if dot.is_none() && !is_meant {
            return Ok(None);
        }
        self.skip();
        let period = match self.group(Delimiter::Parenthesis) {
            Some(mut inside) if dot.is_some() && keyword.text == EVERY => inside.period()?,
            _ => return Err(self.diagnostics.report(keyword.span, messages::every_otherwise(&keyword.text))),
        };
        Ok(Some(Every { keyword, period }))
    }

    /// `month`, `:month` or `3.months`.
    fn period(&mut self) -> Result<Period> {
        if let Some(word) = self.symbol() {
            return self.nothing_more().map(|()| Period::One(word));
        }
        if let Some(text) = self.text() {
            return Err(self.diagnostics.report(text.span, messages::option_in_quotes(&text.value)));
        }
        if self.is_empty() {
            return Err(self.refuse(messages::expected_period()));
        }
        let several = self.amount::<PlanWord>("3.months")?;
        self.nothing_more().map(|()| Period::Several(several))
    }
}
