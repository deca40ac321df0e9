//! Reads over the whole ledger: owners, entries, what is due next, and counts.

pub mod due;
pub mod entries;
pub mod owners;
