//! Inputs of operations as JSON, for callers that know an operation by its name alone.
//!
//! It does not know where the JSON comes from.

use std::fmt::{self, Formatter};
use std::marker::PhantomData;

use credits_core::{InputKind, InputSpec, OperationSpec};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::domain::quantity::{Quantity, units};

/// Named values, as `serde_json` has them.
pub type JsonObject = Map<String, Value>;

/// The reason why a name and JSON are no operation with its inputs.
///
/// It serialises as its `code` and its fields.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
#[non_exhaustive]
pub enum InputError {
    /// The pricing has no such operation.
    #[error("`{operation}` is no operation: write {}", OneOf(operations))]
    UnknownOperation {
        /// The name.
        operation: String,
        /// The names of all operations.
        operations: Vec<&'static str>,
    },
    /// A parameter has a type that JSON cannot give, because it is not `Deserialize`.
    #[error(
        "`{operation}` cannot be called with JSON: its parameter `{input}` is a `{ty}`, which does not implement \
         `Deserialize`; implement it, or call the operation from Rust"
    )]
    NotCallable {
        /// The operation.
        operation: &'static str,
        /// The parameter.
        input: &'static str,
        /// Its type.
        ty: &'static str,
    },
    /// The operation has no such input.
    #[error("`{operation}` has no input `{input}`: {}", Takes(inputs))]
    UnknownInput {
        /// The operation.
        operation: &'static str,
        /// The name.
        input: String,
        /// The names of all its inputs.
        inputs: Vec<&'static str>,
    },
    /// An input is missing.
    #[error("`{operation}` needs the input `{input}`: give {expected}")]
    MissingInput {
        /// The operation.
        operation: &'static str,
        /// The input.
        input: &'static str,
        /// The values that it takes.
        expected: String,
    },
    /// An input has a value that cannot be read.
    #[error("`{operation}` cannot read the input `{input}`: {problem}; give {expected}")]
    InvalidInput {
        /// The operation.
        operation: &'static str,
        /// The input.
        input: &'static str,
        /// The value, or what `Deserialize` says of it.
        problem: String,
        /// The values that it takes.
        expected: String,
    },
}

impl InputError {
    /// The stable code of the error, such as `missing_input`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownOperation { .. } => "unknown_operation",
            Self::NotCallable { .. } => "not_callable",
            Self::UnknownInput { .. } => "unknown_input",
            Self::MissingInput { .. } => "missing_input",
            Self::InvalidInput { .. } => "invalid_input",
        }
    }

    /// The status of an HTTP response with this error: 404 for an operation that does not exist or that JSON cannot call,
    /// and 422 for an input to correct.
    pub fn http_status(&self) -> u16 {
        match self {
            Self::UnknownOperation { .. } | Self::NotCallable { .. } => 404,
            Self::UnknownInput { .. } | Self::MissingInput { .. } | Self::InvalidInput { .. } => 422,
        }
    }
}

/// An operation of the pricing, and inputs for it.
#[derive(Debug)]
pub struct JsonInputs<'a> {
    operations: &'static [OperationSpec],
    name: &'a str,
    index: u16,
    spec: &'static OperationSpec,
    values: &'a JsonObject,
}

impl<'a> JsonInputs<'a> {
    /// Finds the operation and compares the names of its inputs.
    pub fn of(
        operations: &'static [OperationSpec],
        name: &'a str,
        values: &'a JsonObject,
    ) -> Result<Self, InputError> {
        let found = operations.iter().zip(0_u16..).find(|(known, _)| known.has_name(name));
        let (spec, index) = found.ok_or_else(|| unknown(operations, name))?;
        let operation = spec.name;
        for InputSpec { name: input, kind } in spec.inputs {
            if let InputKind::Parameter { ty, is_readable: false } = *kind {
                return Err(InputError::NotCallable { operation, input, ty });
            }
        }
        let inputs: Vec<&str> = spec.inputs.iter().map(|input| input.name).collect();
        if let Some(input) = values.keys().find(|given| !inputs.contains(&given.as_str())).cloned() {
            return Err(InputError::UnknownInput { operation, input, inputs });
        }
        Ok(Self { operations, name, index, spec, values })
    }

    /// The index of the operation in its catalogue.
    pub fn operation(&self) -> Option<u16> {
        Some(self.index)
    }

    /// The error for an operation that the type does not have.
    pub fn unknown_operation(&self) -> InputError {
        unknown(self.operations, self.name)
    }

