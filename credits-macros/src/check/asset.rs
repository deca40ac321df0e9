//! Assets besides credits.
//!
//! It does not know what they are given or taken for.

use std::collections::HashMap;

use credits_core::{AssetSpec, CreditsName};
use heck::ToUpperCamelCase;
use proc_macro2::Span;

use super::forever::forever;
use super::words::documentation;
use super::{Asset, Checker};
use crate::ast;
use crate::inflect::plural;
use crate::messages;
use crate::vocab::{RUST_RESERVED, follows_a_number, is_rate_word, unit_words};

/// The words of the declared assets.
#[derive(Clone, Debug, Default)]
pub(super) struct Assets {
    /// Every declaration, also a refused one, whose meaning is known.
    declared: Vec<AssetSpec>,
}

impl Assets {
    /// The assets of a definition.
    pub(super) fn of(assets: &[Asset]) -> Self {
        Self { declared: assets.iter().map(|asset| asset.terms).collect() }
    }

    /// The asset that `gem` or `gems` means, by its name.
    pub(super) fn of_amount(&self, word: &str) -> Option<&'static str> {
        self.declared.iter().find(|asset| word == asset.name || word == asset.plural).map(|asset| asset.name)
    }

    /// The asset that `gem_per` or `gems_per` means, by its name.
    pub(super) fn of_rate(&self, word: &str) -> Option<&'static str> {
        word.strip_suffix("_per").and_then(|word| self.of_amount(word))
    }

    /// Several of this asset; an empty one is credits.
    pub(super) fn plural(&self, name: &'static str) -> &'static str {
        if name.is_empty() {
            return "credits";
        }
        self.declared.iter().find(|asset| asset.name == name).map_or(name, |asset| asset.plural)
    }

    /// Every word for an amount of them.
    pub(super) fn words(&self) -> Vec<&'static str> {
        self.declared.iter().flat_map(|asset| [asset.name, asset.plural]).collect()
    }
}

impl Checker<'_> {
    /// A word of an asset stands after a number: it means one thing there.
    pub(super) fn asset_names(&mut self, ast: &ast::Pricing) {
        let mut words: HashMap<&str, Span> = HashMap::new();
        let mut variants: HashMap<String, Span> = HashMap::new();
        for (place, asset) in ast.assets.iter().enumerate() {
            let declared = self.assets.declared.get(place).map_or("", |asset| asset.plural);
            let variant = declared.to_upper_camel_case();
            let many = asset.plural.as_ref().unwrap_or(&asset.name);
            let names = [(asset.name.text.as_str(), asset.name.span), (declared, many.span)];
            let taken = |name: &str| {
                follows_a_number(name)
                    || is_rate_word(name)
                    || unit_words().contains(&name)
                    || name == "credit"
            };
            let not_a_name =
                |name: &str| RUST_RESERVED.contains(&name) || syn::parse_str::<syn::Ident>(&variant).is_err();
            if let Some((name, span)) = names.iter().find(|(name, _)| taken(name)) {
                self.diagnostics.report(*span, messages::asset_word_taken(name));
            } else if let Some((name, span)) = names.iter().find(|(name, _)| not_a_name(name)) {
                self.diagnostics.report(*span, messages::reserved_name(name));
            } else if let Some((name, first)) =
                names.iter().find_map(|(name, _)| words.get(name).map(|first| (*name, *first)))
            {
                let culprit = (asset.name.span, messages::item_twice("asset", name));
                self.diagnostics.report_pair(culprit, (first, messages::first_item(name)));
            } else if let Some(first) = variants.get(&variant) {
                let culprit = (asset.name.span, messages::item_twice("asset", &variant));
                self.diagnostics.report_pair(culprit, (*first, messages::first_item(&variant)));
            }
            for (name, span) in names {
                words.entry(name).or_insert(span);
            }
            variants.entry(variant).or_insert(asset.name.span);
        }
    }

    /// Checks an asset.
    pub(super) fn asset(asset: &ast::Asset, named: Option<CreditsName>) -> Asset {
        let many = asset.plural.as_ref().map_or_else(|| plural(&asset.name.text), |many| many.text.clone());
        let (one, many) = (forever(&asset.name.text), forever(&many));
        let terms = AssetSpec {
            name: one,
            plural: many,
            named: named.unwrap_or(CreditsName { one, many }),
            docs: forever(&documentation(&asset.docs)),
        };
        Asset { name: asset.name.clone(), docs: asset.docs.clone(), terms }
    }
}
