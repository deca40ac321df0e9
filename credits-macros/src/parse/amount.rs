//! Amounts: `50.credits`, `49.99.dollars`, `1_000.tokens`, `10.credits.every(3.months)`.
//!
//! It does not know which words may follow the dot where.

use proc_macro2::{Delimiter, Span};

use super::every::says_how_often;
use super::number::split_suffix;
use super::tokens::Parser;
use crate::ast::{Amount, Gives, Number, Word};
use crate::diag::{Reported, Result};
use crate::vocab::{
    ItemWord, PackWord, Vocabulary, currency_codes, decimals_of, follows_a_number, is_amount_word,
    is_measure, period_words,
};
use crate::{exact, foreign, inflect, messages};

/// What an amount is read for.
#[derive(Clone, Copy)]
struct Expected<'a> {
    /// `50.credits`
    example: &'a str,
    /// Whether a word behind a number lacks only the dot.
    is_unit: fn(&str) -> bool,
}

impl Parser<'_, '_> {
    /// A number, a dot and a word. `K` are the keywords that end the statement, `example` is an amount that fits.
    pub(super) fn amount<K: Vocabulary>(&mut self, example: &str) -> Result<Amount> {
        self.amount_of::<K>(Expected { example, is_unit: follows_a_number })
    }

    /// An amount that may be of anything: any word after its number lacks only the dot.
    pub(super) fn amount_of_units<K: Vocabulary>(&mut self, example: &str) -> Result<Amount> {
        self.amount_of::<K>(Expected { example, is_unit: |word| !INCLUDED.contains(&word) })
    }

    fn amount_of<K: Vocabulary>(&mut self, expected: Expected<'_>) -> Result<Amount> {
        let minus = self.mark('-');
        if let Some(dot) = self.mark('.') {
            return Err(self.leading_dot(dot));
        }
        let Some(number) = self.peek_number() else {
            return Err(self.no_number::<K>(expected.example));
        };
        self.skip();
        let (number, comma) = self.thousands(number);
        if let Some(other) = self.peek_number() {
            let message = messages::two_numbers(&number.text, &other.text);
            return Err(self.diagnostics.report(number.span, message));
        }
        self.is_no_share(&number)?;
        let next = self.cursor.punct().and_then(|(_, after)| after.ident());
        if self.peek_mark('/') && next.is_some() {
            // `1_000/month`
            let message = messages::number_without_unit(&number.text, expected.example);
            return Err(self.diagnostics.report(number.span, message));
        }
        self.is_no_factor(&number)?;
        let has_dot = self.mark('.').is_some();
        let amount = if !has_dot || number.text.ends_with('.') {
            self.no_dot::<K>(minus, &number, expected)?
        } else {
            let Some(word) = self.word() else {
                let message = messages::missing_unit(&number.text, expected.example);
                return Err(self.diagnostics.report(number.span, message));
            };
            Amount { minus, number, word }
        };
        if !self.peek_mark('+') {
            self.stands_alone(&amount)?;
        }
        // `1_000,5.credits`: the comma is refused already.
        let is_whole = !amount.number.text.contains('.') || decimals_of(&amount.word.text) > 0;
        comma.filter(|_| !is_whole).map_or(Ok(amount), Err)
    }

    /// `.5.credits`
    fn leading_dot(&mut self, dot: Span) -> Reported {
        let number = self.peek_number().map_or_else(|| "5".to_owned(), |number| number.text);
        self.diagnostics.report(dot, messages::leading_dot(&number))
    }

    /// `50credits`, `50. credits` and `50 credits`, read as they were meant, and `50`.
    fn no_dot<K: Vocabulary>(
        &mut self,
        minus: Option<Span>,
        number: &Number,
        Expected { example, is_unit }: Expected<'_>,
    ) -> Result<Amount> {
        let Number { text, span } = number;
        let amount = |digits: &str, word: Word| {
            let number = Number { text: digits.to_owned(), span: *span };
            Amount { minus, number, word }
        };
        if let Some((digits, suffix)) = split_suffix(text) {
            let digits = digits.trim_end_matches('_');
            let thousands = THOUSANDS.iter().find(|(word, _)| *word == suffix).map(|(_, times)| *times);
            let counted = self.peek_word().filter(|_| !self.at_keyword::<K>());
            if let (Some(times), Some(counted)) = (thousands, counted)
                && let Some(number) = exact::result(digits, '*', times, 0)
            {
                let meant = format!("{number}.{}", counted.text);
                let written = format!("{text} {}", counted.text);
                return Err(self
                    .diagnostics
                    .report(*span, messages::thousands_in_suffix(text, &meant, &written)));
            }
            let meant = written_out(digits, suffix, example);
            if !meant.is_empty() {
                return Err(self.diagnostics.report(*span, messages::glued_abbreviation(text, &meant)));
            }
            let reported = self.diagnostics.report(*span, messages::glued_word(digits, suffix));
            let word = Word { text: suffix.to_owned(), span: *span };
            return if is_unit(suffix) { Ok(amount(digits, word)) } else { Err(reported) };
        }
        if let Some(code) = self.peek_word().map(|word| word.text.to_lowercase())
            && self.peek_word().is_some_and(|word| word.text != code)
            && is_unit(&code)
            && currency_codes().contains(&code.as_str())
        {
            return Err(self.diagnostics.report(*span, messages::missing_dot(text, &code)));
        }
        let is_word = !self.at_keyword::<K>() && self.peek_word().is_some_and(|word| is_unit(&word.text));
        let Some(word) = is_word.then(|| self.word()).flatten() else {
            return Err(self.no_unit::<K>(number, example, is_unit));
        };
        let (digits, message) = match text.strip_suffix('.') {
            Some(digits) => (digits, messages::swallowed_dot(digits, &word.text)),
            None => (text.as_str(), messages::missing_dot(text, &word.text)),
        };
        self.diagnostics.report(*span, message);
        Ok(amount(digits, word))
    }

