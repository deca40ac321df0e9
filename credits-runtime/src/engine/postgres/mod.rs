//! The engine over PostgreSQL: several programs write one ledger, each in lanes of its own. A lane decides a batch over
//! records that it has locked, and writes it in one transaction.

mod attempt;
mod catalogues;
mod clock;
mod database;
mod driver;
pub(crate) mod engine;
pub mod failure;
mod fetched;
mod file_numbers;
pub(crate) mod journal;
mod lane;
mod lease;
pub(crate) mod moving;
pub(crate) mod moving_out;
mod names;
pub(crate) mod opening;
pub(crate) mod position;
#[cfg(feature = "testing")]
pub(crate) mod schemas;
pub mod server;
mod session;
mod statement;
mod subscribers;
mod verify;
mod writes;
