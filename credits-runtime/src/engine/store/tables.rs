//! The tables of the file.

use std::path::Path;

use redb::TableDefinition;

use super::snapshot::Snapshot;
use crate::engine::rows::FORMAT;
use crate::error::{LedgerError, LedgerErrorKind as Kind};

pub(super) const JOURNAL: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("journal");
pub(super) const VIEWS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("views");
pub(super) const SEGMENTS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("segments");
pub(super) const SUBSCRIBERS: TableDefinition<'_, &str, u64> = TableDefinition::new("subscribers");
pub(super) const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");

pub(super) const FORMAT_ROW: &str = "format";
pub(super) const ID_ROW: &str = "id";
pub(super) const STATE_ROW: &str = "covered";
pub(super) const LOG_ROW: &str = "log";

/// Fails if the file is not a ledger, or has another format.
pub(super) fn check_format(path: &Path, snapshot: &Snapshot) -> Result<(), LedgerError> {
    let foreign = || {
        let message = format!("`{}` is a redb database but no ledger: name another file", path.display());
        LedgerError::new(Kind::NotALedger, message)
    };
    let format = snapshot.meta(FORMAT_ROW)?.ok_or_else(foreign)?;
    let format = u32::from_be_bytes(format.try_into().map_err(|_| foreign())?);
    if format == FORMAT {
        return Ok(());
    }
    let message = format!(
        "`{}` has format {format}, this version reads {FORMAT}: use the version of the program that wrote it",
        path.display()
    );
    Err(LedgerError::new(Kind::NewerVersion, message))
}
