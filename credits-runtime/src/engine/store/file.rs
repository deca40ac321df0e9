//! The ledger's file: creating, reading, opening for writing, and closing it.

use std::fs::File;
use std::io::ErrorKind;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use redb::backends::{FileBackend, InMemoryBackend};
use redb::{Builder, Database, StorageBackend};

use super::commit::Memtables;
use super::errors::{guarded, open_failed, opened};
use super::medium::{Locking, Medium, Patience, SharedMedium};
use super::snapshot::Snapshot;
use super::tables::{
    FORMAT_ROW, ID_ROW, JOURNAL, LOG_ROW, META, SEGMENTS, STATE_ROW, SUBSCRIBERS, VIEWS, check_format,
};
use crate::engine::files::{NamedFile, draft, sync_folder};
use crate::engine::rows::{self, CheckpointState, FORMAT, LogState};
use crate::engine::sync::{Mutex, RwLock};
use crate::engine::wallets::budget::MemoryBudget;
use crate::error::{LedgerError, LedgerErrorKind as Kind};

/// Free bytes of the disk that a checkpoint requires, besides those in proportion to its rows.
const ROOM_BYTES_MIN: u64 = 4 * 1_024 * 1_024;

/// A ledger's id, random bytes of its creation.
pub(crate) type LedgerId = [u8; 16];

/// An open redb database, and memtables of the rows that it lacks.
pub(crate) struct Store {
    pub(super) database: RwLock<Option<Database>>,
    pub(super) memtables: RwLock<Memtables>,
    /// The state of the log that the next checkpoint writes.
    pub(super) log: Mutex<LogState>,
    pub(super) path: PathBuf,
    /// The open file and its name; `None` in memory and on a backend.
    named: Option<NamedFile>,
    pub(super) medium: Arc<Medium>,
    memory: MemoryBudget,
}

impl Store {
    /// Opens the ledger in a file for reading, and checks every page. Writes of redb, which repairs the file after a
    /// crash, stay in memory.
    pub(crate) fn look(path: &Path, memory: MemoryBudget, locking: Locking) -> Result<Self, LedgerError> {
        let file = File::options().read(true).write(true).open(path);
        let file = file.map_err(|error| open_failed(path, error.into()))?;
        Self::look_at(path, file, memory, locking)
    }

    /// Opens the ledger in a file for reading, without write access if the program has none.
    pub(crate) fn look_only(path: &Path, memory: MemoryBudget) -> Result<Self, LedgerError> {
        let opened = File::options().read(true).write(true).open(path).or_else(|_| File::open(path));
        Self::look_at(
            path,
            opened.map_err(|error| open_failed(path, error.into()))?,
            memory,
            Locking::Required,
        )
    }

    fn look_at(path: &Path, file: File, memory: MemoryBudget, locking: Locking) -> Result<Self, LedgerError> {
        if file.metadata().map_err(|error| LedgerError::io(path, error))?.len() == 0 {
            let message = format!(
                "`{}` is empty, which a ledger never is: restore a backup, or remove the file to begin a new ledger",
                path.display()
            );
            return Err(LedgerError::new(Kind::Empty, message));
        }
        let named = NamedFile::of(path.to_owned(), &file).map_err(|error| LedgerError::io(path, error))?;
        let backend = FileBackend::new(file).map_err(|error| open_failed(path, error))?;
        let medium = Medium::reading(backend, locking);
        Ok(Self { named: Some(named), ..Self::looked(path, medium, memory)? })
    }

