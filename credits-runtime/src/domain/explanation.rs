//! The explanation of a charge: a sum of lines, its bounds and rounding, and the grants it was taken from.
//!
//! It does not know how the lines follow from the terms.

use std::fmt;

use credits_core::Fraction;
use serde::{Deserialize, Serialize};

use super::amount::Amount;
use super::grant::Allocation;
use super::text;

/// The explanation of a charge.
///
/// It displays as one line: `100 + 10 x 3.65 s = 136.5, rounded up: 137`.
///
/// ```
/// # credits_runtime::usage_credits! {
/// #     operation make_video { costs 100.credits + 10.credits_per(second) }
/// # }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
///
/// let credits = Credits::in_memory()?;
/// let user = credits.wallet("user:42");
/// user.give_credits(200).now().wait()?;
/// let video = Operation::make_video(Duration::from_millis(3_650));
/// let why = user.spend_credits_on(video).now().wait()?.entry.explanation().unwrap();
/// assert_eq!(why.to_string(), "100 + 10 x 3.65 s = 136.5, rounded up: 137");
/// assert_eq!(why.lines[1].what, "seconds");
/// assert_eq!(why.grants[0].amount, 137);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Explanation {
    /// Name of the operation at the time of the charge.
    pub operation: String,
    /// Inputs in words: `3 pages`, `quality hd`.
    pub inputs: Vec<String>,
    /// The terms of the sum in the order of their declaration. A graduated rate has a line for each tier that is used.
    pub lines: Vec<ExplanationLine>,
    /// The exact sum of the lines; `None` if a Rust expression is part of it, because its value is not recorded.
    #[serde(with = "text::optional")]
    pub sum: Option<Fraction>,
    /// Rounding of the sum: `ceil`, `floor` or `round`.
    pub rounding: String,
    /// Lower bound of the rounded sum.
    pub at_least: Option<Amount>,
    /// Upper bound of the rounded sum.
    pub at_most: Option<Amount>,
    /// The recorded price. It differs from the recomputed one if a hold was settled at another amount.
    pub price: Amount,
    /// The part of the price that could not be charged when a hold was settled.
    pub shortfall: Amount,
    /// The part of the price that became debt.
    pub owed: Amount,
    /// The plan because of which nothing was charged.
    #[serde(default)]
    pub covered_by: Option<String>,
    /// The grants that the charge was taken from.
    pub grants: Vec<Allocation>,
    /// SHA-256 over the terms of that time, as 64 hexadecimal digits.
    pub catalogue: String,
    /// The price recomputed from the terms and inputs; `None` if a Rust expression is part of it.
    pub recomputed: Option<Amount>,
}

/// One term of a price.
///
/// It displays as it stands in the sum: `100`, `10 x 3.65 s`, `2/1000 x 3500 tokens`, `25 (quality hd)`,
/// `{ size * 2 } (computed)`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ExplanationLine {
    /// The subject of the line: `fixed`, `seconds`, `pages after 10`, `pages from 1000 to 3000`, `quality hd`, or the source of
    /// a Rust expression in braces.
    pub what: String,
    /// The charged quantity, without included units; `None` for a term without one.
    pub quantity: Option<ExplainedQuantity>,
    /// The rate; `None` for a term without a quantity.
    pub rate: Option<ExplainedRate>,
    /// The exact credits of the line; `None` for a Rust expression, whose value is not recorded.
    #[serde(with = "text::optional")]
    pub credits: Option<Fraction>,
}

/// A quantity with its unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ExplainedQuantity {
    /// The value, in the unit. It serialises as text: `3.65`, or `1/3` for a decimal that does not end.
    #[serde(with = "text")]
    pub value: Fraction,
    /// The unit: `page` for exactly one, otherwise `pages`.
    pub unit: String,
}

/// Credits for a number of units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ExplainedRate {
    /// The credits.
    pub credits: Amount,
    /// The number of units that they are for; 1 unless the rate is for a batch.
    pub units: u64,
}

impl fmt::Display for ExplanationLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, quantity, rate, credits } = self;
        match (quantity, rate, credits) {
            (Some(ExplainedQuantity { value, unit }), Some(ExplainedRate { credits, units }), _) => {
                write!(f, "{credits}")?;
                if *units != 1 {
                    write!(f, "/{units}")?;
                }
                // The subject is the plural of the unit, and behind it the range of the rate.
                let range = what.find(' ').and_then(|end| what.get(end..)).unwrap_or_default();
                write!(f, " x {value} {}{range}", short(unit))
            }
            (_, _, None) => write!(f, "{what} (computed)"),
            (_, _, Some(credits)) if what == FIXED => fmt::Display::fmt(credits, f),
            (_, _, Some(credits)) => write!(f, "{credits} ({what})"),
        }
    }
}

/// The subject of a constant term.
pub(super) const FIXED: &str = "fixed";

/// The symbol of a unit of time, or the unit's own word.
fn short(unit: &str) -> &str {
    match unit {
        "second" | "seconds" => "s",
        "minute" | "minutes" => "min",
        "hour" | "hours" => "h",
        other => other,
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, line) in self.lines.iter().enumerate() {
            write!(f, "{}{line}", if place > 0 { " + " } else { "" })?;
        }
        let is_plain = matches!(self.lines.as_slice(), [line] if line.what == FIXED);
        if let Some(sum) = self.sum.filter(|_| !is_plain) {
            write!(f, " = {sum}")?;
        }
        for step in [self.rounded(), self.bound()].into_iter().flatten() {
            write!(f, ", {step}")?;
        }
        let result = self.recomputed.unwrap_or(self.price);
        if self.sum != Some(Fraction::whole(i128::from(result.get()))) {
            write!(f, ": {result}")?;
        }
        if result != self.price {
            write!(f, ", settled at {}", self.price)?;
        }
        for (part, word) in [(self.shortfall, "not charged"), (self.owed, "owed")] {
            if part.is_positive() {
                write!(f, ", {part} of it {word}")?;
            }
        }
        if let Some(plan) = &self.covered_by {
            write!(f, ", covered by {plan}")?;
        }
        Ok(())
    }
}

impl Explanation {
    /// The rounding in words, if the sum is no whole number.
    fn rounded(&self) -> Option<String> {
        let is_whole = self.sum?.denominator() == 1;
        let word = match self.rounding.as_str() {
            "ceil" => "rounded up",
            "floor" => "rounded down",
            _ => "rounded",
        };
        (!is_whole).then(|| word.to_owned())
    }

    /// The bound that decided the price. If the sum is not known, the bound that the price is at.
    fn bound(&self) -> Option<String> {
        let result = self.recomputed.unwrap_or(self.price);
        let decides = |bound: &Amount, is_beyond: fn(Fraction, Fraction) -> Option<bool>| {
            let whole = Fraction::whole(i128::from(bound.get()));
            *bound == result && self.sum.is_none_or(|sum| is_beyond(sum, whole) == Some(true))
        };
        let least = self.at_least.filter(|least| decides(least, |sum, least| least.exceeds(sum)));
        let most = self.at_most.filter(|most| decides(most, Fraction::exceeds));
        let least = least.map(|least| format!("at least {least}"));
        least.or_else(|| most.map(|most| format!("at most {most}")))
    }
}
