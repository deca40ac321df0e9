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
            Some("08") if !is_of_statement_pool(&error) => Self::Lost(error),
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

    /// Whether a transaction lost against another one, or against what a standby received.
    pub(super) fn is_serialization(&self) -> bool {
        let lost = |code: &SqlState| {
            [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED].contains(code)
        };
        matches!(self, Self::Again(error) if error.code().is_some_and(lost))
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
                    in_words_of_ledger(&error)
                );
                LedgerError::caused(LedgerErrorKind::Io, message, error)
            }
            Self::Again(error) | Self::Refused(error) => {
                let message = format!("{what}: the database refused ({})", in_words_of_ledger(&error));
                LedgerError::caused(LedgerErrorKind::Io, message, error)
            }
        }
    }
}

/// Refusals of the server, and what helps.
const REMEDIES_OF_CODES: &[(SqlState, &str)] = &[
    (
        SqlState::INSUFFICIENT_PRIVILEGE,
        "docs/recipes/postgres.md lists the rights that a program's role needs; who makes the tables needs CREATE on their schema",
    ),
    (SqlState::INVALID_CATALOG_NAME, "create the database, or correct its name in the address"),
    (
        SqlState::INVALID_SCHEMA_NAME,
        "create the schema of the address, and grant its role USAGE and CREATE on it",
    ),
    (SqlState::INVALID_PASSWORD, "correct the user or the password in the address"),
    (
        SqlState::INVALID_AUTHORIZATION_SPECIFICATION,
        "correct the user in the address, or let `pg_hba.conf` on the server admit it",
    ),
    (
        SqlState::READ_ONLY_SQL_TRANSACTION,
        "this server is a standby, or may not be written: name the primary, or several hosts with target_session_attrs=read-write",
    ),
    (
        SqlState::TOO_MANY_CONNECTIONS,
        "a program has one connection for each lane, and up to 8 for reads: raise the server's limit, or use fewer lanes",
    ),
    (SqlState::DISK_FULL, "free space on the server"),
    (SqlState::CHECK_VIOLATION, "a row contradicts a rule of the ledger: `credits verify` names it"),
    (SqlState::UNDEFINED_TABLE, "the ledger's tables were removed, or are in another schema: restore them"),
    (SqlState::UNDEFINED_COLUMN, "the ledger's tables were changed: restore them"),
];

/// Causes, and what helps.
const REMEDIES: &[(&str, &str)] = &[
    ("unknown option", "leave it out of the address"),
    (
        STATEMENT_POOL,
        "the pool gives each statement another session: set its mode to `transaction`, or to `session`",
    ),
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

/// The words of a pool that gives each statement another session, such as PgBouncer in the mode `statement`.
const STATEMENT_POOL: &str = "statement pooling";

fn is_of_statement_pool(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().is_some_and(|error| error.message().contains(STATEMENT_POOL))
}

/// An error of the client, with the cause that it leaves out and what helps against it.
pub fn in_words(error: &tokio_postgres::Error) -> String {
    with_remedy(error, None)
}

/// The same, for a statement of the ledger.
fn in_words_of_ledger(error: &tokio_postgres::Error) -> String {
    let remedy = REMEDIES_OF_CODES.iter().find(|(code, _)| Some(code) == error.code());
    with_remedy(error, remedy.map(|(_, remedy)| *remedy))
}

fn with_remedy(error: &tokio_postgres::Error, of_code: Option<&str>) -> String {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    let message = cause.map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"));
    let of_cause = REMEDIES.iter().find(|(cause, _)| message.contains(cause)).map(|(_, remedy)| *remedy);
    let remedy = of_cause.or(of_code).map(|remedy| format!(" ({remedy})")).unwrap_or_default();
    message + &remedy
}
