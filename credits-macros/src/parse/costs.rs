//! `costs`: a sum of clauses.
//!
//! It does not know which units and assets there are.

use proc_macro2::{Delimiter, Span};

use super::chain::between;
use super::spelling::spelled;
use super::tokens::Parser;
use crate::ast::{Amount, Clause, Per, Rate, Word};
use crate::diag::Result;
use crate::vocab::{self, AFTER, BY, ItemWord, OperationWord, TIERS, is_rate_word};
use crate::{foreign, inflect, messages};

impl Parser<'_, '_> {
    /// `clause + clause`. A broken clause skips to the next one, so that the others are known.
    pub(super) fn costs(&mut self) -> Vec<Result<Clause>> {
        let mut clauses = Vec::new();
        loop {
            let start = self.cursor;
            let clause = self.clause().and_then(|clause| {
                self.clause_stands_alone(&clause, start)?;
                Ok(clause)
            });
            let broken = clause.is_err();
            clauses.push(clause);
            while broken && !self.peek_mark('+') && !self.at_statement_end::<OperationWord>() {
                self.skip();
            }
            if !broken && self.another_clause() {
                continue;
            }
            if let Some(comma) = self.mark(',') {
                if self.at_statement_end::<OperationWord>() {
                    self.comma_between(comma);
                    return clauses;
                }
                self.diagnostics.report(comma, messages::comma_in_sum());
            } else if self.mark('+').is_none() {
                return clauses;
            }
        }
    }

    /// `5.credits and 1.credit_per(page)`, or with nothing between: read as the sum that was meant.
    fn another_clause(&mut self) -> bool {
        let and = self.peek_word().filter(|word| SUMS.contains(&word.text.as_str())).map(|word| word.span);
        let and = and.or_else(|| self.peek_mark('&').then(|| self.here()));
        if let Some(and) = and {
            self.skip();
            self.diagnostics.report(and, messages::sum_in_words());
            return !self.at_statement_end::<OperationWord>();
        }
        let begins = self.amount_ahead() || self.peek_is(BY) || self.peek_is(TIERS);
        if begins {
            let clause = self.rest_of_line::<OperationWord>().all;
            let clause = clause.split(" + ").next().unwrap_or_default();
            self.refuse(messages::clauses_without_plus(clause));
        }
        begins
    }

    /// Whether a number and its unit come next.
    fn amount_ahead(&self) -> bool {
        let Some((number, after)) = self.cursor.literal() else { return false };
        let has_dot = after.punct().is_some_and(|(mark, _)| mark.as_char() == '.');
        let is_number = number.to_string().starts_with(|first: char| first.is_ascii_digit());
        is_number
            && (has_dot || after.ident().is_some_and(|(word, _)| vocab::follows_a_number(&word.to_string())))
    }

    fn clause(&mut self) -> Result<Clause> {
        if self.peek_is(BY) {
            return self.choice().map(Clause::Choice);
        }
        if self.peek_is(TIERS) {
            return self.tiers().map(Clause::Tiers);
        }
        if let Some(reported) = self.tiers_otherwise() {
            return self.tiers().and(Err(reported));
        }
        if self.group_ahead(Delimiter::Brace) {
            return self.rust_block().map(Clause::Rust);
        }
        let amount = self.amount::<OperationWord>("50.credits")?;
        if self.group_ahead(Delimiter::Parenthesis) {
            return self.rate(amount).map(Clause::Rate);
        }
        if let Some((word, unit)) = split_rate(&amount.word.text) {
            return self.rate_in_one_word(&amount, &word, &unit).map(Clause::Rate);
        }
        if is_rate_word(&amount.word.text) {
            return self.rate_without_parentheses(amount).map(Clause::Rate);
        }
        self.no_statement_chained::<OperationWord>(ItemWord::Operation)?;
        if let Some(place) = self.rate_ahead() {
            return self.rate_otherwise(amount, place).map(Clause::Rate);
        }
        self.no_after("an amount")?;
        Ok(Clause::Fixed(amount))
    }

