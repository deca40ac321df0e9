//! Traits that `usage_credits!` implements: the interface between an application's types and the ledger.
//!
//! It is public because generated code names it. Applications do not use it directly.

pub mod checked;
mod json;
mod operand;
mod sums;

use std::path::{Path, PathBuf};

use credits_core::{Catalogue, OperationSpec, PackSpec, PlanSpec};
use once_cell::sync::OnceCell;

#[doc(hidden)]
pub use crate::__known as known;
pub use credits_core::assert_unique_prices;

pub use crate::domain::pricing::{Input, Inputs};
pub use json::{InputError, JsonInputs, JsonObject, NotReadable, Parameter};

use crate::domain::amount::Amount;
use crate::domain::command::Quote;
use crate::domain::pricing::{Charge, OperationId, price, recorded};
use crate::domain::rejection::Rejection;
use crate::engine::core::Core;
use crate::error::{Error, LedgerError, LedgerErrorKind};
use crate::service::credits::Credits;

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
    fn shared() -> &'static Shared<Self>;
}

/// An operation with its inputs.
pub trait Operation: Sized {
    /// Its index in the catalogue.
    fn index(&self) -> u16;
    /// Its inputs: those of its clauses in their order, then the parameters that costs use.
    fn inputs(&self) -> Inputs;
    /// The message of the first validation that fails, as written.
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

/// The exact cost of an operation. Errors in order, quantity by quantity: out of range, negative, over its
/// limit; then the first failed validation; then a cost below zero or over 2^63 - 1.
pub fn cost<C: Pricing>(operation: &C::Operation) -> Result<Amount, Rejection> {
    price(spec::<C>(operation), C::CATALOGUE.settings.rounding, &operation.inputs(), || operation.validate())
}

/// The asset that an operation's costs are in; empty for credits.
pub(crate) fn asset<C: Pricing>(operation: &C::Operation) -> &'static str {
    spec::<C>(operation).asset
}

/// The price of an operation in this ledger's catalogue.
pub(crate) fn quote<C: Pricing>(operation: &C::Operation, ledger: &Core) -> Quote {
    let (spec, inputs) = (spec::<C>(operation), operation.inputs());
    let id = OperationId { catalogue: ledger.catalogue(), index: operation.index() };
    let price = price(spec, C::CATALOGUE.settings.rounding, &inputs, || operation.validate());
    let charge = price.map(|price| Charge { operation: id, inputs: recorded(&inputs), price });
    let fingerprint = inputs.fingerprint(spec, ledger.names().operations.first(spec.name));
    Quote { fingerprint, charge, usable_as: usable_as::<C>(operation, ledger), operation: spec.name }
}

/// The id by which the scopes of grants name an operation: that of the first catalogue that declares it, under
/// this name or a former one.
pub(crate) fn usable_as<C: Pricing>(operation: &C::Operation, ledger: &Core) -> OperationId {
    let id = OperationId { catalogue: ledger.catalogue(), index: operation.index() };
    ledger.operation(spec::<C>(operation).name).unwrap_or(id)
}

fn spec<C: Pricing>(operation: &C::Operation) -> &'static OperationSpec {
    match C::CATALOGUE.operations.get(usize::from(operation.index())) {
        Some(spec) => spec,
        None => panic!("operation {} is not in its catalogue", operation.index()),
    }
}

/// The cell of a process-wide handle. The first call of `Credits::shared` opens it.
#[derive(Debug)]
pub struct Shared<C>(OnceCell<(PathBuf, Credits<C>)>);

impl<C: Pricing> Shared<C> {
    /// An empty cell.
    #[expect(clippy::new_without_default, reason = "a cell is made by generated code alone, as a static")]
    pub const fn new() -> Self {
        Self(OnceCell::new())
    }

    pub(crate) fn get_or_open(&'static self, path: &Path) -> Result<&'static Credits<C>, Error> {
        let (opened, credits) =
            self.0.get_or_try_init(|| Ok::<_, Error>((path.to_owned(), Credits::open(path)?)))?;
        if opened != path {
            let message = format!(
                "this program shares the ledger `{}` and was asked for `{}`: use one path, or open a handle of its own",
                opened.display(),
                path.display()
            );
            return Err(LedgerError::new(LedgerErrorKind::SharedElsewhere, message).into());
        }
        Ok(credits)
    }
}

/// The items of a definition that could not be parsed completely. Editors see the known items, for completion and
/// navigation. The compiler sees a type that has every name, so code outside of the definition causes no further errors.
#[cfg(not(rust_analyzer))]
#[doc(hidden)]
#[macro_export]
macro_rules! __known {
    ({ $($known:tt)* } { $($poisoned:tt)* }) => { $($poisoned)* };
}

/// The same for an editor.
#[cfg(rust_analyzer)]
#[doc(hidden)]
#[macro_export]
macro_rules! __known {
    ({ $($known:tt)* } { $($poisoned:tt)* }) => { $($known)* };
}
