//! What the `usage_credits!` macro refuses, and what it accepts.
//!
//! `fail/<kind>/<rule>.rs` breaks one rule each; `recovery/` makes one mistake in the pricing and uses what it
//! declares many times, which is one error; `pass/` is what compiles without a warning.

#[cfg(doctest)]
#[doc = include_str!("../../credits-macros/docs/usage_credits.md")]
struct Documentation;

/// The page of the macro's crate, which cannot compile it: the runtime depends on the macro.
#[cfg(doctest)]
#[doc = include_str!("../../credits-macros/README.md")]
struct MacrosPage;
