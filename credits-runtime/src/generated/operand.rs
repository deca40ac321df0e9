//! Numbers and lists as operands: the traits that [`checked`](super::checked) needs.

use std::collections::VecDeque;

use super::checked::{Operator, Shift, Unary, Whole};

/// An integer of Rust, or a reference to one.
pub trait Operand: Copy {
    /// The integer's type.
    type Integer: Integer;
    /// One, for which every operator has a result.
    const ONE: Self;
    /// The integer.
    fn value(self) -> Self::Integer;
}

/// An integer of Rust.
pub trait Integer: Number + Copy {
    /// Whether the operator has a result.
    fn has(self, operator: Operator, right: Self) -> bool;
    /// Whether the shift has a result; a left shift also must not lose bits.
    fn has_shift(self, shift: Shift, bits: u32) -> bool;
    /// Whether the power fits.
    fn has_power(self, exponent: u32) -> bool;
    /// Whether the operator has a result.
    fn has_unary(self, operator: Unary) -> bool;
    /// Its value as a shift distance.
    fn bits(self) -> Option<u32>;
}

/// An integer or a float.
pub trait Number {
    /// Its integer part.
    fn whole(&self) -> Whole;
}

/// A list that can be indexed.
pub trait List {
    /// The count of its elements.
    fn count(&self) -> usize;
}

macro_rules! integers {
    ($($integer:ty)*: $abs:expr, $next_power_of_two:expr, $next_multiple:expr) => {$(
        impl Operand for $integer {
            type Integer = Self;
            const ONE: Self = 1;

            fn value(self) -> Self {
                self
            }
        }

        impl Operand for &$integer {
            type Integer = $integer;
            const ONE: Self = &1;

            fn value(self) -> $integer {
                *self
            }
        }

        impl Integer for $integer {
            fn has(self, operator: Operator, right: Self) -> bool {
                let result = match operator {
                    Operator::Add => self.checked_add(right),
                    Operator::Sub => self.checked_sub(right),
                    Operator::Mul => self.checked_mul(right),
                    Operator::Div => self.checked_div(right),
                    Operator::Rem => self.checked_rem(right),
                    Operator::DivEuclid => self.checked_div_euclid(right),
                    Operator::RemEuclid => self.checked_rem_euclid(right),
                    Operator::NextMultipleOf => {
                        let next: fn(Self, Self) -> Option<Self> = $next_multiple;
                        next(self, right)
                    }
                };
                result.is_some()
            }

            fn has_shift(self, shift: Shift, bits: u32) -> bool {
                match shift {
                    Shift::Left => {
                        self.checked_shl(bits).and_then(|shifted| shifted.checked_shr(bits)) == Some(self)
                    }
                    Shift::Right => self.checked_shr(bits).is_some(),
                }
            }

            fn has_power(self, exponent: u32) -> bool {
                self.checked_pow(exponent).is_some()
            }

            fn has_unary(self, operator: Unary) -> bool {
                let result: fn(Self) -> Option<Self> = match operator {
                    Unary::Neg => Self::checked_neg,
                    Unary::Abs => $abs,
                    Unary::NextPowerOfTwo => $next_power_of_two,
                };
                result(self).is_some()
            }

            fn bits(self) -> Option<u32> {
                u32::try_from(self).ok()
            }
        }

        impl Number for $integer {
            fn whole(&self) -> Whole {
                i128::try_from(*self).map_or(Whole::Outside, Whole::Number)
            }
        }
    )*};
}

// The compiler rejects calls of methods that a type lacks, so their results here do not matter.
integers!(i8 i16 i32 i64 i128 isize: Self::checked_abs, Some, |value, _| Some(value));
integers!(u8 u16 u32 u64 u128 usize: Some, Self::checked_next_power_of_two, Self::checked_next_multiple_of);

macro_rules! floats {
    ($($float:ty)*) => {$(
        impl Number for $float {
            fn whole(&self) -> Whole {
                // Floats represent -2^127 and 2^127 exactly.
                #[expect(clippy::cast_precision_loss, reason = "a power of two")]
                let least = i128::MIN as $float;
                if *self >= least && *self < -least {
                    #[expect(clippy::cast_possible_truncation, reason = "within i128, as compared above")]
                    Whole::Number(*self as i128)
                } else {
                    Whole::Outside
                }
            }
        }
    )*};
}
floats!(f32 f64);

impl<T> List for [T] {
    fn count(&self) -> usize {
        self.len()
    }
}

impl<T, const N: usize> List for [T; N] {
    fn count(&self) -> usize {
        N
    }
}

impl<T> List for Vec<T> {
    fn count(&self) -> usize {
        self.len()
    }
}

impl<T> List for VecDeque<T> {
    fn count(&self) -> usize {
        self.len()
    }
}

impl<L: List + ?Sized> List for &L {
    fn count(&self) -> usize {
        (**self).count()
    }
}

impl<L: List + ?Sized> List for &mut L {
    fn count(&self) -> usize {
        (**self).count()
    }
}

impl<L: List + ?Sized> List for Box<L> {
    fn count(&self) -> usize {
        (**self).count()
    }
}
