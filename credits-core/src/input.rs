//! Inputs of operations: their names and kinds, for callers that know an operation by its name alone.
//!
//! It does not know the values.

use crate::Unit;

/// An input of an operation: a field of its variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputSpec {
    /// The name of the field, such as `pages`.
    pub name: &'static str,
    /// The values that it takes.
    pub kind: InputKind,
}

/// The values that an input takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputKind {
    /// A quantity.
    Quantity {
        /// Its unit.
        unit: Unit,
        /// The largest allowed quantity, in the unit; `None` without a `limit`.
        max: Option<u64>,
    },
    /// One of several names.
    Choice {
        /// The names, in the order of declaration.
        options: &'static [&'static str],
    },
    /// A parameter of a type of Rust.
    Parameter {
        /// The type as written.
        ty: &'static str,
        /// Whether the type is `Deserialize`, so that a value can be given as JSON.
        is_readable: bool,
    },
}
