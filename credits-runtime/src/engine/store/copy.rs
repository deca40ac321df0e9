//! Copying a snapshot to a new file.

use std::path::Path;

use redb::{ReadableTable, TableDefinition};

use super::commit::{Failure, write_rows};
use super::draft::FileDraft;
use super::file::Store;
use super::snapshot::Snapshot;
use super::tables::{JOURNAL, LOG_ROW, META, SEGMENTS, SUBSCRIBERS, VIEWS};
use crate::engine::rows::{self, LogState};
use crate::error::LedgerError;

/// Rows of a copy in one transaction.
const COPY_ROWS_MAX: usize = 10_000;

impl Store {
    /// Copies a snapshot to a new file, all or nothing. The file gets its name only if `check` accepts the copy;
    /// returns the result of `check`.
    pub(crate) fn copy<T>(
        snapshot: &Snapshot,
        to: &Path,
        check: impl FnOnce(&Snapshot) -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        let (draft, copy) = FileDraft::create(to)?;
        copy.fill(snapshot).map_err(|failure| failure.error(to))?;
        let checked = check(&copy.snapshot()?)?;
        copy.close()?;
        draft.complete()?;
        Ok(checked)
    }

    fn fill(&self, snapshot: &Snapshot) -> Result<(), Failure> {
        self.copy_table(snapshot, JOURNAL)?;
        self.copy_table(snapshot, VIEWS)?;
        self.copy_table(snapshot, SEGMENTS)?;
        self.copy_table(snapshot, SUBSCRIBERS)?;
        self.copy_table(snapshot, META)?;
        self.write(|transaction| {
            let [newest, newer] = &snapshot.newer;
            write_rows(transaction, newer)?;
            write_rows(transaction, newest)?;
            // A copy needs no log.
            transaction.open_table(META)?.insert(LOG_ROW, &rows::encode(&LogState::default())[..])?;
            Ok(())
        })
    }

    fn copy_table<K: redb::Key + 'static, V: redb::Value + 'static>(
        &self,
        snapshot: &Snapshot,
        definition: TableDefinition<'_, K, V>,
    ) -> Result<(), Failure> {
        let failed = |error: redb::Error| Failure(error);
        let table = snapshot.read.open_table(definition).map_err(|error| failed(error.into()))?;
        let mut rows = table.iter().map_err(|error| failed(error.into()))?.peekable();
        loop {
            self.write(|transaction| {
                let mut copy = transaction.open_table(definition)?;
                for row in rows.by_ref().take(COPY_ROWS_MAX) {
                    let (key, value) = row?;
                    copy.insert(key.value(), value.value())?;
                }
                Ok(())
            })?;
            if rows.peek().is_none() {
                return Ok(());
            }
        }
    }
}
