//! Integration tests of the ledger, one file for each surface.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

mod amounts;
mod batches;
mod billing;
mod billing_events;
mod checkpoint;
mod clock;
mod concurrency;
// Arithmetic that must not depend on overflow checks: they are on in this crate, and off in `ui-tests`.
#[path = "../ui-tests/pass/costs.rs"]
mod costs;
mod damage;
mod database;
mod debt;
mod engines;
mod events;
mod executor;
mod explanations;
mod files;
mod format;
mod fuzzing;
mod io;
mod keys;
mod low_balances;
mod memory;
mod model;
mod opening;
mod power;
mod pricing;
mod problems;
mod queue;
mod reads;
mod rejections;
mod renaming;
mod reopening;
mod reports;
mod reversals;
mod rules;
mod settled_work;
mod tidy;
mod unlimited;
mod unpriced;
mod vectors;
mod wallet_vectors;
mod words;
