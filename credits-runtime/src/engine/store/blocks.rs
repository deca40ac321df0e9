//! Blocks of the journal in a snapshot.

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

/// First estimate of the facts per block, that of plain spends. Searches refine it.
pub(super) const BLOCK_FACTS: u64 = 40;
/// Blocks that a search reads from its estimate on, before it falls back to a reverse range.
const NEAR_BLOCKS: usize = 2;

/// The end of the journal.
pub(crate) struct End {
    pub(crate) next_fact: FactNumber,
    /// The head of the chain.
    pub(crate) head: Head,
}

impl Snapshot {
    /// The end of the journal.
    pub(crate) fn end(&self) -> Result<End, LedgerError> {
        match self.last_block()? {
            None => Ok(End { next_fact: FactNumber::FIRST, head: Head::default() }),
            Some(block) => Ok(End { next_fact: block.next_fact()?, head: block.head() }),
        }
    }

    /// The first fact of the journal. It is a later one than 1 if the ledger was moved into the file from a database.
    pub(crate) fn first_fact(&self) -> Result<FactNumber, LedgerError> {
        let of_file = guarded(|| {
            let first = self.journal()?.first().map_err(|error| read_failed(&error))?;
            Ok(first.map(|(first, _)| FactNumber(first.value())))
        })?;
        let newer = self.newer.iter().filter_map(|memtable| memtable.blocks.first());
        Ok(of_file.into_iter().chain(newer.map(|(first, _)| *first)).min().unwrap_or(FactNumber::FIRST))
    }

    /// The last block; `None` if the journal is empty.
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

    /// The last block that begins no later than this fact, which is the fact's block if the fact exists.
    pub(crate) fn block(&self, number: FactNumber) -> Result<Arc<Block>, LedgerError> {
        if let Some(block) = self.newer_block(number) {
            return Ok(Arc::clone(block));
        }
        guarded(|| {
            let StoredBlock { first, row, .. } = self.found(number)?;
            Ok(Arc::new(rows::block_from_bytes(first, row.bytes())?))
        })
    }

    /// Like [`block`](Self::block), without copying the frames.
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

    /// The block of this fact in the memtables, if they have blocks up to it.
    fn newer_block(&self, number: FactNumber) -> Option<&Arc<Block>> {
        self.newer.iter().find_map(|memtable| memtable.block(number))
    }

    /// The block of this fact in the file, unchecked.
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

    /// The block of this fact in the file, if it is among [`NEAR_BLOCKS`] from an estimate of its start. redb's
    /// branch pages have the last key of each child: a forward range that begins within the block before reads one
    /// leaf page, whereas a reverse range that begins within the block also reads the next leaf.
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

/// A block whose frames are read in place.
pub(crate) struct StoredBlock {
    first: FactNumber,
    row: BlockRow,
    seek: Seek,
}

enum BlockRow {
    /// The guard of a row. redb may panic when it looks up a row in a damaged page, but not when it returns the value
    /// again.
    File(AccessGuard<'static, &'static [u8]>),
    Newer(Arc<Block>),
}

impl BlockRow {
    /// The encoded block; empty for a block of a memtable, which needs no check.
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

    /// Decodes the frame of this fact, if the block has it. Other frames are skipped.
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
        // An unreadable frame is reported later, when the block is known to be the one that is searched for.
        self.seek.go_to(number, self.row.frames()).unwrap_or(false)
    }

    fn facts(&self) -> Option<u64> {
        let mut end = Seek::start(self.first);
        end.go_to(FactNumber(u64::MAX), self.row.frames()).ok()?;
        end.first.get().checked_sub(self.first.get())
    }
}
