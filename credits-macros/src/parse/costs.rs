//! `costs`: a sum of clauses.
//!
//! It does not know which units and assets there are.

use proc_macro2::{Delimiter, Span};

use super::tokens::Parser;
use crate::ast::{Amount, Clause, Per, Rate, Word};
use crate::diag::Result;
use crate::messages;
use crate::vocab::{self, AFTER, BY, OperationWord, TIERS, is_rate_word};

impl Parser<'_, '_> {
    /// `clause + clause`. A broken clause skips to the next one, so that the others are known.
    pub(super) fn costs(&mut self) -> Vec<Result<Clause>> {
        let mut clauses = Vec::new();
        loop {
            let clause = self.clause();
            let broken = clause.is_err();
            clauses.push(clause);
            while broken && !self.peek_mark('+') && !self.at_statement_end::<OperationWord>() {
                self.skip();
            }
            if let Some(comma) = self.mark(',') {
                if self.at_statement_end::<OperationWord>() {
                    self.diagnostics.report(comma, messages::comma_between());
                    return clauses;
                }
                self.diagnostics.report(comma, messages::comma_in_sum());
            } else if self.mark('+').is_none() {
                return clauses;
            }
        }
    }

    fn clause(&mut self) -> Result<Clause> {
        if self.peek_is(BY) {
            return self.choice().map(Clause::Choice);
        }
        if self.peek_is(TIERS) {
            return self.tiers().map(Clause::Tiers);
        }
        if self.group_ahead(Delimiter::Brace) {
            return self.rust_block().map(Clause::Rust);
        }
        let amount = self.amount::<OperationWord>("50.credits")?;
        if let Some(mut inside) = self.group(Delimiter::Parenthesis) {
            let per = inside.per()?;
            let after = self.after()?;
            return Ok(Clause::Rate(Rate { amount, per, after }));
        }
        if is_rate_word(&amount.word.text) {
            return self.rate_without_parentheses(amount).map(Clause::Rate);
        }
        if let Some(place) = self.rate_ahead() {
            return self.rate_otherwise(amount, place).map(Clause::Rate);
        }
        self.no_after("an amount")?;
        Ok(Clause::Fixed(amount))
    }

    /// `5.credits_per page`, read as it was meant.
    fn rate_without_parentheses(&mut self, amount: Amount) -> Result<Rate> {
        let unit = if self.at_statement_end::<OperationWord>() { None } else { self.symbol() };
        let meant = unit.as_ref().map_or("page", |unit| &unit.text);
        let message = messages::rate_without_unit(&amount.number.text, &amount.word.text, meant);
        let reported = self.diagnostics.report(amount.word.span, message);
        let per = Per::Unit { one: unit.ok_or(reported)?, many: None };
        Ok(Rate { amount, per, after: self.after()? })
    }

    /// Where `.per(page)`, `per page` or `/ page` begins; steps over what is before the unit.
    fn rate_ahead(&mut self) -> Option<Span> {
        if let Some(slash) = self.mark('/') {
            return Some(slash);
        }
        let dot = self.mark('.');
        let is_per = |word: &Word| dot.is_some() || word.text == "per" || word.text == "each";
        let per = self.peek_word().filter(is_per);
        if per.is_some() {
            self.skip();
        }
        per.map(|per| per.span).or(dot)
    }

    /// A rate that is written otherwise, read as it was meant.
    fn rate_otherwise(&mut self, mut amount: Amount, place: Span) -> Result<Rate> {
        let unit = match self.group(Delimiter::Parenthesis) {
            Some(mut inside) => inside.symbol(),
            None => self.symbol(),
        };
        amount.word.text = vocab::rate_word(&amount.number.text, &amount.word.text);
        let meant = unit.as_ref().map_or("page", |unit| &unit.text);
        let message = messages::rate_otherwise(&amount.number.text, &amount.word.text, meant);
        let reported = self.diagnostics.report(place, message);
        let per = Per::Unit { one: unit.ok_or(reported)?, many: None };
        Ok(Rate { amount, per, after: self.after()? })
    }

    /// Whether this word comes next.
    pub(super) fn peek_is(&self, word: &str) -> bool {
        self.peek_word().is_some_and(|next| next.text == word)
    }

    /// `after 10.minutes`
    fn after(&mut self) -> Result<Option<Amount>> {
        if !self.peek_is(AFTER) {
            return Ok(None);
        }
        self.skip();
        self.amount_of_units::<OperationWord>("10.minutes").map(Some)
    }

    /// Only a rate has units that are included.
    pub(super) fn no_after(&mut self, clause: &str) -> Result<()> {
        if self.peek_is(AFTER) { Err(self.refuse(messages::after_no_rate(clause))) } else { Ok(()) }
    }

    /// What is between the parentheses of a rate.
    fn per(&mut self) -> Result<Per> {
        if self.peek_literal().is_some() && self.text_ahead().is_none() {
            let batch = self.amount_of_units::<OperationWord>("1_000.tokens")?;
            return self.nothing_more().map(|()| Per::Batch(batch));
        }
        let one = self.unit_name()?;
        let many = if self.mark(',').is_some() { Some(self.unit_name()?) } else { None };
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
