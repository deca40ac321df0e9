//! Inputs of operations as data, for callers that know an operation by its name alone. The journal does not keep
//! them.

use credits_core::{InputKind, InputSpec};
use serde::{Deserialize, Serialize};

/// An input of an operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InputData {
    /// The name, such as `pages`.
    pub name: String,
    /// The values that it takes.
    #[serde(flatten)]
    pub values: InputValues,
}

/// The values that an input takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum InputValues {
    /// A quantity: an integer, or a decimal in text.
    #[non_exhaustive]
    Quantity {
        /// The unit, in the singular.
        unit: String,
        /// The largest allowed quantity, in the unit.
        max: Option<u64>,
    },
    /// One of several names.
    #[non_exhaustive]
    Choice {
        /// The names.
        options: Vec<String>,
    },
    /// A parameter of a type of Rust.
    #[non_exhaustive]
    Parameter {
        /// The type as written.
        ty: String,
        /// Whether JSON can give a value.
        is_readable: bool,
    },
}

impl From<&InputSpec> for InputData {
    fn from(InputSpec { name, kind }: &InputSpec) -> Self {
        let values = match *kind {
            InputKind::Quantity { unit, max } => InputValues::Quantity { unit: unit.name.to_owned(), max },
            InputKind::Choice { options } => {
                InputValues::Choice { options: options.iter().map(|option| (*option).to_owned()).collect() }
            }
            InputKind::Parameter { ty, is_readable } => {
                InputValues::Parameter { ty: ty.to_owned(), is_readable }
            }
        };
        Self { name: (*name).to_owned(), values }
    }
}
