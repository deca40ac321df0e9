//! Operations: their fields, constructors and constants, and the units they need.

use credits_core::{Clause, OperationSpec, Wording};
use proc_macro2::Ident;

use super::choice;
use super::names;
use super::price_list::{or_unknown, terms};
use crate::ast::Word;
use crate::check::{self, ParamKind, forever};
use crate::model::{
    Condition, Constant, Field, FieldKind, Input, Operation, Seen, UnitMarker, Variant, Visible,
};
use crate::vocab::{GENERATED_FUNCTIONS, RUST_RESERVED};

/// The model of an operation. A poisoned one has the fields that were understood, and no terms.
pub(super) fn lower(operation: &check::Operation, words: Wording<'_>) -> Operation {
    let name = &operation.name;
    let mut docs = operation.docs.clone();
    super::sale::separate(&mut docs);
    let price = terms(&operation.price, |price| &price.terms);
    let shown = or_unknown(price, |terms| words.operation(terms));
    docs.push(format!("`{}`: {shown}.", name.text));
    Operation {
        variant: Variant { name: name.text.clone(), ident: names::variant(name), docs },
        constructor: operation.complete.is_ok().then(|| names::ident(&name.text, name.span)),
        constants: constants(operation),
        fields: fields(&operation.fields),
        terms: price.copied().unwrap_or_else(|| nothing(name)),
        inputs: inputs(operation),
        validations: conditions(operation),
        choices: operation.choices.iter().map(|known| choice::lower(known, name, words)).collect(),
    }
}

/// What a poisoned operation is generated with.
fn nothing(name: &Word) -> OperationSpec {
    OperationSpec { name: forever(&name.text), ..OperationSpec::NONE }
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
    match &operation.price {
        Ok(price) => {
            let is_fixed = price.terms.costs.iter().all(|clause| matches!(clause, Clause::Fixed(_)));
            let most = price.cost_max.map(|max| if is_fixed { fixed(max) } else { largest(max) });
            most.into_iter().collect()
        }
        // Which one there would be is not known.
        Err(_) => vec![fixed(0), largest(0)],
    }
}

fn fields(known: &check::Fields) -> Vec<Field> {
    let quantities = known.quantities.iter().map(|quantity| Field {
        ident: quantity_ident(quantity),
        docs: format!("How many {}.", quantity.unit.plural),
        kind: FieldKind::Quantity(names::ident(&quantity.unit.marker, quantity.span)),
    });
    let choices = known.choices.iter().map(|choice| Field {
        ident: names::ident(&choice.name.text, choice.name.span),
        docs: format!("Which {}.", choice.name.text),
        kind: FieldKind::Choice(names::ident(&choice.ty, choice.name.span)),
    });
    let params = known.params.iter().map(|param| Field {
        ident: param.ident.clone(),
        docs: format!("The parameter `{}`.", param.name.text),
        kind: match param.kind {
            ParamKind::Text => FieldKind::Into(param.ty.clone()),
            _ => FieldKind::Plain { ty: param.ty.clone(), is_comparable: param.is_comparable },
        },
    });
    quantities.chain(choices).chain(params).collect()
}

fn quantity_ident(quantity: &check::Quantity) -> Ident {
    names::ident(&quantity.unit.plural, quantity.span)
}

/// The inputs of the clauses, then the parameters that Rust in braces names.
fn inputs(operation: &check::Operation) -> Vec<Input> {
    let (fields, Ok(price)) = (&operation.fields, &operation.price) else { return Vec::new() };
    let mut quantities = fields.quantities.iter();
    let mut choices = fields.choices.iter();
    let mut computed = price.computed.iter();
    let clauses = price.terms.costs.iter().filter_map(|clause| match clause {
        Clause::Fixed(_) => None,
        Clause::Rate { .. } | Clause::Tiers { .. } => {
            quantities.next().map(quantity_ident).map(Input::Quantity)
        }
        Clause::Choice { .. } => {
            choices.next().map(|choice| Input::Choice(names::ident(&choice.name.text, choice.name.span)))
        }
        Clause::Computed { .. } => computed.next().map(|computed| Input::Computed {
            code: computed.code.tokens.clone(),
            span: computed.code.span,
            sees: sees(fields, &computed.params, &computed.choices, cost_sees),
        }),
    });
    let mut inputs: Vec<Input> = clauses.collect();
    let recorded = fields
        .params
        .iter()
        .enumerate()
        .filter(|(place, _)| price.computed.iter().any(|computed| computed.params.contains(place)));
    inputs.extend(recorded.map(|(_, param)| match param.kind {
        ParamKind::Flag => Input::Flag(param.ident.clone()),
        kind => Input::Integer(Visible { ident: param.ident.clone(), seen: cost_sees(kind) }),
    }));
    inputs
}

