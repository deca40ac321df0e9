//! Entries that belong to an entry: reversals, the reversed charge, the other side of a transfer; and the rest of a grant.

use credits_runtime::{Entry, FactNumber, OwnedEntry, Owner, TransferId};
use maud::{Markup, html};

use crate::dashboard::entries::owner_link;
use crate::dashboard::visit::Visit;
use crate::ledger::Ledger;
use crate::refusal::Refusal;
use crate::wording::{change, figure, time};

/// Facts behind a transfer's entry among which its other entries are looked for.
const FACTS_MAX: u64 = 64;

/// The reversals of a charge, oldest first.
pub(super) fn reversals(ledger: &Ledger, found: &OwnedEntry) -> Result<Vec<Entry>, Refusal> {
    let OwnedEntry { owner, entry, .. } = found;
    if entry.operation.is_none() || !is_valid(owner) {
        return Ok(Vec::new());
    }
    let wallet = ledger.credits.wallet(owner).of_asset_named(&entry.asset);
    Ok(wallet.reversals_of(entry.number)?)
}

/// Whether the owner's wallet can be read: a name that was valid once may not be any more.
fn is_valid(owner: &Owner) -> bool {
    Owner::new(owner.as_str()).is_ok()
}

/// The list, if there is anything on it.
pub(super) fn draw(
    visit: &Visit,
    ledger: &Ledger,
    found: &OwnedEntry,
    reversals: &[Entry],
) -> Result<Markup, Refusal> {
    let entry = &found.entry;
    let others = match entry.transfer {
        Some(transfer) => sides(ledger, transfer, found)?,
        None => Vec::new(),
    };
    let left = left_of_grant(ledger, found)?;
    let is_empty = reversals.is_empty() && entry.reverses.is_none() && others.is_empty();
    Ok(html! {
        @if !is_empty || left.is_some() || entry.covered_by.is_some() {
            section.card {
                h2 { "What belongs to it" }
                ul.plain {
                    @for reversal in reversals {
                        li {
                            (link(visit, reversal.number)) " gave back " (figure(reversal.amount.get())) " on "
                            (time(reversal.recorded_at))
                            @if let Some(reason) = &reversal.reason { ": " bdi { (reason) } }
                        }
                    }
                    @if let Some(charge) = entry.reverses { li { "It reverses the charge of " (link(visit, charge)) } }
                    @for OwnedEntry { owner, entry, .. } in &others {
                        li {
                            (link(visit, entry.number)) ", the other side of the transfer: "
                            (change(entry.amount)) " for " (owner_link(visit, owner.as_str(), &entry.asset))
                        }
                    }
                    @if let Some(left) = left { li { (left) } }
                    @if let Some(by) = &entry.covered_by {
                        li { "The plan " (by.plan) " covered it, by subscription " code { (by.subscription.as_str()) } }
                    }
                }
            }
        }
    })
}

fn link(visit: &Visit, number: FactNumber) -> Markup {
    html! { a href=(visit.root.with("entry", &[("number", &number.to_string())])) { "Entry " (number) } }
}

/// The entries of a transfer in the other wallet.
fn sides(ledger: &Ledger, transfer: TransferId, found: &OwnedEntry) -> Result<Vec<OwnedEntry>, Refusal> {
    let sent = FactNumber::new(transfer.get());
    if found.entry.number != sent {
        let other = ledger.credits.entry(sent)?;
        return Ok(other.into_iter().filter(|other| other.owner != found.owner).collect());
    }
    // The receiver's entries follow in the same commit: one for each inbound grant.
    let mut received = Vec::new();
    for number in 1..=FACTS_MAX {
        let next = ledger.credits.entry(FactNumber::new(sent.get().saturating_add(number)))?;
        let is_other = next.as_ref().is_some_and(|next| next.entry.transfer == Some(transfer));
        if !is_other && !received.is_empty() {
            break;
        }
        received.extend(next.filter(|_| is_other));
    }
    Ok(received)
}

/// `4 of 500 left`, for an entry that opened a grant.
fn left_of_grant(ledger: &Ledger, found: &OwnedEntry) -> Result<Option<String>, Refusal> {
    let OwnedEntry { owner, entry, .. } = found;
    let wallet = ledger.credits.wallet(owner).of_asset_named(&entry.asset);
    if !entry.amount.is_positive() || entry.reverses.is_some() || !is_valid(owner) {
        return Ok(None);
    }
    let grants = wallet.open_grants()?;
    let open = grants.iter().find(|grant| grant.id == entry.number);
    Ok(Some(match open {
        Some(grant) => {
            let given = entry.amount.max(grant.free);
            format!("{} of {} left", figure(grant.free.get()), figure(given.get()))
        }
        None => "Nothing is left of the credits".to_owned(),
    }))
}
