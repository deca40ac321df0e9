//! Words for the generated documentation: the price list on `Pricing`, and the price of each item.
//!
//! `credits-core` puts prices into words; an item that was refused has none yet.

use std::fmt::Display;

use credits_core::{AssetSpec, NOT_KNOWN_YET, OperationSpec, PackSpec, PlanSpec, Wording, price_list_of};

use crate::check::Pricing;
use crate::diag::Result;

/// The lines of the price list; a kind that has no items has no table.
pub(super) fn docs(pricing: &Pricing, assets: &[AssetSpec]) -> Vec<String> {
    let operations: Vec<(&str, Option<&OperationSpec>)> = pricing
        .operations
        .iter()
        .map(|item| (item.name.text.as_str(), terms(&item.price, |price| &price.terms)))
        .collect();
    let packs: Vec<(&str, Option<&PackSpec>)> = pricing
        .packs
        .iter()
        .map(|item| (item.name.text.as_str(), terms(&item.terms, |sale| &sale.terms)))
        .collect();
    let plans: Vec<(&str, Option<&PlanSpec>)> = pricing
        .plans
        .iter()
        .map(|item| (item.name.text.as_str(), terms(&item.terms, |sale| &sale.terms)))
        .collect();
    let list = price_list_of(words(pricing, assets), &operations, &packs, &plans).to_string();
    let mut lines = vec!["The pricing of this application.".to_owned()];
    if !list.is_empty() {
        lines.push(String::new());
        lines.extend(list.lines().map(str::to_owned));
    }
    lines
}

/// How this definition names what it counts.
pub(super) fn words<'a>(pricing: &Pricing, assets: &'a [AssetSpec]) -> Wording<'a> {
    Wording { credits_named: pricing.settings.terms.credits_named, assets }
}

/// The price in words.
pub(super) fn or_unknown<T, D: Display>(terms: Option<&T>, wording: impl FnOnce(&T) -> D) -> String {
    terms.map_or_else(|| NOT_KNOWN_YET.to_owned(), |terms| wording(terms).to_string())
}

/// The terms that were understood.
pub(super) fn terms<T, U>(checked: &Result<T>, terms: impl FnOnce(&T) -> &U) -> Option<&U> {
    checked.as_ref().ok().map(terms)
}