/// Costs see integers as `i128`, so that no step of theirs overflows.
fn cost_sees(kind: ParamKind) -> Seen {
    match kind {
        ParamKind::Integer => Seen::Widened,
        ParamKind::WideInteger => Seen::Cut,
        _ => Seen::Value,
    }
}

fn validation_sees(kind: ParamKind) -> Seen {
    if kind.is_primitive() { Seen::Value } else { Seen::Reference }
}

fn conditions(operation: &check::Operation) -> Vec<Condition> {
    let condition = |validation: &check::Validation| Condition {
        code: validation.condition.tokens.clone(),
        message: validation.message.clone(),
        sees: sees(&operation.fields, &validation.params, &validation.choices, validation_sees),
    };
    // They may name parts that could not be read.
    let validations = operation.complete.map_or(&[][..], |()| operation.validations.as_slice());
    validations.iter().map(condition).collect()
}

/// The fields that Rust names, each as it sees them.
fn sees(
    fields: &check::Fields,
    params: &[usize],
    choices: &[usize],
    seen: fn(ParamKind) -> Seen,
) -> Vec<Visible> {
    let params = params.iter().filter_map(|place| fields.params.get(*place));
    let choices = choices.iter().filter_map(|place| fields.choices.get(*place));
    params
        .map(|param| Visible { ident: param.ident.clone(), seen: seen(param.kind) })
        .chain(choices.map(|choice| Visible {
            ident: names::ident(&choice.name.text, choice.name.span),
            seen: Seen::Value,
        }))
        .collect()
}

/// The units that need a marker type, each once.
pub(super) fn markers(operations: &[check::Operation]) -> Vec<UnitMarker> {
    let mut markers: Vec<UnitMarker> = Vec::new();
    for quantity in operations.iter().flat_map(check::Operation::quantities) {
        let unit = &quantity.unit;
        let ident = names::ident(&unit.marker, quantity.span);
        if !unit.is_built_in && !markers.iter().any(|known| known.ident == ident) {
            let docs = format!("What {} are counted in.", unit.plural);
            markers.push(UnitMarker { ident, docs, name: unit.name.clone(), plural: unit.plural.clone() });
        }
    }
    markers
}

/// Operations whose fields are not known, those that have no variant of their own, and all names that an item may
/// have that could not be read.
pub(super) fn swallowers(checked: &check::Pricing) -> Vec<Ident> {
    let unknown = checked.operations.iter().filter(|operation| operation.complete.is_err());
    let constructors = unknown.map(|operation| &operation.name).chain(&checked.homonyms);
    let constructors = constructors.map(|name| names::ident(&name.text, name.span));
    let operations = checked.operations.iter().map(|operation| &operation.name);
    let others = operations.chain(checked.plans.iter().map(|plan| &plan.name));
    let read: Vec<&Word> = others.chain(checked.packs.iter().map(|pack| &pack.name)).collect();
    let blocks = checked.names_of_blocks.iter().filter(|_| checked.unreadable.is_some());
    let unread = blocks.filter(|name| !read.iter().any(|read| read.text == name.text));
    let mut swallowers: Vec<Ident> = constructors.collect();
    let names = unread.filter(|name| is_name(&name.text));
    for ident in names.flat_map(every_name) {
        if !swallowers.contains(&ident) {
            swallowers.push(ident);
        }
    }
    swallowers
}

/// Whether Rust can have a variant, a function and a constant of this name.
fn is_name(text: &str) -> bool {
    let is_taken = RUST_RESERVED.contains(&text) || GENERATED_FUNCTIONS.contains(&text);
    !is_taken && text.starts_with(|letter: char| letter.is_alphabetic())
}

/// The Rust names of an operation.
fn every_name(name: &Word) -> [Ident; 4] {
    let constructor = names::ident(&name.text, name.span);
    [constructor, names::variant(name), names::constant(name, "COST"), names::constant(name, "COST_MAX")]
}
