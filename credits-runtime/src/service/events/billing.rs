//! Events from facts about billing.
//!
//! It does not know how events reach their handlers.

use super::{
    CreditPackPurchased, Event, PurchasePrice, Refund, SubscriptionChanged, SubscriptionCreditsAwarded,
    UnresolvedReported,
};
use crate::domain::amount::Amount;
use crate::domain::billing::award::{AwardId, Taken, Taking};
use crate::domain::billing::event::{BillingEvent, Happening, OwnSubscription, PackPayment};
use crate::domain::billing::purchases::invoice_purchase;
use crate::domain::billing::record::Billing;
use crate::domain::billing::unsolved::Unsolved;
use crate::domain::body::Body;
use crate::domain::booked::Booked;
use crate::domain::fact::{Frame, RecordId};
use crate::domain::grant::GrantTerms;
use crate::domain::ids::{Asset, FactNumber, ObjectId, Owner, TransferId};
use crate::domain::limits::HISTORY_SCAN_MAX;
use crate::engine::core::Core;
use crate::engine::journal_reader::JournalReader;
use crate::error::LedgerError;
use crate::service::billing::Unresolved;

/// The event of a fact about an owner's billing; `None` for a fact without one.
pub(super) fn of_billing(
    ledger: &Core,
    journal: &mut JournalReader,
    booked: &Booked,
    (owner, body, fact): (&Owner, &Body, FactNumber),
) -> Result<Option<Event>, LedgerError> {
    let (at, owner) = (booked.at, owner.clone());
    Ok(match body {
        Body::Billed {
            event:
                BillingEvent {
                    at: happened_at,
                    what:
                        Happening::SubscriptionChanged(state)
                        | Happening::Subscribed(OwnSubscription { state, .. }),
                    ..
                },
        } => {
            let (state, happened_at) = (state.clone(), *happened_at);
            Some(Event::SubscriptionChanged(SubscriptionChanged { owner, state, happened_at, fact, at }))
        }
        Body::Awarded { award, asset, grant, amount, .. } => {
            let Some((name, terms)) = given(booked, *grant) else { return Ok(None) };
            match award {
                AwardId::Pack(session) => Some(Event::CreditPackPurchased(CreditPackPurchased {
                    price: price(&ledger.billing(&owner)?, session),
                    owner,
                    pack: ledger.names().packs.present(&name).to_owned(),
                    session: session.clone(),
                    asset: asset.shown(),
                    credits: *amount,
                    bonus: bonus(booked, &AwardId::PackBonus(session.clone())),
                    fact,
                    at,
                })),
                AwardId::PackBonus(_) => None,
                award => Some(Event::SubscriptionCreditsAwarded(SubscriptionCreditsAwarded {
                    owner,
                    plan: ledger.names().plans.present(&name).to_owned(),
                    award: award.clone(),
                    asset: asset.shown(),
                    amount: *amount,
                    expires_at: terms.expires_at,
                    fact,
                    at,
                })),
            }
        }
        Body::Reported { entry } => {
            let entry = Unresolved::of(&owner, entry);
            Some(Event::UnresolvedReported(UnresolvedReported { entry, fact, at }))
        }
        body => refund(ledger, journal, booked, (&owner, body, fact))?,
    })
}

/// The event of a fact about a return, or about credits that are taken or given back because of one.
fn refund(
    ledger: &Core,
    journal: &mut JournalReader,
    booked: &Booked,
    (owner, body, fact): (&Owner, &Body, FactNumber),
) -> Result<Option<Event>, LedgerError> {
    let back = |award: Option<&AwardId>, asset: Asset, taken| Refund {
        owner: owner.clone(),
        award: award.cloned(),
        invoice: None,
        asset: asset.shown(),
        taken,
        owed: Amount::ZERO,
        forgiven: Amount::ZERO,
        transfers: Vec::new(),
        fact,
        at: booked.at,
    };
    let refund = match body {
        Body::Listed { added, .. } => added.iter().find_map(|entry| match entry {
            Unsolved::PartialReturn(part) => {
                let invoice = Some(part.invoice.clone());
                Some(Refund { invoice, ..back(None, Asset::credits(), Amount::ZERO) })
            }
            _ => None,
        }),
        Body::TookBack { award, taken } => {
            let (grants, asset) = grants(ledger, owner, award)?;
            let (mut left, mut owed, mut forgiven) = (Amount::ZERO, Amount::ZERO, Amount::ZERO);
            for taking in taken {
                let sum = match taking.what {
                    Taken::Part(_) => &mut left,
                    Taken::Owed(_) => &mut owed,
                    Taken::Forfeited(_) | Taken::Left(_) => &mut forgiven,
                };
                *sum = sum.plus(Taking::amount(taking));
            }
            let transfers = transfers(journal, booked, owner, &grants)?;
            Some(Refund { owed, forgiven, transfers, ..back(Some(award), asset, left.plus(owed)) })
        }
        Body::TookForgiven { award, taken } => {
            let (_, asset) = grants(ledger, owner, award)?;
            let amount = Amount::sum(taken.iter().map(Taking::amount));
            Some(Refund { forgiven: amount.negated(), ..back(Some(award), asset, amount) })
        }
        Body::AdvanceTaken { award, taken } => {
            let (_, asset) = grants(ledger, owner, award)?;
            Some(back(Some(award), asset, Amount::sum(taken.iter().map(Taking::amount))))
        }
        Body::GaveBack { award, amount, .. } | Body::AdvanceReturned { award, amount } => {
            let (_, asset) = grants(ledger, owner, award)?;
            Some(back(Some(award), asset, amount.negated()))
        }
        _ => None,
    };
    Ok(refund.map(Event::Refund))
}

