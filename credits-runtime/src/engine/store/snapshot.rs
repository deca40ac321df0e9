//! Reading: a consistent state of the file, for as long as somebody looks at it.

use std::cell::{Cell, OnceCell};
use std::ops::Bound;

use redb::{
    AccessGuard, ReadOnlyDatabase, ReadOnlyTable, ReadTransaction, ReadableDatabase, StorageError, TableError,
};

use super::blocks::BLOCK_FACTS;
use super::errors::{guarded, read_failed};
use super::file::LedgerId;
use super::tables::{COVERED_ROW, ID_ROW, META, STATE_ROW, SUBSCRIBERS, VIEWS};
use crate::domain::ids::{FactNumber, WalletId};
use crate::domain::time::Timestamp;
use crate::engine::codec::{self, Covered, FormerState, Milestone, Scheduled, SegmentRow};
use crate::engine::keys::upkeep::KeyRows;
use crate::error::LedgerError;

pub(super) type Bytes<'a> = AccessGuard<'a, &'static [u8]>;

/// A row of the views.
pub(crate) struct ViewRow {
    pub(crate) key: Vec<u8>,
    pub(crate) value: Vec<u8>,
}

/// A consistent state of the file.
pub(crate) struct Snapshot {
    pub(super) read: ReadTransaction,
    /// Opened once something of it is read: redb looks for a table each time that it is opened.
    pub(super) journal: OnceCell<ReadOnlyTable<u64, &'static [u8]>>,
    pub(super) tail: OnceCell<Option<ReadOnlyTable<u64, &'static [u8]>>>,
    pub(super) segment_pages: OnceCell<ReadOnlyTable<&'static [u8], &'static [u8]>>,
    pub(super) listed_segments: OnceCell<Vec<SegmentRow>>,
    /// Facts that the last block has that was not where it was expected.
    pub(super) block_facts: Cell<u64>,
    /// A database that is open for this snapshot alone.
    pub(super) _database: Option<ReadOnlyDatabase>,
}

