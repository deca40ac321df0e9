//! Reads over the whole ledger: owners, low balances, entries, billing events, catalogues, what is due next, activity by day,
//! and charges under another price list.

pub mod activity;
pub mod billing_events;
pub mod catalogues;
pub mod due;
pub mod entries;
pub mod low;
pub mod owners;
pub mod what_if;
