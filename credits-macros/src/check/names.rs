//! Names: unique, and usable in Rust.
//!
//! It does not know the code under a name but that it is a variant, and for an operation a function.

use std::collections::HashMap;

use heck::ToUpperCamelCase;
use proc_macro2::Span;

use super::{Checker, Pricing};
use crate::ast::{self, Word};
use crate::messages;
use crate::vocab::{GENERATED_FUNCTIONS, ItemWord, RUST_RESERVED};

impl Checker<'_> {
    /// Checks the names of all items. The answer is the operations that share a variant with an earlier one.
    pub(super) fn names(&mut self, ast: &ast::Pricing) -> Vec<Word> {
        let operations: Vec<&Word> = ast.operations.iter().map(|item| &item.header.name).collect();
        let plans: Vec<&Word> = ast.plans.iter().map(|item| &item.header.name).collect();
        let packs: Vec<&Word> = ast.packs.iter().map(|item| &item.header.name).collect();
        self.names_of(ItemWord::Plan, &plans);
        self.names_of(ItemWord::Pack, &packs);
        self.names_of(ItemWord::Operation, &operations)
    }

    fn names_of(&mut self, kind: ItemWord, names: &[&Word]) -> Vec<Word> {
        let mut variants: HashMap<String, &Word> = HashMap::new();
        let mut homonyms = Vec::new();
        for name in names {
            let variant = name.text.to_upper_camel_case();
            if is_reserved(kind, &name.text, &variant) {
                self.diagnostics.report(name.span, messages::reserved_name(&name.text));
                continue;
            }
            let Some(first) = variants.get(&variant) else {
                variants.insert(variant, name);
                continue;
            };
            let message = if first.text == name.text {
                messages::item_twice(kind.word(), &name.text)
            } else {
                homonyms.push((*name).clone());
                messages::same_variant(&name.text, &first.text, &variant)
            };
            let other = (first.span, messages::first_item(&first.text));
            self.diagnostics.report_pair((name.span, message), other);
        }
        homonyms
    }

    /// Two units of different names must not become one marker type.
    pub(super) fn markers(&mut self, operations: &[super::Operation]) {
        let mut markers: HashMap<&str, (&str, Span)> = HashMap::new();
        for quantity in operations.iter().flat_map(super::Operation::quantities) {
            let (name, marker) = (quantity.unit.name.as_str(), quantity.unit.marker.as_str());
            match markers.get(marker) {
                None => drop(markers.insert(marker, (name, quantity.span))),
                Some((first, _)) if *first == name => {}
                Some((first, span)) => {
                    let culprit = (quantity.span, messages::same_marker(name, first, marker));
                    self.diagnostics.report_pair(culprit, (*span, messages::first_item(first)));
                }
            }
        }
    }
}

impl Pricing {
    /// Keeps the first of the items that would become one variant, and none whose name Rust cannot have.
    pub(super) fn without_doubles(mut self) -> Self {
        self.assets = first_assets(self.assets);
        self.operations = first_ones(self.operations, ItemWord::Operation, |item| &item.name);
        self.plans = first_ones(self.plans, ItemWord::Plan, |item| &item.name);
        self.packs = first_ones(self.packs, ItemWord::Pack, |item| &item.name);
        self
    }
}

/// An asset's variant is its plural, and credits have one.
fn first_assets(assets: Vec<super::Asset>) -> Vec<super::Asset> {
    let mut known = vec!["Credits".to_owned()];
    assets
        .into_iter()
        .filter(|asset| {
            let variant = asset.terms.plural.to_upper_camel_case();
            let is_first = !known.contains(&variant) && syn::parse_str::<syn::Ident>(&variant).is_ok();
            known.push(variant);
            is_first
        })
        .collect()
}

fn first_ones<T>(items: Vec<T>, kind: ItemWord, name: impl Fn(&T) -> &Word) -> Vec<T> {
    let mut known = Vec::new();
    items
        .into_iter()
        .filter(|item| {
            let name = &name(item).text;
            let variant = name.to_upper_camel_case();
            let is_first = !is_reserved(kind, name, &variant) && !known.contains(&variant);
            known.push(variant);
            is_first
        })
        .collect()
}

fn is_reserved(kind: ItemWord, name: &str, variant: &str) -> bool {
    let is_function = kind == ItemWord::Operation && GENERATED_FUNCTIONS.contains(&name);
    is_function || RUST_RESERVED.contains(&name) || syn::parse_str::<syn::Ident>(variant).is_err()
}
