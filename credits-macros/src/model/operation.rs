//! An operation: its fields, what it costs, and what its costs and validations see.

use credits_core::OperationSpec;
use proc_macro2::{Ident, Span, TokenStream};

use super::Variant;

/// An operation.
pub(crate) struct Operation {
    pub(crate) variant: Variant,
    /// None if it is one of the swallowers.
    pub(crate) constructor: Option<Ident>,
    pub(crate) constants: Vec<Constant>,
    /// In the order of the constructor's arguments.
    pub(crate) fields: Vec<Field>,
    pub(crate) terms: OperationSpec,
    /// Those of the clauses in their order, then the recorded parameters.
    pub(crate) inputs: Vec<Input>,
    pub(crate) validations: Vec<Condition>,
    pub(crate) choices: Vec<Choice>,
}

/// `GENERATE_IMAGE_COST`
pub(crate) struct Constant {
    pub(crate) ident: Ident,
    pub(crate) docs: String,
    pub(crate) credits: i64,
}

/// A field of an operation.
pub(crate) struct Field {
    pub(crate) ident: Ident,
    pub(crate) docs: String,
    pub(crate) kind: FieldKind,
}

/// What a field holds, and how its constructor takes it.
pub(crate) enum FieldKind {
    /// A quantity of the unit with this marker.
    Quantity(Ident),
    /// A choice of this type.
    Choice(Ident),
    /// Taken as what becomes one.
    Into(syn::Type),
    /// Taken as written.
    Plain { ty: syn::Type, is_comparable: bool },
}

/// An input of a cost.
pub(crate) enum Input {
    Quantity(Ident),
    Choice(Ident),
    /// Rust in braces: its tokens, the place of the brace, and the fields that it sees.
    Computed {
        code: TokenStream,
        span: Span,
        sees: Vec<Visible>,
    },
    /// A parameter that is recorded.
    Integer(Visible),
    /// A parameter that is recorded.
    Flag(Ident),
}

/// A field, as Rust in an operation sees it.
pub(crate) struct Visible {
    pub(crate) ident: Ident,
    pub(crate) seen: Seen,
}

/// What stands behind the name of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// The value.
    Value,
    /// The value, widened to `i128`.
    Widened,
    /// The value, converted to `i128` or cut to its largest.
    Cut,
    /// A reference to the value.
    Reference,
}

/// `validate condition, "message"`
pub(crate) struct Condition {
    pub(crate) code: TokenStream,
    pub(crate) message: String,
    pub(crate) sees: Vec<Visible>,
}

/// The type of a choice.
pub(crate) struct Choice {
    pub(crate) ident: Ident,
    pub(crate) docs: String,
    /// None if the options could not be read.
    pub(crate) options: Option<Vec<ChoiceOption>>,
}

/// One of several.
pub(crate) struct ChoiceOption {
    pub(crate) variant: Variant,
}
