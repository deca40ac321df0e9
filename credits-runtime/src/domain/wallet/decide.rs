//! Deciding: a wallet, a command and an instant become facts, an answer given before, or a rejection.
//!
//! The order of the checks is the order of [`Rejection`]: idempotency, shape, existence, state, money.

use std::sync::Arc;

use credits_core::Overrun;

use super::draft::Draft;
use super::state::{Grant, OpenHold, Wallet};
use crate::domain::amount::Amount;
use crate::domain::command::{Action, Command, Gift, Quote, SettleAt};
use crate::domain::fact::{
    Allocation, Body, ChosenKey, Frame, GrantTerms, Held, Kind, PinnedTerms, Purpose, Settled,
};
use crate::domain::fingerprint::Hash128;
use crate::domain::ids::{FactNumber, HoldId};
use crate::domain::limits::{OPEN_GRANTS_MAX, OPEN_GRANTS_MERGE_ABOVE, OPEN_HOLDS_MAX};
use crate::domain::policy::Policy;
use crate::domain::pricing::OperationId;
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

/// What `command` does to `wallet` at `now`; its first fact will have the number `first`.
pub fn decide(
    wallet: &Wallet,
    command: &Command,
    known: &Known,
    policy: &Policy,
    (first, now): (FactNumber, Timestamp),
) -> Result<Decision, Rejection> {
    if let Some(answered) = replay(wallet, command, known, now)? {
        return Ok(answered);
    }
    command.check()?;
    let mut draft = Draft::at(wallet, first, now);
    let booked = &*draft.wallet;
    match &command.action {
        Action::Give(gift) => draft.push(give(booked, gift, command, now)?),
        Action::Spend(quote) => draft.push(spend(booked, quote, command, policy)?),
        Action::Hold { quote, limit, purpose } => {
            draft.push(hold(booked, quote, (*limit, *purpose), command, policy, now)?);
        }
        Action::Settle { hold, at } => settle(&mut draft, (*hold, at), command, known, policy)?,
        Action::Extend { hold, by } => draft.push(extend(booked, (*hold, *by), command, known, policy, now)?),
        Action::Release(hold) => draft.push(release(booked, *hold, command, known)?),
        Action::Deduct { amount, reason, with_debt } => {
            draft.push(deduct(booked, *amount, (reason, *with_debt), command)?);
        }
    }
    Ok(Decision::Book(draft.finish()))
}