    fn rate(&mut self, amount: Amount) -> Result<Rate> {
        let Some(mut inside) = self.group(Delimiter::Parenthesis) else {
            return self.rate_without_parentheses(amount);
        };
        if inside.is_empty() && !is_rate_word(&amount.word.text) {
            let message = messages::empty_parentheses(&amount.number.text, &amount.word.text);
            return Err(self.diagnostics.report(amount.word.span, message));
        }
        let per = inside.per()?;
        let after = self.after(Some(&per))?;
        Ok(Rate { amount, per, after })
    }

    /// `2.credits_per_page`, read as it was meant.
    fn rate_in_one_word(&mut self, amount: &Amount, word: &str, unit: &str) -> Result<Rate> {
        let unit = &written_out(unit);
        let Amount { minus, number, word: written } = amount.clone();
        let message = messages::rate_otherwise(&number.text, word, unit);
        self.diagnostics.report(written.span, message);
        let per = Per::Unit { one: Word { text: unit.to_owned(), span: written.span }, many: None };
        let after = self.after(Some(&per))?;
        let word = Word { text: word.to_owned(), span: written.span };
        Ok(Rate { amount: Amount { minus, number, word }, per, after })
    }

    /// `5.credits_per page`, read as it was meant.
    fn rate_without_parentheses(&mut self, amount: Amount) -> Result<Rate> {
        let unit = if self.at_statement_end::<OperationWord>() { None } else { self.symbol() };
        let meant = unit.as_ref().map_or("page", |unit| &unit.text);
        let message = messages::rate_without_unit(&amount.number.text, &amount.word.text, meant);
        let reported = self.diagnostics.report(amount.word.span, message);
        let per = Per::Unit { one: unit.ok_or(reported)?, many: None };
        let after = self.after(Some(&per))?;
        Ok(Rate { amount, per, after })
    }

    /// Where `.per(page)`, `per page` or `/ page` begins; steps over the tokens before the unit.
    fn rate_ahead(&mut self) -> Option<Span> {
        if let Some(slash) = self.mark('/') {
            return Some(slash);
        }
        let dot = self.mark('.');
        let is_per = |word: &Word| dot.is_some() || PER.contains(&word.text.as_str());
        let per = self.peek_word().filter(is_per);
        if per.is_some() {
            self.skip();
        }
        per.map(|per| per.span).or(dot)
    }

    /// A rate that is written otherwise, read as it was meant.
    fn rate_otherwise(&mut self, mut amount: Amount, place: Span) -> Result<Rate> {
        let word = vocab::rate_word(&amount.number.text, &amount.word.text);
        let (batch, unit) = match self.group(Delimiter::Parenthesis) {
            Some(mut inside) => (inside.batch_ahead(), inside.symbol()),
            None => (self.batch_ahead(), self.symbol()),
        };
        if let Some(batch) = batch {
            let message = messages::rate_otherwise(&amount.number.text, &word, &batch);
            return Err(self.diagnostics.report(place, message));
        }
        amount.word.text = word;
        let unit = unit.map(|unit| Word { text: written_out(&unit.text), ..unit });
        let meant = unit.as_ref().map_or("page", |unit| &unit.text);
        let message = messages::rate_otherwise(&amount.number.text, &amount.word.text, meant);
        let reported = self.diagnostics.report(place, message);
        let per = Per::Unit { one: unit.ok_or(reported)?, many: None };
        let after = self.after(Some(&per))?;
        Ok(Rate { amount, per, after })
    }

    /// `1_000.tokens` or `1_000 tokens` behind `per`.
    fn batch_ahead(&self) -> Option<String> {
        let (number, after) = self.cursor.literal()?;
        let after = after.punct().map_or(after, |(_, after)| after);
        let (unit, _) = after.ident()?;
        Some(format!("{number}.{unit}"))
    }

    /// Whether this word comes next.
    pub(super) fn peek_is(&self, word: &str) -> bool {
        self.peek_word().is_some_and(|next| next.text == word)
    }

