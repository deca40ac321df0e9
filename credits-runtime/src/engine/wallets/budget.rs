//! How the memory that a ledger may take is shared.

use crate::domain::limits::MEMORY_BYTES;

/// Pages of the file of which redb has some at least.
const PAGES_BYTES_MIN: usize = 1_024 * 1_024;

/// Rows that are published and that no checkpoint has begun to write.
const UNWRITTEN_BYTES: std::ops::RangeInclusive<usize> = 512 * 1_024..=8 * 1_024 * 1_024;

/// Bytes that a ledger may take in memory, about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory(pub(crate) usize);

impl Memory {
    pub(crate) const USUAL: Self = Self(MEMORY_BYTES);

    /// For pages of the file, as redb has them: a quarter, with rows that no checkpoint has written.
    pub(crate) fn pages(self) -> usize {
        (self.0 / 4).saturating_sub(self.unwritten()).max(PAGES_BYTES_MIN)
    }

    /// Rows at which a checkpoint begins.
    pub(crate) fn unwritten(self) -> usize {
        (self.0 / 32).clamp(*UNWRITTEN_BYTES.start(), *UNWRITTEN_BYTES.end())
    }

    /// For wallets: a fifth, or what filters of keys, which take so many bytes, leave of a third. What is left is what the
    /// writer works with, and what an allocator adds: it keeps what wallets give up to filters, having small pieces of it.
    pub(crate) fn wallets(self, filters: usize) -> usize {
        (self.0 / 5).min((self.0 / 3).saturating_sub(filters))
    }
}
