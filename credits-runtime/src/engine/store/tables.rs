//! The tables of the file, and since which format they are there.

use std::path::Path;

use redb::TableDefinition;

use super::snapshot::Snapshot;
use crate::engine::codec::FORMAT;
use crate::error::{LedgerError, LedgerErrorKind as Kind};

pub(super) const JOURNAL: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("journal");
/// The last block, as long as it grows: what every commit writes has a table of one page.
pub(super) const TAIL: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("tail");
/// Since which format there is one.
pub(super) const TAIL_FORMAT: u32 = 5;
pub(super) const VIEWS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("views");
pub(super) const SEGMENTS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("segments");
/// Since which format there are segments.
pub(super) const SEGMENTS_FORMAT: u32 = 3;
/// Where formats 1 and 2 kept keys.
pub(super) const KEYS: TableDefinition<'_, u128, &[u8]> = TableDefinition::new("keys");
pub(super) const SUBSCRIBERS: TableDefinition<'_, &str, u64> = TableDefinition::new("subscribers");
pub(super) const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");

/// Since which format what rows cover has a row of its own.
pub(super) const COVERED_FORMAT: u32 = 4;

pub(super) const FORMAT_ROW: &str = "format";
pub(super) const ID_ROW: &str = "id";
pub(super) const COVERED_ROW: &str = "covered";
/// What formats 1 to 3 have instead.
pub(super) const STATE_ROW: &str = "state";

/// The format, if this version reads it.
pub(super) fn check_format(path: &Path, snapshot: &Snapshot) -> Result<u32, LedgerError> {
    let foreign = || {
        let message = format!("`{}` is a redb database but no ledger: name another file", path.display());
        LedgerError::new(Kind::NotALedger, message)
    };
    let format = snapshot.meta(FORMAT_ROW)?.ok_or_else(foreign)?;
    let format = u32::from_be_bytes(format.try_into().map_err(|_| foreign())?);
    if format > FORMAT {
        let message = format!(
            "`{}` has format {format}, this version reads up to {FORMAT}: update the program",
            path.display()
        );
        return Err(LedgerError::new(Kind::NewerVersion, message));
    }
    Ok(format)
}