    /// `after 10.minutes`
    fn after(&mut self, per: Option<&Per>) -> Result<Option<Amount>> {
        self.after_otherwise()?;
        if !self.peek_is(AFTER) {
            return Ok(None);
        }
        self.skip();
        let unit = match per {
            Some(Per::Unit { many: Some(many), .. }) => many.text.clone(),
            Some(Per::Unit { one, .. }) => one.text.clone(),
            Some(Per::Batch(batch)) => batch.word.text.clone(),
            None => "minutes".to_owned(),
        };
        let number = self.peek_number().map_or_else(|| "10".to_owned(), |number| number.text);
        let example = format!("{number}.{}", inflect::counted(&number, &unit));
        self.amount_of_units::<OperationWord>(&example).map(Some)
    }

    /// `.after(10.minutes)` and `, after: 10.minutes`
    fn after_otherwise(&mut self) -> Result<()> {
        let start = (self.cursor, self.previous());
        let place = self.here();
        let sign = self.mark('.').or_else(|| self.mark(','));
        if sign.is_none() || !self.peek_is(AFTER) {
            self.back_to(start);
            return Ok(());
        }
        self.skip();
        self.mark(':');
        let (units, end) = if let Some((inside, _, after)) = self.cursor.group(Delimiter::Parenthesis) {
            (spelled(inside.token_stream()), after)
        } else {
            let dot = self.cursor.literal().and_then(|(_, after)| after.punct());
            let unit = dot.and_then(|(_, after)| after.ident());
            (self.batch_ahead().unwrap_or_default(), unit.map_or(self.cursor, |(_, after)| after))
        };
        let message = messages::after_otherwise(&units, &spelled(between(start.0, end)));
        Err(self.diagnostics.report(place, message))
    }

    /// Only a rate has units that are included.
    pub(super) fn no_after(&mut self, clause: &str) -> Result<()> {
        if self.peek_is(AFTER) { Err(self.refuse(messages::after_no_rate(clause))) } else { Ok(()) }
    }

    /// The unit or the batch in the parentheses of a rate.
    fn per(&mut self) -> Result<Per> {
        if self.peek_literal().is_some() && self.text_ahead().is_none() {
            let batch = self.amount_of_units::<OperationWord>("1_000.tokens")?;
            return self.nothing_more().map(|()| Per::Batch(batch));
        }
        let one = self.unit_name()?;
        let many = if self.mark(',').is_some() {
            if let Some(number) = self.peek_number() {
                let batch = format!("{}.{}", number.text, inflect::counted(&number.text, &one.text));
                let written = format!("{}, {}", one.text, number.text);
                let message = messages::batch_after_unit(&written, &batch);
                return Err(self.refuse(message));
            }
            Some(self.unit_name()?)
        } else {
            None
        };
        self.nothing_more().map(|()| Per::Unit { one, many })
    }

    fn unit_name(&mut self) -> Result<Word> {
        if let Some(text) = self.text() {
            return self.quoted(text);
        }
        let Some(unit) = self.symbol() else {
            let message = messages::expected_unit(&self.found());
            return Err(self.refuse(message));
        };
        Ok(unit)
    }
}

/// The unit of a rate that is refused for its form, without an abbreviation: one error for both.
fn written_out(unit: &str) -> String {
    foreign::unit(unit).unwrap_or(unit).to_owned()
}

/// Words before a unit.
const PER: &[&str] = &["a", "an", "each", "every", "for", "per"];

/// Words that add.
const SUMS: &[&str] = &["and", "plus"];

/// `credits_per` and `page` of `credits_per_page`.
fn split_rate(word: &str) -> Option<(String, String)> {
    let split = ["_per_", "_a_", "_each_", "_for_"].iter().find_map(|middle| word.split_once(middle));
    let (what, unit) = split.filter(|(what, unit)| !what.is_empty() && !unit.is_empty())?;
    Some((format!("{what}_per"), unit.to_owned()))
}
