//! Holds: opening, extending and releasing them.

use super::command::Prior;
use super::replay::closing_of;
use super::take::taken;
use crate::domain::amount::Amount;
use crate::domain::body::Body;
use crate::domain::command::{Command, Quote};
use crate::domain::grant::PinnedTerms;
use crate::domain::hold::{ChosenKey, Held, Purpose};
use crate::domain::ids::HoldId;
use crate::domain::limits::OPEN_HOLDS_MAX;
use crate::domain::policy::Policy;
use crate::domain::rejection::Rejection;
use crate::domain::time::Timestamp;
use crate::domain::wallet::state::{OpenHold, Wallet};

pub(super) fn hold(
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
    let covered_by = wallet.covered_by(quote.usable_as, now);
    let price = if covered_by.is_some() { Amount::ZERO } else { charge.price };
    // Credits set aside beyond the grants may exceed the range of a balance.
    if wallet.held().checked_add(price).is_none() {
        return Err(Rejection::BalanceOutOfRange { balance: wallet.balance, amount: price });
    }
    let (pins, unpinned) = taken(wallet, (price, quote.usable_as), command, policy)?;
    let key = command.key.is_given();
    let key = key.then(|| ChosenKey { key: command.key.clone(), fingerprint: command.fingerprint });
    let pinned = pins.iter().filter_map(|pin| {
        let grant = wallet.grant(pin.grant).filter(|grant| grant.terms.expires_at.is_some())?;
        Some(PinnedTerms { grant: pin.grant, category: grant.category.clone(), terms: grant.terms.clone() })
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
        covered_by,
    }))
}

/// Extends a hold, unless its total time would exceed the limit.
pub(super) fn extend(
    wallet: &Wallet,
    (id, by): (HoldId, std::time::Duration),
    command: &Command,
    prior: &Prior,
    policy: &Policy,
    now: Timestamp,
) -> Result<Body, Rejection> {
    let Some(OpenHold { held, .. }) = wallet.hold(id) else {
        opened(id, command, prior)?;
        return Err(Rejection::HoldClosed { hold: id, closing: closing_of(id, prior) });
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

/// The hold as it was opened, for one that is no longer open. Rejects a hold that the wallet never had.
pub(super) fn opened<'a>(id: HoldId, command: &Command, prior: &'a Prior) -> Result<&'a Held, Rejection> {
    let opening = prior.opened_by.as_ref();
    let held = opening.and_then(|booked| booked.held(id, &command.wallet));
    held.ok_or(Rejection::HoldUnknown { hold: id })
}

/// Releases a hold.
pub(super) fn release(
    wallet: &Wallet,
    id: HoldId,
    command: &Command,
    prior: &Prior,
) -> Result<Body, Rejection> {
    if wallet.hold(id).is_none() {
        opened(id, command, prior)?;
        return Err(Rejection::HoldClosed { hold: id, closing: closing_of(id, prior) });
    }
    Ok(Body::Released { hold: id })
}
