//! Deciding: a wallet, a command and an instant become facts, an answer given before, or a rejection.
//!
//! The order of the checks is the order of [`Rejection`]: idempotency, shape, existence, state, money.

use std::sync::Arc;

use super::state::{Grant, OpenHold, Wallet};
use crate::domain::amount::Amount;
use crate::domain::command::{Action, Command, Gift, Quote};
use crate::domain::fact::{Allocation, Body, ChosenKey, Frame, GrantTerms, Held, Kind, Purpose, Settled};
use crate::domain::fingerprint::Hash128;
use crate::domain::ids::{FactNumber, HoldId};
use crate::domain::limits::{HOLD_LIMIT_MAX, OPEN_GRANTS_MAX, OPEN_GRANTS_MERGE_ABOVE, OPEN_HOLDS_MAX};
use crate::domain::rejection::{HoldClosing, Rejection};
use crate::domain::time::Timestamp;

/// A frame of the journal, with the number of its first fact.
pub type Numbered = (FactNumber, Arc<Frame>);

/// What the journal knows that the decision needs: looked up by the engine, by key.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// What the command's key, or for a settling the key of its hold, was used for, and by which command.
    pub keyed: Option<(Hash128, Numbered)>,
    /// What closed the hold that the command, or the frame under its key, is about.
    pub closing: Option<Numbered>,
    /// What opened the hold that the command is about, if it is no longer open.
    pub opening: Option<Numbered>,
}

/// What a command comes to.
#[derive(Clone, Debug)]
pub enum Decision {
    /// These facts, in order.
    Book(Vec<Body>),
    /// It was done before: the first outcome again.
    Replay(Numbered),
}

/// What `command` does to `wallet` at `now`.
pub fn decide(
    wallet: &Wallet,
    command: &Command,
    known: &Known,
    now: Timestamp,
) -> Result<Decision, Rejection> {
    if let Some(answered) = replay(wallet, command, known, now)? {
        return Ok(answered);
    }
    command.check()?;
    let (wallet, mut bodies) = wallet.book_due(now);
    match &command.action {
        Action::Give(gift) => bodies.push(give(&wallet, gift, command, now)?),
        Action::Spend(quote) => bodies.push(spend(&wallet, quote, command)?),
        Action::Hold { quote, limit, purpose } => {
            bodies.push(hold(&wallet, quote, (*limit, *purpose), command, now)?);
        }
        Action::Settle(id) => bodies.push(settle(&wallet, *id, command, known)?),
        Action::Release(id) => bodies.extend(release(&wallet, *id, command, known, now)?),
        Action::Deduct { amount, reason } => bodies.push(deduct(&wallet, *amount, reason, command)?),
    }
    Ok(Decision::Book(bodies))
}

/// The first outcome, if the command was done before.
fn replay(
    wallet: &Wallet,
    command: &Command,
    known: &Known,
    now: Timestamp,
) -> Result<Option<Decision>, Rejection> {
    match &command.action {
        Action::Settle(id) => Ok(settled_before(*id, known)),
        Action::Release(id) => Ok(released_before(*id, known)),
        action => {
            let Some((fingerprint, frame)) = &known.keyed else { return Ok(None) };
            if *fingerprint != command.fingerprint() {
                return Err(Rejection::IdempotencyKeyReused { key: command.key.clone() });
            }
            match action {
                Action::Hold { purpose, .. } => held_before(wallet, command, *purpose, frame, known, now),
                _ => Ok(Some(Decision::Replay(frame.clone()))),
            }
        }
    }
}

/// A hold whose key was used: the work is charged, under way, or ended without a charge.
fn held_before(
    wallet: &Wallet,
    command: &Command,
    purpose: Purpose,
    frame: &Numbered,
    known: &Known,
    now: Timestamp,
) -> Result<Option<Decision>, Rejection> {
    let (first, held) = frame;
    let Some(id) = hold_of(*first, held) else {
        // Settling used the key up: the row names the charge.
        return match (purpose, charged(held)) {
            (Purpose::Hold, Some(settled)) => {
                Err(Rejection::HoldClosed { hold: settled.hold, closing: HoldClosing::Settled })
            }
            _ => Ok(Some(Decision::Replay(frame.clone()))),
        };
    };
    let open = wallet.hold(id).filter(|hold| hold.held.until > now);
    match (purpose, open) {
        (Purpose::Run, Some(open)) => {
            Err(Rejection::InProgress { key: command.key.clone(), until: open.held.until })
        }
        (Purpose::Hold, Some(_)) => Ok(Some(Decision::Replay(frame.clone()))),
        // After release or lapse the work may be tried again.
        (Purpose::Run, None) => Ok(None),
        (Purpose::Hold, None) => Err(Rejection::HoldClosed { hold: id, closing: closing_of(id, known) }),
    }
}