    /// Opens the ledger on a backend for reading.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn look_on(
        path: &Path,
        backend: impl StorageBackend,
        memory: MemoryBudget,
    ) -> Result<Self, LedgerError> {
        Self::looked(path, Medium::reading(backend, Locking::Required), memory)
    }

    fn looked(path: &Path, medium: Arc<Medium>, memory: MemoryBudget) -> Result<Self, LedgerError> {
        // Checks the checksum of every page, about a second a GiB: a flipped bit must not become a balance.
        let store = Self::over(path, medium, memory, true)?;
        check_format(path, &store.snapshot()?)?;
        Ok(store)
    }

    /// Reopens a file that was opened for reading, to write to it.
    pub(crate) fn released(self) -> Result<Self, LedgerError> {
        let Self { database, path, named, medium, memory, .. } = self;
        if let Some(database) = database.into_inner().unwrap_or_else(PoisonError::into_inner) {
            guarded(|| database.close().map_err(|error| open_failed(&path, error)))?;
        }
        medium.release();
        Ok(Self { named, ..Self::over(&path, medium, memory, false)? })
    }

    /// Creates a ledger in this file, all or nothing: a draft beside it is renamed once it is complete. `None` if the
    /// file exists by then.
    pub(crate) fn create(
        path: &Path,
        memory: MemoryBudget,
        locking: Locking,
    ) -> Result<Option<Self>, LedgerError> {
        let draft = draft(path).map_err(|error| open_failed(path, error.into()))?;
        let file = draft.as_file().try_clone().map_err(|error| LedgerError::io(path, error))?;
        let named = NamedFile::of(path.to_owned(), &file).map_err(|error| LedgerError::io(path, error))?;
        let backend = FileBackend::new(file).map_err(|error| open_failed(path, error))?;
        let medium = Medium::writing(backend, locking);
        let store = Self { named: Some(named), ..Self::created(path, medium, memory)? };
        match draft.persist_noclobber(path) {
            Ok(_) => sync_folder(path).map_err(|error| LedgerError::io(path, error))?,
            Err(refused) if refused.error.kind() == ErrorKind::AlreadyExists => return Ok(None),
            Err(refused) => return Err(LedgerError::io(path, refused.error)),
        }
        Ok(Some(store))
    }

    /// Creates a ledger in memory.
    pub(crate) fn in_memory(memory: MemoryBudget) -> Result<Self, LedgerError> {
        Self::create_on(Path::new("in memory"), InMemoryBackend::new(), memory)
    }

    /// Creates a ledger on an empty backend.
    pub(crate) fn create_on(
        path: &Path,
        backend: impl StorageBackend,
        memory: MemoryBudget,
    ) -> Result<Self, LedgerError> {
        Self::created(path, Medium::writing(backend, Locking::Required), memory)
    }

    fn created(path: &Path, medium: Arc<Medium>, memory: MemoryBudget) -> Result<Self, LedgerError> {
        let store = Self::over(path, medium, memory, false)?;
        store.initialise()?;
        Ok(store)
    }

    fn over(
        path: &Path,
        medium: Arc<Medium>,
        memory: MemoryBudget,
        checks_pages: bool,
    ) -> Result<Self, LedgerError> {
        let mut builder = Builder::new();
        builder.set_cache_size(memory.pages()).set_check_integrity_on_open(checks_pages);
        let database = opened(path, || builder.create_with_backend(SharedMedium(Arc::clone(&medium))))?;
        Ok(Self {
            database: RwLock::new(Some(database)),
            memtables: RwLock::default(),
            log: Mutex::default(),
            path: path.to_owned(),
            named: None,
            medium,
            memory,
        })
    }

    fn initialise(&self) -> Result<(), LedgerError> {
        let mut id = LedgerId::default();
        getrandom::fill(&mut id)
            .map_err(|error| LedgerError::caused(Kind::Io, "no random numbers for an id", error))?;
        let written = self.write(|transaction| {
            transaction.open_table(JOURNAL)?;
            transaction.open_table(VIEWS)?;
            transaction.open_table(SEGMENTS)?;
            transaction.open_table(SUBSCRIBERS)?;
            let mut meta = transaction.open_table(META)?;
            meta.insert(FORMAT_ROW, &FORMAT.to_be_bytes()[..])?;
            meta.insert(ID_ROW, &id[..])?;
            meta.insert(STATE_ROW, &rows::encode(&CheckpointState::default())[..])?;
            meta.insert(LOG_ROW, &rows::encode(&LogState::default())[..])?;
            Ok(())
        });
        written.map_err(|failure| failure.error(&self.path))
    }

    /// Gives a new ledger the id of the one whose facts it gets.
    #[cfg(feature = "postgres")]
    pub(crate) fn take_id(&self, id: &LedgerId) -> Result<(), LedgerError> {
        let written = self.write(|transaction| {
            transaction.open_table(META)?.insert(ID_ROW, &id[..])?;
            Ok(())
        });
        written.map_err(|failure| failure.error(&self.path))
    }

    /// A snapshot of all published rows.
    pub(crate) fn snapshot(&self) -> Result<Snapshot, LedgerError> {
        let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
        let Some(database) = &*database else { return Err(LedgerError::closed()) };
        // Clones the memtables and begins the read under one lock, so that a checkpoint drops no row in between.
        let memtables = self.memtables();
        Snapshot::of(database, [memtables.active.clone(), memtables.frozen.clone()])
    }

    /// Fails if the file system grants the file's lock twice.
    pub(crate) fn check_lock(&self) -> Result<(), LedgerError> {
        let Some(named) = &self.named else { return Ok(()) };
        let again = File::options().read(true).write(true).open(named.path());
        let again = again.map_err(|error| open_failed(&self.path, error.into()))?;
        let again = FileBackend::new(again).map_err(|error| open_failed(&self.path, error))?;
        if keeps_out(&again) {
            return Ok(());
        }
        let message = format!(
            "the file system of `{}` has no locks, so that two programs could write to one ledger: put it on a local disk, or open it with `builder().without_lock()` if no other program ever does",
            self.path.display()
        );
        Err(LedgerError::new(Kind::Unlockable, message))
    }

    /// Whether the disk has room for a checkpoint, as far as the system reports it. Checked before a checkpoint
    /// begins, because redb waits for space under locks that readers take.
    pub(crate) fn has_room(&self) -> bool {
        let free = self.named.as_ref().and_then(NamedFile::free_bytes);
        let needed = (self.unwritten_bytes() as u64).saturating_mul(4).saturating_add(ROOM_BYTES_MIN);
        free.is_none_or(|free| free >= needed)
    }

    /// Whether the file has been deleted, or another file has its name.
    pub(crate) fn is_gone(&self) -> bool {
        self.named.as_ref().is_some_and(NamedFile::is_gone)
    }

    /// The path of the ledger.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The path of the ledger's file; `None` in memory and on a backend.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.named.as_ref().map(NamedFile::path)
    }

    /// Sets whether a write waits for space on a full disk, or fails.
    pub(crate) fn set_patience(&self, patience: Patience) {
        self.medium.set_patience(patience);
    }

    /// Closes the file. Rows that no checkpoint has written are lost.
    pub(crate) fn close(&self) -> Result<(), LedgerError> {
        let Some(database) = self.database.write().unwrap_or_else(PoisonError::into_inner).take() else {
            return Ok(());
        };
        guarded(|| database.close().map_err(|error| open_failed(&self.path, error)))
    }
}

