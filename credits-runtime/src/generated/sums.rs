//! Sums and products in costs in braces. They replace `.sum()` and `.product()`, which wrap if overflow checks are
//! off.

use rust_decimal::Decimal;

use super::checked::{Operator, fail};
use super::operand::Integer;

/// A sum or a product of items of the type `I`.
#[diagnostic::on_unimplemented(
    message = "a cost in braces does not add or multiply items of `{I}` to `{Self}`",
    label = "not a sum of a cost",
    note = "items are integers, floats, `Decimal`, references to these, or options of these"
)]
pub trait Sums<I>: Sized {
    /// The sum.
    fn sum(items: impl Iterator<Item = I>) -> Self;
    /// The product.
    fn product(items: impl Iterator<Item = I>) -> Self;
}

/// `.sum()`
pub fn sum<S: Sums<I::Item>, I: Iterator>(items: I) -> S {
    S::sum(items)
}

/// `.product()`
pub fn product<S: Sums<I::Item>, I: Iterator>(items: I) -> S {
    S::product(items)
}

macro_rules! integers {
    ($($integer:ty)*) => {$(
        impl Sums<$integer> for $integer {
            fn sum(items: impl Iterator<Item = $integer>) -> Self {
                items.fold(0, |sum, item| {
                    if sum.has(Operator::Add, item) {
                        sum.wrapping_add(item)
                    } else {
                        fail();
                        0
                    }
                })
            }

            fn product(items: impl Iterator<Item = $integer>) -> Self {
                items.fold(1, |product, item| {
                    if product.has(Operator::Mul, item) {
                        product.wrapping_mul(item)
                    } else {
                        fail();
                        1
                    }
                })
            }
        }
        by_reference!($integer);
    )*};
}

/// Numbers with their own sum and product: floats do not wrap, and a `Decimal` that overflows panics, which fails the cost.
macro_rules! plain {
    ($($number:ty)*) => {$(
        impl Sums<$number> for $number {
            fn sum(items: impl Iterator<Item = $number>) -> Self {
                items.sum()
            }

            fn product(items: impl Iterator<Item = $number>) -> Self {
                items.product()
            }
        }
        by_reference!($number);
    )*};
}

macro_rules! by_reference {
    ($number:ty) => {
        impl<'a> Sums<&'a $number> for $number {
            fn sum(items: impl Iterator<Item = &'a $number>) -> Self {
                sum(items.copied())
            }

            fn product(items: impl Iterator<Item = &'a $number>) -> Self {
                product(items.copied())
            }
        }
    };
}

integers!(i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize);
plain!(f32 f64 Decimal);

impl<S: Sums<I>, I> Sums<Option<I>> for Option<S> {
    fn sum(items: impl Iterator<Item = Option<I>>) -> Self {
        until_none(items, |items| S::sum(items))
    }

    fn product(items: impl Iterator<Item = Option<I>>) -> Self {
        until_none(items, |items| S::product(items))
    }
}

/// The total of the items, or `None` if any of them is `None`.
fn until_none<S, I>(
    mut items: impl Iterator<Item = Option<I>>,
    total: impl FnOnce(&mut dyn Iterator<Item = I>) -> S,
) -> Option<S> {
    let mut found_none = false;
    let mut some = std::iter::from_fn(|| {
        let item = items.next()?;
        found_none = item.is_none();
        item
    });
    let total = total(&mut some);
    (!found_none).then_some(total)
}
