//! The file: created, opened, brought to this version's format, closed.

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use redb::backends::{FileBackend, InMemoryBackend};
use redb::{Builder, Database, DatabaseError, StorageBackend};

use super::errors::{guarded, open_failed, opened};
use super::snapshot::Snapshot;
use super::tables::{
    COVERED_FORMAT, COVERED_ROW, FORMAT_ROW, ID_ROW, JOURNAL, KEYS, META, SEGMENTS, STATE_ROW, SUBSCRIBERS,
    TAIL, TAIL_FORMAT, VIEWS, check_format,
};
use super::wal::{LogSettings, Wal};
use crate::engine::codec::{self, Covered, FORMAT};
use crate::engine::files::{draft, sync_folder};
use crate::engine::memory::Memory;
use crate::error::{LedgerError, LedgerErrorKind as Kind};

/// A ledger's id: random, given when it was created.
pub(crate) type LedgerId = [u8; 16];

/// An open redb database that holds a ledger.
#[derive(Debug)]
pub(crate) struct Store {
    pub(super) database: RwLock<Option<Database>>,
    pub(super) path: PathBuf,
}

impl Store {
    /// Opens the ledger in this file.
    pub(crate) fn open(path: &Path, memory: Memory) -> Result<Self, LedgerError> {
        let length = std::fs::metadata(path).map_err(|error| LedgerError::io(path, error))?.len();
        if length == 0 {
            let message = format!(
                "`{}` is empty, which a ledger never is: restore a backup, or remove the file to begin a new ledger",
                path.display()
            );
            return Err(LedgerError::new(Kind::Empty, message));
        }
        // What is refused is left as it is: looked at without writing, unless redb has to repair it first.
        let looked_at = opened(path, || match Builder::new().open_read_only_with_backend(reading(path)?) {
            Err(DatabaseError::RepairAborted) => Ok(None),
            looked_at => looked_at.map(Some),
        })?;
        // What redb has to repair it looks at as a whole anyway.
        let is_repaired = looked_at.is_none();
        if let Some(database) = looked_at {
            check_format(path, &Snapshot::of(&database)?)?;
        }
        let open = || {
            let file = File::options().read(true).write(true).open(path)?;
            let mut builder = builder(memory);
            builder.set_check_integrity_on_open(!is_repaired);
            builder.create_with_backend(writing(file, memory)?)
        };
        let store = Self::of(path, opened(path, open)?);
        store.migrate()?;
        Ok(store)
    }

    /// Makes a ledger of an earlier format one of this version's, in one commit: format 2 only adds to format 1, format 3
    /// has keys in segments, format 4 does not write in each commit where the journal ends, format 5 has the block that
    /// grows beside the others, and format 6 may lack milestones.
    pub(super) fn migrate(&self) -> Result<(), LedgerError> {
        let snapshot = self.snapshot()?;
        let format = check_format(&self.path, &snapshot)?;
        if format == FORMAT {
            return Ok(());
        }
        let former = (format < COVERED_FORMAT).then(|| snapshot.former_covered()).transpose()?;
        drop(snapshot);
        let written = self.write(|transaction| {
            let mut meta = transaction.open_table(META)?;
            if let Some((covered, rows)) = &former {
                let mut segments = transaction.open_table(SEGMENTS)?;
                for (key, value) in &rows.written {
                    segments.insert(&key[..], &value[..])?;
                }
                transaction.delete_table(KEYS)?;
                meta.insert(COVERED_ROW, &codec::encode(covered)[..])?;
                meta.remove(STATE_ROW)?;
            }
            let mut tail = transaction.open_table(TAIL)?;
            if format < TAIL_FORMAT
                && let Some((first, block)) = transaction.open_table(JOURNAL)?.pop_last()?
            {
                tail.insert(first.value(), block.value())?;
            }
            meta.insert(FORMAT_ROW, &FORMAT.to_be_bytes()[..])?;
            Ok(())
        });
        written.map_err(|failure| failure.error(&self.path))
    }

    /// What a file holds that no program writes.
    pub(crate) fn read_only(path: &Path) -> Result<Snapshot, LedgerError> {
        let database = opened(path, || Builder::new().open_read_only_with_backend(reading(path)?))?;
        let snapshot = Snapshot::of(&database)?;
        check_format(path, &snapshot)?;
        Ok(Snapshot { _database: Some(database), ..snapshot })
    }

