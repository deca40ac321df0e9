//! A connection to the database, and the statements that it has prepared.
//!
//! A lane sends the same statements again and again, and the server takes longer to parse and plan them than to run them. So
//! they are prepared once, if the server's session is the lane's own. A pool of connections may give each transaction another
//! session, where the name of a prepared statement may stand for another program's: there statements have no names.
//!
//! Each transaction begins with a look at whether its session is the one in which the statements were prepared: by a random token
//! in the options of the connection, which pools do not pass on, and by the server's process. Nothing is written before that,
//! and statements that end a transaction have no names.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::ErrorKind;

use futures_util::future::{join_all, try_join_all};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row};

use super::failure::DatabaseFailure;
use super::statement::Statement;
use crate::error::LedgerError;

/// The option that has the token of a session.
const TOKEN: &str = "credits.session";

/// The server ends the transaction of a program that is frozen after five seconds, and its locks with it.
const SETTINGS: &str = "
    SELECT set_config('idle_in_transaction_session_timeout', '5000', true), set_config('lock_timeout', '10000', true)";

/// The same for a session of a lane. Its plans are made once, perhaps when the tables are empty, and every statement finds
/// its rows by an index.
const OPTIONS: &str = "-c idle_in_transaction_session_timeout=5000 -c lock_timeout=10000 -c jit=off \
    -c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off";

/// The token and the process of a session.
const IDENTITY: &str = "SELECT current_setting('credits.session', true), pg_backend_pid()";

/// A connection to the database.
pub(super) struct Session {
    client: Client,
    /// The prepared statements, if statements have names.
    own: Option<OwnSession>,
}

/// A session that no other program uses.
struct OwnSession {
    token: String,
    /// The server's process.
    process: i32,
    /// The prepared statements by their text.
    prepared: RefCell<HashMap<&'static str, tokio_postgres::Statement>>,
}

impl OwnSession {
    /// Whether a row has the identity of this session.
    fn is_in(&self, row: Option<&Row>) -> Result<bool, DatabaseFailure> {
        let Some(row) = row else { return Ok(false) };
        let (token, process): (Option<&str>, i32) = (row.try_get(0)?, row.try_get(1)?);
        Ok(token == Some(&self.token) && process == self.process)
    }
}

impl Session {
    /// A connection whose statements have no names.
    pub(super) fn unnamed(client: Client) -> Self {
        Self { client, own: None }
    }

    /// A connection whose statements are prepared, if it has a session with this token.
    pub(super) async fn prepared(client: Client, token: String) -> Result<Self, DatabaseFailure> {
        let session = Self::unnamed(client);
        let rows = session.run(Statement::unnamed(IDENTITY)).await?;
        let process = rows.first().map(|row| row.try_get(1)).transpose()?.unwrap_or_default();
        let own = OwnSession { token, process, prepared: RefCell::default() };
        let is_own = own.is_in(rows.first())?;
        Ok(Self { own: is_own.then_some(own), ..session })
    }

    /// The options of a session with a new token, and the token.
    pub(super) fn options(others: Option<&str>) -> Result<(String, String), LedgerError> {
        let mut token = [0; 16];
        getrandom::fill(&mut token).map_err(super::opening::no_random)?;
        let token = token.iter().fold(String::new(), |mut text, byte| {
            // Writing to a text does not fail.
            _ = write!(text, "{byte:02x}");
            text
        });
        Ok((format!("{} {OPTIONS} -c {TOKEN}={token}", others.unwrap_or_default()), token))
    }

    /// Whether statements have names.
    pub(super) fn is_own(&self) -> bool {
        self.own.is_some()
    }

    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// The first statement of a transaction: its settings, or a look at whose session it is.
    pub(super) fn begin(&self) -> Statement {
        if self.is_own() { Statement::unnamed(IDENTITY) } else { Statement::unnamed(SETTINGS) }
    }

    /// Fails unless a transaction that began with these rows is in this session.
    pub(super) fn check(&self, began: &[Row]) -> Result<(), DatabaseFailure> {
        match &self.own {
            Some(own) if !own.is_in(began.first())? => Err(DatabaseFailure::NotOwnSession),
            _ => Ok(()),
        }
    }

