//! The rule that whatever the limits allow can be charged.
//!
//! The arithmetic is the one that charges; it does not know how a price is written.

use credits_core::{CostError, Fraction, Rounding, total};
use proc_macro2::Span;

use super::{Checker, Clause, Limit, Price, Quantity};
use crate::ast;
use crate::diag::Result;
use crate::messages;

/// What an operation costs, before it is known whether it can always be charged.
pub(super) struct Cost<'a> {
    pub(super) clauses: Vec<Clause>,
    pub(super) quantities: &'a [Quantity],
    pub(super) limits: Vec<Limit>,
}

impl Checker<'_> {
    /// The price, if even the largest quantities that the limits allow can be charged.
    pub(super) fn chargeable(&mut self, operation: &ast::Operation, cost: Cost<'_>) -> Result<Price> {
        let Ok(cost_max) = cost.largest(self.rounding) else {
            let message = messages::cost_overflows(&operation.header.name.text, &cost.arithmetic());
            return Err(self.diagnostics.report(number_to_lower(operation), message));
        };
        let is_limited = cost.quantities.len() == cost.limits.len();
        let Cost { clauses, limits, .. } = cost;
        Ok(Price { clauses, limits, cost_max: is_limited.then_some(cost_max) })
    }
}

impl Cost<'_> {
    /// The cost of the largest quantities; one without a limit counts as none.
    fn largest(&self, rounding: Rounding) -> core::result::Result<i64, CostError> {
        let mut units = self.quantities.iter().map(|quantity| &quantity.unit);
        let clauses: Vec<credits_core::Clause> = self
            .clauses
            .iter()
            .filter_map(|clause| match *clause {
                Clause::Fixed(credits) => Some(credits_core::Clause::Fixed(credits)),
                Clause::Rate { credits, batch } => {
                    // Arithmetic asks only for the base; the names stay here.
                    let (dimension, base) = units.next().map(|unit| (unit.dimension, unit.base))?;
                    let unit = credits_core::Unit { name: "", plural: "", dimension, base };
                    Some(credits_core::Clause::Rate { credits, batch, unit })
                }
            })
            .collect();
        let largest: Vec<Fraction> = self
            .quantities
            .iter()
            .enumerate()
            .map(|(place, quantity)| {
                let max = self.limit(place).unwrap_or(0);
                Fraction::whole(i128::from(max).saturating_mul(i128::from(quantity.unit.base)))
            })
            .collect();
        total(&clauses, &largest, rounding)
    }

    /// The sum as a person would write it: `5 + 9000 x 500 pages`.
    fn arithmetic(&self) -> String {
        let mut quantities = self.quantities.iter().enumerate();
        let terms = self.clauses.iter().filter_map(|clause| match clause {
            Clause::Fixed(credits) => Some(credits.to_string()),
            Clause::Rate { credits, batch } => {
                let (place, quantity) = quantities.next()?;
                let (max, plural) = (self.limit(place)?, &quantity.unit.plural);
                let per = if *batch == 1 { String::new() } else { format!(" / {batch}") };
                Some(format!("{credits} x {max} {plural}{per}"))
            }
        });
        terms.collect::<Vec<_>>().join(" + ")
    }

    fn limit(&self, quantity: usize) -> Option<u64> {
        self.limits.iter().find(|limit| limit.quantity == quantity).map(|limit| limit.max)
    }
}

/// The number to lower: that of the last limit, otherwise that of the last clause.
fn number_to_lower(operation: &ast::Operation) -> Span {
    let limit = operation.limits.iter().filter_map(|stated| stated.value.as_ref().ok()).next_back();
    let clauses = operation.costs.iter().filter_map(|stated| stated.value.as_ref().ok()).flatten();
    let clause = clauses.flatten().last().map(|clause| match clause {
        ast::Clause::Fixed(amount) | ast::Clause::Rate(amount, _) => amount.number.span,
    });
    limit.map(|limit| limit.max.span).or(clause).unwrap_or(operation.header.name.span)
}
