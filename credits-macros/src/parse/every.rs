//! How often a plan gives, `.every(month)`, and the other ways in which it is written.
//!
//! It does not know how long a period is.

use proc_macro2::{Delimiter, TokenTree};

use super::chain::between;
use super::instead::amount_of_text;
use super::spelling::spelled;
use super::tokens::Parser;
use crate::ast::{Amount, Period, Word};
use crate::diag::{Reported, Result};
use crate::vocab::{self, EVERY, ItemWord, NOTHING, PlanWord, Vocabulary, is_rate_word};
use crate::{exact, foreign, messages};

impl Parser<'_, '_> {
    /// `.every(month)` behind an amount.
    pub(super) fn every<K: Vocabulary>(&mut self, amount: &Amount) -> Result<Option<Period>> {
        if self.group_ahead(Delimiter::Parenthesis) || self.group_ahead(Delimiter::Brace) {
            return Err(self.period_in_parentheses(amount));
        }
        self.no_statement_chained::<K>(ItemWord::Plan)?;
        let start = self.cursor;
        if let Some((place, period)) = self.period_behind_sign() {
            let behind = spelled(between(start, self.cursor));
            let message =
                messages::period_behind_sign(&amount.number.text, &amount.word.text, &period, &behind);
            return Err(self.diagnostics.report(place, message));
        }
        let (slash, dot) = (self.mark('/'), self.mark('.'));
        let Some(keyword) = self.peek_word() else {
            let Some(place) = slash.or(dot) else { return Ok(None) };
            let period = self.period_ahead();
            return Err(self.every_otherwise(amount, place, period.as_deref()));
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
                while [':', '=', '>', '.'].into_iter().any(|sign| self.mark(sign).is_some()) {}
                let period = meant_period(word).map(str::to_owned).or_else(|| self.named_period());
                if FOREIGN.contains(&word) {
                    let Amount { number, word: counted, .. } = amount;
                    let message =
                        messages::period_as_statement(word, &number.text, &counted.text, period.as_deref());
                    return Err(self.diagnostics.report(keyword.span, message));
                }
                Err(self.every_otherwise(amount, keyword.span, period.as_deref()))
            }
        }
    }

    /// `=> month`, `-> month`, `: month`, `, every: :month`, `, interval: "month"`: the sign and the period.
    fn period_behind_sign(&mut self) -> Option<(proc_macro2::Span, String)> {
        let start = (self.cursor, self.previous());
        let place = self.here();
        let is_arrow = self.arrow_ahead('=') || self.arrow_ahead('-');
        let signs: &[char] = if is_arrow { &['=', '-', '>'] } else { &[',', ':', '@', '|', '='] };
        let mut has_sign = false;
        while signs.iter().any(|sign| self.mark(*sign).is_some()) {
            has_sign = true;
        }
        let period = has_sign.then(|| self.named_period()).flatten();
        if period.is_none() {
            self.back_to(start);
        }
        period.map(|period| (place, period))
    }

    /// A period that may have a key before it: `every: :month`, `per => "month"`.
    pub(super) fn named_period(&mut self) -> Option<String> {
        let is_key =
            |word: &Word| INTERVALS.contains(&word.text.as_str()) || FOREIGN.contains(&word.text.as_str());
        if self.peek_word().is_some_and(|word| is_key(&word)) {
            self.skip();
            while self.mark(':').or_else(|| self.mark('=')).or_else(|| self.mark('>')).is_some() {}
        }
        if let Some(mut inside) = self.group(Delimiter::Parenthesis) {
            return inside.named_period();
        }
        if let Some(text) = self.text_ahead().and_then(|text| meant_period(&text.value)) {
            self.skip();
            return Some(text.to_owned());
        }
        self.mark(':');
        self.period_ahead()
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

    /// `10_000.credits_per(month)`, `10_000.credits(every: :month)`, `10_000.credits { every month }`
    fn period_in_parentheses(&mut self, amount: &Amount) -> Reported {
        let brace = self.here();
        let is_brace = self.group_ahead(Delimiter::Brace);
        let delimiter = if is_brace { Delimiter::Brace } else { Delimiter::Parenthesis };
        let (number, word) = (&amount.number.text, &amount.word.text);
        let (is_empty, period) = match self.group(delimiter) {
            Some(mut inside) => (inside.is_empty(), inside.named_period()),
            None => (true, None),
        };
        let message = match period {
            Some(period) if is_rate_word(word) => messages::rate_for_period(number, word, &period),
            Some(period) => messages::every_otherwise(number, word, Some(&period)),
            None if is_brace => messages::every_otherwise(number, word, None),
            None => messages::rate_where_amount(number, word, "gives", is_empty),
        };
        self.diagnostics.report(if is_brace { brace } else { amount.word.span }, message)
    }

    /// `every(month) 10_000.credits`, `month: 10_000.credits` and `monthly 10_000.credits`
    pub(super) fn every_first(&mut self) -> Option<Reported> {
        let start = (self.cursor, self.previous());
        let word = self.word()?;
        let inside = self.group(Delimiter::Parenthesis).map(|inside| inside.cursor.token_stream());
        let inside = inside.map(spelled);
        let period = match &inside {
            Some(period) => Some(period.clone()),
            None if word.text == EVERY => self.period_ahead(),
            None => meant_period(&word.text).map(str::to_owned),
        };
        while self.mark(':').or_else(|| self.mark('=')).or_else(|| self.mark('>')).is_some() {}
        let amount = self.rest_of_line::<PlanWord>().all;
        let is_meant = word.text == EVERY || (inside.is_none() && self.peek_number().is_some());
        let Some(period) = period.filter(|_| is_meant) else {
            self.back_to(start);
            return None;
        };
        let written = spelled(between(start.0, self.cursor));
        let message = messages::every_first(&word.text, &period, &amount, &written);
        Some(self.diagnostics.report(word.span, message))
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
            let amount = amount_of_text(&text.value, "days").filter(|amount| is_period(amount));
            if let Some(amount) =
                amount.filter(|_| text.value.starts_with(|first: char| first.is_ascii_digit()))
            {
                let message = messages::amount_in_quotes(&text.value, Some(&amount));
                return Err(self.diagnostics.report(text.span, message));
            }
            if meant_period(&text.value.to_lowercase()).is_none() {
                return Err(self.diagnostics.report(text.span, messages::unknown_period(&text.value, None)));
            }
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
    INTERVALS.contains(&word) || FOREIGN.contains(&word) || meant_period(word).is_some()
}

/// Words before a period.
const INTERVALS: &[&str] = &[EVERY, "a", "each", "in", "per"];

/// Statements of other systems for a period.
const FOREIGN: &[&str] =
    &["billing_period", "cadence", "cycle", "frequency", "interval", "period", "recurring", "renews"];

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
