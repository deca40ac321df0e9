//! The rule that whatever the limits allow can be charged.
//!
//! The arithmetic is the one that charges; it does not know how a price is written.

use credits_core::{CostError, Fraction, total};
use proc_macro2::Span;

use super::{Checker, Clause, Limit, Price, Quantity};
use crate::ast::{self, Stated};
use crate::diag::Result;
use crate::messages;

impl Checker<'_> {
    /// The price, if even the largest quantities that the limits allow can be charged.
    pub(super) fn price_of(
        &mut self,
        header: &ast::Header,
        clauses: Vec<Clause>,
        quantities: &[Quantity],
        limits: Vec<Limit>,
        (written, last): (&[Stated<ast::Limit>], Option<Span>),
    ) -> Result<Price> {
        let Ok(cost_max) = self.cost_max(&clauses, quantities, &limits) else {
            let limit = written.last().and_then(|stated| stated.value.as_ref().ok());
            let place = limit.map(|limit| limit.max.span).or(last).unwrap_or(header.name.span);
            let sum = arithmetic(&clauses, quantities, &limits);
            return Err(self.diagnostics.report(place, messages::cost_overflows(&header.name.text, &sum)));
        };
        let is_limited = quantities.len() == limits.len();
        Ok(Price { clauses, limits, cost_max: is_limited.then_some(cost_max) })
    }

    /// The cost of the largest quantities; one without a limit counts as none.
    fn cost_max(
        &self,
        clauses: &[Clause],
        quantities: &[Quantity],
        limits: &[Limit],
    ) -> core::result::Result<i64, CostError> {
        let mut units = quantities.iter().map(|quantity| &quantity.unit);
        let clauses: Vec<credits_core::Clause> = clauses
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
        let largest: Vec<Fraction> = quantities
            .iter()
            .enumerate()
            .map(|(place, quantity)| {
                let max = limits.iter().find(|limit| limit.quantity == place).map_or(0, |limit| limit.max);
                Fraction::whole(i128::from(max).saturating_mul(i128::from(quantity.unit.base)))
            })
            .collect();
        total(&clauses, &largest, self.rounding)
    }
}

/// The sum as a person would write it: `5 + 9000 x 500 pages`.
fn arithmetic(clauses: &[Clause], quantities: &[Quantity], limits: &[Limit]) -> String {
    let mut places = quantities.iter().enumerate();
    let terms: Vec<String> = clauses
        .iter()
        .map(|clause| match clause {
            Clause::Fixed(credits) => credits.to_string(),
            Clause::Rate { credits, batch } => {
                let (place, plural) =
                    places.next().map_or((0, ""), |(place, known)| (place, known.unit.plural.as_str()));
                let max = limits.iter().find(|limit| limit.quantity == place).map_or(0, |limit| limit.max);
                let per = if *batch == 1 { String::new() } else { format!(" / {batch}") };
                format!("{credits} x {max} {plural}{per}")
            }
        })
        .collect();
    terms.join(" + ")
}