/// The hold that a frame opened.
fn hold_of(first: FactNumber, frame: &Frame) -> Option<HoldId> {
    match frame.kind {
        Kind::Hold => frame.answer().map(|(place, _)| HoldId(first.plus(place))),
        _ => None,
    }
}

/// What a frame says of the hold it settled.
fn charged(frame: &Frame) -> Option<&Settled> {
    match &frame.answer()?.1.body {
        Body::Charged { settles, .. } => settles.as_ref(),
        _ => None,
    }
}

/// How the hold was closed. The frame that closed it may be another hold's, with the lapse as something due
/// before it; a hold past its limit that nothing closed has lapsed too.
fn closing_of(id: HoldId, known: &Known) -> HoldClosing {
    let mut closings =
        known.closing.iter().flat_map(|(_, frame)| &frame.facts).filter_map(|fact| match &fact.body {
            Body::Charged { settles: Some(settled), .. } if settled.hold == id => Some(HoldClosing::Settled),
            Body::Released { hold } if *hold == id => Some(HoldClosing::Released),
            _ => None,
        });
    closings.next_back().unwrap_or(HoldClosing::Lapsed)
}

/// The charge of this hold, or of another hold under the same key: one key is charged once.
fn settled_before(id: HoldId, known: &Known) -> Option<Decision> {
    let by_closing = known.closing.as_ref();
    let by_key = known.keyed.as_ref().map(|(_, frame)| frame);
    let frames =
        by_closing.into_iter().filter(|(_, frame)| charged(frame).is_some_and(|settled| settled.hold == id));
    let charge = frames.chain(by_key.into_iter().filter(|(_, frame)| charged(frame).is_some())).next()?;
    Some(Decision::Replay(charge.clone()))
}

fn released_before(id: HoldId, known: &Known) -> Option<Decision> {
    let closing = known.closing.as_ref().filter(|_| closing_of(id, known) == HoldClosing::Released)?;
    Some(Decision::Replay(closing.clone()))
}

fn give(wallet: &Wallet, gift: &Gift, command: &Command, now: Timestamp) -> Result<Body, Rejection> {
    let expires_at = gift.expiry.at(now);
    if let Some(expires_at) = expires_at.filter(|expires_at| *expires_at <= now) {
        return Err(Rejection::ExpiryInPast { expires_at, now });
    }
    let category = gift.category();
    let terms = GrantTerms {
        expires_at,
        priority: GrantTerms::PRIORITY_DEFAULT,
        class: gift.class(),
        scope: Vec::new(),
    };
    let joins = joinable(wallet, &terms, gift);
    if joins.is_none() && wallet.grants.len() >= OPEN_GRANTS_MAX {
        return Err(Rejection::OpenGrantsLimit { open: wallet.grants.len() });
    }
    let Some(balance_after) = wallet.balance.checked_add(gift.amount) else {
        return Err(Rejection::BalanceOutOfRange { balance: wallet.balance, amount: gift.amount });
    };
    Ok(Body::Given {
        amount: gift.amount,
        category,
        terms,
        reason: gift.reason.clone(),
        joins,
        metadata: command.metadata.clone(),
        balance_after,
    })
}

/// In a wallet with many open grants, the one that a gift of these terms joins.
fn joinable(wallet: &Wallet, terms: &GrantTerms, gift: &Gift) -> Option<FactNumber> {
    if wallet.grants.len() <= OPEN_GRANTS_MERGE_ABOVE {
        return None;
    }
    let same = |grant: &&Grant| grant.terms == *terms && grant.category == gift.category();
    wallet.grants.iter().find(same).map(|grant| grant.number)
}

fn spend(wallet: &Wallet, quote: &Quote, command: &Command) -> Result<Body, Rejection> {
    let charge = quote.charge.clone()?;
    let allocations = allocate_whole(wallet, charge.price)?;
    Ok(Body::Charged {
        balance_after: wallet.balance.minus(charge.price),
        charge,
        allocations,
        settles: None,
        shortfall: Amount::ZERO,
        metadata: command.metadata.clone(),
    })
}

