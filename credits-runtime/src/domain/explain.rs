//! Explains a charge by the terms it was made under: its inputs in words, and its price recomputed.

use credits_core::{CostError, Fraction, Rounding, Tier, bounded, graduated, rated};
use serde::Serialize;

use super::amount::Amount;
use super::catalogue::{CatalogueData, ClauseData, OperationData, UnitData};
use super::pricing::{Charge, RecordedInput};

/// The explanation of a charge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// Name of the operation at the time of the charge.
    pub operation: String,
    /// Inputs in words: `3 pages`, `quality hd`.
    pub inputs: Vec<String>,
    /// The recorded price.
    pub price: Amount,
    /// SHA-256 over the terms of that time, as 64 hexadecimal digits.
    pub catalogue: String,
    /// The price recomputed from the terms and inputs; `None` if a Rust expression is part of it.
    pub recomputed: Option<Amount>,
}

/// The terms of a catalogue, with their fingerprint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The terms.
    pub data: CatalogueData,
    fingerprint: [u8; 32],
}

impl Terms {
    /// The terms with their fingerprint.
    pub fn of(data: CatalogueData) -> Self {
        let fingerprint = data.terms_fingerprint();
        Self { data, fingerprint }
    }
}

/// Explains a charge made under these terms; `None` if they lack its operation.
pub fn explain(Terms { data: terms, fingerprint }: &Terms, charge: &Charge) -> Option<Explanation> {
    let operation = terms.operations.get(usize::from(charge.operation.index))?;
    Some(Explanation {
        operation: operation.name.clone(),
        inputs: in_words(operation, &charge.inputs),
        price: charge.price,
        catalogue: hexadecimal(fingerprint),
        recomputed: price(terms, operation, &charge.inputs),
    })
}

/// The bytes as 64 hexadecimal digits.
pub fn hexadecimal(bytes: &[u8; 32]) -> String {
    bytes.iter().fold(String::new(), |mut digits, byte| {
        for half in [byte >> 4, byte & 15] {
            digits.extend(char::from_digit(u32::from(half), 16));
        }
        digits
    })
}

/// The price of inputs under terms; `None` if a clause is a Rust expression, or an input does not fit.
pub fn price(terms: &CatalogueData, operation: &OperationData, inputs: &[RecordedInput]) -> Option<Amount> {
    let rounding = Rounding::ALL.iter().find(|rounding| rounding.word() == terms.settings.rounding)?;
    let mut inputs = inputs.iter();
    let mut sum = Fraction::ZERO;
    for clause in &operation.costs {
        let term = match clause {
            ClauseData::Fixed { credits } => Fraction::whole(i128::from(*credits)),
            ClauseData::Computed { .. } => return None,
            ClauseData::Rate { credits, batch, unit, after } => match inputs.next()? {
                RecordedInput::Quantity(quantity) => {
                    rated((*credits, *batch), (unit.base, *after), *quantity)?
                }
                _ => return None,
            },
            ClauseData::Tiers { batch, unit, tiers } => match inputs.next()? {
                RecordedInput::Quantity(quantity) => {
                    let tier =
                        |(up_to, credits): &(Option<u64>, i64)| Tier { up_to: *up_to, credits: *credits };
                    let tiers: Vec<Tier> = tiers.iter().map(tier).collect();
                    graduated(&tiers, *batch, unit.base, *quantity)?
                }
                _ => return None,
            },
            ClauseData::Choice { options, .. } => match inputs.next()? {
                RecordedInput::Choice(place) => {
                    Fraction::whole(i128::from(options.get(usize::from(*place))?.1))
                }
                _ => return None,
            },
        };
        sum = sum.checked_add(term)?;
    }
    let credits: Result<i64, CostError> =
        bounded(sum.round(*rounding), operation.at_least, operation.at_most);
    credits.ok().map(Amount::new)
}

/// Formats quantities, choices and parameters, in order.
fn in_words(operation: &OperationData, inputs: &[RecordedInput]) -> Vec<String> {
    let takes_input =
        |clause: &&ClauseData| !matches!(clause, ClauseData::Fixed { .. } | ClauseData::Computed { .. });
    let mut clauses = operation.costs.iter().filter(takes_input);
    let mut words = |input: &RecordedInput| match input {
        RecordedInput::Quantity(quantity) => match clauses.next() {
            Some(ClauseData::Rate { unit, .. } | ClauseData::Tiers { unit, .. }) => counted(*quantity, unit),
            _ => "a quantity".to_owned(),
        },
        RecordedInput::Choice(place) => match clauses.next() {
            Some(ClauseData::Choice { name, options }) => {
                let option = options.get(usize::from(*place)).map_or("?", |(option, _)| option);
                format!("{name} {option}")
            }
            _ => "a choice".to_owned(),
        },
        RecordedInput::Integer(value) => value.to_string(),
        RecordedInput::Flag(value) => value.to_string(),
    };
    inputs.iter().map(&mut words).collect()
}

fn counted(quantity: Fraction, unit: &UnitData) -> String {
    let in_units = quantity.checked_div(Fraction::whole(i128::from(unit.base)));
    match in_units.map(|value| (value.numerator(), value.denominator())) {
        None => format!("more {} than fit", unit.plural),
        Some((1, 1)) => format!("1 {}", unit.name),
        Some((numerator, 1)) => format!("{numerator} {}", unit.plural),
        Some((numerator, denominator)) => format!("{numerator}/{denominator} {}", unit.plural),
    }
}
