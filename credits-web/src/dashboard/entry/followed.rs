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
    let TransferEntries { others, reversal, reverses } = TransferEntries::of(ledger, found)?;
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
                            (link(visit, entry.number)) ", the other side: "
                            (change(entry.amount)) " for " (owner_link(visit, owner.as_str(), &entry.asset))
                        }
                    }
                    @if let Some(sent) = reverses { li { "It reverses the transfer of " (link(visit, sent)) } }
                    @for OwnedEntry { owner, entry, .. } in &reversal {
                        li {
                            (link(visit, entry.number)) ", of the reversal on " (time(entry.recorded_at)) ": "
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

/// The entries of the transfer that an entry belongs to.
#[derive(Default)]
struct TransferEntries {
    /// The other side.
    others: Vec<OwnedEntry>,
    /// The entries of the reversal, for an entry of the transfer itself.
    reversal: Vec<OwnedEntry>,
    /// The entry of the reversed transfer, for an entry of the reversal.
    reverses: Option<FactNumber>,
}

impl TransferEntries {
    fn of(ledger: &Ledger, found: &OwnedEntry) -> Result<Self, Refusal> {
        let Some(transfer) = found.entry.transfer else { return Ok(Self::default()) };
        let sent = FactNumber::new(transfer.get());
        let reversal = reversal(ledger, transfer)?;
        if reversal.iter().any(|entry| entry.entry.number == found.entry.number) {
            let others = reversal.into_iter().filter(|other| other.entry.number != found.entry.number);
            return Ok(Self { others: others.collect(), reversal: Vec::new(), reverses: Some(sent) });
        }
        let mut others = if found.entry.number == sent {
            received(ledger, transfer)?
        } else {
            ledger.credits.entry(sent)?.into_iter().collect()
        };
        // A reversal may follow at once.
        others.retain(|other| reversal.iter().all(|back| back.entry.number != other.entry.number));
        Ok(Self { others, reversal, reverses: None })
    }
}

/// The receiver's entries, which follow in the same commit: one for each inbound grant.
fn received(ledger: &Ledger, transfer: TransferId) -> Result<Vec<OwnedEntry>, Refusal> {
    let mut received = Vec::new();
    for number in 1..=FACTS_MAX {
        let next = ledger.credits.entry(FactNumber::new(transfer.get().saturating_add(number)))?;
        let is_other = next.as_ref().is_some_and(|next| next.entry.transfer == Some(transfer));
        if !is_other && !received.is_empty() {
            break;
        }
        received.extend(next.filter(|_| is_other));
    }
    Ok(received)
}

/// The two entries of a transfer's reversal; none if it was not reversed.
fn reversal(ledger: &Ledger, transfer: TransferId) -> Result<Vec<OwnedEntry>, Refusal> {
    let Some(sent) = ledger.credits.entry(FactNumber::new(transfer.get()))? else { return Ok(Vec::new()) };
    if !is_valid(&sent.owner) {
        return Ok(Vec::new());
    }
    let wallet = ledger.credits.wallet(&sent.owner).of_asset_named(&sent.entry.asset);
    let Some(reversed) = wallet.reversal_of_transfer(transfer)? else { return Ok(Vec::new()) };
    let numbers = [reversed.reclaimed.number, reversed.returned.number];
    let entries = numbers.into_iter().map(|number| ledger.credits.entry(number));
    Ok(entries.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
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
