//! The rules: pure functions over plain values.
//!
//! Nothing here has a clock, I/O, randomness, floats or logging; `now` and ids are arguments. A decision
//! fails only with a [`Rejection`](rejection::Rejection); a broken invariant is a bug and panics.
#![warn(clippy::arithmetic_side_effects, clippy::cast_possible_truncation, clippy::float_arithmetic)]

pub mod activity;
pub mod amount;
pub mod audit;
pub mod billing;
pub mod body;
pub mod booked;
pub mod catalogue;
mod catalogue_words;
pub mod category;
pub mod command;
pub mod cover;
pub mod declarations;
pub mod encoding;
pub mod entry;
pub mod explain;
pub mod explanation;
pub mod fact;
pub mod fingerprint;
pub mod grant;
pub mod hold;
pub mod ids;
pub mod inputs;
pub mod kept_settings;
pub mod limits;
pub mod low_balances;
pub mod metadata;
pub mod names;
pub mod numbers;
pub mod owner_range;
pub mod policy;
pub mod pricing;
pub mod printable;
pub mod quantity;
pub mod record;
pub mod rejection;
#[cfg(feature = "postgres")]
pub mod renumbering;
pub mod repricing;
mod text;
pub mod time;
pub mod totals;
pub mod wallet;
