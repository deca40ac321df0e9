//! Exact cost arithmetic: computes whole credits from clauses and inputs, with one rounding.
//!
//! total = round(sum of clauses), raised to `at_least` and cut to `at_most`. Quantities are in base units
//! (microseconds, bytes, pieces). A rate costs credits x (quantity - included) / (batch x base), never below
//! zero. Graduated tiers apply their rates to the part of the quantity within each tier. Sums are exact until
//! the one rounding: 40 minutes at 3 credits an hour cost 2 credits, not 2.000...1 rounded up to 3.

use crate::{Clause, Fraction, OperationSpec, Rounding, Tier};

/// The input of a clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CostInput {
    /// A quantity in base units.
    Quantity(Fraction),
    /// A choice, as an index into the options.
    Choice(u16),
    /// The value of a Rust expression, in whole credits; `None` if its evaluation overflowed or had no value.
    Computed(Option<i128>),
}

/// The reason why an operation has no cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CostError {
    /// The total exceeds 2^63 - 1 credits, or an intermediate value does not fit.
    Overflow,
    /// The total is below zero, as a computed clause may be.
    Negative,
    /// The input at this index is missing, out of range or of the wrong kind: a bug of the caller.
    WrongInput(usize),
}

/// Returns the cost of an operation, in whole units of its asset. `inputs` are in the order of the clauses
/// that take one.
///
/// Errors in order: a wrong input or an overflow in the first clause that has one, a total below zero, a
/// total that overflows.
pub const fn total(
    operation: &OperationSpec,
    inputs: &[CostInput],
    rounding: Rounding,
) -> Result<i64, CostError> {
    let mut sum = Fraction::ZERO;
    let mut clauses = operation.costs;
    let mut rest = inputs;
    while let [clause, others @ ..] = clauses {
        let term = match (clause, rest) {
            (Clause::Fixed(credits), _) => Some(Fraction::whole(*credits as i128)),
            (clause, [input, following @ ..]) => {
                let place = inputs.len() - rest.len();
                rest = following;
                match term(clause, *input) {
                    Ok(term) => term,
                    Err(WrongInput) => return Err(CostError::WrongInput(place)),
                }
            }
            (_, []) => return Err(CostError::WrongInput(inputs.len())),
        };
        sum = match term {
            Some(term) => match sum.checked_add(term) {
                Some(sum) => sum,
                None => return Err(CostError::Overflow),
            },
            None => return Err(CostError::Overflow),
        };
        clauses = others;
    }
    bounded(sum.round(rounding), operation.at_least, operation.at_most)
}

struct WrongInput;

/// The credits of one clause; `None` on overflow.
const fn term(clause: &Clause, input: CostInput) -> Result<Option<Fraction>, WrongInput> {
    match (clause, input) {
        (Clause::Rate { credits, batch, unit, after }, CostInput::Quantity(quantity)) => {
            Ok(rated((*credits, *batch), (unit.base, *after), quantity))
        }
        (Clause::Tiers { batch, unit, tiers }, CostInput::Quantity(quantity)) => {
            Ok(graduated(tiers, *batch, unit.base, quantity))
        }
        (Clause::Choice { options, .. }, CostInput::Choice(chosen)) => {
            let mut place = 0;
            let mut rest = *options;
            while let [(_, credits), others @ ..] = rest {
                if place == chosen {
                    return Ok(Some(Fraction::whole(*credits as i128)));
                }
                place += 1;
                rest = others;
            }
            Err(WrongInput)
        }
        (Clause::Computed { .. }, CostInput::Computed(Some(value))) => Ok(Fraction::new(value, 1)),
        (Clause::Computed { .. }, CostInput::Computed(None)) => Ok(None),
        _ => Err(WrongInput),
    }
}

