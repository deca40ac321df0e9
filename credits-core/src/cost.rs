//! Exact cost arithmetic: clauses and quantities in, whole credits out, rounded once.
//!
//! total = round(sum of fixed + sum of credits x quantity / (batch x base)), where a quantity is in base units
//! (microseconds, bytes, pieces). Nothing is divided before the one rounding: 40 minutes at 3 credits an hour
//! is 2, not 2.000...1 rounded up to 3.

use crate::{Clause, Fraction, Rounding};

/// Why an operation has no cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CostError {
    /// The quantity at this place, counted from 0, is negative.
    NegativeQuantity(usize),
    /// There are fewer quantities than rates; an error of the caller's.
    MissingQuantity(usize),
    /// The total, or a step on the way to it, is over 2^63 - 1 credits.
    Overflow,
}

/// The cost in whole credits of `quantities`, given in base units and in the order of the rates in `clauses`.
pub const fn total(
    clauses: &[Clause],
    quantities: &[Fraction],
    rounding: Rounding,
) -> Result<i64, CostError> {
    let mut sum = Fraction::ZERO;
    let mut place = 0;
    let mut rest = clauses;
    while let [clause, others @ ..] = rest {
        let term = match clause {
            Clause::Fixed(credits) => Fraction::whole(*credits as i128),
            Clause::Rate { credits, batch, unit } => {
                if place >= quantities.len() {
                    return Err(CostError::MissingQuantity(place));
                }
                let (_, from_here) = quantities.split_at(place);
                let [quantity, ..] = from_here else { return Err(CostError::MissingQuantity(place)) };
                if quantity.is_negative() {
                    return Err(CostError::NegativeQuantity(place));
                }
                place += 1;
                let batch_base = *batch as i128 * unit.base as i128;
                let Some(rate) = Fraction::new(*credits as i128, batch_base) else {
                    return Err(CostError::Overflow);
                };
                match rate.checked_mul(*quantity) {
                    Some(term) => term,
                    None => return Err(CostError::Overflow),
                }
            }
        };
        sum = match sum.checked_add(term) {
            Some(sum) => sum,
            None => return Err(CostError::Overflow),
        };
        rest = others;
    }
    let credits = sum.round(rounding);
    if credits > i64::MAX as i128 {
        return Err(CostError::Overflow);
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "compared with i64::MAX just above, and never negative"
    )]
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
        Clause::Rate { credits, batch, unit }
    }

    #[test]
    fn forty_minutes_at_three_credits_an_hour_are_two() {
        let forty_minutes = Fraction::whole(40 * 60 * 1_000_000);
        assert_eq!(total(&[rate(3, 1, unit("hour"))], &[forty_minutes], Rounding::Ceil), Ok(2));
    }

    #[test]
    fn terms_are_added_before_the_one_rounding() {
        let costs = [Clause::Fixed(2), rate(1, 3, PAGE), rate(1, 2, unit("kb"))];
        // 2 + 2/3 + 1/3 of a credit: rounding each term would make 4.
        let quantities = [Fraction::whole(2), Fraction::new(2 * 1_024, 3).unwrap()];
        assert_eq!(total(&costs, &quantities, Rounding::Ceil), Ok(3));
    }

    #[test]
    fn what_has_no_cost_says_why() {
        let costs = [rate(1, 1, PAGE)];
        assert_eq!(total(&costs, &[], Rounding::Ceil), Err(CostError::MissingQuantity(0)));
        let negative = [Fraction::whole(-1)];
        assert_eq!(total(&costs, &negative, Rounding::Ceil), Err(CostError::NegativeQuantity(0)));
        let huge = [Fraction::whole(i128::from(i64::MAX) + 1)];
        assert_eq!(total(&costs, &huge, Rounding::Ceil), Err(CostError::Overflow));
        assert_eq!(
            total(&[Clause::Fixed(i64::MAX), Clause::Fixed(1)], &[], Rounding::Ceil),
            Err(CostError::Overflow)
        );
    }

    #[test]
    fn the_largest_cost_fits() {
        let quantity = [Fraction::whole(i128::from(i64::MAX))];
        assert_eq!(total(&[rate(1, 1, PAGE)], &quantity, Rounding::Ceil), Ok(i64::MAX));
    }
}
