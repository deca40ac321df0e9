//! What can be proved of an operation: limits, bounds and tiers that contradict each other.
//!
//! Only what cannot be meant is refused; it does not know who pays.

use credits_core::{Clause, CostInput, Fraction, OperationSpec, Tier, total};

use super::Checker;
use super::number::grouped;
use crate::ast::{self, TierEnd};
use crate::diag::Result;
use crate::messages;

impl Checker<'_> {
    /// Refuses terms that take back what others say. `greatest` are the largest inputs, if all are bounded.
    pub(super) fn proved(
        &mut self,
        operation: &ast::Operation,
        terms: &OperationSpec,
        greatest: Option<&[CostInput]>,
    ) -> Result<()> {
        self.limits_leave_something(operation, terms)?;
        self.tiers_are_reached(operation, terms)?;
        self.bounds_leave_something(operation, terms, greatest)
    }

    /// A limit within what `after` includes makes its rate free.
    fn limits_leave_something(&mut self, operation: &ast::Operation, terms: &OperationSpec) -> Result<()> {
        for (quantity, clause) in counting(terms).enumerate() {
            let Clause::Rate { after, unit, .. } = clause else { continue };
            let limits = terms.limits.iter().zip(&operation.limits);
            let limit = limits.into_iter().find(|(limit, _)| limit.quantity == quantity);
            let Some((limit, stated)) = limit.filter(|(limit, _)| limit.max <= *after) else { continue };
            let Ok(written) = &stated.value else { continue };
            let shown = |number: u64| format!("{} {}", grouped(number), unit.plural);
            let message = messages::limit_within_included(&shown(limit.max), &grouped(*after));
            return Err(self.diagnostics.report(written.max.span, message));
        }
        Ok(())
    }

    /// A tier that begins above the limit has a price that never holds. One that begins at it closes the list.
    fn tiers_are_reached(&mut self, operation: &ast::Operation, terms: &OperationSpec) -> Result<()> {
        let clauses = operation.costs.first().and_then(|stated| stated.value.as_ref().ok());
        let mut written = clauses.into_iter().flatten().flatten().filter_map(|clause| match clause {
            ast::Clause::Tiers(tiers) => tiers.list.as_ref().ok(),
            _ => None,
        });
        for (quantity, clause) in counting(terms).enumerate() {
            let Clause::Tiers { tiers, unit, .. } = clause else { continue };
            let Some(written) = written.next() else { continue };
            let limit = terms.limits.iter().find(|limit| limit.quantity == quantity);
            let Some(limit) = limit else { continue };
            let starts = tiers.iter().filter_map(|Tier { up_to, .. }| *up_to);
            let unreached = starts.zip(written.iter().skip(1)).find(|(start, _)| *start > limit.max);
            let Some((start, tier)) = unreached else { continue };
            let place = match &tier.end {
                TierEnd::Below(amount) => amount.number.span,
                TierEnd::Open(place) => *place,
            };
            let message = messages::tier_unreached(&grouped(start), &grouped(limit.max), unit.plural);
            return Err(self.diagnostics.report(place, message));
        }
        Ok(())
    }

    /// `at_least` above the greatest cost and `at_most` below the least one are the cost, whatever else is written.
    fn bounds_leave_something(
        &mut self,
        operation: &ast::Operation,
        terms: &OperationSpec,
        greatest: Option<&[CostInput]>,
    ) -> Result<()> {
        let unbounded = OperationSpec { at_least: None, at_most: None, ..*terms };
        let number = |stated: &[ast::Stated<ast::Amount>]| {
            stated.first().and_then(|stated| stated.value.as_ref().ok()).map(|amount| amount.number.clone())
        };
        let greatest = greatest.and_then(|inputs| total(&unbounded, inputs, self.rounding).ok());
        if let (Some(least), Some(greatest), Some(written)) =
            (terms.at_least, greatest, number(&operation.at_least))
            && least > greatest
        {
            let message = messages::least_above_greatest(&written.text, greatest);
            return Err(self.diagnostics.report(written.span, message));
        }
        let (Some(most), Some(written)) = (terms.at_most, number(&operation.at_most)) else { return Ok(()) };
        if let Some(least) = least(&unbounded).filter(|least| most < *least) {
            let message = messages::most_below_least(&written.text, least);
            return Err(self.diagnostics.report(written.span, message));
        }
        self.options_are_reached(operation, terms, most)
    }

    /// An option above `at_most` has a price that is never charged.
    fn options_are_reached(
        &mut self,
        operation: &ast::Operation,
        terms: &OperationSpec,
        most: i64,
    ) -> Result<()> {
        let Some(fixed) = fixed(terms) else { return Ok(()) };
        let clauses = operation.costs.first().and_then(|stated| stated.value.as_ref().ok());
        let choices = clauses.into_iter().flatten().flatten().filter_map(|clause| match clause {
            ast::Clause::Choice(choice) => choice.options.as_ref().ok(),
            _ => None,
        });
        let priced = terms.costs.iter().filter_map(|clause| match clause {
            Clause::Choice { options, .. } => Some(*options),
            _ => None,
        });
        for (written, options) in choices.zip(priced) {
            for (option, (name, credits)) in written.iter().zip(options) {
                let costs = fixed.saturating_add(*credits);
                if costs > most {
                    let message = messages::option_unreached(name, costs, most);
                    return Err(self.diagnostics.report(option.name.span, message));
                }
            }
        }
        Ok(())
    }
}

/// The clauses that count something, in the order of the quantities.
fn counting(terms: &OperationSpec) -> impl Iterator<Item = &Clause> {
    terms.costs.iter().filter(|clause| matches!(clause, Clause::Rate { .. } | Clause::Tiers { .. }))
}

/// The charge of every choice; none if Rust in braces may take off from it.
fn fixed(terms: &OperationSpec) -> Option<i64> {
    terms.costs.iter().try_fold(0_i64, |sum, clause| match clause {
        Clause::Fixed(credits) => sum.checked_add(*credits),
        Clause::Computed { .. } => None,
        _ => Some(sum),
    })
}

/// The least that an operation costs; none if Rust in braces says it.
pub(super) fn least(terms: &OperationSpec) -> Option<i64> {
    let inputs: Option<Vec<CostInput>> = terms
        .costs
        .iter()
        .filter_map(|clause| match clause {
            Clause::Fixed(_) => None,
            Clause::Rate { .. } | Clause::Tiers { .. } => Some(Some(CostInput::Quantity(Fraction::ZERO))),
            Clause::Choice { options, .. } => {
                let cheapest = (0_u16..).zip(options.iter()).min_by_key(|(_, (_, credits))| *credits);
                Some(Some(CostInput::Choice(cheapest.map_or(0, |(place, _)| place))))
            }
            Clause::Computed { .. } => Some(None),
        })
        .collect();
    total(terms, &inputs?, credits_core::Rounding::Ceil).ok()
}

/// Whether nothing that is chosen or counted makes an operation cost anything.
pub(super) fn is_free(terms: &OperationSpec) -> bool {
    let is_zero = terms.costs.iter().all(|clause| match clause {
        Clause::Fixed(credits) => *credits == 0,
        Clause::Choice { options, .. } => options.iter().all(|(_, credits)| *credits == 0),
        Clause::Tiers { tiers, .. } => tiers.iter().all(|tier| tier.credits == 0),
        Clause::Rate { .. } | Clause::Computed { .. } => false,
    });
    is_zero && terms.at_least.is_none()
}
