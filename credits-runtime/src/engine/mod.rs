//! The engine: one writer that turns commands into facts and facts into commits, and readers that do not wait for it.
//!
//! It knows nothing of operations, plans or any application's types.

pub(crate) mod batch;
pub(crate) mod checkpoint;
pub(crate) mod clock;
pub(crate) mod commit_log;
pub(crate) mod core;
pub(crate) mod feed;
pub(crate) mod file_engine;
mod files;
pub(crate) mod inboxes;
pub(crate) mod journal;
pub(crate) mod journal_reader;
pub(crate) mod keys;
mod known_terms;
pub(crate) mod ledger;
pub(crate) mod lists;
mod opening;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
mod presence;
pub(crate) mod published;
pub(crate) mod recovery;
mod relist;
pub(crate) mod request;
pub(crate) mod rows;
#[cfg(all(test, shuttle))]
mod schedules;
pub(crate) mod shutdown;
pub(crate) mod statistics;
pub(crate) mod store;
mod sync;
#[cfg(test)]
mod tests;
pub(crate) mod tuning;
pub(crate) mod verify;
pub(crate) mod wallets;
pub(crate) mod writer;
