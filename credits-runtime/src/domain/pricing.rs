//! Pricing: checks an operation's inputs against its limits and computes its price in whole credits.

use credits_core::{Clause, CostError, CostInput, Fraction, OperationSpec, Rounding, Unit};
use minicbor::{Decode, Encode};

use super::amount::Amount;
use super::encoding;
use super::fingerprint::{Fingerprint, Hash128};
use super::rejection::Rejection;

/// An input of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// A quantity in base units (microseconds, bytes, pieces); `None` if it does not fit.
    Quantity(Option<Fraction>),
    /// A choice, as an index into the options.
    Choice(u16),
    /// The value of a Rust expression, in whole credits; `None` if it has none that fits. The charge records
    /// the parameters instead.
    Computed(Option<i128>),
    /// An integer parameter that costs use.
    Integer(i128),
    /// A boolean parameter that costs use.
    Flag(bool),
}

/// The inputs of an operation: those of its clauses in order, then the parameters that costs use.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Inputs(Vec<Input>);

impl Inputs {
    /// Creates a list of inputs.
    pub fn new<const N: usize>(inputs: [Input; N]) -> Self {
        Self(inputs.into())
    }

    /// An empty list.
    pub fn none() -> Self {
        Self::default()
    }

    /// Hash that identifies an operation with its inputs. The operation counts by the name that a ledger's
    /// records keep, so that a key holds across a rename. Choices count by name, because another catalogue may
    /// list them in another order; computed values do not count.
    pub fn fingerprint(&self, operation: &OperationSpec, kept_name: &str) -> Hash128 {
        let mut choices = operation.costs.iter().filter_map(|clause| match clause {
            Clause::Choice { options, .. } => Some(options),
            _ => None,
        });
        let named = Fingerprint::default().field(kept_name.as_bytes());
        let fields = self.0.iter().fold(named, |fields, input| match input {
            Input::Quantity(None) => fields.field(&[0]),
            Input::Quantity(Some(value)) => fields
                .field(&[1])
                .field(&value.numerator().to_be_bytes())
                .field(&value.denominator().to_be_bytes()),
            Input::Choice(place) => {
                let option = choices.next().and_then(|options| options.get(usize::from(*place)));
                fields.field(&[2]).field(option.map_or(&[], |(name, _)| name.as_bytes()))
            }
            Input::Computed(_) => fields,
            Input::Integer(value) => fields.field(&[3]).field(&value.to_be_bytes()),
            Input::Flag(value) => fields.field(&[4, u8::from(*value)]),
        });
        fields.hash()
    }
}

