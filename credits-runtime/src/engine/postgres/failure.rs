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
    /// The session is shared, or lost its prepared statements.
    NotOwnSession,
    /// The database refused a statement.
    Refused(tokio_postgres::Error),
    /// What the database has cannot be read.
    Unreadable(LedgerError),
}

impl From<tokio_postgres::Error> for DatabaseFailure {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(code) = error.code() else {
            let is_io =
                std::error::Error::source(&error).is_some_and(<dyn std::error::Error>::is::<std::io::Error>);
            return if is_io || error.is_closed() { Self::Lost(error) } else { Self::Refused(error) };
        };
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
        matches!(self, Self::Lost(_) | Self::Away | Self::NotOwnSession)
    }

    /// Whether a constraint refused the batch: another transaction was first, in spite of the locks, or a rule is broken.
    pub(super) fn is_conflict(&self) -> bool {
        let refused =
            |code: &SqlState| *code == SqlState::UNIQUE_VIOLATION || *code == SqlState::DIVISION_BY_ZERO;
        matches!(self, Self::Again(error) if error.code().is_some_and(refused))
    }

    /// Whether sending the same statements again may succeed.
    pub(super) fn is_transient(&self) -> bool {
        matches!(self, Self::Again(_) | Self::Lost(_) | Self::Away | Self::LaneLost | Self::NotOwnSession)
    }

    /// The error of what was not done.
    pub(super) fn into_error(self, what: &str) -> LedgerError {
        match self {
            Self::Unreadable(error) => error,
            Self::Away | Self::LaneLost | Self::NotOwnSession => {
                let message = format!(
                    "{what}: the database did not answer in time; look whether it runs, and try again"
                );
                LedgerError::new(LedgerErrorKind::Io, message)
            }
            Self::Lost(error) => {
                let message = format!(
                    "{what}: the database cannot be reached ({}); look whether it runs, and try again",
                    in_words(&error)
                );
                LedgerError::caused(LedgerErrorKind::Io, message, error)
            }
            Self::Again(error) | Self::Refused(error) => {
                let message = format!("{what}: the database refused ({})", in_words(&error));
                LedgerError::caused(LedgerErrorKind::Io, message, error)
            }
        }
    }
}

/// Causes, and what helps.
const REMEDIES: &[(&str, &str)] = &[
    ("unknown option", "leave it out of the address"),
    ("server does not support TLS", "with sslmode=disable the connection is not encrypted"),
    ("no encryption", "with sslmode=verify-full or sslmode=require the connection is encrypted"),
    ("SSL off", "with sslmode=verify-full or sslmode=require the connection is encrypted"),
    (
        "UnknownIssuer",
        "sslrootcert=<file> names the certificate of its authority, and sslmode=require encrypts without verification",
    ),
    ("invalid peer certificate", "sslmode=require without sslrootcert encrypts without verification"),
    ("no hostname provided", "host=<name> gives the name in the certificate"),
];

/// An error of the client, with the cause that it leaves out and what helps against it.
pub fn in_words(error: &tokio_postgres::Error) -> String {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    let message = cause.map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"));
    let remedy = REMEDIES.iter().find(|(cause, _)| message.contains(cause));
    let remedy = remedy.map(|(_, remedy)| format!(" ({remedy})")).unwrap_or_default();
    message + &remedy
}
