//! Reading: a consistent state of the file, for as long as somebody looks at it.

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
    /// Rows that the file lacked when it was made, the newest first.
    pub(super) newer: [Memtable; 2],
    pub(super) read: ReadTransaction,
    /// Each is opened when it is first read: redb looks for a table each time that it is opened.
    pub(super) journal: OnceCell<ReadOnlyTable<u64, &'static [u8]>>,
    views: OnceCell<RowTable>,
    segments: OnceCell<RowTable>,
    pub(super) listed_segments: OnceCell<Vec<SegmentRow>>,
    /// Facts of the last block that was not where it was expected.
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

    /// From which fact on rows may lack facts, and where keys are.
    pub(crate) fn checkpoint_state(&self) -> Result<CheckpointState, LedgerError> {
        if let Some(state) = self.newer.iter().find_map(|memtable| memtable.state.as_ref()) {
            return Ok(CheckpointState::clone(state));
        }
        let missing = || LedgerError::damaged("what its rows cover is missing");
        rows::decode(&self.meta(STATE_ROW)?.ok_or_else(missing)?)
    }

    /// The state of the log when the last checkpoint was made.
    pub(crate) fn log(&self) -> Result<LogState, LedgerError> {
        let missing = || LedgerError::damaged("the state of its log is missing");
        rows::decode(&self.meta(LOG_ROW)?.ok_or_else(missing)?)
    }

    /// The ledger's id.
    pub(crate) fn id(&self) -> Result<LedgerId, LedgerError> {
        let bytes = self.meta(ID_ROW)?.unwrap_or_default();
        bytes.try_into().map_err(|_| LedgerError::damaged("its id is missing"))
    }

    /// A record's row.
    pub(crate) fn view(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LedgerError> {
        guarded(|| self.views()?.get(key))
    }

    /// Which fact a named subscriber is given next, if it was there before.
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

    /// Subscribers who are given facts next that are not there yet, with the fact that will be the next.
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

    /// The keys of the views' rows from one key on to before another, the first ones after `after`.
    pub(crate) fn view_keys(
        &self,
        range: (&[u8], &[u8]),
        after: Option<&[u8]>,
        rows_max: usize,
    ) -> Result<Vec<Vec<u8>>, LedgerError> {
        let rows = self.view_rows(range, after, rows_max)?;
        Ok(rows.into_iter().map(|row| row.key).collect())
    }

    /// The views' rows from one key on to before another, the first ones after `after`.
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

    /// Every row of the views, in the order of their keys.
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
