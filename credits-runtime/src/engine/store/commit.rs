//! Writing: the rows of one commit, all or none.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::PoisonError;

use redb::{Durability, WriteTransaction};

use super::file::Store;
use super::tables::{COVERED_ROW, JOURNAL, META, SEGMENTS, SUBSCRIBERS, TAIL, VIEWS};
use crate::domain::ids::FactNumber;
use crate::engine::codec::{self, Covered};
use crate::engine::journal::Tail;
use crate::engine::keys::upkeep::KeyRows;
use crate::error::{LedgerError, LedgerErrorKind as Kind};

/// The rows of one commit.
pub(crate) struct Changes<'a> {
    /// The block that grows, and those that are sealed.
    pub(crate) tail: &'a Tail,
    /// Rows of views that are no more.
    pub(crate) gone: Vec<Vec<u8>>,
    pub(crate) views: Vec<(Vec<u8>, Cow<'a, [u8]>)>,
    pub(crate) keys: &'a KeyRows,
    /// What rows have of the journal, if that is not what it was.
    pub(crate) covered: Option<Covered>,
}

/// Which fact each named subscriber is given next.
pub(crate) type Cursors = BTreeMap<String, FactNumber>;

impl Store {
    /// Commits all or nothing, durably.
    pub(crate) fn commit(&self, changes: &Changes<'_>, cursors: &Cursors) -> Result<(), Failure> {
        self.write(|transaction| {
            write_cursors(transaction, cursors)?;
            let Tail { sealed, block } = changes.tail;
            let mut tail = transaction.open_table(TAIL)?;
            if let Some(former) = sealed.first() {
                let mut journal = transaction.open_table(JOURNAL)?;
                for block in sealed {
                    journal.insert(block.first.get(), &codec::block_to_bytes(block)[..])?;
                }
                tail.remove(former.first.get())?;
            }
            tail.insert(block.first.get(), &codec::block_to_bytes(block)[..])?;
            if !(changes.gone.is_empty() && changes.views.is_empty()) {
                let mut views = transaction.open_table(VIEWS)?;
                for key in &changes.gone {
                    views.remove(&key[..])?;
                }
                for (key, value) in &changes.views {
                    views.insert(&key[..], &value[..])?;
                }
            }
            let KeyRows { written, gone } = changes.keys;
            if !(written.is_empty() && gone.is_empty()) {
                let mut segments = transaction.open_table(SEGMENTS)?;
                for key in gone {
                    segments.remove(&key[..])?;
                }
                for (key, value) in written {
                    segments.insert(&key[..], &value[..])?;
                }
            }
            if let Some(covered) = &changes.covered {
                let mut meta = transaction.open_table(META)?;
                meta.insert(COVERED_ROW, &codec::encode(covered)[..])?;
            }
            Ok(())
        })
    }

    /// Commits in a way that makes the next opening quick, however the program ends.
    pub(crate) fn mark(&self, cursors: &Cursors) -> Result<(), Failure> {
        self.write(|transaction| {
            transaction.set_quick_repair(true);
            write_cursors(transaction, cursors)
        })
    }

    pub(super) fn write(
        &self,
        rows: impl FnOnce(&mut WriteTransaction) -> Result<(), redb::Error>,
    ) -> Result<(), Failure> {
        let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
        let Some(database) = &*database else { return Err(Failure::NotDone(redb::Error::DatabaseClosed)) };
        let mut transaction = database.begin_write().map_err(|error| Failure::NotDone(error.into()))?;
        transaction.set_durability(Durability::Immediate).map_err(|error| Failure::NotDone(error.into()))?;
        rows(&mut transaction).map_err(Failure::NotDone)?;
        transaction.commit().map_err(|error| Failure::OutcomeUnknown(error.into()))
    }
}

fn write_cursors(transaction: &WriteTransaction, cursors: &Cursors) -> Result<(), redb::Error> {
    if cursors.is_empty() {
        return Ok(());
    }
    let mut table = transaction.open_table(SUBSCRIBERS)?;
    for (name, next) in cursors {
        table.insert(&name[..], next.get())?;
    }
    Ok(())
}

/// What a failed commit leaves.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Nothing, for certain.
    NotDone(redb::Error),
    /// What was asked, or nothing.
    OutcomeUnknown(redb::Error),
}

impl Failure {
    pub(super) fn error(self, path: &Path) -> LedgerError {
        let (Self::NotDone(error) | Self::OutcomeUnknown(error)) = self;
        LedgerError::caused(Kind::Io, format!("cannot write the ledger `{}`", path.display()), error)
    }
}
