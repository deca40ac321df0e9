//! Counts and sizes of an open ledger.

use serde::{Deserialize, Serialize};

use crate::domain::time::Timestamp;

/// Counts and sizes of an open ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Statistics {
    /// When it was opened, by the ledger's time.
    pub opened_at: Timestamp,
    /// Facts in the journal.
    pub facts: u64,
    /// Durable commits since it was opened.
    pub commits: u64,
    /// Microseconds that these commits took: appending to the log, syncing it, publishing. By the operating system's
    /// time, whatever the ledger's clock is.
    pub commit_microseconds: u64,
    /// Commands with a reply since it was opened.
    pub commands: u64,
    /// The most commands of one batch since it was opened.
    pub largest_batch: u64,
    /// Commands that wait for the writer now.
    pub queued: usize,
    /// Checkpoints since it was opened.
    pub checkpoints: u64,
    /// The time of the last commit that the last checkpoint wrote to the file; `None` before the first one.
    pub checkpointed_at: Option<Timestamp>,
    /// Bytes of the ledger's file; 0 in memory.
    pub file_bytes: u64,
    /// Bytes of commits in the log that the file lacks.
    pub log_bytes: u64,
    /// Bytes of memory for wallets, keys, and rows that wait for a checkpoint, about.
    pub memory_bytes: u64,
}