/// The first outcome, if the command was done before.
fn replay(
    wallet: &Wallet,
    command: &Command,
    known: &Known,
    now: Timestamp,
) -> Result<Option<Decision>, Rejection> {
    match &command.action {
        Action::Settle { hold, .. } => Ok(settled_before(*hold, known)),
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
    let terms =
        GrantTerms { expires_at, priority: gift.priority, class: gift.class(), scope: gift.scope.clone() };
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

fn spend(wallet: &Wallet, quote: &Quote, command: &Command, policy: &Policy) -> Result<Body, Rejection> {
    let charge = quote.charge.clone()?;
    let (allocations, owed) = taken(wallet, charge.price, quote.usable_as, policy)?;
    Ok(Body::Charged {
        balance_after: wallet.balance.minus(charge.price),
        charge,
        allocations,
        settles: None,
        shortfall: Amount::ZERO,
        metadata: command.metadata.clone(),
        owed,
    })
}

/// What a price is taken from, and what of it is owed, where debt is allowed.
fn taken(
    wallet: &Wallet,
    price: Amount,
    operation: OperationId,
    policy: &Policy,
) -> Result<(Vec<Allocation>, Amount), Rejection> {
    if !wallet.affords(price, operation, policy) {
        let available = wallet.available_for(operation);
        return Err(Rejection::InsufficientCredits { needed: price, available });
    }
    let allocations = wallet.allocate(price, |grant| grant.is_for(Some(operation)));
    let owed = price.minus(total(&allocations));
    Ok((allocations, owed))
}

fn total(allocations: &[Allocation]) -> Amount {
    Amount::sum(allocations.iter().map(|part| part.amount))
}

fn hold(
    wallet: &Wallet,
    quote: &Quote,
    (limit, purpose): (std::time::Duration, Purpose),
    command: &Command,
    policy: &Policy,
    now: Timestamp,
) -> Result<Body, Rejection> {
    let charge = quote.charge.clone()?;
    let max = policy.hold_limit_max;
    if limit.as_micros() == 0 || limit > max {
        return Err(Rejection::HoldLimitInvalid { seconds: limit.as_secs(), max: max.as_secs() });
    }
    if wallet.holds.len() >= OPEN_HOLDS_MAX {
        return Err(Rejection::OpenHoldsLimit { open: wallet.holds.len() });
    }
    let (pins, unpinned) = taken(wallet, charge.price, quote.usable_as, policy)?;
    let key = command.key.is_given();
    let key = key.then(|| ChosenKey { key: command.key.clone(), fingerprint: command.fingerprint() });
    let pinned = pins.iter().filter_map(|pin| {
        let grant = wallet.grant(pin.grant).filter(|grant| grant.terms.expires_at.is_some())?;
        Some(PinnedTerms { grant: pin.grant, category: grant.category, terms: grant.terms.clone() })
    });
    Ok(Body::Held(Held {
        pinned: pinned.collect(),
        charge,
        pins,
        until: now.after(limit),
        purpose,
        key,
        metadata: command.metadata.clone(),
        usable_as: quote.usable_as,
        unpinned,
        opened_at: now,
    }))
}

/// Lets a hold be open for longer, as long as all of it is within the limit.
fn extend(
    wallet: &Wallet,
    (id, by): (HoldId, std::time::Duration),
    command: &Command,
    known: &Known,
    policy: &Policy,
    now: Timestamp,
) -> Result<Body, Rejection> {
    let Some(OpenHold { held, .. }) = wallet.hold(id) else {
        opened(id, command, known)?;
        return Err(Rejection::HoldClosed { hold: id, closing: closing_of(id, known) });
    };
    let until = held.until.after(by);
    let max = policy.hold_limit_max;
    if by.as_micros() == 0 || until > held.opened_at.after(max) {
        let open = until.microseconds().saturating_sub(held.opened_at.microseconds());
        let seconds = u64::try_from(open / 1_000_000).unwrap_or_default();
        return Err(Rejection::HoldLimitInvalid { seconds, max: max.as_secs() });
    }
    debug_assert!(until > now, "an open hold is not past its limit");
    Ok(Body::Extended { hold: id, until })
}

/// Charges a hold: what it set aside, more of what is available, and what is still missing as the settings say.
fn settle(
    draft: &mut Draft<'_>,
    (id, at): (HoldId, &SettleAt),
    command: &Command,
    known: &Known,
    policy: &Policy,
) -> Result<(), Rejection> {
    let open = draft.wallet.hold(id).map(|open| open.held.clone());
    let late = open.is_none();
    let held = match open {
        Some(held) => held,
        None => opened(id, command, known)?.clone(),
    };
    if late && closing_of(id, known) != HoldClosing::Lapsed {
        return Err(Rejection::HoldClosed { hold: id, closing: closing_of(id, known) });
    }
    let (charge, operation) = at.charge(&held)?;
    let price = charge.price;
    let Settling { allocations, owed } = if late {
        settle_late(draft, &held, (id, price, operation), known)
    } else {
        settle_open(&draft.wallet, &held, price, operation)
    };
    let missing = price.minus(total(&allocations)).minus(owed);
    let (owed, shortfall) = match policy.overrun {
        Overrun::Debt => (owed.plus(missing), Amount::ZERO),
        Overrun::Deny => (owed, missing),
    };
    let balance_after = draft.wallet.balance.checked_sub(price.minus(shortfall));
    let balance_after = balance_after
        .ok_or(Rejection::BalanceOutOfRange { balance: draft.wallet.balance, amount: price.negated() })?;
    draft.push(Body::Charged {
        charge,
        allocations,
        settles: Some(Settled { hold: id, late, key: held.key.clone() }),
        shortfall,
        metadata: held.metadata.clone(),
        balance_after,
        owed,
    });
    Ok(())
}

/// What a settling takes, and what of it is owed because the hold set it aside beyond the grants.
struct Settling {
    allocations: Vec<Allocation>,
    owed: Amount,
}

fn settle_open(wallet: &Wallet, held: &Held, price: Amount, operation: OperationId) -> Settling {
    let mut missing = price;
    let mut allocations = Vec::new();
    for pin in &held.pins {
        take(&mut allocations, &mut missing, *pin);
    }
    // What was set aside beyond the grants: of what is free by now, the rest is owed.
    let reserved = missing.min(held.unpinned);
    let free = wallet.free(Some(operation));
    let owed = reserved.minus(reserved.min(free));
    // What is more than was set aside: of what is available.
    let rest = wallet.available_for(operation).plus(held.unpinned).minus(reserved);
    let more = missing.minus(reserved).min(rest.max(Amount::ZERO));
    let from_free = reserved.minus(owed).plus(more).min(free);
    for part in wallet.allocate(from_free, |grant| grant.is_for(Some(operation))) {
        take(&mut allocations, &mut missing, part);
    }
    Settling { allocations, owed }
}

/// After the lapse: what the hold returned and is still free, then what expired because it lapsed, then what else
/// is available.
fn settle_late(
    draft: &mut Draft<'_>,
    held: &Held,
    (id, price, operation): (HoldId, Amount, OperationId),
    known: &Known,
) -> Settling {
    let mut missing = price;
    let mut allocations = Vec::new();
    for pin in &held.pins {
        let free = draft.wallet.grant(pin.grant).map_or(Amount::ZERO, |grant| grant.free).min(pin.amount);
        take(&mut allocations, &mut missing, Allocation { grant: pin.grant, amount: free });
    }
    let rest = draft.wallet.without(&allocations);
    let expired = expired_with(id, &draft.bodies, known);
    let mut restored = Vec::new();
    for pin in &held.pins {
        let Some(gone) = expired.iter().find(|part| part.grant == pin.grant) else { continue };
        let amount = gone.amount.min(pin.amount).min(missing);
        if let Some(pinned) =
            held.pinned.iter().find(|pinned| pinned.grant == pin.grant && amount.is_positive())
        {
            restored.push((pinned, amount));
            take(&mut allocations, &mut missing, Allocation { grant: pin.grant, amount });
        }
    }
    let others = rest.available_for(operation).max(Amount::ZERO).min(missing);
    for part in rest.allocate(others, |grant| grant.is_for(Some(operation))) {
        take(&mut allocations, &mut missing, part);
    }
    for (PinnedTerms { grant, category, terms }, amount) in restored {
        draft.push(Body::Restored {
            grant: *grant,
            amount,
            category: *category,
            terms: terms.clone(),
            balance_after: draft.wallet.balance.plus(amount),
        });
    }
    Settling { allocations, owed: Amount::ZERO }
}

/// Adds to what is taken, at most what is missing; a grant stands once.
fn take(allocations: &mut Vec<Allocation>, missing: &mut Amount, part: Allocation) {
    let amount = part.amount.min(*missing);
    if !amount.is_positive() {
        return;
    }
    *missing = missing.minus(amount);
    match allocations.iter_mut().find(|known| known.grant == part.grant) {
        Some(known) => known.amount = known.amount.plus(amount),
        None => allocations.push(Allocation { grant: part.grant, amount }),
    }
}

/// What expired at the instant a hold lapsed, because it was free again.
fn expired_with(id: HoldId, due: &[Body], known: &Known) -> Vec<Allocation> {
    let closing = known.closing.iter().flat_map(|(_, frame)| frame.facts.iter().map(|fact| &fact.body));
    let mut lapsed_at = None;
    let mut expired = Vec::new();
    for body in closing.chain(due) {
        match body {
            Body::Lapsed { hold, at } if *hold == id => lapsed_at = Some(*at),
            Body::Expired { grant, amount, effective_at, .. } if lapsed_at == Some(*effective_at) => {
                expired.push(Allocation { grant: *grant, amount: *amount });
            }
            _ => {}
        }
    }
    expired
}

/// What the wallet's journal says of a hold that is no longer open.
fn opened<'a>(id: HoldId, command: &Command, known: &'a Known) -> Result<&'a Held, Rejection> {
    let opening = known.opening.as_ref();
    let held = opening.and_then(|(first, frame)| frame.held(*first, id, &command.wallet));
    held.ok_or(Rejection::HoldUnknown { hold: id })
}

/// Frees what the hold set aside.
fn release(wallet: &Wallet, id: HoldId, command: &Command, known: &Known) -> Result<Body, Rejection> {
    if wallet.hold(id).is_none() {
        opened(id, command, known)?;
        return Err(Rejection::HoldClosed { hold: id, closing: closing_of(id, known) });
    }
    Ok(Body::Released { hold: id })
}

fn deduct(
    wallet: &Wallet,
    amount: Amount,
    (reason, with_debt): (&str, bool),
    command: &Command,
) -> Result<Body, Rejection> {
    let available = wallet.available();
    if amount > available && !with_debt {
        return Err(Rejection::InsufficientCredits { needed: amount, available });
    }
    let Some(balance_after) = wallet.balance.checked_sub(amount) else {
        return Err(Rejection::BalanceOutOfRange { balance: wallet.balance, amount: amount.negated() });
    };
    let allocations = wallet.allocate(amount, |_| true);
    Ok(Body::Deducted {
        reason: reason.to_owned(),
        owed: amount.minus(total(&allocations)),
        allocations,
        metadata: command.metadata.clone(),
        balance_after,
    })
}
