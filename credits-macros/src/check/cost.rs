//! The rule that whatever the limits allow can be charged.
//!
//! The arithmetic is the one that charges; it does not know how a price is written.

use credits_core::{Clause, CostError, CostInput, Fraction, OperationSpec, total};

use super::rust::Computed;
use super::{Checker, Price};
use crate::ast;
use crate::diag::Result;
use crate::messages;

/// The largest inputs that limits allow.
struct Largest {
    inputs: Vec<CostInput>,
    /// Whether every input has a largest one.
    is_bounded: bool,
}

impl Checker<'_> {
    /// The price, if even the largest inputs that the limits allow can be charged.
    pub(super) fn price_of(
        &mut self,
        operation: &ast::Operation,
        terms: OperationSpec,
        computed: Vec<Computed>,
    ) -> Result<Price> {
        let Largest { inputs, is_bounded } = largest(&terms);
        let most = match total(&terms, &inputs, self.rounding) {
            Ok(most) => most,
            Err(CostError::Overflow) => {
                let limit = operation.limits.last().and_then(|stated| stated.value.as_ref().ok());
                let place = limit.map(|limit| limit.max.span).or_else(|| number_span(operation));
                let place = place.unwrap_or(operation.header.name.span);
                let message = messages::cost_overflows(&operation.header.name.text, &arithmetic(&terms));
                return Err(self.diagnostics.report(place, message));
            }
            // Nothing here is negative, and the inputs are made for the clauses.
            Err(CostError::Negative | CostError::WrongInput(_)) => 0,
        };
        self.proved(operation, &terms, is_bounded.then_some(inputs.as_slice()))?;
        let cost_max = if is_bounded { Some(most) } else { terms.at_most };
        Ok(Price { terms, computed, cost_max })
    }
}

/// A quantity without a limit counts as none; Rust in braces, too.
fn largest(spec: &OperationSpec) -> Largest {
    let mut largest = Largest { inputs: Vec::new(), is_bounded: true };
    let mut quantity = 0_usize;
    for clause in spec.costs {
        let input = match clause {
            Clause::Fixed(_) => continue,
            Clause::Rate { unit, .. } | Clause::Tiers { unit, .. } => {
                let max = spec.limits.iter().find(|limit| limit.quantity == quantity).map(|limit| limit.max);
                quantity = quantity.saturating_add(1);
                largest.is_bounded &= max.is_some();
                let base = i128::from(max.unwrap_or(0)).saturating_mul(i128::from(unit.base));
                CostInput::Quantity(Fraction::whole(base))
            }
            Clause::Choice { options, .. } => {
                let dearest = (0_u16..).zip(options.iter()).max_by_key(|(_, (_, credits))| *credits);
                CostInput::Choice(dearest.map_or(0, |(place, _)| place))
            }
            Clause::Computed { .. } => {
                largest.is_bounded = false;
                CostInput::Computed(Some(0))
            }
        };
        largest.inputs.push(input);
    }
    largest
}

/// The token that makes the last clause as large as it is.
fn number_span(operation: &ast::Operation) -> Option<proc_macro2::Span> {
    let clauses = operation.costs.first()?.value.as_ref().ok()?;
    clauses.iter().flatten().last().map(|clause| match clause {
        ast::Clause::Fixed(amount) => amount.number.span,
        ast::Clause::Rate(rate) => rate.amount.number.span,
        ast::Clause::Tiers(tiers) => tiers.keyword.span,
        ast::Clause::Choice(choice) => choice.name.span,
        ast::Clause::Rust(code) => code.span,
    })
}

/// The sum as a person would write it: `5 + 9000 x 500 pages`.
fn arithmetic(spec: &OperationSpec) -> String {
    let mut quantity = 0_usize;
    let mut most = || {
        let limit = spec.limits.iter().find(|limit| limit.quantity == quantity);
        quantity = quantity.saturating_add(1);
        limit.map_or(0, |limit| limit.max)
    };
    let per = |batch: u64| if batch == 1 { String::new() } else { format!(" / {batch}") };
    let terms: Vec<String> = spec
        .costs
        .iter()
        .map(|clause| match clause {
            Clause::Fixed(credits) => credits.to_string(),
            Clause::Rate { credits, batch, unit, after } => {
                let included = if *after == 0 { String::new() } else { format!(" after {after}") };
                format!("{credits} x {} {}{}{included}", most(), unit.plural, per(*batch))
            }
            Clause::Tiers { batch, unit, .. } => {
                format!("tiers of {} {}{}", most(), unit.plural, per(*batch))
            }
            Clause::Choice { options, .. } => {
                options.iter().map(|(_, credits)| *credits).max().unwrap_or(0).to_string()
            }
            Clause::Computed { source } => format!("{{ {source} }}"),
        })
        .collect();
    terms.join(" + ")
}
