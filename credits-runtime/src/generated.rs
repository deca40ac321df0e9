//! What `usage_credits!` implements: the seam between an application's types and the ledger.
//!
//! Nothing here is written by hand in an application; it is public because generated code names it.

use std::path::{Path, PathBuf};

use credits_core::{Catalogue, OperationSpec, PackSpec, PlanSpec};
use once_cell::sync::OnceCell;

pub use crate::domain::pricing::{Input, Inputs};

use crate::domain::amount::Amount;
use crate::domain::command::Quote;
use crate::domain::pricing::{OperationId, price};
use crate::domain::rejection::Rejection;
use crate::error::{Error, LedgerError, LedgerErrorKind};
use crate::service::credits::Credits;

/// An application's pricing.
pub trait Pricing: Sized + 'static {
    /// What costs credits.
    type Operation: Operation;
    /// What gives credits again and again.
    type Plan: Plan;
    /// What gives credits once.
    type Pack: Pack;
    /// Everything that was declared.
    const CATALOGUE: &'static Catalogue;

    /// The cell of this pricing's process-wide handle.
    fn shared() -> &'static Shared<Self>;
}

/// An operation with its quantities.
pub trait Operation {
    /// Its place in the catalogue.
    fn index(&self) -> u16;
    /// Its quantities, in the order of its rates.
    fn inputs(&self) -> Inputs;
}

/// A subscription plan.
pub trait Plan: Copy {
    /// What was declared.
    fn spec(self) -> &'static PlanSpec;
}

/// A credit pack.
pub trait Pack: Copy {
    /// What was declared.
    fn spec(self) -> &'static PackSpec;
}

/// The exact cost of an operation. Errors in order, quantity by quantity: out of range, negative, over its
/// limit; then a cost over 2^63 - 1.
pub fn cost<C: Pricing>(operation: &C::Operation) -> Result<Amount, Rejection> {
    let charge = price(spec::<C>(operation), C::CATALOGUE.rounding, &operation.inputs())?;
    Ok(charge.price)
}

/// An operation priced for the ledger, where its catalogue has this number.
pub(crate) fn quote<C: Pricing>(operation: &C::Operation, catalogue: u32) -> Quote {
    let (spec, inputs) = (spec::<C>(operation), operation.inputs());
    let charge = price(spec, C::CATALOGUE.rounding, &inputs).map(|mut charge| {
        charge.operation = OperationId { catalogue, index: operation.index() };
        charge
    });
    Quote { operation: spec.name, inputs, charge }
}

fn spec<C: Pricing>(operation: &C::Operation) -> &'static OperationSpec {
    match C::CATALOGUE.operations.get(usize::from(operation.index())) {
        Some(spec) => spec,
        None => panic!("operation {} is not in its catalogue", operation.index()),
    }
}

/// The cell of a process-wide handle, opened by the first call of `Credits::shared`.
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
