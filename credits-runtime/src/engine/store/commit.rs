//! Writing: rows are published in memory, and a checkpoint writes those of many commits to the file at once.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLockReadGuard, RwLockWriteGuard};

use redb::{Durability, WriteTransaction};

use super::errors::guarded;
use super::file::Store;
use super::memtable::{Memtable, Rows};
use super::tables::{COVERED_ROW, JOURNAL, LOG_ROW, META, SEGMENTS, SUBSCRIBERS, VIEWS};
use crate::domain::ids::FactNumber;
use crate::engine::codec::{self, Covered, LogState};
use crate::engine::journal::Block;
use crate::engine::keys::upkeep::KeyRows;
use crate::error::{LedgerError, LedgerErrorKind as Kind};

/// The rows of one commit.
pub(crate) struct Changes {
    /// Blocks that are new, and the one that grows.
    pub(crate) blocks: Vec<Arc<Block>>,
    /// Keys of rows of the views that are removed.
    pub(crate) gone: Vec<Vec<u8>>,
    pub(crate) views: Vec<(Vec<u8>, Arc<[u8]>)>,
    pub(crate) keys: KeyRows,
    /// From which fact on rows may lack facts, and where keys are, if that changes.
    pub(crate) covered: Option<Covered>,
    pub(crate) cursors: Cursors,
    /// The last record of the log that has these facts, if they are in the log.
    pub(crate) record: Option<Logged>,
}

impl Changes {
    /// Of cursors alone.
    pub(crate) fn of_cursors(cursors: Cursors) -> Self {
        Self {
            blocks: Vec::new(),
            gone: Vec::new(),
            views: Vec::new(),
            keys: KeyRows::default(),
            covered: None,
            cursors,
            record: None,
        }
    }
}

/// The end of a record of the log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Logged {
    pub(crate) checksum: [u8; 16],
    /// The fact after its last.
    pub(crate) next_fact: FactNumber,
}

/// Which fact each named subscriber is given next.
pub(crate) type Cursors = BTreeMap<String, FactNumber>;

/// Memtables: one that rows are added to, and one that a checkpoint writes.
#[derive(Debug, Default)]
pub(super) struct Memtables {
    pub(super) active: Memtable,
    pub(super) frozen: Memtable,
}

impl Store {
    /// Shows the rows of a commit to readers. A later checkpoint writes them.
    pub(crate) fn publish(&self, changes: Changes) {
        self.memtables_mut().active.put(changes);
    }

    /// Bytes of rows that no checkpoint has begun to write, about.
    pub(crate) fn unwritten_bytes(&self) -> usize {
        self.memtables().active.bytes()
    }

    /// Has the next checkpoint write this state of the log.
    pub(crate) fn set_log(&self, log: LogState) {
        *self.log.lock().unwrap_or_else(PoisonError::into_inner) = log;
    }

    /// Has the next checkpoint write that the file needs no log.
    pub(crate) fn close_log(&self) {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).is_open = false;
    }

    /// Writes every row that is published to the file, durably, with the state of the log. Rows that are published meanwhile
    /// wait for the next checkpoint. Returns the last record of the log that need not be kept.
    pub(crate) fn checkpoint(&self) -> Result<Option<Logged>, LedgerError> {
        let rows = {
            let mut memtables = self.memtables_mut();
            if memtables.frozen.is_empty() {
                memtables.frozen = std::mem::take(&mut memtables.active);
            }
            memtables.frozen.clone()
        };
        let log = {
            let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(record) = rows.record {
                log.covered = record.checksum;
            }
            *log
        };
        guarded(|| {
            let written = self.write(|transaction| {
                write_rows(transaction, &rows)?;
                transaction.open_table(META)?.insert(LOG_ROW, &codec::encode(&log)[..])?;
                Ok(())
            });
            written.map_err(|failure| failure.error(&self.path))
        })?;
        // Only now: who finds a row no more in memory opens a snapshot of the file after this commit.
        let frozen = std::mem::take(&mut self.memtables_mut().frozen);
        Ok(frozen.record)
    }

    /// Notes that a checkpoint waits for space on the disk.
    pub(crate) fn tell_out_of_space(&self) {
        self.medium.set_out_of_space();
    }

    /// Whether a checkpoint that finds no space fails.
    pub(crate) fn fails_when_full(&self) -> bool {
        self.medium.fails_when_full()
    }

    /// Whether a checkpoint waits for space on the disk.
    pub(crate) fn is_out_of_space(&self) -> bool {
        self.medium.is_out_of_space()
    }

    pub(super) fn memtables(&self) -> RwLockReadGuard<'_, Memtables> {
        self.memtables.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn memtables_mut(&self) -> RwLockWriteGuard<'_, Memtables> {
        self.memtables.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// One transaction, all or nothing.
    ///
    /// In two phases: redb otherwise writes its header with the pages, before its only sync, and a header whose pages were
    /// lost in a failed sync is what the next commit would build on.
    pub(super) fn write(
        &self,
        rows: impl FnOnce(&mut WriteTransaction) -> Result<(), redb::Error>,
    ) -> Result<(), Failure> {
        let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
        let Some(database) = &*database else { return Err(Failure(redb::Error::DatabaseClosed)) };
        let mut transaction = database.begin_write().map_err(|error| Failure(error.into()))?;
        transaction.set_durability(Durability::Immediate).map_err(|error| Failure(error.into()))?;
        transaction.set_quick_repair(true);
        rows(&mut transaction).map_err(Failure)?;
        transaction.commit().map_err(|error| Failure(error.into()))
    }
}

/// Writes the rows of a memtable.
pub(super) fn write_rows(transaction: &WriteTransaction, rows: &Memtable) -> Result<(), redb::Error> {
    if !rows.blocks.is_empty() {
        let mut journal = transaction.open_table(JOURNAL)?;
        for (first, block) in &rows.blocks {
            journal.insert(first.get(), &codec::block_to_bytes(block)[..])?;
        }
    }
    for (table, rows) in [(VIEWS, &rows.views), (SEGMENTS, &rows.segments)] {
        write_table(transaction, table, rows)?;
    }
    if !rows.cursors.is_empty() {
        let mut cursors = transaction.open_table(SUBSCRIBERS)?;
        for (name, next) in &rows.cursors {
            cursors.insert(&name[..], next.get())?;
        }
    }
    if let Some(covered) = &rows.covered {
        transaction.open_table(META)?.insert(COVERED_ROW, &codec::encode(&**covered)[..])?;
    }
    Ok(())
}

fn write_table(
    transaction: &WriteTransaction,
    table: redb::TableDefinition<'_, &'static [u8], &'static [u8]>,
    rows: &Rows,
) -> Result<(), redb::Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut table = transaction.open_table(table)?;
    for (key, value) in rows {
        match value {
            Some(value) => drop(table.insert(&key[..], &value[..])?),
            None => drop(table.remove(&key[..])?),
        }
    }
    Ok(())
}

/// A transaction that failed.
#[derive(Debug)]
pub(crate) struct Failure(pub(super) redb::Error);

impl Failure {
    pub(super) fn error(self, path: &Path) -> LedgerError {
        LedgerError::caused(Kind::Io, format!("cannot write the ledger `{}`", path.display()), self.0)
    }
}
