//! The ledger from outside, one file a surface.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod concurrency;
mod model;
mod opening;
mod reopening;
mod rules;
mod tidy;
mod vectors;
