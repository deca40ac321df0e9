//! Money: entries of billing that wait for a decision, the last billing events and their outcome, purchases and returns.

pub(super) mod decide;
mod words;

use axum::response::Response;
use credits_runtime::billing::{BookedEvent, Unresolved};
use credits_runtime::{Category, Credits, Cursor, OwnedEntry, Timestamp};
use maud::{Markup, html};
use serde::Deserialize;

use self::words::{happening, situation};
use super::entries;
use super::visit::{Asked, Page, Visit};
use crate::parts::coded::coded;
use crate::refusal::Refusal;
use crate::wording::{short_time, time};

/// Unresolved entries of the page; others are counted.
const UNRESOLVED_LISTED: usize = 100;
/// Events of the page.
const EVENTS_LISTED: usize = 30;
/// The newest entries of the ledger among which purchases and returns are looked for.
const ENTRIES_SCANNED: usize = 1_000;
/// Purchases and returns of the page.
const PURCHASES_LISTED: usize = 30;

#[derive(Deserialize)]
pub(super) struct Query {
    /// The cursor of older events.
    before: Option<String>,
    /// The form that was sent before.
    done: Option<String>,
}

pub(super) async fn page(visit: Visit, Asked(query): Asked<Query>) -> Response {
    visit
        .read(move |visit, ledger| {
            let credits = &ledger.credits;
            let content = html! {
                @if let Some(done) = query.done.as_deref().and_then(notice) {
                    section.card role="status" { p { (done) } }
                }
                (unresolved(visit, &credits.unresolved()?))
                (link_form(visit))
                (events(visit, credits, query.before.as_deref())?)
                (purchases(visit, credits)?)
            };
            Ok(Page::new("Money", content))
        })
        .await
}

/// The result of a form, by the word in the address.
fn notice(done: &str) -> Option<&'static str> {
    Some(match done {
        "linked" => "The object is linked. Events that waited for its owner are applied.",
        "linked_before" => "The object was linked to this owner before: nothing changed.",
        "dismissed" => "The entry is dismissed. No credits changed.",
        "dismissed_before" => {
            "The entry is not on the list: it was dismissed or resolved before, and nothing changed."
        }
        _ => return None,
    })
}

fn unresolved(visit: &Visit, unresolved: &[Unresolved]) -> Markup {
    let more = unresolved.len().saturating_sub(UNRESOLVED_LISTED);
    html! {
        section.card {
            h2 { "Waiting for a decision" }
            @if unresolved.is_empty() { p.muted { "Nothing waits: every payment and return was applied." } }
            @for entry in unresolved.iter().take(UNRESOLVED_LISTED) { (waiting(visit, entry)) }
            @if more > 0 { p.muted { (more) " more entries are not shown: decide on these first." } }
        }
    }
}

/// One entry with its remedy, and the form for it.
fn waiting(visit: &Visit, entry: &Unresolved) -> Markup {
    html! {
        article.item {
            h3 { bdi { (situation(entry)) } @if let Some(owner) = entry.owner() {
                ", for " (entries::owner_link(visit, owner.as_str(), "credits"))
            } }
            p { "To do: " (coded(&entry.remedy())) "." }
            @if visit.may_write() {
                @if let Unresolved::OwnerUnknown { event, .. } = entry {
                    @for object in event.objects.iter().rev().take(4) {
                        p { a href=(visit.root.with("money/link", &[("object", object.as_str())])) {
                            "Link " code { (object) } " to its owner"
                        } }
                    }
                }
                @if let Some(key) = entry.key() {
                    @let owner = entry.owner().map_or("", |owner| owner.as_str());
                    p { a href=(visit.root.with("money/dismiss", &[("owner", owner), ("key", &key)])) {
                        "Dismiss it" span.muted { " (" (key) ")" }
                    } }
                } @else { p.muted { "It cannot be dismissed: it leaves the list once this is done." } }
            }
        }
    }
}

fn link_form(visit: &Visit) -> Markup {
    html! {
        @if visit.may_write() {
            section.card {
                h2 { "Link an object to an owner" }
                p.muted {
                    "A customer, subscription, checkout, payment or invoice of the payment processor: from then on its events \
                     belong to this owner."
                }
                (decide::link_fields(visit, "", ""))
            }
        }
    }
}

/// The last events with what followed from them.
fn events(visit: &Visit, credits: &Credits<()>, before: Option<&str>) -> Result<Markup, Refusal> {
    let before: Option<Cursor> = before.map(str::parse).transpose()?;
    let page = credits.billing_events().limit(EVENTS_LISTED).before(before).page()?;
    let now = credits.now();
    Ok(html! {
        section.card id="events" {
            h2 { "Billing events" }
            @if page.events.is_empty() {
                p.muted { "There are none among " @if before.is_none() { "the newest facts." } @else { "these facts." } }
            } @else {
                table.stack {
                    thead { tr {
                        th scope="col" { "When" } th scope="col" { "Owner" } th scope="col" { "What" }
                        th scope="col" { "What followed" }
                    } }
                    tbody { @for event in &page.events { (row(visit, event, now)) } }
                }
            }
            @if let Some(next) = page.next {
                p { a href={ (visit.root.with("money", &[("before", &next.to_string())])) "#events" } { "Older events" } }
            }
        }
    })
}

fn row(visit: &Visit, booked: &BookedEvent, now: Timestamp) -> Markup {
    let BookedEvent { recorded_at, owner, event, .. } = booked;
    html! { tr {
        td { time datetime=(recorded_at) title=(time(*recorded_at)) { (short_time(*recorded_at, now)) } }
        td { @match owner {
            Some(owner) => (entries::owner_link(visit, owner.as_str(), "credits")),
            None => span.muted { "unknown" },
        } }
        td { bdi { (happening(&event.what)) } @if event.at != *recorded_at {
            div.muted { "at the processor " (short_time(event.at, now)) }
        } }
        td { (outcome(visit, booked)) }
    } }
}

fn outcome(visit: &Visit, BookedEvent { owner, entries, listed, resolved, .. }: &BookedEvent) -> Markup {
    html! {
        @for entry in entries {
            div {
                a.plain href=(visit.root.with("entry", &[("number", &entry.number.to_string())])) { (entries::amount(entry)) }
                " " (entry.category.label())
            }
        }
        @for entry in listed { div.warn { "listed: " (coded(&entry.remedy())) } }
        @for key in resolved { div.good { "resolved: " bdi { (key) } } }
        @if owner.is_none() { div.warn { "waited for its owner" } }
        @else if entries.is_empty() && listed.is_empty() && resolved.is_empty() { span.muted { "noted" } }
    }
}

/// Purchases, refunds and disputes among the newest entries.
fn purchases(visit: &Visit, credits: &Credits<()>) -> Result<Markup, Refusal> {
    let mut entries = credits.entries().limit(ENTRIES_SCANNED).page()?.entries;
    let scanned = entries.len();
    entries.retain(is_of_money);
    entries.truncate(PURCHASES_LISTED);
    Ok(html! {
        section.card {
            h2 { "Purchases, refunds and disputes" }
            @if entries.is_empty() { p.muted { "There are none among the newest " (scanned) " entries." } } @else {
                (entries::table(visit, &entries, credits.now()))
                p.muted { "Up to " (PURCHASES_LISTED) ", among the newest " (scanned) " entries of the ledger." }
            }
        }
    })
}

fn is_of_money(entry: &OwnedEntry) -> bool {
    matches!(
        entry.entry.category,
        Category::CreditPackPurchase
            | Category::CreditPackRefund
            | Category::SubscriptionRefund
            | Category::Dispute
            | Category::DisputeReversal
    )
}
