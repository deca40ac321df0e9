//! Plans and packs.

use credits_core::{PackSpec, PlanSpec, Wording};

use super::names;
use super::price_list::{or_unknown, terms};
use crate::ast::Word;
use crate::check;
use crate::check::forever;
use crate::model::{Pack, Plan, Variant};

/// The model of a plan. A poisoned one gives nothing.
pub(super) fn plan(plan: &check::Plan, words: Wording<'_>) -> Plan {
    let price = or_unknown(terms(&plan.terms, |sale| &sale.terms), |terms| words.plan(terms));
    let (variant, spec) = (variant(&plan.name, &plan.docs, &price), names::constant(&plan.name, "SPEC"));
    match &plan.terms {
        Ok(sale) => Plan {
            variant,
            spec,
            terms: sale.terms,
            price_ids: sale.price_ids.clone(),
            processor_ids: sale.processor_ids.clone(),
        },
        Err(_) => Plan {
            variant,
            spec,
            terms: no_plan(&plan.name),
            price_ids: Vec::new(),
            processor_ids: Vec::new(),
        },
    }
}

/// The model of a pack. A poisoned one gives nothing.
pub(super) fn pack(pack: &check::Pack, words: Wording<'_>) -> Pack {
    let price = or_unknown(terms(&pack.terms, |sale| &sale.terms), |terms| words.pack(terms));
    let (variant, spec) = (variant(&pack.name, &pack.docs, &price), names::constant(&pack.name, "SPEC"));
    match &pack.terms {
        Ok(sale) => Pack {
            variant,
            spec,
            terms: sale.terms,
            price_ids: sale.price_ids.clone(),
            processor_ids: sale.processor_ids.clone(),
        },
        Err(_) => Pack {
            variant,
            spec,
            terms: no_pack(&pack.name),
            price_ids: Vec::new(),
            processor_ids: Vec::new(),
        },
    }
}

fn no_plan(name: &Word) -> PlanSpec {
    PlanSpec { name: forever(&name.text), ..PlanSpec::NONE }
}

fn no_pack(name: &Word) -> PackSpec {
    PackSpec { name: forever(&name.text), ..PackSpec::NONE }
}

fn variant(name: &Word, docs: &[String], price: &str) -> Variant {
    let mut docs = docs.to_vec();
    separate(&mut docs);
    docs.push(format!("`{}`: {price}.", name.text));
    Variant { name: name.text.clone(), ident: names::variant(name), docs }
}

/// An empty line after the user's documentation, so that the price is a separate paragraph.
pub(super) fn separate(docs: &mut Vec<String>) {
    if !docs.is_empty() {
        docs.push(String::new());
    }
}
