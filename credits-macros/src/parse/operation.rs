//! The statements of `operation`: sums of clauses, and limits.
//!
//! It does not know which units there are.

use proc_macro2::{Delimiter, Span};

use super::tokens::Parser;
use crate::ast::{Amount, Clause, Header, Limit, Number, Operation, Per, Word};
use crate::diag::Result;
use crate::messages;
use crate::vocab::{CreditWord, ItemWord, OperationWord, Vocabulary};

impl Parser<'_, '_> {
    /// The block of an operation.
    pub(super) fn operation(&mut self, header: Header) -> Operation {
        let mut operation = Operation { header, costs: Vec::new(), limits: Vec::new() };
        let Operation { header, costs, limits } = &mut operation;
        self.block(ItemWord::Operation, header, |block| {
            block.statements(ItemWord::Operation, |parser, meaning, keyword| match meaning {
                OperationWord::Costs => parser.stated(keyword, costs, |parser| Ok(parser.costs())),
                OperationWord::Limit => parser.stated(keyword, limits, Parser::limit),
            })
        });
        operation
    }

    /// `clause + clause`. A broken clause skips to the next one, so that the others are known.
    fn costs(&mut self) -> Vec<Result<Clause>> {
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
        let amount = self.amount::<OperationWord>("50.credits")?;
        let is_rate = CreditWord::from_word(&amount.word.text).is_some_and(CreditWord::is_rate);
        if let Some(mut inside) = self.group(Delimiter::Parenthesis) {
            return inside.per().map(|per| Clause::Rate(amount, per));
        }
        if is_rate {
            return self.rate_without_parentheses(amount);
        }
        match self.rate_ahead() {
            Some(place) => self.rate_otherwise(amount, place),
            None => Ok(Clause::Fixed(amount)),
        }
    }

    /// `5.credits_per page`, read as it was meant.
    fn rate_without_parentheses(&mut self, amount: Amount) -> Result<Clause> {
        let unit = if self.at_statement_end::<OperationWord>() { None } else { self.symbol() };
        let meant = unit.as_ref().map_or("page", |unit| &unit.text);
        let message = messages::rate_without_unit(&amount.number.text, &amount.word.text, meant);
        let reported = self.diagnostics.report(amount.word.span, message);
        let one = unit.ok_or(reported)?;
        Ok(Clause::Rate(amount, Per::Unit { one, many: None }))
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
    fn rate_otherwise(&mut self, mut amount: Amount, place: Span) -> Result<Clause> {
        let unit = match self.group(Delimiter::Parenthesis) {
            Some(mut inside) => inside.symbol(),
            None => self.symbol(),
        };
        let meant = unit.as_ref().map_or("page", |unit| &unit.text);
        let message = messages::rate_otherwise(&amount.number.text, meant);
        let reported = self.diagnostics.report(place, message);
        let one = unit.ok_or(reported)?;
        CreditWord::CreditsPer.word().clone_into(&mut amount.word.text);
        Ok(Clause::Rate(amount, Per::Unit { one, many: None }))
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

    /// `pages <= 500`
    fn limit(&mut self) -> Result<Limit> {
        let Some(field) = self.symbol() else {
            let message = messages::expected_limit(&self.found());
            return Err(self.diagnostics.report(self.place::<OperationWord>(), message));
        };
        let place = self.place::<OperationWord>();
        let is_below = self.mark('<').is_some();
        if !(is_below && self.mark('=').is_some()) {
            let max = self.meant_limit(is_below);
            return Err(self.diagnostics.report(place, messages::limit_without_at_most(&field.text, &max)));
        }
        let minus = self.mark('-');
        let max = self.number("500")?;
        if let Some(dot) = self.mark('.') {
            return Err(self.diagnostics.report(dot, messages::limit_with_unit(&field.text, &max.text)));
        }
        Ok(Limit { field, minus, max })
    }

    /// The limit that `pages < 501` or `pages: 500` means.
    fn meant_limit(&mut self, is_below: bool) -> String {
        while self.mark(':').or_else(|| self.mark('=')).or_else(|| self.mark('<')).is_some() {}
        let number = self.peek_number().map_or_else(|| "500".to_owned(), |number| number.text);
        match number.replace('_', "").parse::<u64>() {
            Ok(value) if is_below => value.saturating_sub(1).to_string(),
            _ => number,
        }
    }

    fn number(&mut self, example: &str) -> Result<Number> {
        let Some(number) = self.peek_number() else {
            let message = messages::expected_number(&self.found(), example);
            return Err(self.diagnostics.report(self.place::<OperationWord>(), message));
        };
        self.skip();
        Ok(number)
    }
}