/// The credits of a quantity beyond the first `after` units, at `credits` for `batch` units of `base` base
/// units each. `None` on overflow.
pub const fn rated(
    (credits, batch): (i64, u64),
    (base, after): (u64, u64),
    quantity: Fraction,
) -> Option<Fraction> {
    let included = Fraction::whole(after as i128 * base as i128);
    match quantity.checked_sub(included) {
        Some(paid) if paid.is_negative() => Some(Fraction::ZERO),
        Some(paid) => rate(credits, batch as i128 * base as i128, paid),
        None => None,
    }
}

const fn rate(credits: i64, batch_base: i128, quantity: Fraction) -> Option<Fraction> {
    match Fraction::new(credits as i128, batch_base) {
        Some(rate) => rate.checked_mul(quantity),
        None => None,
    }
}

/// The credits of a quantity at graduated rates: the part within each tier, at the tier's credits for `batch`
/// units of `base` base units each. `None` on overflow.
pub const fn graduated(tiers: &[Tier], batch: u64, base: u64, quantity: Fraction) -> Option<Fraction> {
    let batch_base = batch as i128 * base as i128;
    let mut sum = Fraction::ZERO;
    let mut from = Fraction::ZERO;
    let mut rest = tiers;
    while let [tier, others @ ..] = rest {
        let mut end = quantity;
        if let Some(up_to) = tier.up_to {
            let limit = Fraction::whole(up_to as i128 * base as i128);
            match quantity.exceeds(limit) {
                Some(true) => end = limit,
                Some(false) => {}
                None => return None,
            }
        }
        let Some(part) = end.checked_sub(from) else { return None };
        let Some(term) = rate(tier.credits, batch_base, part) else { return None };
        let Some(next) = sum.checked_add(term) else { return None };
        (sum, from) = (next, end);
        rest = others;
    }
    Some(sum)
}