fn hold(
    wallet: &Wallet,
    quote: &Quote,
    (limit, purpose): (std::time::Duration, Purpose),
    command: &Command,
    now: Timestamp,
) -> Result<Body, Rejection> {
    let charge = quote.charge.clone()?;
    if limit.as_micros() == 0 || limit > HOLD_LIMIT_MAX {
        return Err(Rejection::HoldLimitInvalid { seconds: limit.as_secs(), max: HOLD_LIMIT_MAX.as_secs() });
    }
    if wallet.holds.len() >= OPEN_HOLDS_MAX {
        return Err(Rejection::OpenHoldsLimit { open: wallet.holds.len() });
    }
    let pins = allocate_whole(wallet, charge.price)?;
    let key = command.key.is_given();
    let key = key.then(|| ChosenKey { key: command.key.clone(), fingerprint: command.fingerprint() });
    let metadata = command.metadata.clone();
    Ok(Body::Held(Held { charge, pins, until: now.after(limit), purpose, key, metadata }))
}

/// Charges what the hold set aside; after its lapse, what is free now, and the rest is a shortfall.
fn settle(wallet: &Wallet, id: HoldId, command: &Command, known: &Known) -> Result<Body, Rejection> {
    if let Some(OpenHold { held, .. }) = wallet.hold(id) {
        return Ok(charge_hold(wallet, (id, held), held.pins.clone(), false));
    }
    let held = opened(id, command, known)?;
    if closing_of(id, known) != HoldClosing::Lapsed {
        return Err(Rejection::HoldClosed { hold: id, closing: closing_of(id, known) });
    }
    Ok(charge_hold(wallet, (id, held), wallet.allocate(held.charge.price), true))
}

fn charge_hold(
    wallet: &Wallet,
    (id, held): (HoldId, &Held),
    allocations: Vec<Allocation>,
    late: bool,
) -> Body {
    let taken = Amount::sum(allocations.iter().map(|part| part.amount));
    Body::Charged {
        charge: held.charge.clone(),
        allocations,
        settles: Some(Settled { hold: id, late, key: held.key.clone() }),
        shortfall: held.charge.price.minus(taken),
        metadata: held.metadata.clone(),
        balance_after: wallet.balance.minus(taken),
    }
}

/// What the wallet's journal says of a hold that is no longer open.
fn opened<'a>(id: HoldId, command: &Command, known: &'a Known) -> Result<&'a Held, Rejection> {
    let opening = known.opening.as_ref();
    let held = opening.and_then(|(first, frame)| frame.held(*first, id, &command.wallet));
    held.ok_or(Rejection::HoldUnknown { hold: id })
}

/// Frees what the hold set aside; what of it had expired meanwhile expires now.
fn release(
    wallet: &Wallet,
    id: HoldId,
    command: &Command,
    known: &Known,
    now: Timestamp,
) -> Result<Vec<Body>, Rejection> {
    let Some(open) = wallet.hold(id) else {
        opened(id, command, known)?;
        return Err(Rejection::HoldClosed { hold: id, closing: closing_of(id, known) });
    };
    let mut bodies = vec![Body::Released { hold: id }];
    let mut balance = wallet.balance;
    let mut pins: Vec<_> = open.held.pins.iter().filter(|pin| is_past(wallet, **pin, now)).collect();
    pins.sort_unstable_by_key(|pin| pin.grant);
    for pin in pins {
        balance = balance.minus(pin.amount);
        bodies.push(Body::Expired {
            grant: pin.grant,
            amount: pin.amount,
            effective_at: now,
            balance_after: balance,
        });
    }
    Ok(bodies)
}

fn is_past(wallet: &Wallet, pin: Allocation, now: Timestamp) -> bool {
    wallet.grant(pin.grant).is_some_and(|grant| grant.has_expired(now))
}

fn deduct(wallet: &Wallet, amount: Amount, reason: &str, command: &Command) -> Result<Body, Rejection> {
    Ok(Body::Deducted {
        reason: reason.to_owned(),
        allocations: allocate_whole(wallet, amount)?,
        metadata: command.metadata.clone(),
        balance_after: wallet.balance.minus(amount),
    })
}

fn allocate_whole(wallet: &Wallet, amount: Amount) -> Result<Vec<Allocation>, Rejection> {
    let available = wallet.available();
    if amount > available {
        return Err(Rejection::InsufficientCredits { needed: amount, available });
    }
    Ok(wallet.allocate(amount))
}
