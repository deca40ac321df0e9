//! Lowering: what was checked in, the model out. It chooses Rust names and words of documentation, and what a
//! poisoned item is generated as. It refuses nothing.

mod choice;
mod names;
mod operation;
mod price_list;
mod sale;
mod wording;

use credits_core::{CURRENCIES, CreditsName, Wording};

use crate::check;
use crate::model::{Items, Known, Pricing};
use wording::CreditWords;

/// Makes the model of a definition.
pub(crate) fn pricing(checked: check::Pricing) -> Pricing {
    let credits = CreditWords::new(&checked.settings.credits_named);
    let words = Wording { credits_named: credits_named(&checked), assets: &[] };
    let docs = price_list::docs(&checked, &credits, words);
    let items = match checked.unreadable {
        Some(_) => Items::Unreadable,
        None => Items::Known(known(&checked, &credits, words)),
    };
    let check::Settings { currency, rounding, credits_named, runtime } = checked.settings;
    // A poisoned currency is generated as the first one; the program does not compile anyway.
    let currency = currency.ok().or(CURRENCIES.first().copied());
    let currency = currency.unwrap_or(credits_core::Currency { code: "", exponent: 0, symbol: "" });
    Pricing { runtime, docs, currency, rounding, credits_named, items }
}

fn credits_named(checked: &check::Pricing) -> CreditsName {
    let (one, many) = checked.settings.credits_named.clone();
    CreditsName { one: one.leak(), many: many.leak() }
}

fn known(checked: &check::Pricing, credits: &CreditWords, words: Wording<'_>) -> Known {
    Known {
        operations: checked.operations.iter().map(|item| operation::lower(item, words)).collect(),
        plans: checked.plans.iter().map(|item| sale::plan(item, credits)).collect(),
        packs: checked.packs.iter().map(|item| sale::pack(item, credits)).collect(),
        units: operation::markers(&checked.operations),
        swallowers: operation::swallowers(checked),
    }
}
