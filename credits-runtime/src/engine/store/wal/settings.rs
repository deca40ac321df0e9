//! How a log is written.

use super::log::RECORD_PAGES_MAX;
use super::pages::PAGE_BYTES;
use crate::engine::memory::Memory;

/// How a log is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LogSettings {
    /// Bytes of each of its halves: twice as many are in memory, and replayed, at most.
    pub(crate) half_bytes: usize,
    /// Whether pages go to their places while others are committed.
    pub(crate) in_background: bool,
    /// How often is synced without a log: who only opens a ledger and reads it makes none.
    pub(crate) syncs_without: usize,
}

impl LogSettings {
    /// A log of the halves that so much memory allows.
    pub(crate) fn within(memory: Memory) -> Self {
        Self {
            half_bytes: memory.log() / 2 / PAGE_BYTES * PAGE_BYTES,
            in_background: true,
            syncs_without: 32,
        }
    }

    /// So little that a short session fills it often; on one thread, so that it is always the same.
    #[cfg(feature = "testing")]
    pub(crate) const HURRIED: Self =
        Self { half_bytes: 24 * PAGE_BYTES, in_background: false, syncs_without: 4 };

    pub(super) fn record_pages_max(self) -> usize {
        (self.half_bytes / PAGE_BYTES).saturating_sub(1).min(RECORD_PAGES_MAX)
    }
}
