//! The statements of `operation`: sums of clauses, and limits.
//!
//! It does not know which units there are.

use proc_macro2::Delimiter;

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
                clauses.push(Err(self.diagnostics.report(comma, messages::comma_in_sum())));
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
            let unit = self.peek_word().map_or_else(|| "page".to_owned(), |word| word.text);
            let message = messages::rate_without_unit(&amount.number.text, &amount.word.text, &unit);
            return Err(self.diagnostics.report(amount.word.span, message));
        }
        self.not_a_rate(&amount)?;
        Ok(Clause::Fixed(amount))
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
        Err(self.diagnostics.report(place, messages::rate_otherwise(&amount.number.text, &unit)))
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
