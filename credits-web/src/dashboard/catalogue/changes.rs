//! The price lists of this ledger, and the changes from each to the next.

use credits_runtime::DeclaredCatalogue;
use credits_runtime::catalogue::CatalogueData;
use maud::{Markup, html};

use super::terms::{Term, asset_terms, operation_terms, pack_terms, plan_terms, settings_terms};
use crate::parts::coded::coded;
use crate::wording::time;

/// Price lists of the page; older ones are counted.
const LISTED: usize = 20;

/// An item of a price list that changed.
struct Change {
    kind: &'static str,
    name: String,
    what: What,
}

enum What {
    Added(Vec<Term>),
    Removed,
    Changed(Vec<Difference>),
}

/// A term that changed. A missing value is empty.
struct Difference {
    term: String,
    from: String,
    to: String,
}

/// An item with its terms in words.
struct Item {
    kind: &'static str,
    name: String,
    formerly: Vec<String>,
    terms: Vec<Term>,
}

/// The price lists, newest first.
pub(super) fn section(lists: &[DeclaredCatalogue], present: &str) -> Markup {
    let older = lists.len().saturating_sub(LISTED);
    html! {
        section.card {
            h2 { "Price lists of this ledger" }
            p.muted {
                "The ledger keeps every price list with which it was opened, so that old charges stay explained. Ids of prices \
                 and descriptions are not part of it."
            }
            @for (place, list) in lists.iter().enumerate().rev().take(LISTED) {
                article.item {
                    h3 {
                        "Price list " (list.number) ", since " time datetime=(list.declared_at) { (time(list.declared_at)) }
                        @if list.fingerprint == present { " " span.tag { "present" } }
                    }
                    p.muted { "Fingerprint " code { (list.fingerprint) } }
                    @match place.checked_sub(1).and_then(|before| lists.get(before)) {
                        Some(before) => (changes(&before.catalogue, &list.catalogue)),
                        None => p { "The first price list." },
                    }
                }
            }
            @if older > 0 { p.muted { (older) " older price lists are not shown." } }
        }
    }
}

fn changes(from: &CatalogueData, to: &CatalogueData) -> Markup {
    let changes = compared(from, to);
    html! {
        @if changes.is_empty() { p { "Names or descriptions changed, and no terms." } } @else {
            ul {
                @for Change { kind, name, what } in &changes { li {
                    (kind) @if !name.is_empty() { " " code { (name) } } ": "
                    @match what {
                        What::Added(terms) => {
                            span.good { "added" }
                            @for term in terms { ", " (term.name) " " (coded(&term.value)) }
                        }
                        What::Removed => span.bad { "removed" },
                        What::Changed(differences) => {
                            @for (place, Difference { term, from, to }) in differences.iter().enumerate() {
                                @if place > 0 { ", " }
                                (term) " " del { (coded(or_nothing(from))) } " \u{2192} " ins { (coded(or_nothing(to))) }
                            }
                        }
                    }
                } }
            }
        }
    }
}

fn or_nothing(value: &str) -> &str {
    if value.is_empty() { "nothing" } else { value }
}

/// The changes in the order of the newer list, then the removed items.
fn compared(from: &CatalogueData, to: &CatalogueData) -> Vec<Change> {
    let (mut old, mut changes) = (items(from), Vec::new());
    for item in items(to) {
        let is_same = |known: &Item| {
            known.kind == item.kind && (known.name == item.name || item.formerly.contains(&known.name))
        };
        let before = old.iter().position(is_same).map(|place| old.remove(place));
        let Item { kind, name, terms, .. } = item;
        let what = match before {
            None => What::Added(terms),
            Some(before) => What::Changed(differences(&before, &name, &terms)),
        };
        if !matches!(&what, What::Changed(differences) if differences.is_empty()) {
            changes.push(Change { kind, name, what });
        }
    }
    changes.extend(old.into_iter().map(|item| Change {
        kind: item.kind,
        name: item.name,
        what: What::Removed,
    }));
    changes
}

fn differences(before: &Item, name: &str, terms: &[Term]) -> Vec<Difference> {
    let value = |terms: &[Term], name: &str| {
        terms.iter().find(|term| term.name == name).map_or_else(String::new, |term| term.value.clone())
    };
    let renamed = Difference { term: "name".to_owned(), from: before.name.clone(), to: name.to_owned() };
    let mut differences = Vec::from_iter((before.name != name).then_some(renamed));
    let gone = before.terms.iter().filter(|term| terms.iter().all(|new| new.name != term.name));
    for term in terms.iter().chain(gone) {
        let (from, to) = (value(&before.terms, &term.name), value(terms, &term.name));
        if from != to {
            differences.push(Difference { term: term.name.clone(), from, to });
        }
    }
    differences
}

fn items(catalogue: &CatalogueData) -> Vec<Item> {
    let mut items = Vec::new();
    for operation in &catalogue.operations {
        let (name, formerly) = (operation.name.clone(), operation.formerly.clone());
        items.push(Item { kind: "Operation", name, formerly, terms: operation_terms(catalogue, operation) });
    }
    for plan in &catalogue.plans {
        let (name, formerly) = (plan.name.clone(), plan.formerly.clone());
        items.push(Item { kind: "Plan", name, formerly, terms: plan_terms(catalogue, plan) });
    }
    for pack in &catalogue.packs {
        let (name, formerly) = (pack.name.clone(), pack.formerly.clone());
        items.push(Item { kind: "Pack", name, formerly, terms: pack_terms(catalogue, pack) });
    }
    for asset in &catalogue.assets {
        items.push(Item {
            kind: "Asset",
            name: asset.name.clone(),
            formerly: Vec::new(),
            terms: asset_terms(asset),
        });
    }
    let (name, formerly, terms) = (String::new(), Vec::new(), settings_terms(catalogue));
    items.push(Item { kind: "Settings", name, formerly, terms });
    items
}
