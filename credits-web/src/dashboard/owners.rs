//! The owners: found by the beginning of their names, all of them or those that need attention.

use std::collections::BTreeSet;

use axum::response::Response;
use credits_runtime::limits::HOLD_LIMIT_MAX;
use credits_runtime::{DueItem, Owner, WalletState};
use maud::{Markup, html};
use serde::Deserialize;

use super::entries::owner_link;
use super::overview::assets;
use super::owner::plans;
use super::visit::{Asked, Page, Visit};
use crate::ledger::Ledger;
use crate::limits::{PAGE_DEFAULT, PAGE_MAX};
use crate::parts::field::{Field, Kind, choice};
use crate::refusal::Refusal;
use crate::wording::figure;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Query {
    prefix: String,
    after: String,
    filter: String,
    asset: String,
}

/// The filters, by name and label.
const FILTERS: [(&str, &str); 3] = [("low", "Running low"), ("debt", "In debt"), ("holds", "With holds")];

/// A page of owners.
struct Listing {
    owners: Vec<Owner>,
    next: Option<Owner>,
    /// What the list leaves out.
    note: &'static str,
}

pub(super) async fn page(visit: Visit, Asked(query): Asked<Query>) -> Response {
    visit.read(move |visit, ledger| read(visit, ledger, query)).await
}

fn read(visit: &Visit, ledger: &Ledger, mut query: Query) -> Result<Page, Refusal> {
    let assets = assets(&ledger.operations.catalogue());
    if query.asset.is_empty() {
        "credits".clone_into(&mut query.asset);
    }
    if !assets.contains(&query.asset) {
        let rule = "name `credits` or an asset of the catalogue";
        return Err(Refusal::invalid("asset", &query.asset, rule));
    }
    let listing = match query.filter.as_str() {
        "" => all(ledger, &query)?,
        "low" => low(ledger, &query)?,
        "debt" => in_debt(ledger, &query)?,
        "holds" => with_holds(ledger, &query)?,
        other => {
            return Err(Refusal::invalid(
                "filter",
                other,
                "choose `low`, `debt` or `holds`, or leave it out",
            ));
        }
    };
    let content = html! {
        section.card { (search(visit, &query, &assets)) }
        section.card {
            (table(visit, ledger, &query, &listing)?)
            @if !listing.note.is_empty() { p.muted { (listing.note) } }
            @if let Some(next) = &listing.next {
                p { a href=(address(visit, &query, Some(next))) { "Next owners" } }
            }
            @if !query.after.is_empty() { p { a href=(address(visit, &query, None)) { "First owners" } } }
        }
        @if query.filter.is_empty() { (unlisted(visit, &query, &listing)) }
    };
    Ok(Page::new("Owners", content))
}

/// The fields of the search, which are sent to this page.
fn search(visit: &Visit, query: &Query, assets: &[String]) -> Markup {
    let filters = FILTERS.map(|(name, label)| (name.to_owned(), label.to_owned()));
    let assets: Vec<_> = assets.iter().map(|asset| (asset.clone(), asset.clone())).collect();
    html! {
        form.filters action=(visit.root.to("owners")) {
            (Field {
                name: "prefix",
                label: "Name begins with",
                value: &query.prefix,
                kind: Kind::Text,
                is_required: false,
                is_refused: false,
            }.draw())
            (choice("filter", "Only", &query.filter, &filters))
            @if assets.len() > 1 {
                label { "Asset" select name="asset" {
                    @for (asset, _) in &assets {
                        option value=(asset) selected[*asset == query.asset] { (asset) }
                    }
                } }
            }
            button { "Search" }
        }
    }
}

/// The address of the list, from its beginning or after an owner.
fn address(visit: &Visit, query: &Query, after: Option<&Owner>) -> String {
    let after = after.map_or("", Owner::as_str);
    let fields = [
        ("prefix", query.prefix.as_str()),
        ("filter", &query.filter),
        ("asset", &query.asset),
        ("after", after),
    ];
    let fields: Vec<_> = fields.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    visit.root.with("owners", &fields)
}

