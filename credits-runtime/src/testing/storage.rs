//! Where a test keeps a ledger: in files that it makes fail.

use super::Backend;

/// The two files of a ledger.
pub trait Storage {
    /// A file.
    type File: Backend + Clone;

    /// The ledger's file.
    fn ledger(&self) -> Self::File;

    /// Its log.
    fn log(&self) -> Self::File;
}
