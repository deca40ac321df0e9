//! The rules of operations: what a cost consists of, as far as it could be read.
//!
//! It does not know the rules of rates and limits.

use credits_core::Clause;
use proc_macro2::Span;

use super::statement::exactly_one;
use super::{Checker, Operation, Quantity};
use crate::ast::{self, Amount};
use crate::diag::{Reported, Result};
use crate::messages;
use crate::vocab::OperationWord;

/// The terms of a cost, as far as they could be read.
#[derive(Default)]
pub(super) struct Terms {
    pub(super) clauses: Vec<Result<Clause>>,
    pub(super) quantities: Vec<Quantity>,
    /// Poisoned if a clause was not understood, so that there may be more quantities.
    pub(super) complete: Option<Reported>,
}

impl Checker<'_> {
    /// Checks an operation.
    pub(super) fn operation(&mut self, operation: &ast::Operation) -> Operation {
        let header = &operation.header;
        let missing = messages::operation_without_costs;
        let costs = exactly_one(&operation.costs, header, missing, self.diagnostics);
        let terms = costs.map(|clauses| self.terms(clauses));
        let limits = terms.as_ref().map_err(|reported| *reported).and_then(|terms| {
            let limits = self.limits(&operation.limits, terms);
            header.poisoned.map_or(limits, Err)
        });
        let last = costs.ok().and_then(|clauses| clauses.iter().flatten().last()).map(number_span);
        let price = terms.as_ref().map_err(|reported| *reported).and_then(|terms| {
            let clauses: Result<Vec<Clause>> = terms.clauses.iter().copied().collect();
            self.price_of(header, clauses?, &terms.quantities, limits?, (&operation.limits, last))
        });
        let quantities = terms.and_then(|terms| terms.complete.map_or(Ok(terms.quantities), Err));
        Operation { name: header.name.clone(), docs: header.docs.clone(), quantities, price }
    }

    fn terms(&mut self, clauses: &[Result<ast::Clause>]) -> Terms {
        let mut terms = Terms::default();
        for clause in clauses {
            let checked = match clause {
                Ok(ast::Clause::Fixed(amount)) => self.fixed(amount, &mut terms),
                Ok(ast::Clause::Rate(amount, per)) => self.rate(amount, per, &mut terms),
                Err(reported) => {
                    terms.complete = Some(*reported);
                    Err(*reported)
                }
            };
            terms.clauses.push(checked);
        }
        terms
    }

    fn fixed(&mut self, amount: &Amount, terms: &mut Terms) -> Result<Clause> {
        let credits = self.credits(amount, OperationWord::Costs.word());
        // `5.credits_pr` may have been meant as a rate.
        let is_fixed = matches!(amount.word.text.as_str(), "credit" | "credits");
        terms.complete = terms.complete.or(credits.err().filter(|_| !is_fixed));
        credits.map(Clause::Fixed)
    }
}

/// The token that makes a clause as large as it is.
fn number_span(clause: &ast::Clause) -> Span {
    match clause {
        ast::Clause::Fixed(amount) | ast::Clause::Rate(amount, _) => amount.number.span,
    }
}