fn table(visit: &Visit, ledger: &Ledger, query: &Query, listing: &Listing) -> Result<Markup, Refusal> {
    let mut rows = Vec::new();
    for owner in &listing.owners {
        rows.push((owner, figures(ledger, query, owner)?));
    }
    Ok(html! {
        @if rows.is_empty() { p.muted { "No owner is found." } } @else {
            table {
                thead { tr {
                    th scope="col" { "Owner" } th.figure scope="col" { "Available" }
                    th.figure.wide scope="col" { "Set aside" } th scope="col" { "Plan" }
                } }
                tbody { @for (owner, figures) in &rows { tr {
                    th scope="row" { (owner_link(visit, owner.as_str(), &query.asset)) }
                    @match figures {
                        Some((state, plans)) => {
                            td.figure.bad[state.debt.is_positive()] { (figure(state.credits.get())) }
                            td.figure.wide.muted { (figure(state.held.get())) }
                            td { (plans) }
                        }
                        None => td.muted colspan="3" { "The name is not valid any more." },
                    }
                } } }
            }
        }
    })
}

/// The state of an owner's wallet, and their plans; `None` for a name that was valid once and is not any more.
fn figures(ledger: &Ledger, query: &Query, owner: &Owner) -> Result<Option<(WalletState, String)>, Refusal> {
    if Owner::new(owner.as_str()).is_err() {
        return Ok(None);
    }
    let wallet = ledger.credits.wallet(owner).of_asset_named(&query.asset);
    Ok(Some((wallet.read().wait()?, plans(&wallet.subscriptions()?))))
}

/// A link to the page of an owner who never had credits, to give the first ones.
fn unlisted(visit: &Visit, query: &Query, listing: &Listing) -> Markup {
    let name = query.prefix.as_str();
    let is_first = listing.owners.first().is_some_and(|first| first.as_str() == name);
    html! {
        @if !is_first && query.after.is_empty() && Owner::new(name).is_ok() {
            p.muted { "No owner has exactly this name. Open the page of " (owner_link(visit, name, &query.asset)) " all the same." }
        }
    }
}

/// Every owner. One of exactly this name comes first, because names are in order.
fn all(ledger: &Ledger, query: &Query) -> Result<Listing, Refusal> {
    let owners = ledger.credits.owners().starting_with(&query.prefix).limit(PAGE_DEFAULT);
    let page = if query.after.is_empty() { owners } else { owners.after(&query.after) }.page()?;
    Ok(Listing { owners: page.owners, next: page.next, note: "" })
}

/// The owners whose balance is below a threshold.
fn low(ledger: &Ledger, query: &Query) -> Result<Listing, Refusal> {
    let low = ledger.credits.low().asset(&query.asset).starting_with(&query.prefix).limit(PAGE_DEFAULT);
    let page = if query.after.is_empty() { low } else { low.after(&query.after) }.page()?;
    let owners = page.owners.into_iter().map(|low| low.owner).collect();
    Ok(Listing { owners, next: page.next, note: "" })
}

/// The owners in debt among the next thousand.
fn in_debt(ledger: &Ledger, query: &Query) -> Result<Listing, Refusal> {
    let owners = ledger.credits.owners().starting_with(&query.prefix).limit(PAGE_MAX);
    let page = if query.after.is_empty() { owners } else { owners.after(&query.after) }.page()?;
    let mut owners = Vec::new();
    for owner in page.owners.into_iter().filter(|owner| Owner::new(owner.as_str()).is_ok()) {
        let debt = ledger.credits.wallet(&owner).of_asset_named(&query.asset).debt()?;
        owners.extend(debt.is_positive().then_some(owner));
    }
    let note = if page.next.is_some() { "1,000 owners were looked through, and there are more." } else { "" };
    Ok(Listing { owners, next: page.next, note })
}

/// The owners with open holds, which lapse within the longest limit.
fn with_holds(ledger: &Ledger, query: &Query) -> Result<Listing, Refusal> {
    let until = ledger.credits.now().after(HOLD_LIMIT_MAX);
    let due = ledger.credits.due().until(until).page()?;
    let owners: BTreeSet<Owner> = due
        .items
        .into_iter()
        .filter_map(|item| match item {
            DueItem::HoldLapses { owner, asset, .. } if asset == query.asset => Some(owner),
            _ => None,
        })
        .filter(|owner| owner.as_str().starts_with(&query.prefix))
        .collect();
    let note =
        if due.is_complete { "" } else { "There are more: these are among the next 1,000 that are due." };
    Ok(Listing { owners: owners.into_iter().collect(), next: None, note })
}
