//! The writer: one thread that decides requests in batches, commits each batch, and replies.

pub(crate) mod committer;
pub(crate) mod decider;
mod generated_keys;
pub(crate) mod renewals;
pub(crate) mod replies;
#[expect(clippy::module_inception, reason = "the type that the folder is about")]
pub(crate) mod writer;

pub(crate) use generated_keys::GeneratedKeys;
