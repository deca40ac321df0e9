//! The ledger from outside, one file a surface.

mod concurrency;
mod model;
mod opening;
mod reopening;
mod rules;
mod tidy;
mod vectors;
