//! The rule that whatever the limits allow can be charged.
//!
//! The arithmetic is the one that charges; it does not know how a price is written.

use credits_core::{Clause, CostError, CostInput, Fraction, Limit, OperationSpec, total};
use proc_macro2::Span;

use super::forever::{all_forever, forever};
use super::{Checker, Price, Quantity};
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
        let terms = OperationSpec {
            name: forever(&header.name.text),
            asset: "",
            costs: all_forever(clauses),
            at_least: None,
            at_most: None,
            limits: all_forever(limits),
            meta: &[],
        };
        let Ok(cost_max) = self.cost_max(&terms, quantities) else {
            let limit = written.last().and_then(|stated| stated.value.as_ref().ok());
            let place = limit.map(|limit| limit.max.span).or(last).unwrap_or(header.name.span);
            let message = messages::cost_overflows(&header.name.text, &arithmetic(&terms));
            return Err(self.diagnostics.report(place, message));
        };
        let is_limited = quantities.len() == terms.limits.len();
        Ok(Price { terms, cost_max: is_limited.then_some(cost_max) })
    }

    /// The cost of the largest quantities; one without a limit counts as none.
    fn cost_max(
        &self,
        terms: &OperationSpec,
        quantities: &[Quantity],
    ) -> core::result::Result<i64, CostError> {
        let largest: Vec<CostInput> = quantities
            .iter()
            .enumerate()
            .map(|(place, quantity)| {
                let (max, base) = (i128::from(limit_of(terms, place)), i128::from(quantity.unit.base));
                CostInput::Quantity(Fraction::whole(max.saturating_mul(base)))
            })
            .collect();
        total(terms, &largest, self.rounding)
    }
}

/// The largest that the quantity at this place can be; none is 0.
fn limit_of(terms: &OperationSpec, place: usize) -> u64 {
    terms.limits.iter().find(|limit| limit.quantity == place).map_or(0, |limit| limit.max)
}

/// The sum as a person would write it: `5 + 9000 x 500 pages`.
fn arithmetic(terms: &OperationSpec) -> String {
    let mut places = 0..;
    let sum: Vec<String> = terms
        .costs
        .iter()
        .filter_map(|clause| match clause {
            Clause::Fixed(credits) => Some(credits.to_string()),
            Clause::Rate { credits, batch, unit, .. } => {
                let max = limit_of(terms, places.next()?);
                let per = if *batch == 1 { String::new() } else { format!(" / {batch}") };
                Some(format!("{credits} x {max} {}{per}", unit.plural))
            }
            Clause::Tiers { .. } | Clause::Choice { .. } | Clause::Computed { .. } => None,
        })
        .collect();
    sum.join(" + ")
}