/// Cuts a rounded total to an operation's bounds. Errors in order: a total below zero, whatever the bounds; a
/// result over 2^63 - 1.
pub const fn bounded(credits: i128, at_least: Option<i64>, at_most: Option<i64>) -> Result<i64, CostError> {
    if credits < 0 {
        return Err(CostError::Negative);
    }
    let mut credits = credits;
    if let Some(least) = at_least
        && credits < least as i128
    {
        credits = least as i128;
    }
    if let Some(most) = at_most
        && credits > most as i128
    {
        credits = most as i128;
    }
    if credits > i64::MAX as i128 {
        return Err(CostError::Overflow);
    }
    #[expect(clippy::cast_possible_truncation, reason = "between 0 and i64::MAX, as compared above")]
    let credits = credits as i64;
    Ok(credits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BUILT_IN_UNITS, Dimension, Unit};

    const PAGE: Unit = Unit { name: "page", plural: "pages", dimension: Dimension::Count, base: 1 };

    fn unit(word: &str) -> Unit {
        BUILT_IN_UNITS.iter().find(|known| known.words.contains(&word)).unwrap().unit
    }

    fn rate(credits: i64, batch: u64, unit: Unit) -> Clause {
        Clause::Rate { credits, batch, unit, after: 0 }
    }

    fn operation(costs: &'static [Clause]) -> OperationSpec {
        OperationSpec { name: "test", costs, ..OperationSpec::NONE }
    }

    /// The cost of these clauses for inputs in base units, rounded up.
    fn cost(costs: &[Clause], inputs: &[CostInput]) -> Result<i64, CostError> {
        let costs: &'static [Clause] = std::boxed::Box::leak(costs.into());
        total(&operation(costs), inputs, Rounding::Ceil)
    }

    extern crate std;

    fn pieces(quantity: i128) -> CostInput {
        CostInput::Quantity(Fraction::whole(quantity))
    }

    #[test]
    fn forty_minutes_at_three_credits_an_hour_are_two() {
        assert_eq!(cost(&[rate(3, 1, unit("hour"))], &[pieces(40 * 60 * 1_000_000)]), Ok(2));
    }

    #[test]
    fn terms_are_added_before_the_one_rounding() {
        let costs = [Clause::Fixed(2), rate(1, 3, PAGE), rate(1, 2, unit("kb"))];
        // 2 + 2/3 + 1/3 of a credit: rounding each term would make 4.
        let size = CostInput::Quantity(Fraction::new(2 * 1_024, 3).unwrap());
        assert_eq!(cost(&costs, &[pieces(2), size]), Ok(3));
    }

    #[test]
    fn included_units_cost_nothing() {
        let costs = [Clause::Rate { credits: 2, batch: 1, unit: PAGE, after: 10 }];
        for (pages, credits) in [(0, 0), (9, 0), (10, 0), (11, 2), (15, 10)] {
            assert_eq!(cost(&costs, &[pieces(pages)]), Ok(credits), "{pages} pages");
        }
    }

    #[test]
    fn tiers_are_graduated() {
        let tiers = &[
            Tier { up_to: Some(1_000), credits: 5 },
            Tier { up_to: Some(3_000), credits: 2 },
            Tier { up_to: None, credits: 1 },
        ];
        let costs = [Clause::Tiers { batch: 100, unit: PAGE, tiers }];
        // 50 for the first 1,000, 40 for the next 2,000, then 1 for each 100.
        for (pages, credits) in [(0, 0), (1, 1), (100, 5), (1_000, 50), (1_001, 51), (3_000, 90), (3_500, 95)]
        {
            assert_eq!(cost(&costs, &[pieces(pages)]), Ok(credits), "{pages} pages");
        }
    }

    #[test]
    fn choices_and_computed_costs_are_added() {
        let options = &[("standard", 10), ("hd", 25)];
        let costs = [Clause::Choice { name: "quality", options }, Clause::Computed { source: "pages * 2" }];
        assert_eq!(cost(&costs, &[CostInput::Choice(1), CostInput::Computed(Some(6))]), Ok(31));
        assert_eq!(
            cost(&costs, &[CostInput::Choice(2), CostInput::Computed(Some(6))]),
            Err(CostError::WrongInput(0))
        );
        assert_eq!(cost(&costs, &[CostInput::Choice(1)]), Err(CostError::WrongInput(1)));
        assert_eq!(
            cost(&costs, &[CostInput::Choice(0), CostInput::Computed(Some(-11))]),
            Err(CostError::Negative)
        );
        assert_eq!(
            cost(&costs, &[CostInput::Choice(0), CostInput::Computed(Some(i128::MIN))]),
            Err(CostError::Overflow)
        );
        assert_eq!(
            cost(&costs, &[CostInput::Choice(0), CostInput::Computed(None)]),
            Err(CostError::Overflow)
        );
    }

    #[test]
    fn a_cost_is_kept_within_its_bounds() {
        let bounded = OperationSpec {
            at_least: Some(3),
            at_most: Some(5),
            ..operation(&[Clause::Computed { source: "" }])
        };
        for (value, credits) in [(0, 3), (3, 3), (4, 4), (6, 5)] {
            assert_eq!(total(&bounded, &[CostInput::Computed(Some(value))], Rounding::Ceil), Ok(credits));
        }
        // Bounds do not hide a negative total.
        assert_eq!(
            total(&bounded, &[CostInput::Computed(Some(-1))], Rounding::Ceil),
            Err(CostError::Negative)
        );
    }

    #[test]
    fn the_largest_cost_fits_and_no_larger_one() {
        let costs = [rate(1, 1, PAGE)];
        assert_eq!(cost(&costs, &[pieces(i128::from(i64::MAX))]), Ok(i64::MAX));
        assert_eq!(cost(&costs, &[pieces(i128::from(i64::MAX) + 1)]), Err(CostError::Overflow));
        assert_eq!(cost(&[Clause::Fixed(i64::MAX), Clause::Fixed(1)], &[]), Err(CostError::Overflow));
    }
}
