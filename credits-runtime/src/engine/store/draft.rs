//! Drafts: a new ledger's file beside its path, which gets its name once it is complete.

use std::path::{Path, PathBuf};

use redb::backends::FileBackend;
use tempfile::NamedTempFile;

use super::errors::open_failed;
use super::file::Store;
use crate::engine::files::{draft, sync_folder};
use crate::engine::wallets::budget::MemoryBudget;
use crate::error::LedgerError;

/// The file of a draft. It is deleted when dropped.
pub(crate) struct FileDraft {
    file: NamedTempFile,
    to: PathBuf,
}

impl FileDraft {
    /// Creates an empty ledger in a draft for this path.
    pub(crate) fn create(to: &Path) -> Result<(Self, Store), LedgerError> {
        let io = |error| LedgerError::io(to, error);
        let file = draft(to).map_err(io)?;
        let backend = FileBackend::new(file.as_file().try_clone().map_err(io)?);
        let backend = backend.map_err(|error| open_failed(to, error))?;
        let store = Store::create_on(to, backend, MemoryBudget::DEFAULT)?;
        Ok((Self { file, to: to.to_owned() }, store))
    }

    /// Opens the ledger of the draft, which is closed, for reading, and checks every page.
    #[cfg(feature = "postgres")]
    pub(crate) fn look(&self) -> Result<Store, LedgerError> {
        Store::look_only(self.file.path(), MemoryBudget::DEFAULT)
    }

    /// Makes the draft durable, whose ledger is closed, and gives it its name unless a file has it.
    pub(crate) fn complete(self) -> Result<(), LedgerError> {
        let Self { file, to } = self;
        let io = |error| LedgerError::io(&to, error);
        file.as_file().sync_all().map_err(io)?;
        file.persist_noclobber(&to).map_err(|refused| io(refused.error))?;
        sync_folder(&to).map_err(io)
    }
}
