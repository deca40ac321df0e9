//! PostgreSQL: one read-only transaction, read through a cursor.

use credits_runtime::postgres::{AddressError, PostgresServer};
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::{Client, SimpleQueryMessage};

use super::failure::failed;
use super::{Cells, Database, EachRow};
use crate::import::error::ImportError;

/// Rows in memory at a time.
const PAGE_ROWS: u32 = 1_000;

/// Texts in the form that is read, and one snapshot of all tables.
const BEGIN: &str = "SET datestyle = 'ISO, YMD'; SET timezone = 'UTC'; SET standard_conforming_strings = on; \
                     BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

pub(super) struct Postgres {
    runtime: Runtime,
    client: Client,
}

impl Postgres {
    pub(super) fn open(url: &str) -> Result<Self, ImportError> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| ImportError::database("starting", error))?;
        let server = PostgresServer::at(url);
        let PostgresServer { config, tls } =
            server.map_err(|AddressError { action, problem }| ImportError::database(action, problem))?;
        let connect = async {
            let (client, connection) = config.connect(tls).await?;
            // The connection ends with its client, whose calls report its errors.
            tokio::spawn(async move { drop(connection.await) });
            client.batch_execute(BEGIN).await?;
            Ok::<_, tokio_postgres::Error>(client)
        };
        let client = runtime.block_on(connect).map_err(|error| failed("connecting", &error))?;
        Ok(Self { runtime, client })
    }

    fn query(&self, text: &str) -> Result<Vec<Cells>, ImportError> {
        let answer = self.runtime.block_on(self.client.simple_query(text));
        let messages = answer.map_err(|error| failed("querying", &error))?;
        let rows = messages.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        let cells = rows.map(|row| (0..row.len()).map(|place| row.get(place).map(str::to_owned)).collect());
        Ok(cells.map(Cells).collect())
    }
}

impl Database for Postgres {
    fn columns_query(&self) -> &'static str {
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = ANY(current_schemas(false))"
    }

    fn each(&mut self, query: &str, row: &mut EachRow<'_>) -> Result<(), ImportError> {
        self.query(&format!("DECLARE rows NO SCROLL CURSOR FOR {query}"))?;
        loop {
            let page = self.query(&format!("FETCH {PAGE_ROWS} FROM rows"))?;
            if page.is_empty() {
                break;
            }
            for cells in &page {
                row(cells)?;
            }
        }
        self.query("CLOSE rows").map(drop)
    }
}
