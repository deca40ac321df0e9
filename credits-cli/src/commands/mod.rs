//! The commands: a file for each kind, with its arguments, its requests and its text.

pub(crate) mod backup;
pub(crate) mod balance;
pub(crate) mod chain;
pub(crate) mod completions;
mod consent;
pub(crate) mod diff_prices;
pub(crate) mod due;
pub(crate) mod explain;
pub(crate) mod export;
pub(crate) mod gifts;
pub(crate) mod history;
mod instant;
pub(crate) mod migrate;
pub(crate) mod moving;
pub(crate) mod operations;
pub(crate) mod owners;
mod price_words;
pub(crate) mod prices;
mod receipt;
pub(crate) mod reports;
pub(crate) mod serve;
pub(crate) mod token;
pub(crate) mod undo;
pub(crate) mod unresolved;
pub(crate) mod watch;
pub(crate) mod what_if;
