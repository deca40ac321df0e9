//! Checked arithmetic of costs in braces.
//!
//! The macro puts a call before every operator of such a cost. The call checks whether the operator has a result for its
//! operands. If not, it replaces them by ones, so that the operator neither wraps nor panics, and marks the cost as failed.
//! The result does not depend on the compiler's overflow checks.
//!
//! The methods are found by autoref: the traits `Checked..` are implemented for [`Operands`] that are numbers, the
//! traits `Unchecked..` for a reference to operands of any type, so the compiler prefers the former where they apply.
//! Types, inference and errors remain those of the operator as written.

use std::cell::Cell;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::operand::{Integer, List, Number, Operand};
pub use super::sums::{Sums, product, sum};

/// The traits of the methods that generated code calls.
pub mod traits {
    pub use super::{
        Checked as _, CheckedCast as _, CheckedIndex as _, CheckedPower as _, CheckedShift as _,
        CheckedUnary as _, Unchecked as _, UncheckedIndex as _,
    };
}

thread_local! {
    /// Whether the cost that this thread computes has failed.
    static FAILED: Cell<bool> = const { Cell::new(false) };
}

/// The value of a cost in braces; `None` if it failed or panicked.
pub fn cost(code: impl FnOnce() -> i128) -> Option<i128> {
    let outer = FAILED.replace(false);
    // Unwind safe: after a panic no state of the closure is used again.
    let value = catch_unwind(AssertUnwindSafe(code));
    let failed = FAILED.replace(outer);
    value.ok().filter(|_| !failed)
}

/// Whether the cost has failed; then it can return early.
pub fn failed() -> bool {
    FAILED.get()
}

pub(super) fn fail() {
    FAILED.set(true);
}

/// A parameter as `i128`; a cost fails with one that does not fit.
pub fn integer(value: impl TryInto<i128>) -> i128 {
    value.try_into().unwrap_or_else(|_| {
        fail();
        1
    })
}

/// The types of two operands; the second is `()` for a unary operator.
pub struct Operands<L: ?Sized, R>(PhantomData<fn(&L) -> R>);

/// The types of these operands.
pub fn operands<L: ?Sized, R>(_: &L, _: &R) -> Operands<L, R> {
    Operands(PhantomData)
}

/// A binary operator on integers of one type, or a method with the same shape.
#[derive(Clone, Copy, Debug)]
pub enum Operator {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `%`
    Rem,
    /// `.div_euclid(..)`
    DivEuclid,
    /// `.rem_euclid(..)`
    RemEuclid,
    /// `.next_multiple_of(..)`
    NextMultipleOf,
}

/// `<<` or `>>`. A left shift that loses bits has no result.
#[derive(Clone, Copy, Debug)]
pub enum Shift {
    /// `<<`
    Left,
    /// `>>`
    Right,
}

/// A unary operator on an integer, or a method with the same shape.
#[derive(Clone, Copy, Debug)]
pub enum Unary {
    /// `-`
    Neg,
    /// `.abs()`
    Abs,
    /// `.next_power_of_two()`
    NextPowerOfTwo,
}

/// An operand or the result of `as`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whole {
    /// The integer part of a number.
    Number(i128),
    /// A number that does not fit into `i128`, or a float that is not a number.
    Outside,
    /// A value of another type.
    Other,
}

/// Fails if `as` changed the integer part of a number.
pub fn cast(before: Whole, after: Whole) {
    if before != after && before != Whole::Other && after != Whole::Other {
        fail();
    }
}

/// Two integers of one type.
pub trait Checked<L, R> {
    /// The operands, or ones.
    fn fit(&self, operator: Operator, left: L, right: R) -> (L, R);
    /// The same for an operator that assigns: the right operand, or one.
    fn fit_assign(&self, operator: Operator, left: &mut L, right: R) -> R;
}

impl<L: Operand, R: Operand<Integer = L::Integer>> Checked<L, R> for Operands<L, R> {
    fn fit(&self, operator: Operator, left: L, right: R) -> (L, R) {
        if left.value().has(operator, right.value()) {
            return (left, right);
        }
        fail();
        (L::ONE, R::ONE)
    }

