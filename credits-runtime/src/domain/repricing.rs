//! Repricing: what a charge would have cost under other terms.
//!
//! Inputs are matched by what they are: a quantity by its unit or dimension, a choice by its name and option. It does
//! not know entries.

use credits_core::{BUILT_IN_UNITS, Dimension, Fraction};

use super::amount::Amount;
use super::catalogue::{CatalogueData, ClauseData, LimitData, OperationData, UnitData};
use super::explain::price;
use super::pricing::RecordedInput;

/// The price of a charge's inputs under other terms. `None` if a price is a Rust expression there, an input is missing or
/// beyond its limit, or the recorded price does not follow from the inputs, for example of a hold that was settled
/// at another amount.
pub fn repriced(
    from: (&CatalogueData, &OperationData),
    to: (&CatalogueData, &OperationData),
    inputs: &[RecordedInput],
    recorded: Amount,
) -> Option<Amount> {
    let ((from_terms, from), (to_terms, to)) = (from, to);
    if from.asset != to.asset || price(from_terms, from, inputs).is_some_and(|price| price != recorded) {
        return None;
    }
    let taking =
        |clause: &&ClauseData| !matches!(clause, ClauseData::Fixed { .. } | ClauseData::Computed { .. });
    let mut known: Vec<_> = from.costs.iter().filter(taking).zip(inputs).collect();
    let mut matched = Vec::new();
    for clause in to.costs.iter().filter(taking) {
        let place = known.iter().position(|(other, _)| is_same_input(other, clause))?;
        let (other, input) = known.remove(place);
        matched.push(match (other, clause, input) {
            (ClauseData::Choice { options, .. }, ClauseData::Choice { options: new, .. }, input) => {
                let RecordedInput::Choice(place) = input else { return None };
                let (name, _) = options.get(usize::from(*place))?;
                let place = new.iter().position(|(option, _)| option == name)?;
                RecordedInput::Choice(u16::try_from(place).ok()?)
            }
            (_, _, input) => *input,
        });
        is_within(&to.limits, clause, input).then_some(())?;
    }
    price(to_terms, to, &matched)
}

fn is_same_input(one: &ClauseData, other: &ClauseData) -> bool {
    match (one, other) {
        (ClauseData::Choice { name, .. }, ClauseData::Choice { name: other, .. }) => name == other,
        _ => one.unit().zip(other.unit()).is_some_and(|(one, other)| dimension(one) == dimension(other)),
    }
}

/// What a unit measures: time, size, or pieces of its name.
fn dimension(unit: &UnitData) -> (Option<Dimension>, &str) {
    let built_in = BUILT_IN_UNITS.iter().find(|built_in| built_in.unit.plural == unit.plural);
    match built_in.map(|built_in| built_in.unit.dimension) {
        Some(dimension @ (Dimension::Time | Dimension::Size)) => (Some(dimension), ""),
        _ => (None, &unit.name),
    }
}

fn is_within(limits: &[LimitData], clause: &ClauseData, input: &RecordedInput) -> bool {
    let (Some(unit), RecordedInput::Quantity(quantity)) = (clause.unit(), input) else { return true };
    let limit = limits.iter().find(|limit| limit.quantity == unit.plural);
    limit.is_none_or(|limit| {
        let max = Fraction::whole(i128::from(limit.max).saturating_mul(i128::from(unit.base)));
        quantity.exceeds(max) == Some(false)
    })
}
