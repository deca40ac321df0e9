//! The model: what is generated, with every Rust name and every line of documentation decided.
//!
//! It holds nothing that could be refused, and does not know the words it was written in.

use credits_core::{Currency, Dimension, Money, Period, Rounding, UnusedCredits};
use proc_macro2::Ident;

use crate::ast::RustPath;

/// Everything that one definition generates.
pub(crate) struct Pricing {
    /// Where the runtime is, if not at `::credits_runtime`.
    pub(crate) runtime: Option<RustPath>,
    pub(crate) docs: Vec<String>,
    pub(crate) currency: Currency,
    pub(crate) rounding: Rounding,
    pub(crate) credits_named: (String, String),
    pub(crate) items: Items,
}

/// What the items of a definition declare.
pub(crate) enum Items {
    /// Everything has a name.
    Known(Known),
    /// Some item declares nobody knows what: every name may be declared.
    Unreadable,
}

/// The declarations of a definition.
pub(crate) struct Known {
    pub(crate) operations: Vec<Operation>,
    pub(crate) plans: Vec<Plan>,
    pub(crate) packs: Vec<Pack>,
    pub(crate) units: Vec<UnitMarker>,
    /// Constructors of operations of which nobody knows how they are called; they take anything.
    pub(crate) swallowers: Vec<Ident>,
}

/// A variant of an enum.
pub(crate) struct Variant {
    /// The name as declared.
    pub(crate) name: String,
    pub(crate) ident: Ident,
    pub(crate) docs: Vec<String>,
}

/// An operation.
pub(crate) struct Operation {
    pub(crate) variant: Variant,
    /// None if it is one of the swallowers.
    pub(crate) constructor: Option<Ident>,
    pub(crate) constants: Vec<Constant>,
    pub(crate) quantities: Vec<Quantity>,
    pub(crate) clauses: Vec<Clause>,
    pub(crate) limits: Vec<Limit>,
}

/// `GENERATE_IMAGE_COST`
pub(crate) struct Constant {
    pub(crate) ident: Ident,
    pub(crate) docs: String,
    pub(crate) credits: i64,
}

/// A field of an operation.
pub(crate) struct Quantity {
    pub(crate) field: Ident,
    pub(crate) marker: Ident,
    pub(crate) docs: String,
}

/// A term of a cost, as the catalogue has it.
pub(crate) enum Clause {
    Fixed(i64),
    Rate { credits: i64, batch: u64, unit: Unit },
}

/// A unit, as the catalogue has it.
pub(crate) struct Unit {
    pub(crate) name: String,
    pub(crate) plural: String,
    pub(crate) dimension: Dimension,
    pub(crate) base: u64,
}

/// A limit, as the catalogue has it.
pub(crate) struct Limit {
    pub(crate) quantity: usize,
    pub(crate) max: u64,
}

/// The marker type of a unit that the runtime does not have.
pub(crate) struct UnitMarker {
    pub(crate) ident: Ident,
    pub(crate) docs: String,
    pub(crate) name: String,
    pub(crate) plural: String,
}

/// A plan.
pub(crate) struct Plan {
    pub(crate) variant: Variant,
    /// The private constant with its terms.
    pub(crate) spec: Ident,
    pub(crate) gives: i64,
    pub(crate) every: Period,
    pub(crate) stripe_prices: Vec<(Option<Period>, String)>,
    pub(crate) unused_credits: UnusedCredits,
}

/// A pack.
pub(crate) struct Pack {
    pub(crate) variant: Variant,
    /// The private constant with its terms.
    pub(crate) spec: Ident,
    pub(crate) gives: i64,
    pub(crate) bonus: i64,
    pub(crate) costs: Money,
}
