//! The catalogues that programs have declared, as the database has them.

use std::sync::Arc;

use super::database::Database;
use super::fetched::{RecordRow, record_row};
use super::journal::LaneJournal;
use super::names::RowName;
use super::statement::Statement;
use crate::domain::body::Body;
use crate::domain::catalogue::CatalogueData;
use crate::domain::declarations::{Catalogues, Declared};
use crate::domain::explain::Terms;
use crate::engine::recovery::TermsByNumber;
use crate::engine::rows::decode;
use crate::error::LedgerError;

const RECORD: &str = "
    SELECT owner, record, facts, last, at, due, attention, head, body FROM records WHERE owner = $1 AND record = $2";

/// A row of `records`.
pub(super) fn record(database: &Database, name: &RowName) -> Result<Option<RecordRow>, LedgerError> {
    let rows = database.read(|| Statement::new(RECORD).text(&name.owner).text(&name.record))?;
    let row = rows.first().map(record_row).transpose();
    row.map_err(|failure| failure.into_error("the ledger cannot be read"))
}

/// The list of declared catalogues.
pub(super) fn catalogues(database: &Database) -> Result<Catalogues, LedgerError> {
    let found = record(database, &RowName::catalogues())?;
    Ok(found.as_ref().map(RecordRow::record).transpose()?.unwrap_or_default())
}

/// The terms of the declared catalogues.
pub(super) fn terms_of(database: &Arc<Database>, list: &Catalogues) -> Result<TermsByNumber, LedgerError> {
    let terms = list.declared().iter();
    let terms = terms.map(|it| Ok((it.number, Arc::new(Terms::of(declared_data(database, it)?)))));
    terms.collect()
}

/// What a catalogue declares.
pub(super) fn declared_data(
    database: &Arc<Database>,
    declared: &Declared,
) -> Result<CatalogueData, LedgerError> {
    let broken = || LedgerError::damaged(format!("catalogue {} cannot be read", declared.number));
    let booked = LaneJournal::new(Arc::clone(database)).frame(declared.fact)?;
    let (_, fact) = booked.outcome().ok_or_else(broken)?;
    let Body::CatalogueDeclared { data, .. } = &fact.body else { return Err(broken()) };
    decode(data)
}
