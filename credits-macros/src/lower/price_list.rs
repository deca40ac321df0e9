//! The documentation of `Pricing`: the whole catalogue as Markdown tables.
//!
//! It does not know how a price is put into words.

use credits_core::Wording;

use super::wording::{self, CreditWords};
use crate::check::Pricing;

/// The lines of the price list; a kind that has no items has no table.
pub(super) fn docs(pricing: &Pricing, words: &CreditWords, wording: Wording<'_>) -> Vec<String> {
    let operations = pricing.operations.iter().map(|item| {
        [
            format!("`{}`", item.name.text),
            wording::or_unknown(&item.price, |price| wording.operation(&price.spec).to_string()),
        ]
    });
    let packs = pricing.packs.iter().map(|item| {
        let gives = wording::or_unknown(&item.terms, |terms| words.pack_gives(terms));
        [
            format!("`{}`", item.name.text),
            gives,
            wording::or_unknown(&item.terms, |terms| terms.costs.to_string()),
        ]
    });
    let plans = pricing.plans.iter().map(|item| {
        let terms = &item.terms;
        [
            format!("`{}`", item.name.text),
            wording::or_unknown(terms, |terms| words.plan_gives(terms)),
            wording::or_unknown(terms, |terms| wording::unused(terms.unused_credits).to_owned()),
            wording::or_unknown(terms, |terms| wording::stripe_prices(&terms.stripe_prices)),
        ]
    });
    let mut lines = vec!["The pricing of this application.".to_owned()];
    lines.extend(table("Operations", ["operation", "costs"], operations));
    lines.extend(table("Packs", ["pack", "gives", "costs"], packs));
    let unused = format!("unused {}", words.many());
    lines.extend(table("Plans", ["plan", "gives", &unused, "Stripe price"], plans));
    lines
}

fn table<const N: usize>(
    title: &str,
    head: [&str; N],
    rows: impl ExactSizeIterator<Item = [String; N]>,
) -> Vec<String> {
    if rows.len() == 0 {
        return Vec::new();
    }
    let row = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
        format!("| {} |", cells.join(" | "))
    };
    let mut lines = vec![String::new(), format!("# {title}"), String::new()];
    lines.push(row(&head.map(str::to_owned)));
    lines.push(row(&[const { "---" }; N].map(str::to_owned)));
    lines.extend(rows.map(|cells| row(&cells)));
    lines
}
