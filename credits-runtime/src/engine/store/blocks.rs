//! Blocks of the journal, as a snapshot has them.

use redb::{AccessGuard, ReadOnlyTable, ReadableTable, StorageError, TableError};

use super::errors::{guarded, read_failed};
use super::snapshot::{Bytes, Snapshot};
use super::tables::{JOURNAL, TAIL};
use crate::domain::ids::FactNumber;
use crate::engine::codec;
use crate::engine::journal::{Block, Head, Numbered, Seek};
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
    pub(crate) fn last_block(&self) -> Result<Option<Block>, LedgerError> {
        guarded(|| {
            let sealed = || self.journal()?.last().map_err(|error| read_failed(&error));
            let last = match self.tail()? {
                None => sealed()?,
                Some(table) => match table.last().map_err(|error| read_failed(&error))? {
                    None if sealed()?.is_some() => {
                        return Err(LedgerError::damaged("the last block of its journal is missing"));
                    }
                    last => last,
                },
            };
            let block =
                last.map(|(first, bytes)| codec::block_from_bytes(FactNumber(first.value()), bytes.value()));
            block.transpose()
        })
    }

    /// The block that would hold this fact: the last one that starts no later.
    pub(crate) fn block(&self, number: FactNumber) -> Result<Block, LedgerError> {
        guarded(|| {
            let StoredBlock { first, row, .. } = self.found(number)?;
            codec::block_from_bytes(first, row.value())
        })
    }

    /// The same, left where redb has it.
    pub(crate) fn stored_block(&self, number: FactNumber) -> Result<StoredBlock, LedgerError> {
        guarded(|| {
            let block = self.found(number)?;
            codec::check_block(block.first, block.row.value())?;
            Ok(block)
        })
    }

    /// The same, not checked.
    fn found(&self, number: FactNumber) -> Result<StoredBlock, LedgerError> {
        if let Some(near) = self.found_near(number)? {
            return Ok(near);
        }
        if let Some(tail) = self.tail()? {
            let mut rows = tail.range(..=number.get()).map_err(|error| read_failed(&error))?;
            if let Some(row) = rows.next_back() {
                return StoredBlock::of(row);
            }
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

    /// The table of the block that grows, unless the format has none.
    fn tail(&self) -> Result<Option<&ReadOnlyTable<u64, &'static [u8]>>, LedgerError> {
        if let Some(table) = self.tail.get() {
            return Ok(table.as_ref());
        }
        let table = match self.read.open_table(TAIL) {
            Ok(table) => Some(table),
            Err(TableError::TableDoesNotExist(_)) => None,
            Err(error) => return Err(read_failed(&error)),
        };
        Ok(self.tail.get_or_init(|| table).as_ref())
    }
}

/// A block where redb has it.
pub(crate) struct StoredBlock {
    first: FactNumber,
    /// redb may panic when it looks for a value in a damaged page, but not when it answers one again.
    row: Bytes<'static>,
    seek: Seek,
}

impl StoredBlock {
    fn of(row: Result<(AccessGuard<'_, u64>, Bytes<'static>), StorageError>) -> Result<Self, LedgerError> {
        let (first, row) = row.map_err(|error| read_failed(&error))?;
        let first = FactNumber(first.value());
        Ok(Self { first, row, seek: Seek::start(first) })
    }

    /// The frame that has this fact, if it is here; the others are not decoded.
    pub(crate) fn frame(&mut self, number: FactNumber) -> Result<Option<Numbered>, LedgerError> {
        if number < self.first {
            return Ok(None);
        }
        if number < self.seek.first {
            self.seek = Seek::start(self.first);
        }
        self.seek.frame(number, codec::block_frames(self.row.value()))
    }

    fn has(&mut self, number: FactNumber) -> bool {
        // What cannot be read is reported once the block is known to be the one that was looked for.
        self.seek.go_to(number, codec::block_frames(self.row.value())).unwrap_or(false)
    }

    fn facts(&self) -> Option<u64> {
        let mut end = Seek::start(self.first);
        end.go_to(FactNumber(u64::MAX), codec::block_frames(self.row.value())).ok()?;
        end.first.get().checked_sub(self.first.get())
    }
}
