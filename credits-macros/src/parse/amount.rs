//! Amounts: `50.credits`, `49.99.dollars`, `1_000.tokens`, `10.credits.every(3.months)`.
//!
//! It does not know which words may follow the dot where.

use proc_macro2::{Delimiter, Span};

use super::number::split_suffix;
use super::tokens::Parser;
use crate::ast::{Amount, Every, Gives, Number, Period, Word};
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
        let number = self.thousands(number);
        let has_dot = self.mark('.').is_some();
        if !has_dot || number.text.ends_with('.') {
            return self.no_dot(minus, &number, example, is_unit);
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

    /// `50credits`, `50. credits` and `50 credits`, read as they were meant, and `50`.
    fn no_dot(
        &mut self,
        minus: Option<Span>,
        number: &Number,
        example: &str,
        is_unit: fn(&str) -> bool,
    ) -> Result<Amount> {
        let Number { text, span } = number;
        let amount = |digits: &str, word: Word| {
            let number = Number { text: digits.to_owned(), span: *span };
            Amount { minus, number, word }
        };
        if let Some((digits, suffix)) = split_suffix(text) {
            let reported = self.diagnostics.report(*span, messages::glued_word(digits, suffix));
            let word = Word { text: suffix.to_owned(), span: *span };
            return if is_unit(suffix) { Ok(amount(digits, word)) } else { Err(reported) };
        }
        let is_next = self.peek_word().is_some_and(|word| is_unit(&word.text));
        let Some(word) = is_next.then(|| self.word()).flatten() else {
            return Err(self.diagnostics.report(*span, messages::missing_unit(text, example)));
        };
        let (digits, message) = match text.strip_suffix('.') {
            Some(digits) => (digits, messages::swallowed_dot(digits, &word.text)),
            None => (text.as_str(), messages::missing_dot(text, &word.text)),
        };
        self.diagnostics.report(*span, message);
        Ok(amount(digits, word))
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
            return self.quoted(text).map(Period::One);
        }
        if self.is_empty() {
            return Err(self.refuse(messages::expected_period()));
        }
        let several = self.amount::<PlanWord>("3.months")?;
        self.nothing_more().map(|()| Period::Several(several))
    }
}