    /// Sends statements in one trip, and returns their rows. Fails with the first failure: the ones after it fail because of
    /// it. Statements that are not prepared take a trip before it.
    pub(super) async fn run_all(&self, statements: &[Statement]) -> Result<Vec<Vec<Row>>, DatabaseFailure> {
        self.prepare(statements).await?;
        let results = join_all(statements.iter().map(|statement| self.send(statement))).await;
        results.into_iter().map(|rows| rows.map_err(|error| self.failure(error))).collect()
    }

    /// Sends one statement, and returns its rows.
    pub(super) async fn run(&self, statement: Statement) -> Result<Vec<Row>, DatabaseFailure> {
        Ok(self.run_all(&[statement]).await?.pop().unwrap_or_default())
    }

    /// Sends a script.
    pub(super) async fn run_script(&self, sql: &str) -> Result<(), DatabaseFailure> {
        Ok(self.client.batch_execute(sql).await?)
    }

    async fn prepare(&self, statements: &[Statement]) -> Result<(), DatabaseFailure> {
        let Some(OwnSession { prepared, .. }) = &self.own else { return Ok(()) };
        let mut new: Vec<&Statement> = Vec::new();
        for statement in statements {
            let is_known = |other: &&Statement| other.sql == statement.sql;
            if statement.is_prepared
                && !prepared.borrow().contains_key(statement.sql)
                && !new.iter().any(is_known)
            {
                new.push(statement);
            }
        }
        let of_statement = async |statement: &Statement| {
            let types: Vec<_> = statement.values.iter().map(|(_, of)| of.clone()).collect();
            let prepared = self.client.prepare_typed(statement.sql, &types).await?;
            Ok::<_, tokio_postgres::Error>((statement.sql, prepared))
        };
        let made: Vec<_> =
            try_join_all(new.into_iter().map(of_statement)).await.map_err(|error| self.failure(error))?;
        prepared.borrow_mut().extend(made);
        Ok(())
    }

    async fn send(&self, statement: &Statement) -> Result<Vec<Row>, tokio_postgres::Error> {
        let own = self.own.as_ref().filter(|_| statement.is_prepared);
        let prepared = own.and_then(|own| own.prepared.borrow().get(statement.sql).cloned());
        let values = || statement.values.iter().map(|(value, of)| (&**value as &(dyn ToSql + Sync), of));
        if let Some(prepared) = prepared {
            let values: Vec<_> = values().map(|(value, _)| value).collect();
            self.client.query(&prepared, &values).await
        } else {
            let values: Vec<_> = values().map(|(value, of)| (value, of.clone())).collect();
            self.client.query_typed(statement.sql, &values).await
        }
    }
}

impl Session {
    /// A failure of a statement. Those of names mean that the session is shared, or that the tables have changed.
    fn failure(&self, error: tokio_postgres::Error) -> DatabaseFailure {
        let is_of_names = |code: &SqlState| {
            [
                SqlState::INVALID_SQL_STATEMENT_NAME,
                SqlState::DUPLICATE_PSTATEMENT,
                SqlState::FEATURE_NOT_SUPPORTED,
            ]
            .contains(code)
        };
        if self.is_own() && error.code().is_some_and(is_of_names) {
            return DatabaseFailure::NotOwnSession;
        }
        error.into()
    }
}

/// Whether a server, or a pool before it, refused a connection because of its options.
pub(super) fn refuses_options(error: &tokio_postgres::Error) -> bool {
    const REFUSALS: [SqlState; 6] = [
        SqlState::PROTOCOL_VIOLATION,
        SqlState::FEATURE_NOT_SUPPORTED,
        SqlState::INVALID_PARAMETER_VALUE,
        SqlState::SYNTAX_ERROR,
        SqlState::UNDEFINED_OBJECT,
        SqlState::INSUFFICIENT_PRIVILEGE,
    ];
    error.code().is_some_and(|code| REFUSALS.contains(code))
}

/// Whether a connection was closed without a word.
pub(super) fn is_cut(error: &tokio_postgres::Error) -> bool {
    const KINDS: [ErrorKind; 4] = [
        ErrorKind::UnexpectedEof,
        ErrorKind::ConnectionReset,
        ErrorKind::ConnectionAborted,
        ErrorKind::BrokenPipe,
    ];
    let cause = std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<std::io::Error>());
    error.is_closed() || cause.is_some_and(|cause| KINDS.contains(&cause.kind()))
}
