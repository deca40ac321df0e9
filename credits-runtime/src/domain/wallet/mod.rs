//! A wallet: its state, what is due in it, what a command makes of it, and how facts change it.

mod apply;
mod decide;
mod draft;
mod due;
mod state;

pub use decide::{Decision, Known, Wallets, decide};
pub(in crate::domain) use draft::Draft;
pub use state::{Gone, Grant, OpenHold, Wallet};
