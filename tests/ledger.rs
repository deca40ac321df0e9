//! The ledger from outside, one file a surface.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

mod amounts;
mod billing;
mod checkpoint;
mod clock;
mod concurrency;
// Whose arithmetic does not depend on overflow checks: they are on here, and off where it stands.
#[path = "../ui-tests/pass/costs.rs"]
mod costs;
mod damage;
mod debt;
mod events;
mod executor;
mod files;
mod format;
mod fuzzing;
mod io;
mod keys;
mod memory;
mod model;
mod opening;
mod overlap;
mod power;
mod pricing;
mod queue;
mod reopening;
mod reports;
mod rules;
mod tidy;
mod vectors;
mod wallet_vectors;
