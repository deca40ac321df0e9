//! Prices of operations: their costs, and quotes for the ledger.

use credits_core::OperationSpec;

use super::{Operation as _, Pricing};
use crate::domain::amount::Amount;
use crate::domain::command::Quote;
use crate::domain::pricing::{Charge, OperationId, price, recorded};
use crate::domain::rejection::Rejection;
use crate::engine::core::Core;

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
