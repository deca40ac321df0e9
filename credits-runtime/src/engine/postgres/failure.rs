//! Failures of the database, by what is to be done about them.

use tokio_postgres::error::SqlState;

use crate::error::{LedgerError, LedgerErrorKind};

/// A failure of the database.
#[derive(Debug)]
pub(super) enum DatabaseFailure {
    /// Another transaction was first, or the server ended the statement: the same batch is sent again.
    Again(tokio_postgres::Error),
    /// The connection is lost: whether its last transaction was committed is not known.
    Lost(tokio_postgres::Error),
    /// The database did not answer in time.
    Away,
    /// Another program has taken the lane.
    LaneLost,
    /// The database refused a statement.
    Refused(tokio_postgres::Error),
    /// What the database has cannot be read.
    Unreadable(LedgerError),
}

impl From<tokio_postgres::Error> for DatabaseFailure {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(code) = error.code() else { return Self::Lost(error) };
        let is_transient = matches!(
            *code,
            SqlState::T_R_SERIALIZATION_FAILURE
                | SqlState::T_R_DEADLOCK_DETECTED
                | SqlState::LOCK_NOT_AVAILABLE
                | SqlState::UNIQUE_VIOLATION
                // A row that was counted had been changed by another transaction.
                | SqlState::DIVISION_BY_ZERO
                | SqlState::READ_ONLY_SQL_TRANSACTION
                | SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT
                | SqlState::QUERY_CANCELED
                | SqlState::TOO_MANY_CONNECTIONS
        );
        match code.code().get(..2) {
            // The operator, or a crash, ends the session.
            Some("57") if *code != SqlState::QUERY_CANCELED => Self::Lost(error),
            Some("08") => Self::Lost(error),
            _ if is_transient => Self::Again(error),
            _ => Self::Refused(error),
        }
    }
}

impl From<LedgerError> for DatabaseFailure {
    fn from(error: LedgerError) -> Self {
        Self::Unreadable(error)
    }
}

impl DatabaseFailure {
    /// Whether the connection can take no more statements.
    pub(super) fn is_of_connection(&self) -> bool {
        matches!(self, Self::Lost(_) | Self::Away)
    }

    /// Whether sending the same statements again may succeed.
    pub(super) fn is_transient(&self) -> bool {
        matches!(self, Self::Again(_) | Self::Lost(_) | Self::Away | Self::LaneLost)
    }

    /// The error of what was not done.
    pub(super) fn into_error(self, what: &str) -> LedgerError {
        match self {
            Self::Unreadable(error) => error,
            Self::Away | Self::LaneLost => {
                let message = format!(
                    "{what}: the database did not answer in time; look whether it runs, and try again"
                );
                LedgerError::new(LedgerErrorKind::Io, message)
            }
            Self::Lost(error) => {
                let message = format!(
                    "{what}: the database cannot be reached ({}); look whether it runs, and try again",
                    told(&error)
                );
                LedgerError::caused(LedgerErrorKind::Io, message, error)
            }
            Self::Again(error) | Self::Refused(error) => {
                let message = format!("{what}: the database refused ({})", told(&error));
                LedgerError::caused(LedgerErrorKind::Io, message, error)
            }
        }
    }
}

/// What the server said, or else the failure of the connection with its cause.
fn told(error: &tokio_postgres::Error) -> String {
    if let Some(database) = error.as_db_error() {
        return format!("{} {}", database.code().code(), database.message());
    }
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}
