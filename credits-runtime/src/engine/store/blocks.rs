//! Blocks of the journal, as a snapshot has them.

use std::sync::Arc;

use redb::{AccessGuard, ReadOnlyTable, ReadableTable, StorageError};

use super::errors::{guarded, read_failed};
use super::snapshot::Snapshot;
use super::tables::JOURNAL;
use crate::domain::booked::Booked;
use crate::domain::ids::FactNumber;
use crate::engine::journal::block::{Block, Head, Seek};
use crate::engine::rows;
use crate::error::LedgerError;

/// Facts that a block of plain spends has, about; what blocks have is learned as they are read.
pub(super) const BLOCK_FACTS: u64 = 40;
/// Blocks among which one is looked for, from where it would be if it is like those before.
const NEAR_BLOCKS: usize = 2;

/// Where the journal ends.
pub(crate) struct End {
    pub(crate) next_fact: FactNumber,
    /// The head of the chain.
    pub(crate) head: Head,
}

impl Snapshot {
    /// Where the journal ends.
    pub(crate) fn end(&self) -> Result<End, LedgerError> {
        match self.last_block()? {
            None => Ok(End { next_fact: FactNumber::FIRST, head: Head::default() }),
            Some(block) => Ok(End { next_fact: block.next_fact()?, head: block.head() }),
        }
    }

    /// The last block, if there is any.
    pub(crate) fn last_block(&self) -> Result<Option<Arc<Block>>, LedgerError> {
        if let Some((_, block)) = self.newer.iter().find_map(|memtable| memtable.blocks.last()) {
            return Ok(Some(Arc::clone(block)));
        }
        guarded(|| {
            let last = self.journal()?.last().map_err(|error| read_failed(&error))?;
            let block =
                last.map(|(first, bytes)| rows::block_from_bytes(FactNumber(first.value()), bytes.value()));
            Ok(block.transpose()?.map(Arc::new))
        })
    }

    /// The block that would hold this fact: the last one that starts no later.
    pub(crate) fn block(&self, number: FactNumber) -> Result<Arc<Block>, LedgerError> {
        if let Some(block) = self.newer_block(number) {
            return Ok(Arc::clone(block));
        }
        guarded(|| {
            let StoredBlock { first, row, .. } = self.found(number)?;
            Ok(Arc::new(rows::block_from_bytes(first, row.bytes())?))
        })
    }

    /// The same, left where it is.
    pub(crate) fn stored_block(&self, number: FactNumber) -> Result<StoredBlock, LedgerError> {
        if let Some(block) = self.newer_block(number) {
            let (first, row) = (block.first, BlockRow::Newer(Arc::clone(block)));
            return Ok(StoredBlock { first, row, seek: Seek::start(first) });
        }
        guarded(|| {
            let block = self.found(number)?;
            rows::check_block(block.first, block.row.bytes())?;
            Ok(block)
        })
    }

    /// The block that would hold this fact, if the file may lack it.
    fn newer_block(&self, number: FactNumber) -> Option<&Arc<Block>> {
        self.newer.iter().find_map(|memtable| memtable.block(number))
    }

    /// The same in the file, not checked.
    fn found(&self, number: FactNumber) -> Result<StoredBlock, LedgerError> {
        if let Some(near) = self.found_near(number)? {
            return Ok(near);
        }
        let mut rows = self.journal()?.range(..=number.get()).map_err(|error| read_failed(&error))?;
        let missing = || LedgerError::damaged(format!("the block of fact {number} is missing"));
        let block = StoredBlock::of(rows.next_back().ok_or_else(missing)?)?;
        self.learn(&block);
        Ok(block)
    }

    /// The same, if it starts about where it would if it is like those before. redb separates pages by the last key of each:
    /// looked for forwards, from a fact of the block before it, a block costs its page alone; backwards, from a fact of its
    /// own, also the page of the block after it.
    fn found_near(&self, number: FactNumber) -> Result<Option<StoredBlock>, LedgerError> {
        let from = number.get().saturating_sub(self.block_facts.get());
        let rows = self.journal()?.range(from..=number.get()).map_err(|error| read_failed(&error))?;
        for row in rows.take(NEAR_BLOCKS) {
            let mut block = StoredBlock::of(row)?;
            if block.has(number) {
                return Ok(Some(block));
            }
            self.learn(&block);
        }
        Ok(None)
    }

    fn learn(&self, block: &StoredBlock) {
        self.block_facts.set(block.facts().unwrap_or(BLOCK_FACTS));
    }

    fn journal(&self) -> Result<&ReadOnlyTable<u64, &'static [u8]>, LedgerError> {
        if let Some(table) = self.journal.get() {
            return Ok(table);
        }
        let table = self.read.open_table(JOURNAL).map_err(|error| read_failed(&error))?;
        Ok(self.journal.get_or_init(|| table))
    }
}

/// A block where it is.
pub(crate) struct StoredBlock {
    first: FactNumber,
    row: BlockRow,
    seek: Seek,
}

enum BlockRow {
    /// redb may panic when it looks for a value in a damaged page, but not when it returns one again.
    File(AccessGuard<'static, &'static [u8]>),
    Newer(Arc<Block>),
}

impl BlockRow {
    /// The block as the file has it, or would have it.
    fn bytes(&self) -> &[u8] {
        match self {
            Self::File(row) => row.value(),
            Self::Newer(_) => &[],
        }
    }

    fn frames(&self) -> &[u8] {
        match self {
            Self::File(row) => rows::block_frames(row.value()),
            Self::Newer(block) => &block.frames,
        }
    }
}

impl StoredBlock {
    fn of(
        row: Result<(AccessGuard<'_, u64>, AccessGuard<'static, &'static [u8]>), StorageError>,
    ) -> Result<Self, LedgerError> {
        let (first, row) = row.map_err(|error| read_failed(&error))?;
        let first = FactNumber(first.value());
        Ok(Self { first, row: BlockRow::File(row), seek: Seek::start(first) })
    }

    /// The frame that has this fact, if it is here; the others are not decoded.
    pub(crate) fn frame(&mut self, number: FactNumber) -> Result<Option<Booked>, LedgerError> {
        if number < self.first {
            return Ok(None);
        }
        if number < self.seek.first {
            self.seek = Seek::start(self.first);
        }
        self.seek.frame(number, self.row.frames())
    }

    fn has(&mut self, number: FactNumber) -> bool {
        // What cannot be read is reported once the block is known to be the one that was looked for.
        self.seek.go_to(number, self.row.frames()).unwrap_or(false)
    }

    fn facts(&self) -> Option<u64> {
        let mut end = Seek::start(self.first);
        end.go_to(FactNumber(u64::MAX), self.row.frames()).ok()?;
        end.first.get().checked_sub(self.first.get())
    }
}
