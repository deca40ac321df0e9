//! A batch: decides commands over a source of records, and collects what they change. Nothing of it is visible outside before
//! its commit.

#[expect(clippy::module_inception, reason = "the type that the folder is about")]
pub(crate) mod batch;
pub(crate) mod billing;
pub(crate) mod file_source;
pub(crate) mod frames;
mod header;
mod lookup;
#[cfg(feature = "testing")]
pub(crate) mod memory_source;
mod owners;
pub(crate) mod sealed;
pub(crate) mod source;
mod state;
pub(crate) mod waiting;
