//! Snapshots: consistent reads over the file and the memtables. redb keeps a snapshot's pages until it is dropped.

use std::cell::{Cell, OnceCell};
use std::ops::Bound;

use redb::{ReadOnlyTable, ReadTransaction, ReadableDatabase, ReadableTable, TableDefinition, TableError};

use super::blocks::BLOCK_FACTS;
use super::changes::Cursors;
use super::errors::{guarded, read_failed};
use super::file::LedgerId;
use super::memtable::Memtable;
use super::merged::{Merged, Row};
use super::tables::{ID_ROW, LOG_ROW, META, SEGMENTS, STATE_ROW, SUBSCRIBERS, VIEWS};
use crate::domain::ids::FactNumber;
use crate::engine::rows::{self, CheckpointState, LogState, SegmentRow};
use crate::error::LedgerError;

type RowTable = ReadOnlyTable<&'static [u8], &'static [u8]>;

/// A consistent state of the ledger.
pub(crate) struct Snapshot {
    /// The active and the frozen memtable at the snapshot.
    pub(super) newer: [Memtable; 2],
    pub(super) read: ReadTransaction,
    /// Tables are opened once, at the first read: each opening costs redb a look-up.
    pub(super) journal: OnceCell<ReadOnlyTable<u64, &'static [u8]>>,
    views: OnceCell<RowTable>,
    segments: OnceCell<RowTable>,
    pub(super) listed_segments: OnceCell<Vec<SegmentRow>>,
    /// Estimated facts per block, from the last block that a search did not expect.
    pub(super) block_facts: Cell<u64>,
}

impl Snapshot {
    pub(super) fn of(database: &impl ReadableDatabase, newer: [Memtable; 2]) -> Result<Self, LedgerError> {
        guarded(|| {
            let read = database.begin_read().map_err(|error| read_failed(&error))?;
            Ok(Self {
                newer,
                read,
                journal: OnceCell::new(),
                views: OnceCell::new(),
                segments: OnceCell::new(),
                listed_segments: OnceCell::new(),
                block_facts: Cell::new(BLOCK_FACTS),
            })
        })
    }

    pub(super) fn meta(&self, row: &str) -> Result<Option<Vec<u8>>, LedgerError> {
        guarded(|| {
            let table = match self.read.open_table(META) {
                Ok(table) => table,
                Err(TableError::TableDoesNotExist(_) | TableError::TableTypeMismatch { .. }) => {
                    return Ok(None);
                }
                Err(error) => return Err(read_failed(&error)),
            };
            let row = table.get(row).map_err(|error| read_failed(&error))?;
            Ok(row.map(|row| row.value().to_vec()))
        })
    }

    /// The state of the last published checkpoint.
    pub(crate) fn checkpoint_state(&self) -> Result<CheckpointState, LedgerError> {
        if let Some(state) = self.newer.iter().find_map(|memtable| memtable.state.as_ref()) {
            return Ok(CheckpointState::clone(state));
        }
        let missing = || LedgerError::damaged("what its rows cover is missing");
        rows::decode(&self.meta(STATE_ROW)?.ok_or_else(missing)?)
    }

    /// The state of the log at the last durable checkpoint.
    pub(crate) fn log(&self) -> Result<LogState, LedgerError> {
        let missing = || LedgerError::damaged("the state of its log is missing");
        rows::decode(&self.meta(LOG_ROW)?.ok_or_else(missing)?)
    }

    /// The ledger's id.
    pub(crate) fn id(&self) -> Result<LedgerId, LedgerError> {
        let bytes = self.meta(ID_ROW)?.unwrap_or_default();
        bytes.try_into().map_err(|_| LedgerError::damaged("its id is missing"))
    }

