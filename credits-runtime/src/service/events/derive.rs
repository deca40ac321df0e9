//! Derives the events of a frame from its facts.
//!
//! It does not know how events reach their handlers.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::billing::of_billing;
use super::{
    BalanceDepleted, BalanceRecovered, CreditsAdded, CreditsDeducted, CreditsExpired, Event, HoldLapsed,
    LowBalanceReached, TransferCompleted, UnresolvedReported,
};
use crate::domain::amount::Amount;
use crate::domain::body::Body;
use crate::domain::booked::Booked;
use crate::domain::entry::EntryBody;
use crate::domain::fact::{Kind, RecordId};
use crate::domain::ids::{FactNumber, HoldId, WalletId};
use crate::domain::time::Timestamp;
use crate::engine::core::Core;
use crate::engine::journal_reader::JournalReader;
use crate::engine::request::slot::Outcome;
use crate::error::{Error, LedgerError};
use crate::service::billing::Unresolved;
use crate::service::entry::{Entry, inputs, operation_name};
use crate::service::transfer::transferred;

/// A wallet's balance before and after a frame, and its last fact there.
struct ChangedBalance {
    wallet: WalletId,
    before: Amount,
    after: Amount,
    last: FactNumber,
}

/// The events of a frame: those of its facts in order, then those of the balances that it changed. A panic is an error,
/// so that the thread that delivers them lives, and tries again.
pub(super) fn events(
    ledger: &Core,
    journal: &mut JournalReader,
    booked: &Booked,
) -> Result<Vec<Event>, Error> {
    without_panic(booked.first(), || derived(ledger, journal, booked))
}

fn without_panic<T>(first: FactNumber, derive: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    let panicked = |_| {
        let message = format!("the events of fact {first} could not be derived: verify the ledger");
        Err(LedgerError::damaged(message).into())
    };
    catch_unwind(AssertUnwindSafe(derive)).unwrap_or_else(panicked)
}

fn derived(ledger: &Core, journal: &mut JournalReader, booked: &Booked) -> Result<Vec<Event>, Error> {
    let mut events = Vec::new();
    let mut changed: Vec<ChangedBalance> = Vec::new();
    for (number, fact) in booked.numbered() {
        if let RecordId::Billing(owner) = &fact.record {
            events.extend(of_billing(ledger, journal, booked, (owner, &fact.body, number))?);
        }
        if let (RecordId::WaitingRoom, Body::Waits { event, .. }) = (&fact.record, &fact.body) {
            let entry = Unresolved::OwnerUnknown { event: Box::new(event.clone()) };
            let report = UnresolvedReported { entry, fact: number, at: booked.at };
            events.push(Event::UnresolvedReported(report));
        }
        let RecordId::Wallet(wallet) = &fact.record else { continue };
        if let Body::Lapsed { hold, at } = &fact.body {
            events.push(lapsed(ledger, journal, wallet, (*hold, *at, number))?);
        }
        let Some(EntryBody { amount, balance_after: after, .. }) = fact.body.entry() else { continue };
        if let Some(changed) = changed.iter_mut().find(|changed| changed.wallet == *wallet) {
            (changed.after, changed.last) = (after, number);
        } else {
            let (wallet, before) = (wallet.clone(), after.minus(amount));
            changed.push(ChangedBalance { wallet, before, after, last: number });
        }
        if let Some(entry) = Entry::of(ledger, booked, number) {
            events.extend(of_entry(wallet, booked.kind, &fact.body, entry));
        }
        if let Body::Sent { to, .. } = &fact.body {
            let outcome = Outcome { frame: booked.clone(), replayed: false, guard: None };
            events.push(Event::TransferCompleted(TransferCompleted {
                sender: wallet.owner.clone(),
                receiver: to.owner.clone(),
                asset: wallet.asset.shown(),
                transfer: transferred(ledger, &outcome)?,
            }));
        }
    }
    for changed in &changed {
        events.extend(of_balance(ledger, changed, booked.at));
    }
    Ok(events)
}

fn of_entry(wallet: &WalletId, kind: Kind, body: &Body, entry: Entry) -> Option<Event> {
    let (owner, asset) = (wallet.owner.clone(), wallet.asset.shown());
    match body {
        Body::Expired { .. } => Some(Event::CreditsExpired(CreditsExpired { owner, asset, entry })),
        // No event: credits that are restored for a late settlement are charged in the same frame.
        Body::Restored { .. } if kind == Kind::Settle => None,
        _ if entry.amount.is_positive() => Some(Event::CreditsAdded(CreditsAdded { owner, asset, entry })),
        _ if entry.amount.is_zero() => None,
        _ => Some(Event::CreditsDeducted(CreditsDeducted { owner, asset, entry })),
    }
}

fn of_balance(ledger: &Core, changed: &ChangedBalance, at: Timestamp) -> Vec<Event> {
    let ChangedBalance { wallet, before, after, last } = changed;
    let (balance_before, balance_after, fact) = (*before, *after, *last);
    let (owner, asset) = (wallet.owner.clone(), wallet.asset.shown());
    let mut events = Vec::new();
    let thresholds = ledger.policy().low_balance_thresholds.iter();
    for threshold in thresholds.filter(|threshold| threshold.asset == wallet.asset.name()) {
        let threshold = Amount::new(threshold.amount);
        if balance_before >= threshold && balance_after < threshold {
            let (owner, asset) = (owner.clone(), asset.clone());
            let event =
                LowBalanceReached { owner, asset, threshold, balance_before, balance_after, fact, at };
            events.push(Event::LowBalanceReached(event));
        }
    }
    match (balance_before.is_positive(), balance_after.is_positive()) {
        (true, false) => events.push(Event::BalanceDepleted(BalanceDepleted {
            owner,
            asset,
            balance_before,
            balance_after,
            fact,
            at,
        })),
        (false, true) => events.push(Event::BalanceRecovered(BalanceRecovered {
            owner,
            asset,
            balance_before,
            balance_after,
            fact,
            at,
        })),
        _ => {}
    }
    events
}

fn lapsed(
    ledger: &Core,
    journal: &mut JournalReader,
    wallet: &WalletId,
    (hold, lapsed_at, fact): (HoldId, Timestamp, FactNumber),
) -> Result<Event, Error> {
    let booked = journal.frame(hold.0)?;
    let held = booked.held(hold, wallet);
    let held = held.ok_or_else(|| LedgerError::damaged(format!("hold {hold} was never opened")))?;
    Ok(Event::HoldLapsed(HoldLapsed {
        owner: wallet.owner.clone(),
        asset: wallet.asset.shown(),
        hold,
        amount: held.amount(),
        operation: operation_name(ledger, held.charge.operation),
        inputs: inputs(ledger, &held.charge),
        lapsed_at,
        fact,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_that_names_the_fact() {
        let panicking = || -> Result<(), Error> { panic!("facts that contradict each other") };
        let error = without_panic(FactNumber(7), panicking).unwrap_err();
        assert!(error.to_string().contains("the events of fact 7 could not be derived"), "{error}");
        assert_eq!(without_panic(FactNumber(7), || Ok(1)).unwrap(), 1);
    }
}
