//! A connection to the database, and the statements that it has prepared.
//!
//! A lane sends the same statements again and again, and the server takes longer to parse and plan them than to run them. So
//! they are prepared once, if the server's session is the lane's own. A pool of connections may give each transaction another
//! session, where the name of a prepared statement may stand for another program's: there statements have no names. A pool
//! does not pass on the options of a connection that it does not know, so that a session which has the random token of its
//! options is not shared.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::Write as _;

use futures_util::future::{join_all, try_join_all};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row};

use super::failure::DatabaseFailure;
use super::statement::Statement;
use crate::error::LedgerError;

/// The option that has the token of a session.
const TOKEN: &str = "credits.session";

/// The server ends the transaction of a program that is frozen after five seconds, and its locks with it. A commit is
/// durable before it is answered, whatever the database's default is.
const SETTINGS: &str = "
    SELECT set_config('idle_in_transaction_session_timeout', '5000', true), set_config('lock_timeout', '10000', true),
        CASE current_setting('synchronous_commit') WHEN 'off' THEN set_config('synchronous_commit', 'on', true) END";

/// The same for a session of a lane. Its plans are made once, perhaps when the tables are empty, and every statement finds
/// its rows by an index.
const OPTIONS: &str = "-c idle_in_transaction_session_timeout=5000 -c lock_timeout=10000 \
    -c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off";

/// Whether a session is the lane's own.
const CHECK: &str = "
    SELECT current_setting('credits.session', true) = $1,
        CASE current_setting('synchronous_commit') WHEN 'off' THEN set_config('synchronous_commit', 'on', false) END";

/// A connection to the database.
pub(super) struct Session {
    client: Client,
    /// The prepared statements by their text, if statements have names.
    prepared: Option<RefCell<HashMap<&'static str, tokio_postgres::Statement>>>,
}

impl Session {
    /// A connection whose statements have no names.
    pub(super) fn unnamed(client: Client) -> Self {
        Self { client, prepared: None }
    }

    /// A connection whose statements are prepared, if it has a session with this token.
    pub(super) async fn prepared(client: Client, token: &str) -> Result<Self, DatabaseFailure> {
        let rows = Self::unnamed(client);
        let checked = rows.run(Statement::new(CHECK).text(token)).await?;
        let is_own: Option<bool> = checked.first().map(|row| row.try_get(0)).transpose()?.flatten();
        Ok(Self { prepared: (is_own == Some(true)).then(RefCell::default), ..rows })
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
        self.prepared.is_some()
    }

    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// The settings of a transaction, unless the session has them.
    pub(super) fn settings(&self) -> Option<Statement> {
        (!self.is_own()).then(|| Statement::new(SETTINGS))
    }

    /// Sends statements in one trip, and returns their rows. Fails with the first failure: the ones after it fail because of
    /// it. Statements that are not prepared take a trip before it.
    pub(super) async fn run_all(&self, statements: &[Statement]) -> Result<Vec<Vec<Row>>, DatabaseFailure> {
        self.prepare(statements).await?;
        let results = join_all(statements.iter().map(|statement| self.send(statement))).await;
        results.into_iter().map(|rows| rows.map_err(DatabaseFailure::from)).collect()
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
        let Some(prepared) = &self.prepared else { return Ok(()) };
        let mut new: Vec<&Statement> = Vec::new();
        for statement in statements {
            let is_known = |other: &&Statement| other.sql == statement.sql;
            if !prepared.borrow().contains_key(statement.sql) && !new.iter().any(is_known) {
                new.push(statement);
            }
        }
        let of_statement = async |statement: &Statement| {
            let types: Vec<_> = statement.values.iter().map(|(_, of)| of.clone()).collect();
            let prepared = self.client.prepare_typed(statement.sql, &types).await?;
            Ok::<_, tokio_postgres::Error>((statement.sql, prepared))
        };
        let made: Vec<_> = try_join_all(new.into_iter().map(of_statement)).await?;
        prepared.borrow_mut().extend(made);
        Ok(())
    }

    async fn send(&self, statement: &Statement) -> Result<Vec<Row>, tokio_postgres::Error> {
        let prepared = self.prepared.as_ref().and_then(|all| all.borrow().get(statement.sql).cloned());
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

/// Whether a server, or a pool before it, refused a connection because of its options.
pub(super) fn refuses_options(error: &tokio_postgres::Error) -> bool {
    // Classes of errors: the name or the password, the database, too many connections, a server that starts or stops.
    const OTHER_REASONS: [&str; 4] = ["28", "3D", "53", "57"];
    let class = |code: &SqlState| code.code().get(..2).is_some_and(|class| !OTHER_REASONS.contains(&class));
    error.code().is_some_and(class)
}
