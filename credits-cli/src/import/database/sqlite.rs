//! SQLite: a file, opened for reading.

use std::path::Path;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};

use super::{Cells, Database, EachRow};
use crate::import::error::ImportError;

pub(super) struct Sqlite(Connection);

impl Sqlite {
    pub(super) fn open(file: &str) -> Result<Self, ImportError> {
        let opened = |error: rusqlite::Error| ImportError::Database {
            action: format!("opening `{file}`"),
            is_missing: !Path::new(file).exists(),
            source: error.into(),
        };
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(file, flags).map_err(opened)?;
        // The snapshot begins with the first query.
        connection.execute_batch("BEGIN").map_err(opened)?;
        Ok(Self(connection))
    }
}

impl Database for Sqlite {
    fn columns_query(&self) -> &'static str {
        "SELECT t.name, c.name FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type = 'table'"
    }

    fn each(&mut self, query: &str, row: &mut EachRow<'_>) -> Result<(), ImportError> {
        let failed = |error| ImportError::database("querying", error);
        let mut statement = self.0.prepare(query).map_err(failed)?;
        let columns = statement.column_count();
        let mut rows = statement.query([]).map_err(failed)?;
        while let Some(found) = rows.next().map_err(failed)? {
            let cells = (0..columns).map(|place| found.get_ref(place).map(text));
            row(&Cells(cells.collect::<Result<_, _>>().map_err(failed)?))?;
        }
        Ok(())
    }
}

/// A value as PostgreSQL would write it.
fn text(value: ValueRef<'_>) -> Option<String> {
    match value {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(number) => Some(number.to_string()),
        ValueRef::Text(text) => Some(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Some(bytes.escape_ascii().to_string()),
    }
}
