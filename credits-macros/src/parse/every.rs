//! How often a plan gives, `.every(month)`, and the other ways in which it is written.
//!
//! It does not know how long a period is.

use proc_macro2::{Delimiter, TokenTree};

use super::spelling::spelled;
use super::tokens::Parser;
use crate::ast::{Amount, Period, Word};
use crate::diag::{Reported, Result};
use crate::vocab::{self, EVERY, NOTHING, PlanWord, Vocabulary, is_rate_word};
use crate::{exact, foreign, messages};

impl Parser<'_, '_> {
    /// `.every(month)` behind an amount.
    pub(super) fn every<K: Vocabulary>(&mut self, amount: &Amount) -> Result<Option<Period>> {
        if self.group_ahead(Delimiter::Parenthesis) {
            return Err(self.rate_for_period(amount));
        }
        let (slash, dot) = (self.mark('/'), self.mark('.'));
        let Some(keyword) = self.peek_word() else {
            return slash.or(dot).map_or(Ok(None), |place| Err(self.every_otherwise(amount, place, None)));
        };
        let word = keyword.text.as_str();
        let is_meant = says_how_often(word);
        if dot.is_none() && slash.is_none() && (self.at_keyword::<K>() || !is_meant) {
            return Ok(None);
        }
        self.skip();
        match self.group(Delimiter::Parenthesis) {
            Some(mut inside) if dot.is_some() && keyword.text == EVERY => {
                let period = inside.period()?;
                Ok(Some(period))
            }
            Some(inside) => {
                let tokens: Vec<TokenTree> = inside.cursor.token_stream().into_iter().collect();
                let period = Some(spelled(tokens)).filter(|text| is_period(text));
                Err(self.every_otherwise(amount, keyword.span, period.as_deref()))
            }
            None => {
                let period = meant_period(word).map(str::to_owned).or_else(|| self.period_ahead());
                Err(self.every_otherwise(amount, keyword.span, period.as_deref()))
            }
        }
    }

    /// The period behind `every`, `per` or `a`: `month`, `3.months`, `3 months`.
    fn period_ahead(&mut self) -> Option<String> {
        let number = self.peek_number();
        if number.is_some() {
            self.skip();
            self.mark('.');
        }
        let word = self.peek_word().and_then(|word| meant_period(&word.text).map(|_| word.text))?;
        self.skip();
        match number {
            Some(number) => Some(format!("{}.{word}", number.text)),
            None => meant_period(&word).map(str::to_owned),
        }
    }

    fn every_otherwise(
        &mut self,
        amount: &Amount,
        place: proc_macro2::Span,
        period: Option<&str>,
    ) -> Reported {
        let Amount { number, word, .. } = amount;
        let message = messages::every_otherwise(&number.text, &word.text, period);
        self.diagnostics.report(place, message)
    }

    /// `10_000.credits_per(month)`
    fn rate_for_period(&mut self, amount: &Amount) -> Reported {
        let inside = self.group(Delimiter::Parenthesis).map(|inside| inside.cursor.token_stream());
        let text = spelled(inside.into_iter().flatten());
        let (number, word) = (&amount.number.text, &amount.word.text);
        let period =
            meant_period(&text).map(str::to_owned).or_else(|| is_period(&text).then_some(text.clone()));
        let message = match period.filter(|_| is_rate_word(word)) {
            Some(period) => messages::rate_for_period(number, word, &period),
            None => messages::rate_where_amount(number, word, "gives", text.is_empty()),
        };
        self.diagnostics.report(amount.word.span, message)
    }

    /// `every(month) 10_000.credits`
    pub(super) fn every_first(&mut self) -> Reported {
        let place = self.here();
        self.skip();
        let period = self.group(Delimiter::Parenthesis).map(|inside| inside.cursor.token_stream());
        let period = spelled(period.into_iter().flatten());
        let amount = self.rest_of_line::<PlanWord>().all;
        self.diagnostics.report(place, messages::every_first(&period, &amount))
    }

    /// `month`, `:month` or `3.months`.
    pub(super) fn period(&mut self) -> Result<Period> {
        if let Some(path) = self.period_path() {
            return Err(path);
        }
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

    /// `Duration::from_secs(900)`
    pub(super) fn period_path(&mut self) -> Option<Reported> {
        let (_, after) = self.cursor.ident()?;
        let (colon, after) = after.punct().filter(|(punct, _)| punct.as_char() == ':')?;
        after
            .punct()
            .filter(|(punct, _)| punct.as_char() == ':' && colon.spacing() == proc_macro2::Spacing::Joint)?;
        let place = self.here();
        let mut path = Vec::new();
        while let Some(word) = self.word() {
            path.push(word.text);
            if !self.path_separator() {
                break;
            }
        }
        let inside = self.group(Delimiter::Parenthesis);
        let number = inside.as_ref().and_then(super::tokens::Parser::peek_number);
        let arguments = inside.map(|inside| spelled(inside.cursor.token_stream())).unwrap_or_default();
        let written = format!("{}({arguments})", path.join("::"));
        let unit = DURATIONS
            .iter()
            .find(|(name, _)| path.last().is_some_and(|last| last == name))
            .map(|(_, unit)| *unit);
        let period = unit.zip(number).map(|(unit, number)| format!("{}.{unit}", number.text));
        Some(self.diagnostics.report(place, messages::period_path(&written, period.as_deref())))
    }

    /// `.from_now` behind a length of time.
    pub(super) fn nothing_behind(&mut self, written: &str) -> Result<()> {
        let Some(dot) = self.peek_mark('.').then(|| self.mark('.')).flatten() else { return Ok(()) };
        let word = self.word().unwrap_or(Word { text: String::new(), span: dot });
        Err(self.diagnostics.report(word.span, messages::behind_length(&word.text, written)))
    }
}

/// Whether a word begins how often something is given.
pub(super) fn says_how_often(word: &str) -> bool {
    [EVERY, "each", "per", "a"].contains(&word) || meant_period(word).is_some()
}

/// Constructors of `Duration` and what they count.
const DURATIONS: &[(&str, &str)] = &[
    ("from_secs", "seconds"),
    ("from_mins", "minutes"),
    ("from_hours", "hours"),
    ("from_days", "days"),
    ("from_weeks", "weeks"),
];

/// The period that a word means: `year` for `yearly`, `years`, `yr` or `every_year`.
fn meant_period(word: &str) -> Option<&'static str> {
    let word =
        ["every_", "per_", "each_", "a_"].iter().find_map(|start| word.strip_prefix(start)).unwrap_or(word);
    let known = credits_core::PERIOD_UNITS
        .iter()
        .find(|(_, one, many, adverbs)| word == *one || word == *many || adverbs.contains(&word));
    known
        .map(|(_, one, ..)| *one)
        .or_else(|| foreign::unit(word).filter(|unit| vocab::period_words().contains(unit)))
        .or_else(|| foreign::period(word))
}

/// `month` or `3.months`
fn is_period(text: &str) -> bool {
    match text.split_once('.') {
        Some((number, word)) => exact::value(number).is_some() && vocab::period_words().contains(&word),
        None => text != NOTHING && vocab::period_words().contains(&text),
    }
}