    /// Creates a ledger in this file, whole or not at all: it is written beside it and then takes its name, unless
    /// another has it by then, which is opened.
    pub(crate) fn create(path: &Path, memory: Memory) -> Result<Self, LedgerError> {
        let draft = draft(path).map_err(|error| open_failed(path, error.into()))?;
        let file = draft.as_file().try_clone().map_err(|error| LedgerError::io(path, error))?;
        let store =
            Self::of(path, opened(path, || builder(memory).create_with_backend(writing(file, memory)?))?);
        store.initialise()?;
        match draft.persist_noclobber(path) {
            Ok(_) => sync_folder(path).map_err(|error| LedgerError::io(path, error))?,
            Err(refused) if refused.error.kind() == ErrorKind::AlreadyExists => {
                return Self::open(path, memory);
            }
            Err(refused) => return Err(LedgerError::io(path, refused.error)),
        }
        Ok(store)
    }

    /// Creates a ledger that lives as long as its handle.
    pub(crate) fn in_memory(memory: Memory) -> Result<Self, LedgerError> {
        Self::create_in(InMemoryBackend::new(), memory)
    }

    /// Creates a ledger that this empty backend keeps.
    pub(crate) fn create_in(backend: impl StorageBackend, memory: Memory) -> Result<Self, LedgerError> {
        let path = Path::new("in memory");
        let store = Self::of(path, opened(path, || builder(memory).create_with_backend(backend))?);
        store.initialise()?;
        Ok(store)
    }

    /// Opens the ledger that this backend keeps; creates it if the backend is empty.
    #[cfg(feature = "testing")]
    pub(crate) fn open_on(backend: impl StorageBackend, memory: Memory) -> Result<Self, LedgerError> {
        let path = Path::new("on a given backend");
        let is_new = backend.len().map_err(|error| LedgerError::io(path, error))? == 0;
        let backend = Wal::over(backend, None, LogSettings::HURRIED);
        if is_new {
            return Self::create_in(backend, memory);
        }
        let store = Self::of(path, opened(path, || builder(memory).create_with_backend(backend))?);
        store.migrate()?;
        Ok(store)
    }

    pub(super) fn of(path: &Path, database: Database) -> Self {
        Self { database: RwLock::new(Some(database)), path: path.to_owned() }
    }

    fn initialise(&self) -> Result<(), LedgerError> {
        let mut id = LedgerId::default();
        getrandom::fill(&mut id)
            .map_err(|error| LedgerError::caused(Kind::Io, "no random numbers for an id", error))?;
        let written = self.write(|transaction| {
            transaction.open_table(JOURNAL)?;
            transaction.open_table(TAIL)?;
            transaction.open_table(VIEWS)?;
            transaction.open_table(SEGMENTS)?;
            transaction.open_table(SUBSCRIBERS)?;
            let mut meta = transaction.open_table(META)?;
            meta.insert(FORMAT_ROW, &FORMAT.to_be_bytes()[..])?;
            meta.insert(ID_ROW, &id[..])?;
            meta.insert(COVERED_ROW, &codec::encode(&Covered::default())[..])?;
            Ok(())
        });
        written.map_err(|failure| failure.error(&self.path))
    }

    /// What is committed now, for as long as the snapshot lives.
    pub(crate) fn snapshot(&self) -> Result<Snapshot, LedgerError> {
        let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
        let Some(database) = &*database else { return Err(LedgerError::closed()) };
        Snapshot::of(database)
    }

    /// Writes what makes the next opening quick, and closes the file.
    pub(crate) fn close(&self) -> Result<(), LedgerError> {
        let Some(database) = self.database.write().unwrap_or_else(PoisonError::into_inner).take() else {
            return Ok(());
        };
        guarded(|| database.close().map_err(|error| open_failed(&self.path, error)))
    }
}

pub(super) fn builder(memory: Memory) -> Builder {
    let mut builder = Builder::new();
    // Every page is checked on opening, about a second a GiB: a bit that flipped must not become a balance.
    builder.set_cache_size(memory.pages()).set_check_integrity_on_open(true);
    builder
}

/// A file that is written to.
pub(super) fn writing(file: File, memory: Memory) -> Result<impl StorageBackend, DatabaseError> {
    let log = durable(&file);
    Ok(Wal::over(FileBackend::new(file)?, log, LogSettings::within(memory)))
}

/// The same file, each write to which is durable and passes the system's cache by; where the system cannot, there is none.
#[cfg(target_os = "linux")]
fn durable(file: &File) -> Option<File> {
    use std::os::fd::AsRawFd;
    use std::os::unix::fs::OpenOptionsExt;

    use rustix::fs::OFlags;

    let flags = i32::try_from((OFlags::DIRECT | OFlags::DSYNC).bits()).ok()?;
    let same = format!("/proc/self/fd/{}", file.as_raw_fd());
    File::options().write(true).custom_flags(flags).open(same).ok()
}

#[cfg(not(target_os = "linux"))]
fn durable(_file: &File) -> Option<File> {
    None
}

/// A file that is only read.
fn reading(path: &Path) -> Result<impl StorageBackend + use<>, DatabaseError> {
    Ok(Wal::reading(FileBackend::new(File::open(path)?)?))
}