    /// A quantity: an integer, or a decimal in text.
    pub fn quantity<U: units::Unit>(&self, input: &'static str) -> Result<Quantity<U>, InputError> {
        let value = self.value(input)?;
        let decimal = match value {
            Value::Number(number) => {
                let signed = number.as_i64().map(Quantity::from);
                signed.or_else(|| number.as_u64().map(Quantity::from))
            }
            Value::String(text) => decimal(text).map(Quantity::from),
            _ => None,
        };
        decimal.ok_or_else(|| self.invalid(input, value.to_string()))
    }

    /// A choice by its name.
    pub fn choice<T>(
        &self,
        input: &'static str,
        from_name: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, InputError> {
        let value = self.value(input)?;
        value.as_str().and_then(from_name).ok_or_else(|| self.invalid(input, value.to_string()))
    }

    fn value(&self, input: &'static str) -> Result<&Value, InputError> {
        self.values.get(input).ok_or_else(|| InputError::MissingInput {
            operation: self.spec.name,
            input,
            expected: self.expected(input),
        })
    }

    fn invalid(&self, input: &'static str, problem: String) -> InputError {
        InputError::InvalidInput { operation: self.spec.name, input, problem, expected: self.expected(input) }
    }

    fn expected(&self, input: &str) -> String {
        match self.spec.inputs.iter().find(|known| known.name == input).map(|known| known.kind) {
            Some(InputKind::Quantity { unit, .. }) => {
                format!("a number of {}, whole or as a text such as `\"2.5\"`", unit.plural)
            }
            Some(InputKind::Choice { options }) => OneOf(options).to_string(),
            Some(InputKind::Parameter { ty, .. }) => format!("a `{ty}`"),
            None => "a value".to_owned(),
        }
    }
}

/// A parameter of the type `T`.
///
/// Its functions exist twice: here for types that are `Deserialize`, and in [`NotReadable`] for all types. Rust prefers
/// these where they apply.
#[derive(Debug)]
pub struct Parameter<T>(PhantomData<fn() -> T>);

// The value is read from owned JSON, which has every lifetime.
impl<T: Deserialize<'static>> Parameter<T> {
    /// Whether JSON can give a value.
    pub const IS_READABLE: bool = true;

    /// Reads a value. One that is missing is read as `null`, which an `Option` accepts.
    pub fn read(inputs: &JsonInputs<'_>, input: &'static str) -> Result<T, InputError> {
        match inputs.value(input) {
            Ok(value) => {
                T::deserialize(value.clone()).map_err(|error| inputs.invalid(input, error.to_string()))
            }
            Err(missing) => T::deserialize(Value::Null).map_err(|_| missing),
        }
    }
}

/// Parameters of types that are not `Deserialize`.
pub trait NotReadable<T> {
    /// Whether JSON can give a value.
    const IS_READABLE: bool = false;

    /// Fails, because no value can be read.
    fn read(inputs: &JsonInputs<'_>, input: &'static str) -> Result<T, InputError> {
        Err(inputs.invalid(input, "its type does not implement `Deserialize`".to_owned()))
    }
}

impl<T> NotReadable<T> for Parameter<T> {}

fn unknown(operations: &'static [OperationSpec], name: &str) -> InputError {
    let operations = operations.iter().map(|known| known.name).collect();
    InputError::UnknownOperation { operation: name.to_owned(), operations }
}

/// `3`, `-3` or `3.65`.
fn decimal(text: &str) -> Option<Decimal> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, rest) = digits.split_once('.').unwrap_or((digits, "0"));
    let are_digits = |part: &str| !part.is_empty() && part.bytes().all(|digit| digit.is_ascii_digit());
    (are_digits(whole) && are_digits(rest)).then(|| Decimal::from_str_exact(text).ok()).flatten()
}

/// `` `standard`, `hd` or `ultra` ``
struct OneOf<'a>(&'a [&'static str]);

impl fmt::Display for OneOf<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (place, name) in self.0.iter().enumerate() {
            let separator = match place {
                0 => "",
                last if last == self.0.len().saturating_sub(1) => " or ",
                _ => ", ",
            };
            write!(f, "{separator}`{name}`")?;
        }
        Ok(())
    }
}

/// The inputs of an operation.
struct Takes<'a>(&'a [&'static str]);

impl fmt::Display for Takes<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            [] => f.write_str("it takes none"),
            names => write!(f, "write {}", OneOf(names)),
        }
    }
}
