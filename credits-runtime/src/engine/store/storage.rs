//! Storage of a ledger on backends that a test can make fail.

use super::Backend;

/// The backends of a ledger's two files.
pub trait Storage {
    /// The backend of one file.
    type File: Backend + Clone;

    /// The ledger's file.
    fn ledger(&self) -> Self::File;

    /// Its log.
    fn log(&self) -> Self::File;
}
