//! The engine: one writer that turns commands into facts and facts into commits, and readers that never wait
//! for it.
//!
//! It knows nothing of operations, plans or any application's types.

pub(crate) mod agenda;
pub(crate) mod billing;
mod checkpoint;
pub(crate) mod checkpointer;
pub(crate) mod clock;
pub(crate) mod codec;
pub(crate) mod commit_log;
mod committer;
mod deciding;
mod described;
mod files;
mod flight;
mod frames;
pub(crate) mod inbox;
pub(crate) mod journal;
pub(crate) mod keys;
pub(crate) mod ledger;
mod loaded;
pub(crate) mod memory;
mod milestones;
pub(crate) mod news;
mod opening;
pub(crate) mod overlay;
pub(crate) mod owners;
pub(crate) mod pace;
pub(crate) mod packed;
pub(crate) mod recovery;
pub(crate) mod reply;
mod runs;
#[cfg(all(test, shuttle))]
mod schedules;
mod sealed;
pub(crate) mod store;
mod sync;
#[cfg(test)]
mod tests;
mod varint;
pub(crate) mod verify;
pub(crate) mod views;
pub(crate) mod waiting;
mod writer;
