//! Copies: everything that a snapshot has, in a new file.

use std::path::Path;

use redb::{ReadableTable, TableDefinition};

use super::commit::Failure;
use super::errors::opened;
use super::file::{Store, builder, writing};
use super::snapshot::Snapshot;
use super::tables::{
    JOURNAL, KEYS, META, SEGMENTS, SEGMENTS_FORMAT, SUBSCRIBERS, TAIL, TAIL_FORMAT, VIEWS, check_format,
};
use crate::engine::files::{draft, sync_folder};
use crate::engine::memory::Memory;
use crate::error::LedgerError;

/// How many rows of a copy are written in one transaction.
const COPY_ROWS_MAX: usize = 10_000;

impl Store {
    /// Writes everything that a snapshot has to a new file, whole or not at all, and only if nothing is said against what
    /// was written.
    pub(crate) fn copy<T>(
        snapshot: &Snapshot,
        to: &Path,
        check: impl FnOnce(&Snapshot) -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        let io = |error| LedgerError::io(to, error);
        let draft = draft(to).map_err(io)?;
        let file = draft.as_file().try_clone().map_err(io)?;
        let memory = Memory::USUAL;
        let copy = Self::of(to, opened(to, || builder(memory).create_with_backend(writing(file, memory)?))?);
        copy.fill(snapshot).map_err(|failure| failure.error(to))?;
        copy.migrate()?;
        let checked = check(&copy.snapshot()?)?;
        copy.close()?;
        draft.as_file().sync_all().map_err(io)?;
        draft.persist_noclobber(to).map_err(|refused| io(refused.error))?;
        sync_folder(to).map_err(io)?;
        Ok(checked)
    }

    fn fill(&self, snapshot: &Snapshot) -> Result<(), Failure> {
        let format = check_format(&self.path, snapshot).unwrap_or_default();
        self.copy_table(snapshot, JOURNAL)?;
        if format >= TAIL_FORMAT {
            self.copy_table(snapshot, TAIL)?;
        }
        self.copy_table(snapshot, VIEWS)?;
        match format {
            SEGMENTS_FORMAT.. => self.copy_table(snapshot, SEGMENTS)?,
            _ => self.copy_table(snapshot, KEYS)?,
        }
        self.copy_table(snapshot, SUBSCRIBERS)?;
        self.copy_table(snapshot, META)
    }

    fn copy_table<K: redb::Key + 'static, V: redb::Value + 'static>(
        &self,
        snapshot: &Snapshot,
        definition: TableDefinition<'_, K, V>,
    ) -> Result<(), Failure> {
        let failed = |error: redb::Error| Failure::NotDone(error);
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
