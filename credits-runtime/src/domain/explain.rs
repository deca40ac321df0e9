//! Explains a charge by the terms it was made under: one line for each term of its price, and the price recomputed.

use credits_core::{CostError, Fraction, Rounding, Tier, bounded, graduated, rated};

use super::amount::Amount;
use super::catalogue::{CatalogueData, ClauseData, OperationData, UnitData};
use super::cover::CoveredBy;
use super::explanation::{ExplainedQuantity, ExplainedRate, Explanation, ExplanationLine, FIXED};
use super::grant::Allocation;
use super::pricing::{Charge, RecordedInput, counted};

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

/// The parts of a charge's entry that belong to its explanation.
#[derive(Clone, Copy, Debug)]
pub struct PaidFrom<'a> {
    /// The grants that the charge was taken from.
    pub grants: &'a [Allocation],
    /// The part of the price that could not be charged.
    pub shortfall: Amount,
    /// The part of the price that became debt.
    pub owed: Amount,
    /// The plan because of which nothing was charged.
    pub covered_by: Option<&'a CoveredBy>,
}

impl PaidFrom<'_> {
    /// Of a price that is not charged yet.
    pub fn nothing() -> Self {
        Self { grants: &[], shortfall: Amount::ZERO, owed: Amount::ZERO, covered_by: None }
    }
}

/// Explains a charge made under these terms; `None` if they lack its operation.
pub fn explain(terms: &Terms, charge: &Charge, taken: PaidFrom<'_>) -> Option<Explanation> {
    let Terms { data, fingerprint } = terms;
    let operation = data.operations.get(usize::from(charge.operation.index))?;
    let lines = lines(operation, &charge.inputs).unwrap_or_default();
    let mut credits = lines.iter().map(|line| line.credits);
    Some(Explanation {
        operation: operation.name.clone(),
        inputs: in_words(operation, &charge.inputs),
        sum: credits.try_fold(Fraction::ZERO, |sum, credits| sum.checked_add(credits?)),
        lines,
        rounding: data.settings.rounding.clone(),
        at_least: operation.at_least.map(Amount::new),
        at_most: operation.at_most.map(Amount::new),
        price: charge.price,
        shortfall: taken.shortfall,
        owed: taken.owed,
        covered_by: taken.covered_by.map(|by| by.plan.clone()),
        grants: taken.grants.to_vec(),
        catalogue: hexadecimal(fingerprint),
        recomputed: price(data, operation, &charge.inputs),
    })
}

/// The price of a charge recomputed under these terms; `None` if they do not determine it.
pub fn recomputed(terms: &Terms, charge: &Charge) -> Option<Amount> {
    let operation = terms.data.operations.get(usize::from(charge.operation.index))?;
    price(&terms.data, operation, &charge.inputs)
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
            ClauseData::Rate { credits, batch, unit, after } => {
                rated((*credits, *batch), (unit.base, *after), quantity(inputs.next())?)?
            }
            ClauseData::Tiers { batch, unit, tiers } => {
                let tier = |(up_to, credits): &(Option<u64>, i64)| Tier { up_to: *up_to, credits: *credits };
                let tiers: Vec<Tier> = tiers.iter().map(tier).collect();
                graduated(&tiers, *batch, unit.base, quantity(inputs.next())?)?
            }
            ClauseData::Choice { options, .. } => {
                Fraction::whole(i128::from(chosen(options, inputs.next())?.1))
            }
        };
        sum = sum.checked_add(term)?;
    }
    let credits: Result<i64, CostError> =
        bounded(sum.round(*rounding), operation.at_least, operation.at_most);
    credits.ok().map(Amount::new)
}

fn quantity(input: Option<&RecordedInput>) -> Option<Fraction> {
    match input? {
        RecordedInput::Quantity(quantity) => Some(*quantity),
        _ => None,
    }
}

fn chosen<'a>(options: &'a [(String, i64)], input: Option<&RecordedInput>) -> Option<&'a (String, i64)> {
    match input? {
        RecordedInput::Choice(place) => options.get(usize::from(*place)),
        _ => None,
    }
}

