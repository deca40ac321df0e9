//! Quantities: exact fractions of base units, typed by their unit, so that minutes cannot be given for pages.
//!
//! It does not know prices.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use credits_core::Fraction;
use rust_decimal::Decimal;

use super::pricing::Input;

/// A quantity of the unit `U`: an exact fraction, made from any integer, a [`Decimal`], and for units of time
/// or size also from a [`Duration`] or [`Bytes`]. Floats are not accepted.
///
/// A negative quantity, or one that does not fit, is rejected when the operation is priced.
///
/// ```
/// use credits_runtime::{Bytes, Quantity, units};
/// use std::time::Duration;
///
/// let minutes: Quantity<units::Minute> = Duration::from_secs(90).into();
/// assert_eq!(minutes.to_string(), "1.5 minutes");
/// let size: Quantity<units::Mb> = Bytes(2_097_152).into();
/// assert_eq!(size, Quantity::from(2));
/// ```
pub struct Quantity<U> {
    /// Value in base units; `None` if it does not fit.
    base: Option<Fraction>,
    unit: PhantomData<fn() -> U>,
}

/// A size in bytes, which converts to a quantity of any unit of size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(pub u64);

impl<U> Quantity<U> {
    fn of_base(base: Option<Fraction>) -> Self {
        Self { base, unit: PhantomData }
    }

    /// The quantity as an input of an operation.
    pub fn to_input(&self) -> Input {
        Input::Quantity(self.base)
    }
}

impl<U: units::Unit> Quantity<U> {
    fn of_units(units: Option<Fraction>) -> Self {
        let base = Fraction::whole(i128::from(U::BASE));
        Self::of_base(units.and_then(|units| units.checked_mul(base)))
    }
}

/// A value that an operation's constructor accepts as a quantity of the unit `U`: any integer, a [`Decimal`],
/// a [`Quantity`] of the same unit, and for units of time or size also a [`Duration`] or [`Bytes`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a quantity of `{U}`",
    label = "expected a whole number, a `Decimal` or a `Quantity<{U}>`",
    note = "floats are not exact and a quantity of another unit counts something else"
)]
pub trait IntoQuantity<U> {
    /// Converts the value.
    fn into_quantity(self) -> Quantity<U>;
}

macro_rules! into_quantity {
    ($(impl[$($bound:tt)*] for $given:ty;)*) => {$(
        impl<U: $($bound)*> IntoQuantity<U> for $given {
            fn into_quantity(self) -> Quantity<U> {
                self.into()
            }
        }
    )*};
}
into_quantity! {
    impl[units::Unit] for Quantity<U>;
    impl[units::Unit] for Decimal;
    impl[units::Time] for Duration;
    impl[units::Size] for Bytes;
}

macro_rules! from_integers {
    ($($integer:ty)*) => {$(
        impl<U: units::Unit> From<$integer> for Quantity<U> {
            fn from(value: $integer) -> Self {
                Self::of_units(i128::try_from(value).ok().map(Fraction::whole))
            }
        }

        into_quantity! { impl[units::Unit] for $integer; }
    )*};
}
from_integers!(i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize);

impl<U: units::Unit> From<Decimal> for Quantity<U> {
    fn from(value: Decimal) -> Self {
        let units =
            10_i128.checked_pow(value.scale()).and_then(|scale| Fraction::new(value.mantissa(), scale));
        Self::of_units(units)
    }
}

impl<U: units::Time> From<Duration> for Quantity<U> {
    /// Exact to the nanosecond.
    fn from(value: Duration) -> Self {
        Self::of_base(i128::try_from(value.as_nanos()).ok().and_then(|nanos| Fraction::new(nanos, 1_000)))
    }
}

impl<U: units::Size> From<Bytes> for Quantity<U> {
    fn from(Bytes(bytes): Bytes) -> Self {
        Self::of_base(Some(Fraction::whole(i128::from(bytes))))
    }
}

impl<U> Clone for Quantity<U> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<U> Copy for Quantity<U> {}

impl<U> PartialEq for Quantity<U> {
    fn eq(&self, other: &Self) -> bool {
        self.base == other.base
    }
}

impl<U> Eq for Quantity<U> {}

impl<U: units::Unit> fmt::Display for Quantity<U> {
    /// Writes `1 page`, `3 pages`, `1.5 minutes`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = credits_core::Unit {
            name: U::NAME,
            plural: U::PLURAL,
            dimension: credits_core::Dimension::Count,
            base: U::BASE,
        };
        f.write_str(&super::pricing::quantity_text(self.base, &unit))
    }
}

impl<U: units::Unit> fmt::Debug for Quantity<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Units as types: a quantity of one is not a quantity of another.
pub mod units {
    use credits_core::BUILT_IN_UNITS;

    /// A unit of quantities.
    pub trait Unit {
        /// Singular.
        const NAME: &'static str;
        /// Plural.
        const PLURAL: &'static str;
        /// Base units (microseconds, bytes, pieces) in one unit.
        const BASE: u64;
    }

    /// A unit of time: its quantities may be given as [`Duration`](std::time::Duration).
    #[diagnostic::on_unimplemented(
        message = "`{Self}` does not count time, so a `Duration` is no quantity of it",
        label = "expected a whole number, a `Decimal` or a `Quantity<{Self}>`"
    )]
    pub trait Time: Unit {}

    /// A unit of size: its quantities may be given as [`Bytes`](super::Bytes).
    #[diagnostic::on_unimplemented(
        message = "`{Self}` does not count size, so `Bytes` are no quantity of it",
        label = "expected a whole number, a `Decimal` or a `Quantity<{Self}>`"
    )]
    pub trait Size: Unit {}

    macro_rules! built_in {
        ($($dimension:ident: $($marker:ident $word:literal),*;)*) => {$($(
            #[doc = concat!("The unit `", $word, "`.")]
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            pub enum $marker {}

            impl Unit for $marker {
                const NAME: &'static str = known($word).name;
                const PLURAL: &'static str = known($word).plural;
                const BASE: u64 = known($word).base;
            }

            impl $dimension for $marker {}
        )*)*};
    }

    built_in! {
        Time: Second "second", Minute "minute", Hour "hour", Day "day";
        Size: Byte "byte", Kb "kb", Mb "mb", Gb "gb", Tb "tb";
    }

    /// The built-in unit with this name, looked up at compile time.
    const fn known(name: &str) -> credits_core::Unit {
        let mut rest = BUILT_IN_UNITS;
        while let [known, others @ ..] = rest {
            if same(known.unit.name.as_bytes(), name.as_bytes()) {
                return known.unit;
            }
            rest = others;
        }
        panic!("no such unit")
    }

    const fn same(mut left: &[u8], mut right: &[u8]) -> bool {
        while let ([a, left_rest @ ..], [b, right_rest @ ..]) = (left, right) {
            if *a != *b {
                return false;
            }
            (left, right) = (left_rest, right_rest);
        }
        left.is_empty() && right.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_exact_whatever_they_are_made_from() {
        type Minutes = Quantity<units::Minute>;
        let ninety_seconds: Minutes = Duration::from_secs(90).into();
        assert_eq!(ninety_seconds, Minutes::from(Decimal::new(15, 1)));
        assert_eq!(Quantity::<units::Kb>::from(Bytes(2_048)), Quantity::from(2_u8));
        assert_eq!(Minutes::from(u128::MAX).to_input(), Input::Quantity(None));
        let third: Quantity<units::Hour> = Duration::from_mins(20).into();
        assert_eq!(third.to_string(), "1/3 hours");
        assert_eq!(Quantity::<units::Hour>::from(1).to_string(), "1 hour");
    }
}
