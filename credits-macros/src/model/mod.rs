//! The model: the items to generate, with every Rust name and every line of documentation decided.
//!
//! It holds nothing that could be refused, and does not know the words it was written in.

mod operation;

use credits_core::{AssetSpec, PackSpec, PlanSpec, Settings};
use proc_macro2::Ident;

pub(crate) use operation::{
    Choice, ChoiceOption, Condition, Constant, Field, FieldKind, Input, Operation, Seen, Visible,
};

use crate::ast::{PriceId, RustPath};

/// Everything that one definition generates.
pub(crate) struct Pricing {
    /// Where the runtime is, if not at `::credits_runtime`.
    pub(crate) runtime: Option<RustPath>,
    pub(crate) docs: Vec<String>,
    pub(crate) settings: Settings,
    /// Every keyword, with the item that a statement is in; for editors.
    pub(crate) keywords: Vec<(Option<&'static str>, Ident)>,
    pub(crate) known: Known,
    /// Whether there are items whose declarations could not be read.
    pub(crate) unreadable: bool,
}

/// The declarations of a definition, as far as they were read.
pub(crate) struct Known {
    pub(crate) assets: Vec<Asset>,
    pub(crate) operations: Vec<Operation>,
    pub(crate) plans: Vec<Plan>,
    pub(crate) packs: Vec<Pack>,
    pub(crate) units: Vec<UnitMarker>,
    /// Names of operations that could not be read, or whose inputs could not be.
    pub(crate) swallowers: Vec<Ident>,
}

/// An asset besides credits.
pub(crate) struct Asset {
    pub(crate) ident: Ident,
    pub(crate) docs: Vec<String>,
    pub(crate) terms: AssetSpec,
}

/// A variant of an enum.
pub(crate) struct Variant {
    /// The name as declared.
    pub(crate) name: String,
    pub(crate) ident: Ident,
    pub(crate) docs: Vec<String>,
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
    pub(crate) terms: PlanSpec,
    /// The ids of its prices as they were written.
    pub(crate) price_ids: Vec<PriceId>,
    /// The ids of its prices at other processors.
    pub(crate) processor_ids: Vec<PriceId>,
}

/// A pack.
pub(crate) struct Pack {
    pub(crate) variant: Variant,
    /// The private constant with its terms.
    pub(crate) spec: Ident,
    pub(crate) terms: PackSpec,
    /// The ids of its prices as they were written.
    pub(crate) price_ids: Vec<PriceId>,
    /// The ids of its prices at other processors.
    pub(crate) processor_ids: Vec<PriceId>,
}
