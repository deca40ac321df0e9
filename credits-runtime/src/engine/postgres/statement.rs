//! Statements with their values.

use tokio_postgres::types::{ToSql, Type};

/// A value of a statement, and its type.
pub(super) type Value = (Box<dyn ToSql + Sync + Send>, Type);

/// A statement with its values.
pub(super) struct Statement {
    pub(super) sql: &'static str,
    pub(super) values: Vec<Value>,
    /// Whether it is prepared where that is possible.
    pub(super) is_prepared: bool,
}

impl Statement {
    pub(super) fn new(sql: &'static str) -> Self {
        Self { sql, values: Vec::new(), is_prepared: true }
    }

    /// A statement that is planned each time, or without a name that another program could have given to another one.
    pub(super) fn unnamed(sql: &'static str) -> Self {
        Self { is_prepared: false, ..Self::new(sql) }
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

    pub(super) fn integer_option(self, value: Option<i32>) -> Self {
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

    pub(super) fn byte_string_options(self, values: Vec<Option<Vec<u8>>>) -> Self {
        self.with(values, Type::BYTEA_ARRAY)
    }
}
