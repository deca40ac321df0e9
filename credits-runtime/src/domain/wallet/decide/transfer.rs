//! Transfers: move credits to another wallet, and back.

use super::command::{Prior, Wallets};
use crate::domain::amount::Amount;
use crate::domain::body::Body;
use crate::domain::booked::Booked;
use crate::domain::category::Category;
use crate::domain::command::{Command, Expiry, Missing, Transfer};
use crate::domain::fact::RecordId;
use crate::domain::grant::{Allocation, Class, GrantTerms, Origin, Part};
use crate::domain::ids::{FactNumber, TransferId, WalletId};
use crate::domain::limits::OPEN_GRANTS_MAX;
use crate::domain::numbers::Numbers;
use crate::domain::rejection::{MissingCredits, Rejection};
use crate::domain::time::Timestamp;
use crate::domain::wallet::draft::Draft;
use crate::domain::wallet::state::{Grant, Wallet};

type Facts = Vec<(WalletId, Body)>;

/// Moves free credits. The receiver gets one grant for all parts with the same terms.
pub(super) fn transfer(
    wallets: Wallets<'_>,
    transfer: &Transfer,
    command: &Command,
    (numbers, now): (Numbers, Timestamp),
) -> Result<Facts, Rejection> {
    let (to, receiver) = wallets.receiver();
    let expires_at = expires_at(transfer.expiry, now)?;
    let mut sender = Draft::at(wallets.own, numbers, now);
    let wallet = &*sender.wallet;
    let moves = |grant: &Grant| transfer.including_promotional || grant.terms.class == Class::Paid;
    let free = Amount::sum(wallet.grants.iter().filter(|grant| moves(grant)).map(|grant| grant.free));
    let available = free.min(wallet.available());
    if transfer.amount > available {
        let is_promotional_enough = transfer.amount <= wallet.available();
        let remedy = if is_promotional_enough {
            MissingCredits::IncludePromotional
        } else {
            MissingCredits::GiveOrBuy
        };
        return Err(command.lacks(transfer.amount, available, remedy));
    }
    let parts: Vec<_> =
        wallet.allocate(transfer.amount, moves).iter().filter_map(|part| whole(wallet, *part)).collect();
    let balance_after = wallet.balance.minus(transfer.amount);
    let (id, inbound) = (TransferId(sender.next()), inbound(&parts, &expires_at));
    sender.push(Body::Sent {
        to: to.clone(),
        parts,
        category: transfer.category.clone().unwrap_or(Category::TransferOut),
        metadata: command.metadata.clone(),
        balance_after,
    });
    let sent = sender.finish();

    let mut receiver = Draft::at(receiver, numbers.after(sent.len()), now);
    let open = receiver.wallet.grants.len();
    if open.saturating_add(inbound.len()) > OPEN_GRANTS_MAX {
        return Err(Rejection::OpenGrantsLimit { open });
    }
    for (terms, sources) in inbound {
        let (amount, balance) = (Allocation::total(&sources), receiver.wallet.balance);
        let over = Rejection::BalanceOutOfRange { balance, amount };
        receiver.push(Body::Received {
            from: command.wallet.clone(),
            transfer: id,
            amount,
            sources,
            category: transfer.category.clone().unwrap_or(Category::TransferIn),
            terms,
            metadata: command.metadata.clone(),
            balance_after: balance.checked_add(amount).ok_or(over)?,
        });
    }
    Ok(about(&command.wallet, sent).chain(about(to, receiver.finish())).collect())
}