/// Whether a second handle is refused the lock of an open file.
fn keeps_out(again: &impl StorageBackend) -> bool {
    matches!(again.try_lock_range(Bound::Unbounded, Bound::Unbounded), Ok(false))
}

#[cfg(test)]
mod tests {
    use redb::BackendError;

    use super::*;

    /// A file that grants its lock to every handle, as on some network file systems.
    #[derive(Debug)]
    struct Generous(InMemoryBackend);

    impl StorageBackend for Generous {
        fn len(&self) -> Result<u64, std::io::Error> {
            self.0.len()
        }

        fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), std::io::Error> {
            self.0.read(offset, out)
        }

        fn set_len(&self, length: u64) -> Result<(), std::io::Error> {
            self.0.set_len(length)
        }

        fn sync_data(&self) -> Result<(), std::io::Error> {
            self.0.sync_data()
        }

        fn write(&self, offset: u64, data: &[u8]) -> Result<(), std::io::Error> {
            self.0.write(offset, data)
        }

        fn try_lock_range(&self, _from: Bound<u64>, _to: Bound<u64>) -> Result<bool, BackendError> {
            Ok(true)
        }
    }

    #[test]
    fn a_lock_that_everybody_gets_keeps_nobody_out() {
        assert!(!keeps_out(&Generous(InMemoryBackend::new())));
        assert!(!keeps_out(&InMemoryBackend::new()), "one that does not lock at all");
        let file = tempfile::NamedTempFile::new().unwrap();
        let handle = || File::options().read(true).write(true).open(file.path()).unwrap();
        let [held, again] = [handle(), handle()].map(|handle| FileBackend::new(handle).unwrap());
        assert!(held.try_lock_range(Bound::Unbounded, Bound::Unbounded).unwrap());
        assert!(keeps_out(&again));
    }
}