    fn fit_assign(&self, operator: Operator, left: &mut L, right: R) -> R {
        let (fitting, right) = self.fit(operator, *left, right);
        *left = fitting;
        right
    }
}

/// An integer and its shift distance.
pub trait CheckedShift<L, R> {
    /// The operands, or ones.
    fn fit_shift(&self, shift: Shift, left: L, right: R) -> (L, R);
    /// The same for a shift that assigns: the right operand, or one.
    fn fit_shift_assign(&self, shift: Shift, left: &mut L, right: R) -> R;
}

impl<L: Operand, R: Operand> CheckedShift<L, R> for Operands<L, R> {
    fn fit_shift(&self, shift: Shift, left: L, right: R) -> (L, R) {
        if right.value().bits().is_some_and(|bits| left.value().has_shift(shift, bits)) {
            return (left, right);
        }
        fail();
        (L::ONE, R::ONE)
    }

    fn fit_shift_assign(&self, shift: Shift, left: &mut L, right: R) -> R {
        let (fitting, right) = self.fit_shift(shift, *left, right);
        *left = fitting;
        right
    }
}

/// An integer and its exponent.
pub trait CheckedPower<L, R> {
    /// The operands, or ones.
    fn fit_power(&self, base: L, exponent: R) -> (L, R);
}

impl<L: Operand> CheckedPower<L, u32> for Operands<L, u32> {
    fn fit_power(&self, base: L, exponent: u32) -> (L, u32) {
        if base.value().has_power(exponent) {
            return (base, exponent);
        }
        fail();
        (L::ONE, 1)
    }
}

/// One integer.
pub trait CheckedUnary<L> {
    /// The operand, or one.
    fn fit_unary(&self, operator: Unary, value: L) -> L;
}

impl<L: Operand> CheckedUnary<L> for Operands<L, ()> {
    fn fit_unary(&self, operator: Unary, value: L) -> L {
        if value.value().has_unary(operator) {
            return value;
        }
        fail();
        L::ONE
    }
}

/// The operand of a cast.
pub trait CheckedCast<L> {
    /// Its integer part.
    fn whole(&self, value: &L) -> Whole;
}

impl<L: Number> CheckedCast<L> for Operands<L, ()> {
    fn whole(&self, value: &L) -> Whole {
        value.whole()
    }
}

/// A list and an index.
pub trait CheckedIndex<L: ?Sized, R> {
    /// The index, unchanged; an index beyond the list fails the cost.
    fn fit_index(&self, list: &L, place: R) -> R;
}

impl<L: List + ?Sized> CheckedIndex<L, usize> for Operands<L, usize> {
    fn fit_index(&self, list: &L, place: usize) -> usize {
        if place >= list.count() {
            fail();
        }
        place
    }
}

/// Operands of other types. They are not checked.
pub trait Unchecked<L, R>: Sized {
    /// The operands.
    fn fit(&self, _: Operator, left: L, right: R) -> (L, R) {
        (left, right)
    }
    /// The right operand.
    fn fit_assign(&self, _: Operator, _: &mut L, right: R) -> R {
        right
    }
    /// The operands.
    fn fit_shift(&self, _: Shift, left: L, right: R) -> (L, R) {
        (left, right)
    }
    /// The right operand.
    fn fit_shift_assign(&self, _: Shift, _: &mut L, right: R) -> R {
        right
    }
    /// The operands.
    fn fit_power(&self, base: L, exponent: R) -> (L, R) {
        (base, exponent)
    }
    /// The operand.
    fn fit_unary(&self, _: Unary, value: L) -> L {
        value
    }
    /// Not a number.
    fn whole(&self, _: &L) -> Whole {
        Whole::Other
    }
}

impl<L, R> Unchecked<L, R> for &Operands<L, R> {}

/// Other lists and other indices, such as ranges.
pub trait UncheckedIndex<L: ?Sized, R> {
    /// The index.
    fn fit_index(&self, _: &L, place: R) -> R {
        place
    }
}

impl<L: ?Sized, R> UncheckedIndex<L, R> for &Operands<L, R> {}