/// Returns the free credits of a transfer's inbound grants to their sources; `missing` decides about the
/// rest.
pub(super) fn reverse(
    wallets: Wallets<'_>,
    (id, missing): (TransferId, Missing),
    command: &Command,
    prior: &Prior,
    (numbers, now): (Numbers, Timestamp),
) -> Result<Facts, Rejection> {
    let made = prior.opened_by.as_ref();
    let made = made.and_then(|booked| Some((booked, sent(booked, id, command)?)));
    let (booked, parts) = made.ok_or(Rejection::TransferUnknown { transfer: id })?;
    let (to, receiver) = wallets.receiver();
    let mut receiver = Draft::at(receiver, numbers, now);
    let (mut allocations, mut back, mut owed) = (Vec::new(), Vec::new(), Amount::ZERO);
    for (grant, amount, sources) in received(booked, id) {
        let free = receiver.wallet.grant(grant).map_or(Amount::ZERO, |grant| grant.free).min(amount);
        if free.is_positive() {
            allocations.push(Allocation { grant, amount: free });
        }
        let returned = match missing {
            Missing::Owed => amount,
            Missing::Denied | Missing::Left => free,
        };
        owed = owed.plus(returned.minus(free));
        give_back(sources, returned, parts, &mut back);
    }
    let (available, needed) = (Allocation::total(&allocations), Part::total(parts));
    if missing == Missing::Denied && available < needed {
        return Err(command.lacks(needed, available, MissingCredits::ReversePart));
    }
    let amount = available.plus(owed);
    let balance_after = receiver.wallet.balance_after_taking(amount)?;
    receiver.push(Body::Returned {
        to: command.wallet.clone(),
        transfer: id,
        allocations,
        owed,
        metadata: command.metadata.clone(),
        balance_after,
    });
    let returned = receiver.finish();

    let mut sender = Draft::at(wallets.own, numbers.after(returned.len()), now);
    let balance = sender.wallet.balance;
    let over = Rejection::BalanceOutOfRange { balance, amount };
    sender.push(Body::Reclaimed {
        from: to.clone(),
        transfer: id,
        parts: back,
        metadata: command.metadata.clone(),
        balance_after: balance.checked_add(amount).ok_or(over)?,
    });
    Ok(about(to, returned).chain(about(&command.wallet, sender.finish())).collect())
}

fn about(wallet: &WalletId, bodies: Vec<Body>) -> impl Iterator<Item = (WalletId, Body)> {
    bodies.into_iter().map(move |body| (wallet.clone(), body))
}

/// Maps the expiry of a part to its expiry at the receiver. Rejects an expiry in the past or out of range.
fn expires_at(
    expiry: Option<Expiry>,
    now: Timestamp,
) -> Result<impl Fn(Option<Timestamp>) -> Option<Timestamp>, Rejection> {
    let fixed = expiry.map(|expiry| expiry.checked_at(now)).transpose()?;
    Ok(move |kept| fixed.unwrap_or(kept))
}

/// An allocation with the category and terms of its grant.
fn whole(wallet: &Wallet, Allocation { grant, amount }: Allocation) -> Option<Part> {
    let Grant { category, terms, .. } = wallet.grant(grant)?;
    Some(Part { grant, amount, category: category.clone(), terms: terms.clone() })
}

/// The receiver's grants, in the order of their first part: one for all parts with the same terms.
fn inbound(
    parts: &[Part],
    expires_at: impl Fn(Option<Timestamp>) -> Option<Timestamp>,
) -> Vec<(GrantTerms, Vec<Allocation>)> {
    let mut grants: Vec<(GrantTerms, Vec<Allocation>)> = Vec::new();
    for Part { grant, amount, terms, .. } in parts {
        let expires_at = expires_at(terms.expires_at);
        let terms = GrantTerms { expires_at, origin: Origin::Transfer, ..terms.clone() };
        let part = Allocation { grant: *grant, amount: *amount };
        match grants.iter_mut().find(|(known, _)| *known == terms) {
            Some((_, sources)) => sources.push(part),
            None => grants.push((terms, vec![part])),
        }
    }
    grants
}

/// The parts that a transfer of this wallet sent.
fn sent<'a>(booked: &'a Booked, id: TransferId, command: &Command) -> Option<&'a [Part]> {
    let (number, fact) = booked.outcome()?;
    match &fact.body {
        Body::Sent { parts, .. }
            if TransferId(number) == id && fact.record == RecordId::Wallet(command.wallet.clone()) =>
        {
            Some(parts)
        }
        _ => None,
    }
}

/// The inbound grants of a transfer, with the parts of each source.
fn received(booked: &Booked, id: TransferId) -> impl Iterator<Item = (FactNumber, Amount, &[Allocation])> {
    booked.numbered().filter_map(move |(number, fact)| match &fact.body {
        Body::Received { transfer, amount, sources, .. } if *transfer == id => {
            Some((number, *amount, &sources[..]))
        }
        _ => None,
    })
}

/// Returns an amount to the sources it was taken from, last one first.
fn give_back(sources: &[Allocation], mut left: Amount, parts: &[Part], back: &mut Vec<Part>) {
    for source in sources.iter().rev() {
        let amount = source.amount.min(left);
        left = left.minus(amount);
        let part = parts.iter().find(|part| part.grant == source.grant && amount.is_positive());
        back.extend(part.map(|part| Part { amount, ..part.clone() }));
    }
}
