//! Lowering: checked definitions in, the model out. It chooses Rust names and words of documentation, and what a
//! poisoned item is generated as. It refuses nothing.

mod asset;
mod choice;
mod names;
mod operation;
mod price_list;
mod sale;

use credits_core::{AssetSpec, Wording};

use crate::check;
use crate::model::{Known, Pricing};
use crate::vocab::RUST_RESERVED;

/// Makes the model of a definition.
pub(crate) fn pricing(checked: check::Pricing) -> Pricing {
    let assets: Vec<AssetSpec> = checked.assets.iter().map(|asset| asset.terms).collect();
    let docs = price_list::docs(&checked, &assets);
    let known = known(&checked, price_list::words(&checked, &assets));
    let unreadable = checked.unreadable.is_some();
    // `crate` is a keyword here too, and cannot be a name.
    let named = checked.keywords.iter().filter(|(_, word)| !RUST_RESERVED.contains(&word.text.as_str()));
    let keywords = named.map(|(item, word)| (*item, names::ident(&word.text, word.span))).collect();
    let check::Settings { terms, runtime, .. } = checked.settings;
    Pricing { runtime, docs, settings: terms, keywords, known, unreadable }
}

fn known(checked: &check::Pricing, words: Wording<'_>) -> Known {
    Known {
        assets: checked.assets.iter().map(asset::lower).collect(),
        operations: checked.operations.iter().map(|item| operation::lower(item, words)).collect(),
        plans: checked.plans.iter().map(|item| sale::plan(item, words)).collect(),
        packs: checked.packs.iter().map(|item| sale::pack(item, words)).collect(),
        units: operation::markers(&checked.operations),
        swallowers: operation::swallowers(checked),
    }
}
