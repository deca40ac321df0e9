//! The memory budget of a ledger, and its shares.

use crate::domain::limits::MEMORY_BYTES;

/// Minimum bytes of redb's page cache.
const PAGES_BYTES_MIN: usize = 1_024 * 1_024;

/// Bytes of published rows at which a checkpoint begins.
const UNWRITTEN_BYTES: std::ops::RangeInclusive<usize> = 512 * 1_024..=8 * 1_024 * 1_024;

/// Bytes of memory that a ledger uses, about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MemoryBudget(pub(crate) usize);

impl MemoryBudget {
    pub(crate) const DEFAULT: Self = Self(MEMORY_BYTES);

    /// Bytes of redb's page cache: together with published rows, a quarter.
    pub(crate) fn pages(self) -> usize {
        (self.0 / 4).saturating_sub(self.unwritten()).max(PAGES_BYTES_MIN)
    }

    /// Bytes of published rows at which a checkpoint begins.
    pub(crate) fn unwritten(self) -> usize {
        (self.0 / 32).clamp(*UNWRITTEN_BYTES.start(), *UNWRITTEN_BYTES.end())
    }

    /// Bytes of cached wallets: a fifth, or less if the filters of keys leave less of a third. The rest is for
    /// batches, and for memory that the allocator retains.
    pub(crate) fn wallets(self, filters: usize) -> usize {
        (self.0 / 5).min((self.0 / 3).saturating_sub(filters))
    }
}
