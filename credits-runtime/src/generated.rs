//! Traits of the types that `usage_credits!` generates: the interface between an application's types and the ledger.
//!
//! Code that serves any application is generic over [`Pricing`], and reads the declarations in [`Pricing::CATALOGUE`]. The
//! macro implements these traits. An implementation by hand is not supported: hidden methods change without notice.
//!
//! ```
//! use credits_runtime::{generated, usage_credits};
//!
//! usage_credits! {
//!     operation upscale { costs 20.credits }
//! }
//!
//! fn operations<C: generated::Pricing>(_: &credits_runtime::Credits<C>) -> Vec<&'static str> {
//!     C::CATALOGUE.operations.iter().map(|operation| operation.name).collect()
//! }
//!
//! assert_eq!(operations(&Credits::in_memory()?), ["upscale"]);
//! # Ok::<(), credits_runtime::Error>(())
//! ```

pub(crate) mod checked;
pub(crate) mod json;
mod known;
mod operand;
pub(crate) mod prices;
pub(crate) mod shared;
mod sums;

use credits_core::{Catalogue, PackSpec, PlanSpec};

pub use json::{InputError, JsonObject};
pub(crate) use prices::{asset, cost, quote, usable_as};

use crate::domain::pricing::Inputs;
use shared::Shared;

/// An application's pricing.
pub trait Pricing: Sized + 'static {
    /// The operations, which cost credits.
    type Operation: Operation;
    /// The subscription plans, which give credits in every cycle.
    type Plan: Plan;
    /// The credit packs, which give credits once.
    type Pack: Pack;
    /// The assets: credits and others.
    type Asset: Asset;
    /// All declarations.
    const CATALOGUE: &'static Catalogue;

    /// The cell of this pricing's process-wide handle.
    #[doc(hidden)]
    fn shared() -> &'static Shared<Self>;
}

/// An operation with its inputs.
pub trait Operation: Sized {
    /// Its index in the catalogue.
    #[doc(hidden)]
    fn index(&self) -> u16;
    /// Its inputs: those of its clauses in their order, then the parameters that costs use.
    #[doc(hidden)]
    fn inputs(&self) -> Inputs;
    /// The message of the first validation that fails, as written.
    #[doc(hidden)]
    fn validate(&self) -> Result<(), &'static str> {
        Ok(())
    }
    /// The operation of this name with these inputs, for code that serves any application.
    fn from_json(name: &str, inputs: &JsonObject) -> Result<Self, InputError>;
}

/// An asset: credits, or another unit that wallets hold.
pub trait Asset: Copy {
    /// The name in the ledger; empty for credits.
    fn name(self) -> &'static str;
}

/// A subscription plan.
pub trait Plan: Copy {
    /// Its declaration.
    fn spec(self) -> &'static PlanSpec;
}

/// A credit pack.
pub trait Pack: Copy {
    /// Its declaration.
    fn spec(self) -> &'static PackSpec;
}
