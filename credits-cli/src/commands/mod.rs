//! The commands: a file for each kind, with its arguments, its requests and its text.

pub(crate) mod balance;
mod instant;
