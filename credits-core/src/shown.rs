//! Text that is written when it is shown, without a buffer between: `core::fmt::from_fn`, which Rust has since 1.93.

use core::fmt::{Display, Formatter, Result};

/// A function that writes, as a text.
struct Shown<F>(F);

impl<F: Fn(&mut Formatter<'_>) -> Result> Display for Shown<F> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        (self.0)(f)
    }
}

/// The text that a function writes.
pub(crate) fn from_fn(write: impl Fn(&mut Formatter<'_>) -> Result) -> impl Display {
    Shown(write)
}
