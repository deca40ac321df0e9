//! Writing: rows are published in memory, and a checkpoint writes those of many commits to the file at once.

use std::path::Path;
use std::sync::{PoisonError, RwLockReadGuard, RwLockWriteGuard};

use redb::{Durability, WriteTransaction};

use super::changes::{Changes, LogEnd};
use super::errors::guarded;
use super::file::Store;
use super::memtable::{Memtable, Rows};
use super::tables::{JOURNAL, LOG_ROW, META, SEGMENTS, STATE_ROW, SUBSCRIBERS, VIEWS};
use crate::engine::rows::{self, LogState};
use crate::error::{LedgerError, LedgerErrorKind as Kind};

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

    /// Publishes rows that a checkpoint is about to write; they do not count as unwritten, so that no commit waits for them.
    pub(crate) fn publish_uncounted(&self, changes: Changes) {
        self.memtables_mut().active.put_uncounted(changes);
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
    pub(crate) fn checkpoint(&self) -> Result<Option<LogEnd>, LedgerError> {
        let memtable = {
            let mut memtables = self.memtables_mut();
            if memtables.frozen.is_empty() {
                memtables.frozen = std::mem::take(&mut memtables.active);
            }
            memtables.frozen.clone()
        };
        let log = {
            let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(end) = memtable.log_end {
                log.covered = end.checksum;
            }
            *log
        };
        guarded(|| {
            let written = self.write(|transaction| {
                write_rows(transaction, &memtable)?;
                transaction.open_table(META)?.insert(LOG_ROW, &rows::encode(&log)[..])?;
                Ok(())
            });
            written.map_err(|failure| failure.error(&self.path))
        })?;
        // Only now: who finds a row no more in memory opens a snapshot of the file after this commit.
        let frozen = std::mem::take(&mut self.memtables_mut().frozen);
        Ok(frozen.log_end)
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
pub(super) fn write_rows(transaction: &WriteTransaction, memtable: &Memtable) -> Result<(), redb::Error> {
    if !memtable.blocks.is_empty() {
        let mut journal = transaction.open_table(JOURNAL)?;
        for (first, block) in &memtable.blocks {
            journal.insert(first.get(), &rows::block_to_bytes(block)[..])?;
        }
    }
    for (table, rows) in [(VIEWS, &memtable.views), (SEGMENTS, &memtable.segments)] {
        write_table(transaction, table, rows)?;
    }
    if !memtable.cursors.is_empty() {
        let mut cursors = transaction.open_table(SUBSCRIBERS)?;
        for (name, next) in &memtable.cursors {
            cursors.insert(&name[..], next.get())?;
        }
    }
    if let Some(state) = &memtable.state {
        transaction.open_table(META)?.insert(STATE_ROW, &rows::encode(&**state)[..])?;
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
            Some(value) => _ = table.insert(&key[..], &value[..])?,
            None => _ = table.remove(&key[..])?,
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