/// An input as its charge records it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum RecordedInput {
    /// A quantity in base units.
    #[n(0)]
    Quantity(#[cbor(n(0), with = "encoding::fraction")] Fraction),
    /// A choice, as an index into the options of its catalogue.
    #[n(1)]
    Choice(#[n(0)] u16),
    /// An integer parameter.
    #[n(2)]
    Integer(#[cbor(n(0), with = "encoding::integer")] i128),
    /// A boolean parameter.
    #[n(3)]
    Flag(#[n(0)] bool),
}

/// An operation in one of the journal's catalogues.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct OperationId {
    #[n(0)]
    pub(crate) catalogue: u32,
    #[n(1)]
    pub(crate) index: u16,
}

impl OperationId {
    /// Its bytes, for fingerprints.
    pub(crate) fn to_bytes(self) -> Vec<u8> {
        [&self.catalogue.to_be_bytes()[..], &self.index.to_be_bytes()].concat()
    }
}

/// An operation with its inputs and price, as entries record it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Charge {
    #[n(0)]
    pub(crate) operation: OperationId,
    #[n(1)]
    pub(crate) inputs: Vec<RecordedInput>,
    #[n(2)]
    pub(crate) price: Amount,
}

/// Returns the price of an operation. Errors in order: a quantity that does not fit, is negative or exceeds
/// its limit; the message of `validate`; a cost that is out of range or negative.
pub fn price(
    operation: &OperationSpec,
    rounding: Rounding,
    inputs: &Inputs,
    validate: impl FnOnce() -> Result<(), &'static str>,
) -> Result<Amount, Rejection> {
    let name = operation.name;
    let mut taken = Vec::with_capacity(inputs.0.len());
    let mut quantities = 0;
    for (clause, input) in
        operation.costs.iter().filter(|clause| !matches!(clause, Clause::Fixed(_))).zip(&inputs.0)
    {
        taken.push(match (clause.unit(), input) {
            (Some(unit), Input::Quantity(quantity)) => {
                let value = checked_quantity(operation, quantities, unit, *quantity)?;
                quantities = quantities.saturating_add(1);
                CostInput::Quantity(value)
            }
            (None, Input::Choice(place)) => CostInput::Choice(*place),
            (None, Input::Computed(value)) => CostInput::Computed(*value),
            (_, other) => panic!("`{name}` was given {other:?} for {clause:?}"),
        });
    }
    validate()
        .map_err(|message| Rejection::ValidationFailed { operation: name.into(), message: message.into() })?;
    match credits_core::total(operation, &taken, rounding) {
        Ok(credits) => Ok(Amount::new(credits)),
        Err(CostError::Overflow) => Err(Rejection::CostOutOfRange { operation: name.into() }),
        Err(CostError::Negative) => Err(Rejection::CostNegative { operation: name.into() }),
        Err(CostError::WrongInput(place)) => panic!("input {place} of `{name}` does not fit its costs"),
    }
}

/// Checks that a quantity fits, is not negative and is within its limits.
fn checked_quantity(
    operation: &OperationSpec,
    place: usize,
    unit: &Unit,
    quantity: Option<Fraction>,
) -> Result<Fraction, Rejection> {
    let (name, plural) = (operation.name, unit.plural);
    let Some(value) = quantity else {
        return Err(Rejection::QuantityOutOfRange { operation: name.into(), quantity: plural.into() });
    };
    let given = || quantity_text(quantity, unit);
    if value.is_negative() {
        let (operation, quantity) = (name.into(), plural.into());
        return Err(Rejection::QuantityNegative { operation, quantity, given: given() });
    }
    for limit in operation.limits.iter().filter(|limit| limit.quantity == place) {
        let most = Fraction::whole(i128::from(limit.max)).checked_mul(Fraction::whole(i128::from(unit.base)));
        if most.and_then(|most| value.exceeds(most)) != Some(false) {
            let limit = limit.max;
            return Err(Rejection::QuantityOverLimit {
                operation: name.into(),
                quantity: plural.into(),
                given: given(),
                limit,
            });
        }
    }
    Ok(value)
}

/// The inputs as a charge records them. Those of a priced operation all fit.
pub fn recorded(inputs: &Inputs) -> Vec<RecordedInput> {
    let record = |input: &Input| match input {
        Input::Quantity(quantity) => quantity.map(RecordedInput::Quantity),
        Input::Choice(place) => Some(RecordedInput::Choice(*place)),
        Input::Computed(_) => None,
        Input::Integer(value) => Some(RecordedInput::Integer(*value)),
        Input::Flag(value) => Some(RecordedInput::Flag(*value)),
    };
    inputs.0.iter().filter_map(record).collect()
}

/// A quantity for display: `3 pages`, `1.5 minutes`, `1/3 hours`.
pub(crate) fn quantity_text(base: Option<Fraction>, unit: &Unit) -> String {
    let in_units = base.and_then(|base| base.checked_div(Fraction::whole(i128::from(unit.base))));
    counted(in_units, unit.name, unit.plural)
}

/// A number of units with their name.
pub(crate) fn counted(in_units: Option<Fraction>, name: &str, plural: &str) -> String {
    match in_units {
        None => format!("more {plural} than fit"),
        Some(value) if value == Fraction::whole(1) => format!("1 {name}"),
        Some(value) => format!("{value} {plural}"),
    }
}
