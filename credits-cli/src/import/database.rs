//! The database that is read: its tables and columns, and the rows of a query as texts, in one snapshot and without a write.
//!
//! It does not know the gems.

mod failure;
mod postgres;
mod sqlite;

use std::collections::{BTreeMap, BTreeSet};

use super::error::ImportError;

/// Columns by table.
pub(super) type Columns = BTreeMap<String, BTreeSet<String>>;

/// The values of a row, in the order of the query; `None` for NULL.
#[derive(Debug)]
pub(super) struct Cells(Vec<Option<String>>);

impl Cells {
    /// The value at a place.
    pub(super) fn text(&self, place: usize) -> Option<&str> {
        self.0.get(place)?.as_deref()
    }
}

/// Receives the rows of a query, one by one.
pub(super) type EachRow<'a> = dyn FnMut(&Cells) -> Result<(), ImportError> + 'a;

/// A connection that reads one snapshot.
pub(super) trait Database {
    /// The query for the table and the name of each column.
    fn columns_query(&self) -> &'static str;

    /// Runs a query and passes its rows on, with a bounded number of them in memory.
    fn each(&mut self, query: &str, row: &mut EachRow<'_>) -> Result<(), ImportError>;

    /// The columns of all tables.
    fn columns(&mut self) -> Result<Columns, ImportError> {
        let mut columns = Columns::new();
        self.each(self.columns_query(), &mut |cells| {
            if let (Some(table), Some(column)) = (cells.text(0), cells.text(1)) {
                columns.entry(table.to_owned()).or_default().insert(column.to_owned());
            }
            Ok(())
        })?;
        Ok(columns)
    }
}

/// Opens a SQLite file, `sqlite:<file>`, or a `postgres://` URL.
pub(super) fn open(address: &str) -> Result<Box<dyn Database>, ImportError> {
    if address.starts_with("postgres://") || address.starts_with("postgresql://") {
        return Ok(Box::new(postgres::Postgres::open(address)?));
    }
    let file = address.strip_prefix("sqlite:").unwrap_or(address);
    Ok(Box::new(sqlite::Sqlite::open(file)?))
}
