//! Amounts: whole numbers of credits. Sums are checked and never wrap.

use std::fmt;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::rejection::Rejection;

/// A whole number of credits, or of another asset; negative where credits leave a wallet or are owed.
///
/// ```
/// use credits_runtime::Amount;
/// let amount = Amount::from(1_000);
/// assert_eq!(amount, 1_000);
/// assert_eq!(amount.to_string(), "1000");
/// ```
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode, Serialize, Deserialize,
)]
#[cbor(transparent)]
#[serde(transparent)]
pub struct Amount(i64);

impl Amount {
    /// Zero.
    pub const ZERO: Self = Self(0);
    /// The largest amount, 2^63 - 1.
    pub const MAX: Self = Self(i64::MAX);

    /// The amount with this value.
    pub const fn new(value: i64) -> Self {
        Self(value)
    }

    /// The value.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The amount with thousands separators.
    ///
    /// ```
    /// use credits_runtime::Amount;
    /// assert_eq!(Amount::from(-1_250_000).grouped(), "-1,250,000");
    /// ```
    pub fn grouped(self) -> String {
        credits_core::grouped(self.0).to_string()
    }

    /// Whether it is above zero.
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// Whether it is zero.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The sum; `None` if it does not fit 64 bits.
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(value) => Some(Self(value)),
            None => None,
        }
    }

    /// The difference; `None` if it does not fit 64 bits.
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        match self.0.checked_sub(other.0) {
            Some(value) => Some(Self(value)),
            None => None,
        }
    }

    /// The sum of amounts of one wallet, whose balance bounds it; an overflow is a bug and panics.
    pub(crate) fn plus(self, other: Self) -> Self {
        match self.checked_add(other) {
            Some(sum) => sum,
            None => panic!("{self} + {other} is over 2^63 - 1: a wallet's balance bounds its sums"),
        }
    }

    /// The difference of amounts of one wallet, whose balance bounds it; an overflow is a bug and panics.
    pub(crate) fn minus(self, other: Self) -> Self {
        match self.checked_sub(other) {
            Some(difference) => difference,
            None => panic!("{self} - {other} is under -2^63: a wallet's balance bounds its sums"),
        }
    }

    /// How much `available` is below this amount; at most 2^63 - 1.
    pub(crate) fn lacking(self, available: Self) -> Self {
        Self(self.0.saturating_sub(available.0))
    }

    /// The amount with the opposite sign.
    pub(crate) fn negated(self) -> Self {
        Self::ZERO.minus(self)
    }

    /// The sum of amounts of one wallet.
    pub(crate) fn sum(amounts: impl Iterator<Item = Self>) -> Self {
        amounts.fold(Self::ZERO, Self::plus)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl PartialEq<i64> for Amount {
    fn eq(&self, other: &i64) -> bool {
        self.0 == *other
    }
}

impl PartialOrd<i64> for Amount {
    fn partial_cmp(&self, other: &i64) -> Option<std::cmp::Ordering> {
        self.0.partial_cmp(other)
    }
}

macro_rules! from_integers {
    ($($integer:ty)*) => {$(
        impl From<$integer> for Amount {
            fn from(value: $integer) -> Self {
                Self(i64::from(value))
            }
        }
    )*};
}
from_integers!(i8 i16 i32 i64 u8 u16 u32);

/// A value that converts to an amount: an [`Amount`] or an integer of any type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an amount of credits",
    label = "expected a whole number or an `Amount`",
    note = "credits are whole: round floats and `Decimal`, parse text, and read a reference with `*`"
)]
pub trait IntoAmount {
    /// Converts the value. Rejects one outside 64 bits with [`Rejection::AmountOutOfRange`].
    fn into_amount(self) -> Result<Amount, Rejection>;
}

impl IntoAmount for Amount {
    fn into_amount(self) -> Result<Amount, Rejection> {
        Ok(self)
    }
}

macro_rules! into_amount {
    ($($integer:ty)*) => {$(
        impl IntoAmount for $integer {
            fn into_amount(self) -> Result<Amount, Rejection> {
                let fitting = i64::try_from(self).map(Amount);
                fitting.map_err(|_| Rejection::AmountOutOfRange { given: self.to_string() })
            }
        }
    )*};
}
into_amount!(i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize);