    /// The value of a row of the views.
    pub(crate) fn view(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LedgerError> {
        guarded(|| self.views()?.get(key))
    }

    /// The next fact of a subscriber, if it has one.
    pub(crate) fn cursor(&self, name: &str) -> Result<Option<FactNumber>, LedgerError> {
        if let Some(next) = self.newer.iter().find_map(|memtable| memtable.cursors.get(name)) {
            return Ok(Some(*next));
        }
        guarded(|| {
            let table = self.read.open_table(SUBSCRIBERS).map_err(|error| read_failed(&error))?;
            let row = table.get(name).map_err(|error| read_failed(&error))?;
            Ok(row.map(|row| FactNumber(row.value())))
        })
    }

    /// The next fact of every subscriber.
    #[cfg(feature = "postgres")]
    pub(crate) fn cursors(&self) -> Result<Cursors, LedgerError> {
        guarded(|| {
            let table = self.read.open_table(SUBSCRIBERS).map_err(|error| read_failed(&error))?;
            let mut cursors = Cursors::new();
            for row in table.iter().map_err(|error| read_failed(&error))? {
                let (name, next) = row.map_err(|error| read_failed(&error))?;
                cursors.insert(name.value().to_owned(), FactNumber(next.value()));
            }
            let newer = self.newer.iter().rev().flat_map(|memtable| &memtable.cursors);
            cursors.extend(newer.map(|(name, next)| (name.clone(), *next)));
            Ok(cursors)
        })
    }

    /// Stored subscribers whose next fact is after `next_fact`, each with `next_fact` as its corrected one.
    pub(crate) fn cursors_beyond(&self, next_fact: FactNumber) -> Result<Cursors, LedgerError> {
        guarded(|| {
            let table = self.read.open_table(SUBSCRIBERS).map_err(|error| read_failed(&error))?;
            let mut beyond = Cursors::new();
            for row in table.iter().map_err(|error| read_failed(&error))? {
                let (name, next) = row.map_err(|error| read_failed(&error))?;
                if next.value() > next_fact.get() {
                    beyond.insert(name.value().to_owned(), next_fact);
                }
            }
            Ok(beyond)
        })
    }

    /// Keys of the views in a range, after a key if one is given, up to a number.
    pub(crate) fn view_keys(
        &self,
        range: (&[u8], &[u8]),
        after: Option<&[u8]>,
        rows_max: usize,
    ) -> Result<Vec<Vec<u8>>, LedgerError> {
        let rows = self.view_rows(range, after, rows_max)?;
        Ok(rows.into_iter().map(|row| row.key).collect())
    }

    /// Rows of the views in a range, after a key if one is given, up to a number.
    pub(crate) fn view_rows(
        &self,
        (from, to): (&[u8], &[u8]),
        after: Option<&[u8]>,
        rows_max: usize,
    ) -> Result<Vec<Row>, LedgerError> {
        guarded(|| {
            let start = after.map_or(Bound::Included(from), Bound::Excluded);
            self.views()?.range(start, Bound::Excluded(to))?.take(rows_max).collect()
        })
    }

    /// Visits every row of the views, in key order.
    pub(crate) fn each_view(
        &self,
        mut read: impl FnMut(&[u8], &[u8]) -> Result<(), LedgerError>,
    ) -> Result<(), LedgerError> {
        guarded(|| {
            for row in self.views()?.range(Bound::Unbounded, Bound::Unbounded)? {
                let Row { key, value } = row?;
                read(&key, &value)?;
            }
            Ok(())
        })
    }

    fn views(&self) -> Result<Merged<'_>, LedgerError> {
        let newer = self.newer.each_ref().map(|memtable| &memtable.views);
        Ok(Merged { newer, file: self.table(&self.views, VIEWS)? })
    }

    pub(super) fn segment_rows_of_all(&self) -> Result<Merged<'_>, LedgerError> {
        let newer = self.newer.each_ref().map(|memtable| &memtable.segments);
        Ok(Merged { newer, file: self.table(&self.segments, SEGMENTS)? })
    }

    fn table<'a>(
        &'a self,
        opened: &'a OnceCell<RowTable>,
        table: TableDefinition<'_, &'static [u8], &'static [u8]>,
    ) -> Result<&'a RowTable, LedgerError> {
        if let Some(table) = opened.get() {
            return Ok(table);
        }
        let table = self.read.open_table(table).map_err(|error| read_failed(&error))?;
        Ok(opened.get_or_init(|| table))
    }
}
