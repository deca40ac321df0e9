//! Exact fractions: quantities and costs before the one rounding.
//!
//! A fraction is always reduced and its denominator positive, so equal values have equal fields. Checked
//! operations return `None` on overflow; nothing wraps and nothing is clamped.

use crate::Rounding;

mod text;

pub use text::NotAFraction;

/// A reduced fraction of two 128-bit integers with a positive denominator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fraction {
    numerator: i128,
    denominator: i128,
}

impl Fraction {
    /// Zero.
    pub const ZERO: Self = Self::whole(0);

    /// The fraction of a whole number.
    pub const fn whole(value: i128) -> Self {
        Self { numerator: value, denominator: 1 }
    }

    /// `numerator / denominator`, reduced; `None` if the denominator is zero or the reduced parts do not fit.
    pub const fn new(numerator: i128, denominator: i128) -> Option<Self> {
        if denominator == 0 {
            return None;
        }
        let divisor = greatest_common_divisor(numerator.unsigned_abs(), denominator.unsigned_abs());
        let negative = (numerator < 0) != (denominator < 0);
        let Some(numerator) = signed(numerator.unsigned_abs() / divisor, negative) else {
            return None;
        };
        let Some(denominator) = signed(denominator.unsigned_abs() / divisor, false) else {
            return None;
        };
        Some(Self { numerator, denominator })
    }

    /// The numerator.
    pub const fn numerator(self) -> i128 {
        self.numerator
    }

    /// The denominator, always positive.
    pub const fn denominator(self) -> i128 {
        self.denominator
    }

    /// Whether the value is below zero.
    pub const fn is_negative(self) -> bool {
        self.numerator < 0
    }

    /// The exact sum; `None` on overflow.
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        // Use the least common denominator, so that equal denominators do not grow.
        let divisor =
            greatest_common_divisor(self.denominator.unsigned_abs(), other.denominator.unsigned_abs());
        let Some(divisor) = signed(divisor, false) else { return None };
        let (self_rest, other_rest) = (self.denominator / divisor, other.denominator / divisor);
        let Some(left) = self.numerator.checked_mul(other_rest) else { return None };
        let Some(right) = other.numerator.checked_mul(self_rest) else { return None };
        let Some(numerator) = left.checked_add(right) else { return None };
        let Some(denominator) = self.denominator.checked_mul(other_rest) else { return None };
        Self::new(numerator, denominator)
    }

    /// The exact difference; `None` on overflow.
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        self.checked_add(Self { numerator: -other.numerator, denominator: other.denominator })
    }

    /// The exact product; `None` on overflow.
    pub const fn checked_mul(self, other: Self) -> Option<Self> {
        // Reduce crosswise first, so that the product overflows only if its reduced form does.
        let Some(left) = Self::new(self.numerator, other.denominator) else { return None };
        let Some(right) = Self::new(other.numerator, self.denominator) else { return None };
        let Some(numerator) = left.numerator.checked_mul(right.numerator) else { return None };
        let Some(denominator) = left.denominator.checked_mul(right.denominator) else { return None };
        Some(Self { numerator, denominator })
    }

    /// The exact quotient; `None` on overflow or if `other` is zero.
    pub const fn checked_div(self, other: Self) -> Option<Self> {
        match Self::new(other.denominator, other.numerator) {
            Some(inverse) => self.checked_mul(inverse),
            None => None,
        }
    }

    /// Whether `self > other`; `None` if the comparison overflows.
    pub const fn exceeds(self, other: Self) -> Option<bool> {
        match self.checked_sub(other) {
            Some(difference) => Some(difference.numerator > 0),
            None => None,
        }
    }

    /// The value as a whole number, by this rounding.
    pub const fn round(self, rounding: Rounding) -> i128 {
        let floor = self.numerator.div_euclid(self.denominator);
        let rest = self.numerator.rem_euclid(self.denominator);
        let up = match rounding {
            Rounding::Floor => false,
            Rounding::Ceil => rest > 0,
            // Compare rest with denominator - rest, because doubling rest could overflow. Halves round away
            // from zero.
            Rounding::Round if self.numerator < 0 => rest > self.denominator - rest,
            Rounding::Round => rest > 0 && rest >= self.denominator - rest,
        };
        if up { floor + 1 } else { floor }
    }
}

const fn greatest_common_divisor(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

const fn signed(magnitude: u128, negative: bool) -> Option<i128> {
    // Reject i128::MIN, which has no positive counterpart, so that negation never overflows.
    if magnitude > i128::MAX.unsigned_abs() {
        return None;
    }
    let value = magnitude.cast_signed();
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;

    fn fraction(numerator: i128, denominator: i128) -> Fraction {
        Fraction::new(numerator, denominator).unwrap()
    }

    #[test]
    fn fractions_are_reduced_and_signs_move_up() {
        for (numerator, denominator, expected) in
            [(6, 4, (3, 2)), (-6, 4, (-3, 2)), (6, -4, (-3, 2)), (0, -7, (0, 1)), (7, 1, (7, 1))]
        {
            let value = fraction(numerator, denominator);
            assert_eq!((value.numerator(), value.denominator()), expected, "{numerator}/{denominator}");
        }
        assert_eq!(Fraction::new(1, 0), None);
        assert_eq!(Fraction::new(i128::MIN, 1), None);
    }

    #[test]
    fn sums_and_products_are_exact() {
        assert_eq!(fraction(1, 3).checked_add(fraction(1, 6)), Some(fraction(1, 2)));
        assert_eq!(fraction(2, 3).checked_mul(fraction(3, 4)), Some(fraction(1, 2)));
        assert_eq!(fraction(2, 3).checked_div(fraction(4, 3)), Some(fraction(1, 2)));
        assert_eq!(fraction(2, 3).checked_div(Fraction::ZERO), None);
        assert_eq!(Fraction::whole(i128::MAX).checked_add(Fraction::whole(1)), None);
        assert_eq!(Fraction::whole(i128::MAX).checked_mul(Fraction::whole(2)), None);
        // The reduced product fits although the unreduced one would not.
        assert_eq!(fraction(i128::MAX, 3).checked_mul(fraction(3, i128::MAX)), Some(Fraction::whole(1)));
    }

    #[test]
    fn rounding_of_a_table_of_values() {
        // Columns: value, ceil, floor, round.
        for (value, ceil, floor, round) in [
            (fraction(2, 1), 2, 2, 2),
            (fraction(21, 10), 3, 2, 2),
            (fraction(25, 10), 3, 2, 3),
            (fraction(26, 10), 3, 2, 3),
            (fraction(-21, 10), -2, -3, -2),
            (fraction(-25, 10), -2, -3, -3),
            (fraction(-26, 10), -2, -3, -3),
            (fraction(1, 3), 1, 0, 0),
        ] {
            assert_eq!(value.round(Rounding::Ceil), ceil, "{value:?}");
            assert_eq!(value.round(Rounding::Floor), floor, "{value:?}");
            assert_eq!(value.round(Rounding::Round), round, "{value:?}");
        }
    }

    #[test]
    fn comparisons_are_exact() {
        assert_eq!(fraction(1, 3).exceeds(fraction(333, 1000)), Some(true));
        assert_eq!(fraction(1, 2).exceeds(fraction(1, 2)), Some(false));
        assert_eq!(fraction(-1, 2).exceeds(Fraction::ZERO), Some(false));
    }
}
