//! Wallets: their state, the facts due in them, decisions about commands, and how facts change them.

mod apply;
mod decide;
mod draft;
mod due;
mod state;

pub use decide::{Decision, Prior, PriorCharge, Wallets, decide};
pub(in crate::domain) use draft::Draft;
pub use state::{Forfeited, Grant, OpenHold, Wallet};
