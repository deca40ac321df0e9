//! Deciding: wallets, a command and an instant become facts, an answer given before, or a rejection, one kind of
//! command a file.

mod command;
mod give;
mod hold;
mod replay;
mod settle;
mod take;
mod transfer;

pub use command::{Decision, Known, Wallets, decide};
