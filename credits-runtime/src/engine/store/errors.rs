//! Errors of redb, as errors of the ledger.

use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use redb::{DatabaseError, StorageError};

use crate::error::{LedgerError, LedgerErrorKind as Kind};

/// Opens a database, with its errors and panics as errors of the ledger.
pub(super) fn opened<D>(
    path: &Path,
    open: impl FnOnce() -> Result<D, DatabaseError>,
) -> Result<D, LedgerError> {
    guarded(|| open().map_err(|error| open_failed(path, error)))
}

/// Runs an operation of redb. A panic means a damaged file: redb asserts invariants that damage can break.
pub(super) fn guarded<T>(use_redb: impl FnOnce() -> Result<T, LedgerError>) -> Result<T, LedgerError> {
    catch_unwind(AssertUnwindSafe(use_redb))
        .unwrap_or_else(|_| Err(LedgerError::damaged("it contradicts itself")))
}

pub(super) fn open_failed(path: &Path, error: DatabaseError) -> LedgerError {
    let path = path.display();
    let (kind, message) = match &error {
        DatabaseError::DatabaseAlreadyOpen => (
            Kind::Locked,
            format!(
                "the ledger `{path}` is open elsewhere: close the other program, or share one handle within this one"
            ),
        ),
        DatabaseError::UpgradeRequired(version) => (
            Kind::NewerVersion,
            format!(
                "`{path}` has redb's file format {version}, which this version does not read: use the program that wrote it"
            ),
        ),
        DatabaseError::Storage(StorageError::Io(io)) if io.kind() == ErrorKind::InvalidData => {
            (Kind::NotALedger, format!("`{path}` is no ledger: name another file"))
        }
        DatabaseError::Storage(StorageError::Corrupted(what)) => (
            Kind::Damaged,
            format!(
                "the ledger `{path}` is damaged ({what}): restore a backup, and keep this file for a rescue"
            ),
        ),
        DatabaseError::Storage(StorageError::Io(io)) => (
            Kind::Io,
            format!("cannot open the ledger `{path}` ({io}): name a file that this program may write"),
        ),
        other => (Kind::Io, format!("cannot open the ledger `{path}`: {other}")),
    };
    LedgerError::caused(kind, message, error)
}

pub(super) fn read_failed(error: &(impl std::fmt::Display + std::fmt::Debug)) -> LedgerError {
    LedgerError::new(Kind::Io, format!("cannot read the ledger: {error}"))
}
