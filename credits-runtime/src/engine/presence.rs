//! Presence: whether the ledger's files still have the paths under which they were opened.

use std::path::Path;

use super::commit_log::CommitLog;
use super::store::Store;
use crate::error::{LedgerError, LedgerErrorKind};

/// Fails if a file of the ledger was deleted, or another file has its path.
pub(crate) fn check_files(store: &Store, log: Option<&CommitLog>) -> Result<(), LedgerError> {
    if store.is_gone() || log.is_some_and(CommitLog::is_gone) { Err(gone(store.path())) } else { Ok(()) }
}

pub(crate) fn gone(path: &Path) -> LedgerError {
    let message = format!(
        "the ledger `{}` or its log was removed or replaced while it was open, so this handle writes no more: put the files back and open it again",
        path.display()
    );
    LedgerError::new(LedgerErrorKind::FileGone, message)
}