    /// `10`, and `100 pages` where only credits are expected.
    fn no_unit<K: Vocabulary>(
        &mut self,
        Number { text, span }: &Number,
        example: &str,
        is_unit: fn(&str) -> bool,
    ) -> Reported {
        let word = self.peek_word().map(|word| word.text).filter(|_| !self.at_keyword::<K>());
        let is_measured =
            |word: &String| is_measure(word) || foreign::unit(word).is_some() || word.ends_with('s');
        let message = match word.filter(is_measured) {
            Some(word) => messages::missing_dot(text, &word),
            // Whatever may follow here, the example is of the unit that is counted.
            None if is_unit("") => messages::missing_unit(text, example),
            None => messages::missing_unit_of(text, example),
        };
        self.diagnostics.report(*span, message)
    }

    /// An amount that is no rate.
    pub(super) fn plain_amount<K: Vocabulary>(&mut self, statement: &str, example: &str) -> Result<Amount> {
        let amount = self.amount::<K>(example)?;
        self.stands_alone(&amount)?;
        self.nothing_chained::<K>(&amount)?;
        let Some(inside) = self.group(Delimiter::Parenthesis) else { return Ok(amount) };
        let is_empty = inside.is_empty();
        let message =
            messages::rate_where_amount(&amount.number.text, &amount.word.text, statement, is_empty);
        Err(self.diagnostics.report(amount.word.span, message))
    }

    /// `100.credits`, of a pack: whatever says how often is refused.
    pub(super) fn gives_once(&mut self) -> Result<Amount> {
        let amount = self.plain_amount::<PackWord>(PackWord::Gives.word(), "100.credits")?;
        self.no_statement_chained::<PackWord>(ItemWord::Pack)?;
        let start = (self.cursor, self.previous());
        let sign = self.mark('.').or_else(|| self.mark('/'));
        let often = self.peek_word().filter(|word| sign.is_some() || says_how_often(&word.text));
        if let Some(often) = often.filter(|_| !self.at_keyword::<PackWord>()) {
            return Err(self.diagnostics.report(often.span, messages::pack_gives_again()));
        }
        self.back_to(start);
        Ok(amount)
    }

    /// `10_000.credits`, with or without `.every(month)`.
    pub(super) fn gives<K: Vocabulary>(&mut self) -> Result<Gives> {
        if let Some(reported) = self.every_first() {
            return Err(reported);
        }
        let amount = self.amount::<K>("100.credits")?;
        if amount.word.text == crate::vocab::EVERY {
            let message = messages::number_without_unit(&amount.number.text, "100.credits");
            return Err(self.diagnostics.report(amount.number.span, message));
        }
        if self.peek_mark('+') {
            self.stands_alone(&amount)?;
        }
        let start = self.cursor;
        let every = self.every::<K>(&amount)?;
        self.nothing_behind_every::<K>(&amount, start, every.as_ref())?;
        Ok(Gives { amount, every })
    }
}

/// Suffixes of numbers that are in thousands.
const THOUSANDS: &[(&str, &str)] = &[("k", "1_000"), ("K", "1_000"), ("m", "1_000_000"), ("M", "1_000_000")];

/// Words behind a number that is included, and no unit of it.
const INCLUDED: &[&str] = &["at", "free", "gratis", "included", "of"];

/// What an abbreviation behind a number means, where a unit or a period is expected. `m` is a minute or a month.
fn written_out(digits: &str, suffix: &str, example: &str) -> Vec<String> {
    let expected = example.rsplit('.').next().unwrap_or(example);
    let is_period = |unit: &str| period_words().contains(&unit);
    let unit = foreign::unit(suffix).filter(|unit| !is_period(expected) || is_period(unit));
    let Some(unit) = unit.filter(|_| !is_amount_word(expected)) else { return Vec::new() };
    let is_long =
        is_period(expected) && !["second", "minute", "hour"].contains(&inflect::singular(expected).as_str());
    let units = if suffix == "m" && is_long { vec![unit, "month"] } else { vec![unit] };
    units.into_iter().map(|unit| format!("{digits}.{}", inflect::counted(digits, unit))).collect()
}
