//! The services: what an application calls, one use case a file.
//!
//! They turn calls into commands and facts into answers; they decide nothing. They are thin and generic over
//! the application's pricing, so that the ledger below is compiled once.

pub mod administer;
pub mod billing;
pub mod credits;
pub mod entry;
pub mod events;
pub mod export;
pub mod give;
pub mod history;
pub mod hold;
pub mod report;
pub mod spend;
#[cfg(test)]
pub(crate) mod tests;
pub mod transfer;
pub mod wallet;
mod write;
