//! `costs`: a sum of clauses.
//!
//! It does not know which units and assets there are.

use proc_macro2::Delimiter;

use super::tokens::Parser;
use crate::ast::{Amount, Clause, Per, Rate, Word};
use crate::diag::Result;
use crate::messages;
use crate::vocab::{AFTER, BY, OperationWord, TIERS, is_rate_word};

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
                clauses.push(Err(self.diagnostics.report(comma, messages::comma_in_sum())));
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
            let unit = self.peek_word().map_or_else(|| "page".to_owned(), |word| word.text);
            let message = messages::rate_without_unit(&amount, &unit);
            return Err(self.diagnostics.report(amount.word.span, message));
        }
        self.not_a_rate(&amount)?;
        self.no_after("an amount")?;
        Ok(Clause::Fixed(amount))
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

    /// `5.credits.per(page)`, `5.credits per page` and `5.credits / page` are rates that are written otherwise.
    fn not_a_rate(&mut self, amount: &Amount) -> Result<()> {
        let place = self.here();
        let slash = self.mark('/').is_some();
        let dot = !slash && self.mark('.').is_some();
        let per = if slash { None } else { self.peek_word() };
        let is_per = per.as_ref().is_some_and(|word| word.text == "per" || word.text == "each");
        if is_per {
            self.skip();
        }
        if !(slash || dot || is_per) {
            return Ok(());
        }
        let unit = match self.group(Delimiter::Parenthesis) {
            Some(mut inside) => inside.symbol(),
            None => self.symbol(),
        };
        let unit = unit.map_or_else(|| "page".to_owned(), |word| word.text);
        let place = per.filter(|_| is_per).map_or(place, |word| word.span);
        Err(self.diagnostics.report(place, messages::rate_otherwise(amount, &unit)))
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
            return Err(self.diagnostics.report(text.span, messages::option_in_quotes(&text.value)));
        }
        let Some(unit) = self.symbol() else {
            let message = messages::expected_unit(&self.found());
            return Err(self.refuse(message));
        };
        Ok(unit)
    }
}
