//! Decisions: turn wallets, a command and an instant into facts, an earlier outcome or a rejection. One file
//! for each kind of command.

mod command;
mod give;
mod hold;
mod replay;
mod reverse;
mod settle;
mod take;
mod transfer;

pub use command::{Decision, Prior, Wallets, decide};
pub use reverse::PriorCharge;
