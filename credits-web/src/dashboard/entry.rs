//! The page of an entry: why it has its amount, where its credits came from, and what followed.

mod followed;
mod sum;

use axum::response::Response;
use credits_runtime::{Amount, Entry, FactNumber, OwnedEntry, Rejection};
use maud::{Markup, html};
use serde::Deserialize;

use super::administer::{Fields, Form, parts};
use super::entries::owner_link;
use super::visit::{Asked, Page, Visit};
use crate::ledger::Ledger;
use crate::refusal::Refusal;
use crate::wording::{figure, time};

#[derive(Deserialize)]
pub(super) struct Query {
    number: String,
}

pub(super) async fn page(visit: Visit, Asked(query): Asked<Query>) -> Response {
    visit.read(move |visit, ledger| read(visit, ledger, &query)).await
}

fn read(visit: &Visit, ledger: &Ledger, query: &Query) -> Result<Page, Refusal> {
    let number: FactNumber = query.number.parse()?;
    let found = ledger.credits.entry(number)?.ok_or(Rejection::EntryUnknown { entry: number })?;
    let OwnedEntry { owner, entry, .. } = &found;
    let reversals = followed::reversals(ledger, &found)?;
    let explanation = entry.explanation();
    let content = html! {
        div.columns {
            div {
                section.card {
                    h2 { bdi { (entry.description()) } }
                    @match &explanation {
                        Some(explanation) => (sum::draw(entry, explanation)),
                        None => p.muted { (entry.category.label()) },
                    }
                    p { "Balance " (figure(entry.balance_before.get())) " \u{2192} "
                        strong { (figure(entry.balance_after.get())) } }
                }
                @if !entry.allocations.is_empty() {
                    section.card {
                        h2 { (if entry.amount.is_positive() { "Given back to" } else { "Taken from" }) }
                        (parts(visit, &entry.allocations))
                    }
                }
                (followed::draw(visit, ledger, &found, &reversals)?)
            }
            div {
                section.card { h2 { "About this entry" } (facts(visit, &found)) }
                @if !entry.metadata.is_none() {
                    section.card { h2 { "Metadata" } (metadata(entry)) }
                }
                @if visit.may_write() && entry.operation.is_some() {
                    @let left = left_to_reverse(entry, &reversals);
                    @if left.is_positive() {
                        section.card {
                            h2 { (Form::Reverse.heading()) }
                            p.muted { "Up to " (figure(left.get())) " can be given back." }
                            (Form::Reverse.draw(visit, &Fields::about(owner.as_str(), &entry.asset, number.get())?, None))
                        }
                    }
                }
            }
        }
    };
    let amount = entry.formatted_amount();
    Ok(Page::new(if explanation.is_some() { format!("Why {amount}?") } else { amount }, content))
}

/// The part of a charge that was not reversed.
pub(super) fn left_to_reverse(charge: &Entry, reversals: &[Entry]) -> Amount {
    let left = Amount::ZERO.checked_sub(charge.amount).unwrap_or_default();
    reversals.iter().fold(left, |left, reversal| left.checked_sub(reversal.amount).unwrap_or_default())
}

/// Who, when and why, as pairs of a name and a value.
fn facts(visit: &Visit, OwnedEntry { owner, entry, .. }: &OwnedEntry) -> Markup {
    let metadata = entry.metadata.value();
    let text = |member| metadata.get(member).and_then(serde_json::Value::as_str);
    let reason = entry.reason.as_deref().or_else(|| text("reason"));
    html! {
        dl.facts {
            dt { "Owner" } dd { (owner_link(visit, owner.as_str(), &entry.asset)) }
            dt { "Entry" } dd { (entry.number) }
            dt { "Time" } dd { time datetime=(entry.recorded_at) { (time(entry.recorded_at)) } }
            @if entry.effective_at != entry.recorded_at {
                dt { "In effect from" } dd { (time(entry.effective_at)) }
            }
            dt { "Category" } dd { (entry.category.label()) }
            @if let Some(reason) = reason { dt { "Reason" } dd { bdi { (reason) } } }
            @if let Some(by) = text("by") { dt { "By" } dd { bdi { (by) } } }
            @if let Some(key) = &entry.key { dt { "Key" } dd { code { bdi { (key) } } } }
            @if let Some(end) = entry.expires_at { dt { "Expires" } dd { (time(end)) } }
            @if let Some(hold) = entry.hold { dt { "Settles" } dd { "hold " (hold) } }
        }
    }
}

fn metadata(entry: &Entry) -> Markup {
    let value = entry.metadata.value();
    let text = serde_json::to_string_pretty(&value).unwrap_or_else(|_| entry.metadata.to_string());
    html! { pre { bdi { (text) } } }
}
