//! Operations: their fields, constructors and constants, and the units they need.

use credits_core::{OperationSpec, Wording};
use proc_macro2::Ident;

use super::names;
use super::price_list::{or_unknown, terms};
use crate::ast::Word;
use crate::check::{self, forever};
use crate::model::{Constant, Operation, Quantity, UnitMarker, Variant};

/// The model of an operation. A poisoned one has the quantities that were understood, and no terms.
pub(super) fn lower(operation: &check::Operation, words: Wording<'_>) -> Operation {
    let name = &operation.name;
    let mut docs = operation.docs.clone();
    super::sale::separate(&mut docs);
    let price = terms(&operation.price, |price| &price.terms);
    docs.push(format!("`{}`: {}.", name.text, or_unknown(price, |terms| words.operation(terms))));
    let quantities = operation.quantities.as_deref().unwrap_or_default();
    let constructor = operation.quantities.is_ok().then(|| names::ident(&name.text, name.span));
    Operation {
        variant: Variant { name: name.text.clone(), ident: names::variant(name), docs },
        constructor,
        constants: constants(operation),
        quantities: quantities.iter().map(quantity).collect(),
        terms: price.copied().unwrap_or_else(|| nothing(name)),
    }
}

fn constants(operation: &check::Operation) -> Vec<Constant> {
    let name = &operation.name;
    let constant = |suffix: &str, docs: String, credits: i64| Constant {
        ident: names::constant(name, suffix),
        docs,
        credits,
    };
    let fixed = |credits| constant("COST", format!("The cost of `{}`.", name.text), credits);
    let largest = |credits| {
        constant("COST_MAX", format!("The most that `{}` can cost within its limits.", name.text), credits)
    };
    let has_quantities = operation.quantities.as_ref().is_ok_and(|quantities| !quantities.is_empty());
    match &operation.price {
        Ok(price) => price
            .cost_max
            .map(|max| if has_quantities { largest(max) } else { fixed(max) })
            .into_iter()
            .collect(),
        // Which one there would be is not known.
        Err(_) => vec![fixed(0), largest(0)],
    }
}

fn quantity(quantity: &check::Quantity) -> Quantity {
    let unit = &quantity.unit;
    Quantity {
        field: names::ident(&unit.plural, quantity.span),
        marker: names::ident(&unit.marker, quantity.span),
        docs: format!("How many {}.", unit.plural),
    }
}

fn nothing(name: &Word) -> OperationSpec {
    OperationSpec {
        name: forever(&name.text),
        asset: "",
        costs: &[],
        at_least: None,
        at_most: None,
        limits: &[],
        meta: &[],
    }
}

/// The units that need a marker type, each once.
pub(super) fn markers(operations: &[check::Operation]) -> Vec<UnitMarker> {
    let mut markers: Vec<UnitMarker> = Vec::new();
    for quantity in operations.iter().flat_map(|operation| operation.quantities.iter().flatten()) {
        let unit = &quantity.unit;
        let ident = names::ident(&unit.marker, quantity.span);
        if !unit.is_built_in && !markers.iter().any(|known| known.ident == ident) {
            let docs = format!("What {} are counted in.", unit.plural);
            markers.push(UnitMarker { ident, docs, name: unit.name.clone(), plural: unit.plural.clone() });
        }
    }
    markers
}

/// Operations whose quantities are not known, and those that have no variant of their own.
pub(super) fn swallowers(checked: &check::Pricing) -> Vec<Ident> {
    let unknown = checked.operations.iter().filter(|operation| operation.quantities.is_err());
    unknown
        .map(|operation| &operation.name)
        .chain(&checked.homonyms)
        .map(|name| names::ident(&name.text, name.span))
        .collect()
}