impl Snapshot {
    pub(super) fn of(database: &impl ReadableDatabase) -> Result<Self, LedgerError> {
        guarded(|| {
            let read = database.begin_read().map_err(|error| read_failed(&error))?;
            let (journal, tail, segment_pages) = (OnceCell::new(), OnceCell::new(), OnceCell::new());
            let (listed_segments, block_facts) = (OnceCell::new(), Cell::new(BLOCK_FACTS));
            Ok(Self { read, journal, tail, segment_pages, listed_segments, block_facts, _database: None })
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

    /// What rows have of the journal.
    pub(crate) fn covered(&self) -> Result<Covered, LedgerError> {
        let missing = || LedgerError::damaged("what its rows cover is missing");
        codec::decode(&self.meta(COVERED_ROW)?.ok_or_else(missing)?)
    }

    /// The same as formats 1 to 3 have it, with rows of keys that are to be written.
    pub(super) fn former_covered(&self) -> Result<(Covered, KeyRows), LedgerError> {
        let missing = || LedgerError::damaged("its state is missing");
        let FormerState { next_fact, replay_from, keys } =
            codec::decode(&self.meta(STATE_ROW)?.ok_or_else(missing)?)?;
        let (rows, keys) = match keys {
            Some(keys) => (KeyRows::default(), keys),
            None => self.keys_as_segment(next_fact)?,
        };
        Ok((Covered { replay_from, keys }, rows))
    }

    /// The ledger's id.
    pub(crate) fn id(&self) -> Result<LedgerId, LedgerError> {
        let bytes = self.meta(ID_ROW)?.unwrap_or_default();
        bytes.try_into().map_err(|_| LedgerError::damaged("its id is missing"))
    }

    /// A record's row.
    pub(crate) fn view(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LedgerError> {
        guarded(|| {
            let table = self.read.open_table(VIEWS).map_err(|error| read_failed(&error))?;
            let row = table.get(key).map_err(|error| read_failed(&error))?;
            Ok(row.map(|row| row.value().to_vec()))
        })
    }

    /// Which fact a named subscriber is given next, if it was there before.
    pub(crate) fn cursor(&self, name: &str) -> Result<Option<FactNumber>, LedgerError> {
        guarded(|| {
            let table = self.read.open_table(SUBSCRIBERS).map_err(|error| read_failed(&error))?;
            let row = table.get(name).map_err(|error| read_failed(&error))?;
            Ok(row.map(|row| FactNumber(row.value())))
        })
    }

    /// The first rows of the agenda.
    pub(crate) fn agenda(&self, rows_max: usize) -> Result<Vec<(Timestamp, Scheduled)>, LedgerError> {
        guarded(|| {
            let table = self.read.open_table(VIEWS).map_err(|error| read_failed(&error))?;
            let (from, to) = codec::AGENDA_KEYS;
            let rows = table.range(from..to).map_err(|error| read_failed(&error))?;
            let read = |row: Result<(AccessGuard<'_, &[u8]>, _), StorageError>| {
                codec::agenda_from_key(row.map_err(|error| read_failed(&error))?.0.value())
            };
            rows.take(rows_max).map(read).collect()
        })
    }

    /// The keys of the views' rows from one key on to before another, the first ones after `after`.
    pub(crate) fn view_keys(
        &self,
        (from, to): (&[u8], &[u8]),
        after: Option<&[u8]>,
        rows_max: usize,
    ) -> Result<Vec<Vec<u8>>, LedgerError> {
        guarded(|| {
            let table = self.read.open_table(VIEWS).map_err(|error| read_failed(&error))?;
            let start = after.map_or(Bound::Included(from), Bound::Excluded);
            let rows =
                table.range::<&[u8]>((start, Bound::Excluded(to))).map_err(|error| read_failed(&error))?;
            let read = |row: Result<(AccessGuard<'_, &[u8]>, _), StorageError>| {
                Ok(row.map_err(|error| read_failed(&error))?.0.value().to_vec())
            };
            rows.take(rows_max).map(read).collect()
        })
    }

    /// The views' rows from one key on to before another, the first ones after `after`.
    pub(crate) fn view_rows(
        &self,
        (from, to): (&[u8], &[u8]),
        after: Option<&[u8]>,
        rows_max: usize,
    ) -> Result<Vec<ViewRow>, LedgerError> {
        guarded(|| {
            let table = self.read.open_table(VIEWS).map_err(|error| read_failed(&error))?;
            let start = after.map_or(Bound::Included(from), Bound::Excluded);
            let rows =
                table.range::<&[u8]>((start, Bound::Excluded(to))).map_err(|error| read_failed(&error))?;
            let mut read = Vec::new();
            for row in rows.take(rows_max) {
                let (key, value) = row.map_err(|error| read_failed(&error))?;
                read.push(ViewRow { key: key.value().to_vec(), value: value.value().to_vec() });
            }
            Ok(read)
        })
    }

    /// Where a wallet's history stood at this ordinal, a multiple of the distance of milestones.
    pub(crate) fn milestone(
        &self,
        wallet: &WalletId,
        ordinal: u64,
    ) -> Result<Option<Milestone>, LedgerError> {
        self.view(&codec::milestone_key(wallet, ordinal))?.map(|row| codec::decode(&row)).transpose()
    }

    /// Every row of the views, in the order of their keys.
    pub(crate) fn each_view(
        &self,
        mut read: impl FnMut(&[u8], &[u8]) -> Result<(), LedgerError>,
    ) -> Result<(), LedgerError> {
        guarded(|| {
            let table = self.read.open_table(VIEWS).map_err(|error| read_failed(&error))?;
            for row in table.range::<&[u8]>(..).map_err(|error| read_failed(&error))? {
                let (key, value) = row.map_err(|error| read_failed(&error))?;
                read(key.value(), value.value())?;
            }
            Ok(())
        })
    }
}
