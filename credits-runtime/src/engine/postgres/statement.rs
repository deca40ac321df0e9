//! Statements with their values, and their results.
//!
//! They are unnamed, so that a pool of connections between the program and the database needs to know none of them.

use futures_util::future::join_all;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row};

use super::failure::DatabaseFailure;

/// A value of a statement.
type Value = (Box<dyn ToSql + Sync + Send>, Type);

/// A statement with its values.
pub(super) struct Statement {
    sql: &'static str,
    values: Vec<Value>,
}

impl Statement {
    pub(super) fn new(sql: &'static str) -> Self {
        Self { sql, values: Vec::new() }
    }

    /// The statement with one value more.
    fn with(mut self, value: impl ToSql + Sync + Send + 'static, of: Type) -> Self {
        self.values.push((Box::new(value), of));
        self
    }

    pub(super) fn text(self, value: impl Into<String>) -> Self {
        self.with(value.into(), Type::TEXT)
    }

    pub(super) fn texts(self, values: Vec<String>) -> Self {
        self.with(values, Type::TEXT_ARRAY)
    }

    pub(super) fn integer(self, value: i32) -> Self {
        self.with(value, Type::INT4)
    }

    pub(super) fn integers(self, values: Vec<i32>) -> Self {
        self.with(values, Type::INT4_ARRAY)
    }

    pub(super) fn long(self, value: i64) -> Self {
        self.with(value, Type::INT8)
    }

    pub(super) fn longs(self, values: Vec<i64>) -> Self {
        self.with(values, Type::INT8_ARRAY)
    }

    pub(super) fn long_options(self, values: Vec<Option<i64>>) -> Self {
        self.with(values, Type::INT8_ARRAY)
    }

    pub(super) fn flag(self, value: bool) -> Self {
        self.with(value, Type::BOOL)
    }

    pub(super) fn flags(self, values: Vec<bool>) -> Self {
        self.with(values, Type::BOOL_ARRAY)
    }

    pub(super) fn bytes(self, value: impl Into<Vec<u8>>) -> Self {
        self.with(value.into(), Type::BYTEA)
    }

    pub(super) fn byte_strings(self, values: Vec<Vec<u8>>) -> Self {
        self.with(values, Type::BYTEA_ARRAY)
    }

    async fn run(&self, client: &Client) -> Result<Vec<Row>, tokio_postgres::Error> {
        let values: Vec<_> =
            self.values.iter().map(|(value, of)| (&**value as &(dyn ToSql + Sync), of.clone())).collect();
        client.query_typed(self.sql, &values).await
    }
}

/// Sends statements in one trip, and returns their rows. Fails with the first failure: the ones after it fail because of
/// it.
pub(super) async fn run_all(
    client: &Client,
    statements: &[Statement],
) -> Result<Vec<Vec<Row>>, DatabaseFailure> {
    let results = join_all(statements.iter().map(|statement| statement.run(client))).await;
    results.into_iter().map(|rows| rows.map_err(DatabaseFailure::from)).collect()
}

/// Sends one statement, and returns its rows.
pub(super) async fn run(client: &Client, statement: Statement) -> Result<Vec<Row>, DatabaseFailure> {
    statement.run(client).await.map_err(DatabaseFailure::from)
}
