//! The table of entries of any wallets, and the page of the newest ones of the whole ledger.

use axum::response::Response;
use credits_runtime::{Cursor, Entry, OwnedEntry, Timestamp};
use maud::{Markup, html};
use serde::Deserialize;

use super::visit::{Asked, Page, Visit};
use crate::limits::PAGE_DEFAULT;
use crate::wording::{change, figure, short_time, time};

#[derive(Deserialize)]
pub(super) struct Query {
    before: Option<String>,
}

/// The newest entries of the ledger.
pub(super) async fn page(visit: Visit, Asked(query): Asked<Query>) -> Response {
    visit
        .read(move |visit, ledger| {
            let before: Option<Cursor> = query.before.as_deref().map(str::parse).transpose()?;
            let page = ledger.credits.entries().limit(PAGE_DEFAULT).before(before).page()?;
            let content = html! {
                section.card {
                    (table(visit, &page.entries, ledger.credits.now()))
                    @if let Some(next) = page.next {
                        p { a href=(visit.root.with("entries", &[("before", &next.to_string())])) { "Older entries" } }
                    }
                }
            };
            Ok(Page::new("Entries", content))
        })
        .await
}

/// Entries of several owners.
pub(super) fn table(visit: &Visit, entries: &[OwnedEntry], now: Timestamp) -> Markup {
    html! {
        @if entries.is_empty() { p.muted { "There are no entries yet." } } @else {
            table {
                thead { tr {
                    th scope="col" { "When" } th scope="col" { "Owner" } th scope="col" { "What" }
                    th.figure scope="col" { "Amount" } th.figure.wide scope="col" { "Balance" }
                } }
                tbody { @for OwnedEntry { owner, entry, .. } in entries { tr {
                    td { (permalink(visit, entry, now)) }
                    td { (owner_link(visit, owner.as_str(), &entry.asset)) }
                    td { (what(entry)) }
                    td.figure { (amount(entry)) }
                    td.figure.wide.muted { (figure(entry.balance_after.get())) }
                } } }
            }
        }
    }
}

/// The time of an entry, with a link to its page.
pub(super) fn permalink(visit: &Visit, entry: &Entry, now: Timestamp) -> Markup {
    let short = short_time(entry.recorded_at, now);
    // A phone has room for the day.
    let (day, clock) = short.rsplit_once(' ').unwrap_or((&short, ""));
    html! {
        a href=(visit.root.with("entry", &[("number", &entry.number.to_string())])) {
            time datetime=(entry.recorded_at) title=(time(entry.recorded_at)) { (day) span.wide { " " (clock) } }
        }
    }
}

/// What happened, with the category where the description does not tell.
pub(super) fn what(entry: &Entry) -> Markup {
    let (description, label) = (entry.description(), entry.category.label());
    html! {
        bdi { (description) }
        @if entry.operation.is_none() && entry.counterparty.is_none() && !description.starts_with(&label) { " " span.tag { (label) } }
        @if let Some(by) = &entry.covered_by { " " span.tag { "covered by " (by.plan) } }
    }
}

/// The change of the balance, with the asset unless it is credits.
pub(super) fn amount(entry: &Entry) -> Markup {
    html! { (change(entry.amount)) @if entry.asset != "credits" { " " span.muted { (entry.asset) } } }
}

/// The name of an owner, with a link to their page.
pub(super) fn owner_link(visit: &Visit, owner: &str, asset: &str) -> Markup {
    let mut query = vec![("name", owner)];
    query.extend((asset != "credits").then_some(("asset", asset)));
    html! { a href=(visit.root.with("owner", &query)) { bdi { (owner) } } }
}
