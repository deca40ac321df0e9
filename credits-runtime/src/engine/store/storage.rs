//! Storage: the backends of a ledger in tests, which can inject faults.

use super::Backend;

/// The backends of a ledger's two files.
pub trait Storage {
    /// The backend of a file; clones share its bytes.
    type File: Backend + Clone;

    /// The backend of the ledger's file.
    fn ledger(&self) -> Self::File;

    /// The backend of its log.
    fn log(&self) -> Self::File;
}
