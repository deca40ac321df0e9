//! Errors of PostgreSQL's client.

use credits_runtime::postgres::in_words;

use crate::import::error::ImportError;

/// An error of the client.
pub(super) fn failed(action: &str, error: &tokio_postgres::Error) -> ImportError {
    ImportError::database(action, in_words(error))
}