/// The reason and the terms of a grant that this frame gives.
fn given(booked: &Booked, grant: FactNumber) -> Option<(String, &GrantTerms)> {
    match &booked.fact(grant)?.body {
        Body::Given { reason, terms, .. } => Some((reason.clone().unwrap_or_default(), terms)),
        _ => None,
    }
}

/// The price of a purchase: of its checkout, or of its lines on an invoice.
fn price(billing: &Billing, session: &ObjectId) -> Option<PurchasePrice> {
    if let Some(purchase) = billing.purchases.get(session) {
        let payment @ PackPayment { subtotal, paid, currency, .. } = &purchase.payment;
        let (currency, paid_in) = (currency.clone(), payment.currency_paid().to_owned());
        return Some(PurchasePrice { subtotal: *subtotal, currency, paid: *paid, paid_in });
    }
    let is_sold = |(invoice, price): &&(ObjectId, ObjectId)| invoice_purchase(invoice, price) == *session;
    let (invoice, price) = billing.sold.keys().find(is_sold)?;
    let invoice = billing.invoices.get(invoice)?;
    let lines =
        invoice.lines.iter().filter(|line| line.price == *price && line.item.is_none() && line.amount > 0);
    let subtotal = lines.map(|line| line.amount).fold(0, i64::saturating_add);
    let (currency, paid_in) = (invoice.currency.clone(), invoice.currency.clone());
    Some(PurchasePrice { subtotal, currency, paid: invoice.paid, paid_in })
}

/// The credits awarded in this frame under an id.
fn bonus(frame: &Frame, id: &AwardId) -> Amount {
    let awarded = frame.facts.iter().find_map(|fact| match &fact.body {
        Body::Awarded { award, amount, .. } if award == id => Some(*amount),
        _ => None,
    });
    awarded.unwrap_or(Amount::ZERO)
}

/// The grants of an award and of its bonus, and their asset.
fn grants(ledger: &Core, owner: &Owner, award: &AwardId) -> Result<(Vec<FactNumber>, Asset), LedgerError> {
    let billing = ledger.billing(owner)?;
    let bonus = match award {
        AwardId::Pack(session) => Some(AwardId::PackBonus(session.clone())),
        _ => None,
    };
    let awards = [Some(award), bonus.as_ref()].into_iter().flatten().filter_map(|id| billing.awards.get(id));
    let grants = awards.flat_map(|award| award.grants.clone()).collect();
    Ok((grants, billing.awards.get(award).map(|award| award.asset.clone()).unwrap_or_default()))
}

/// The transfers by which credits of these grants left the owner's wallet before this frame, among the
/// wallet's newest `HISTORY_SCAN_MAX` facts.
fn transfers(
    journal: &mut JournalReader,
    booked: &Booked,
    owner: &Owner,
    grants: &[FactNumber],
) -> Result<Vec<TransferId>, LedgerError> {
    let of_owner = |record: &RecordId| matches!(record, RecordId::Wallet(wallet) if wallet.owner == *owner);
    let newest = booked.facts.iter().find(|fact| of_owner(&fact.record)).and_then(|fact| fact.previous);
    let (mut next, mut transfers, oldest) = (newest, Vec::new(), grants.iter().min().copied());
    for _ in 0..HISTORY_SCAN_MAX {
        let Some(number) = next.filter(|number| oldest.is_some_and(|oldest| *number > oldest)) else { break };
        let booked = journal.frame(number)?;
        let Some(fact) = booked.fact(number) else { break };
        if let Body::Sent { parts, .. } = &fact.body
            && parts.iter().any(|part| grants.contains(&part.grant))
        {
            transfers.push(TransferId(number));
        }
        next = fact.previous;
    }
    transfers.sort_unstable();
    Ok(transfers)
}
