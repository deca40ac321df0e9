//! Batches: a batch decides commands over a source of records, and collects their changes, which are private until
//! its commit.

#[expect(clippy::module_inception, reason = "the type that the folder is about")]
pub(crate) mod batch;
pub(crate) mod billing;
pub(crate) mod failed_due;
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
