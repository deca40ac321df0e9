//! The rules of operations: what a cost consists of, as far as it could be read.
//!
//! It does not know the rules of rates and limits.

use super::cost::Cost;
use super::statement::exactly_one;
use super::{Checker, Clause, Operation, Price, Quantity};
use crate::ast;
use crate::diag::{Reported, Result};
use crate::messages;
use crate::vocab::OperationWord;

/// The terms of a cost, as far as they could be read.
#[derive(Default)]
pub(super) struct Terms {
    pub(super) clauses: Vec<Result<Clause>>,
    pub(super) quantities: Vec<Quantity>,
    /// Set if a clause was not understood, so that there may be more quantities.
    pub(super) lost: Option<Reported>,
}

impl Checker<'_> {
    /// Checks an operation.
    pub(super) fn operation(&mut self, operation: &ast::Operation) -> Operation {
        let header = &operation.header;
        let missing = messages::operation_without_costs;
        let costs = exactly_one(&operation.costs, header, missing, self.diagnostics);
        let terms = costs.map(|clauses| self.terms(clauses));
        let price = match &terms {
            Ok(terms) => self.operation_price(operation, terms),
            Err(reported) => Err(*reported),
        };
        let quantities = terms.and_then(|terms| terms.lost.map_or(Ok(terms.quantities), Err));
        Operation { name: header.name.clone(), docs: header.docs.clone(), quantities, price }
    }

    fn terms(&mut self, clauses: &[Result<ast::Clause>]) -> Terms {
        let mut terms = Terms::default();
        for clause in clauses {
            let checked = match clause {
                Ok(ast::Clause::Fixed(amount)) => {
                    self.credits(amount, OperationWord::Costs.word()).map(Clause::Fixed)
                }
                Ok(ast::Clause::Rate(amount, per)) => self.rate(amount, per, &mut terms),
                Err(reported) => {
                    terms.lost = Some(*reported);
                    Err(*reported)
                }
            };
            terms.clauses.push(checked);
        }
        terms
    }

    fn operation_price(&mut self, operation: &ast::Operation, terms: &Terms) -> Result<Price> {
        let limits = self.limits(&operation.limits, terms);
        let clauses = terms.clauses.iter().copied().collect::<Result<Vec<Clause>>>();
        operation.header.poisoned.map_or(Ok(()), Err)?;
        let cost = Cost { clauses: clauses?, quantities: &terms.quantities, limits: limits? };
        self.chargeable(operation, cost)
    }
}
