//! Schemas for tests: each ledger has one to itself in the database that an environment variable names.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::driver::{Driver, wait_for};
use crate::error::LedgerError;

/// The address of a database in which ledgers are kept that tests open in memory.
const DATABASE: &str = "CREDITS_TEST_MEMORY";

/// The address of an empty schema, if ledgers in memory are to be kept in a database.
pub(crate) fn empty_schema() -> Result<Option<String>, LedgerError> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let Ok(url) = std::env::var(DATABASE) else { return Ok(None) };
    let schema = format!("ledger_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let driver = Driver::start(&url, Duration::from_secs(30))?;
    let failed =
        |failure: super::failure::DatabaseFailure| failure.into_error("the schema of a test cannot be made");
    let session = driver.connect().map_err(failed)?;
    let sql = format!("CREATE SCHEMA {schema}");
    let made = session.run_script(&sql);
    wait_for(Duration::from_secs(30), made).map_err(failed)?;
    let separator = if url.contains('?') { '&' } else { '?' };
    Ok(Some(format!("{url}{separator}options=-csearch_path%3D{schema}")))
}
