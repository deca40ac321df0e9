//! Exact sums: fractions of credits over time, and the durations that measure them.
//!
//! It does not know the meaning of a sum. Where fractions grow too long for exact sums, their whole parts are
//! summed.

use std::time::Duration;

use credits_core::{Fraction, Rounding};

use crate::domain::time::Timestamp;

/// Microseconds between two instants; 0 if `to` is earlier.
pub(super) fn micros_between(from: Timestamp, to: Timestamp) -> i128 {
    micros(to.since(from))
}

pub(super) fn micros(duration: Duration) -> i128 {
    i128::try_from(duration.as_micros()).unwrap_or(i128::MAX)
}

/// A fraction; zero if it is undefined, as with a denominator of 0.
pub(super) fn fraction(numerator: i128, denominator: i128) -> Fraction {
    Fraction::new(numerator, denominator).unwrap_or(Fraction::ZERO)
}

pub(super) fn add(a: Fraction, b: Fraction) -> Fraction {
    a.checked_add(b)
        .unwrap_or_else(|| Fraction::whole(a.round(Rounding::Floor).saturating_add(b.round(Rounding::Floor))))
}

/// The difference, or zero where it would be negative.
pub(super) fn subtract(a: Fraction, b: Fraction) -> Fraction {
    let exact = a.checked_sub(b).unwrap_or_else(|| {
        Fraction::whole(a.round(Rounding::Floor).saturating_sub(b.round(Rounding::Floor)))
    });
    if exact.is_negative() { Fraction::ZERO } else { exact }
}

pub(super) fn floor(of: Fraction) -> Fraction {
    Fraction::whole(of.round(Rounding::Floor))
}

pub(super) fn least(a: Fraction, b: Fraction) -> Fraction {
    if a.exceeds(b).unwrap_or(false) { b } else { a }
}

pub(super) fn most(a: Fraction, b: Fraction) -> Fraction {
    if a.exceeds(b).unwrap_or(false) { a } else { b }
}

/// Subtracts an amount from the parts, last first, and only from parts whose place counts. Returns the parts
/// and the rest of the amount.
pub(super) fn take_last(
    mut parts: Vec<Fraction>,
    amount: Fraction,
    counts: impl Fn(usize) -> bool,
) -> (Vec<Fraction>, Fraction) {
    let mut left = amount;
    for (_, part) in parts.iter_mut().enumerate().rev().filter(|(place, _)| counts(*place)) {
        let taken = least(left, *part);
        *part = subtract(*part, taken);
        left = subtract(left, taken);
    }
    (parts, left)
}

/// Converts parts to whole numbers, in order: their running sum is rounded down, and each part gets its
/// increase.
pub(super) fn whole(parts: impl IntoIterator<Item = Fraction>) -> Vec<i64> {
    let (mut sum, mut given) = (Fraction::ZERO, 0_i128);
    let mut amounts = Vec::new();
    for part in parts {
        sum = add(sum, part);
        let now = sum.round(Rounding::Floor).max(given);
        amounts.push(i64::try_from(now.saturating_sub(given)).unwrap_or(i64::MAX));
        given = now;
    }
    amounts
}
