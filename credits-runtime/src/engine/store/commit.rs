//! Writing: commits publish rows to a memtable, and a checkpoint writes the rows of many commits in one transaction.

use std::path::Path;
use std::sync::PoisonError;

use redb::{Durability, WriteTransaction};

use super::changes::{Changes, LogEnd};
use super::errors::guarded;
use super::file::Store;
use super::memtable::{Memtable, Rows};
use super::tables::{JOURNAL, LOG_ROW, META, SEGMENTS, STATE_ROW, SUBSCRIBERS, VIEWS};
use crate::engine::rows::{self, LogState};
use crate::engine::sync::{RwLockReadGuard, RwLockWriteGuard};
use crate::error::{LedgerError, LedgerErrorKind as Kind};

/// The memtable that commits publish to, and the one that a checkpoint writes.
#[derive(Debug, Default)]
pub(super) struct Memtables {
    pub(super) active: Memtable,
    pub(super) frozen: Memtable,
}

impl Store {
    /// Publishes the rows of a commit: readers see them, and a later checkpoint writes them.
    pub(crate) fn publish(&self, changes: Changes) {
        self.memtables_mut().active.put(changes);
    }

    /// Publishes rows that a checkpoint is about to write. They do not count as unwritten, so that no commit waits
    /// for them.
    pub(crate) fn publish_uncounted(&self, changes: Changes) {
        self.memtables_mut().active.put_uncounted(changes);
    }

    /// Approximate bytes of rows that no checkpoint has begun to write.
    pub(crate) fn unwritten_bytes(&self) -> usize {
        self.memtables().active.bytes()
    }

    /// Sets the state of the log that the next checkpoint writes.
    pub(crate) fn set_log(&self, log: LogState) {
        *self.log.lock().unwrap_or_else(PoisonError::into_inner) = log;
    }

    /// Marks the log as closed in the next checkpoint: the file is then complete without it.
    pub(crate) fn close_log(&self) {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).is_open = false;
    }

    /// Freezes the active memtable, unless a failed checkpoint left a frozen one, and writes it to the file, durably,
    /// with the state of the log. Rows that are published meanwhile wait for the next checkpoint. Returns the end of
    /// the log records that are covered now.
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
        // After the commit: a snapshot without these rows in memory reads them from the file.
        let frozen = std::mem::take(&mut self.memtables_mut().frozen);
        Ok(frozen.log_end)
    }

    /// Reports that a checkpoint waits for space on the disk.
    pub(crate) fn report_out_of_space(&self) {
        self.medium.set_out_of_space();
    }

    /// Whether a checkpoint on a full disk fails instead of waiting.
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

    /// Runs one transaction, all or nothing, with a two-phase commit.
    ///
    /// In one phase, redb writes its header together with the pages before its only sync. After a failed sync, the
    /// next commit could then build on a header whose pages are lost.
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
