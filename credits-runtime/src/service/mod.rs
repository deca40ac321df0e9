//! The public API of a ledger, one use case a file.
//!
//! A service turns a call into a command, and the facts of its commit into a result; it decides nothing.
//! Services are thin, because they alone are generic over the application's pricing: the engine below is
//! compiled once.

pub mod administer;
pub mod billing;
pub mod credits;
pub mod entry;
pub mod events;
pub mod export;
pub mod give;
pub mod history;
pub mod hold;
pub mod lifetime;
#[cfg(feature = "postgres")]
pub mod moving;
pub mod reads;
pub mod report;
pub mod reverse;
pub mod settle;
pub mod spend;
pub mod subscribe;
#[cfg(test)]
pub(crate) mod tests;
pub mod transfer;
mod unpriced;
pub mod wallet;
mod write;
