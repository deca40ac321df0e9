//! Pricing an operation: its inputs, checked against its limits, become whole credits.

use credits_core::{Clause, CostError, Fraction, OperationSpec, Rounding, Unit};
use minicbor::{Decode, Encode};

use super::amount::Amount;
use super::encoding;
use super::rejection::Rejection;

/// One input of an operation, as its charge records it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// A quantity in base units (microseconds, bytes, pieces); `None` if it did not fit.
    Quantity(Option<Fraction>),
}

/// The inputs of an operation, in the order of the rates of its costs.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Inputs(Vec<Input>);

impl Inputs {
    /// These inputs.
    pub fn new<const N: usize>(inputs: [Input; N]) -> Self {
        Self(inputs.into())
    }

    /// No inputs.
    pub fn none() -> Self {
        Self::default()
    }

    /// Quantities that fit, in base units.
    pub fn quantities(&self) -> impl Iterator<Item = Option<Fraction>> {
        self.0.iter().map(|Input::Quantity(quantity)| *quantity)
    }
}

/// A recorded input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum RecordedInput {
    /// A quantity in base units.
    #[n(0)]
    Quantity(#[cbor(n(0), with = "encoding::fraction")] Fraction),
}

/// Which operation, in which catalogue of the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
pub struct OperationId {
    #[n(0)]
    pub(crate) catalogue: u32,
    #[n(1)]
    pub(crate) index: u16,
}

/// What an operation was priced at, as its charge records it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Charge {
    #[n(0)]
    pub(crate) operation: OperationId,
    #[n(1)]
    pub(crate) inputs: Vec<RecordedInput>,
    #[n(2)]
    pub(crate) price: Amount,
}

/// The price of an operation. Errors in order: a quantity that does not fit, that is negative, that is over its
/// limit; a cost over 2^63 - 1.
pub fn price(operation: &OperationSpec, rounding: Rounding, inputs: &Inputs) -> Result<Charge, Rejection> {
    let name = operation.name;
    let mut quantities = Vec::with_capacity(inputs.0.len());
    for (place, (quantity, unit)) in inputs.quantities().zip(units(operation)).enumerate() {
        let Some(value) = quantity else {
            return Err(Rejection::QuantityOutOfRange { operation: name, quantity: unit.plural });
        };
        let given = || quantity_text(quantity, unit);
        if value.is_negative() {
            return Err(Rejection::QuantityNegative {
                operation: name,
                quantity: unit.plural,
                given: given(),
            });
        }
        for limit in operation.limits.iter().filter(|limit| limit.quantity == place) {
            let most =
                Fraction::whole(i128::from(limit.max)).checked_mul(Fraction::whole(i128::from(unit.base)));
            if most.and_then(|most| value.exceeds(most)) != Some(false) {
                let limit = limit.max;
                return Err(Rejection::QuantityOverLimit {
                    operation: name,
                    quantity: unit.plural,
                    given: given(),
                    limit,
                });
            }
        }
        quantities.push(value);
    }
    match credits_core::total(operation.costs, &quantities, rounding) {
        Ok(credits) => Ok(Charge {
            // The catalogue's number is the ledger's to say; see `OperationId`.
            operation: OperationId { catalogue: 0, index: 0 },
            inputs: quantities.into_iter().map(RecordedInput::Quantity).collect(),
            price: Amount::new(credits),
        }),
        Err(CostError::Overflow) => Err(Rejection::CostOutOfRange { operation: name }),
        Err(CostError::NegativeQuantity(place) | CostError::MissingQuantity(place)) => {
            panic!("quantity {place} of `{name}` was checked and is still refused")
        }
    }
}

fn units(operation: &OperationSpec) -> impl Iterator<Item = &Unit> {
    operation.costs.iter().filter_map(|clause| match clause {
        Clause::Rate { unit, .. } => Some(unit),
        Clause::Fixed(_) => None,
    })
}

/// A quantity as people read it: `3 pages`, `3/2 minutes`.
pub(crate) fn quantity_text(base: Option<Fraction>, unit: &Unit) -> String {
    let in_units = base.and_then(|base| base.checked_div(Fraction::whole(i128::from(unit.base))));
    match in_units {
        None => format!("more {} than fit", unit.plural),
        Some(value) if value == Fraction::whole(1) => format!("1 {}", unit.name),
        Some(value) if value.denominator() == 1 => format!("{} {}", value.numerator(), unit.plural),
        Some(value) => format!("{}/{} {}", value.numerator(), value.denominator(), unit.plural),
    }
}
