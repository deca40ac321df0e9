//! Reads over the whole ledger: owners, entries, what is due next, activity by day, and charges under another price list.

pub mod activity;
pub mod due;
pub mod entries;
pub mod owners;
pub mod what_if;