/// The lines of a price; `None` if an input does not fit.
fn lines(operation: &OperationData, inputs: &[RecordedInput]) -> Option<Vec<ExplanationLine>> {
    let mut inputs = inputs.iter();
    let mut lines = Vec::with_capacity(operation.costs.len());
    for clause in &operation.costs {
        match clause {
            ClauseData::Fixed { credits } => lines.push(constant(FIXED.to_owned(), *credits)),
            ClauseData::Choice { name, options } => {
                let (option, credits) = chosen(options, inputs.next())?;
                lines.push(constant(format!("{name} {option}"), *credits));
            }
            ClauseData::Computed { source } => {
                let what = format!("{{ {source} }}");
                lines.push(ExplanationLine { what, quantity: None, rate: None, credits: None });
            }
            ClauseData::Rate { credits, batch, unit, after } => {
                let given = in_units(quantity(inputs.next())?, unit)?;
                let part = RatedPart { from: *after, to: None, given };
                lines.push(part.line(*credits, *batch, unit)?);
            }
            ClauseData::Tiers { batch, unit, tiers } => {
                let given = in_units(quantity(inputs.next())?, unit)?;
                let mut from = 0;
                for (up_to, credits) in tiers {
                    let part = RatedPart { from, to: *up_to, given };
                    if from == 0 || given.exceeds(Fraction::whole(i128::from(from)))? {
                        lines.push(part.line(*credits, *batch, unit)?);
                    }
                    from = up_to.unwrap_or(u64::MAX);
                }
            }
        }
    }
    Some(lines)
}

fn constant(what: String, credits: i64) -> ExplanationLine {
    let credits = Some(Fraction::whole(i128::from(credits)));
    ExplanationLine { what, quantity: None, rate: None, credits }
}

/// The part of a quantity that one rate applies to, in units.
struct RatedPart {
    from: u64,
    to: Option<u64>,
    given: Fraction,
}

impl RatedPart {
    fn line(&self, credits: i64, units: u64, unit: &UnitData) -> Option<ExplanationLine> {
        let value = self.value()?;
        let rate = Fraction::new(i128::from(credits), i128::from(units))?;
        let word = if value == Fraction::whole(1) { &unit.name } else { &unit.plural };
        let range = match (self.from, self.to) {
            (0, None) => String::new(),
            (0, Some(to)) => format!(" up to {to}"),
            (from, None) => format!(" after {from}"),
            (from, Some(to)) => format!(" from {from} to {to}"),
        };
        Some(ExplanationLine {
            what: format!("{}{range}", unit.plural),
            quantity: Some(ExplainedQuantity { value, unit: word.clone() }),
            rate: Some(ExplainedRate { credits: Amount::new(credits), units }),
            credits: Some(rate.checked_mul(value)?),
        })
    }

    /// The units in this part, not below zero.
    fn value(&self) -> Option<Fraction> {
        let end = match self.to.map(|to| Fraction::whole(i128::from(to))) {
            Some(to) if self.given.exceeds(to)? => to,
            _ => self.given,
        };
        let value = end.checked_sub(Fraction::whole(i128::from(self.from)))?;
        Some(if value.is_negative() { Fraction::ZERO } else { value })
    }
}

fn in_units(quantity: Fraction, unit: &UnitData) -> Option<Fraction> {
    quantity.checked_div(Fraction::whole(i128::from(unit.base)))
}

/// Formats quantities, choices and parameters, in order.
pub fn in_words(operation: &OperationData, inputs: &[RecordedInput]) -> Vec<String> {
    let takes_input =
        |clause: &&ClauseData| !matches!(clause, ClauseData::Fixed { .. } | ClauseData::Computed { .. });
    let mut clauses = operation.costs.iter().filter(takes_input);
    let mut words = |input: &RecordedInput| match input {
        RecordedInput::Quantity(quantity) => match clauses.next() {
            Some(ClauseData::Rate { unit, .. } | ClauseData::Tiers { unit, .. }) => {
                counted(in_units(*quantity, unit), &unit.name, &unit.plural)
            }
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
