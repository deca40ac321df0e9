//! Settles a hold that is open or has lapsed.

use credits_core::Overrun;

use super::command::Prior;
use super::hold::opened;
use super::replay::closing_of;
use super::take::{CoveredCharge, covered};
use crate::domain::amount::Amount;
use crate::domain::body::Body;
use crate::domain::command::{Command, SettleAt};
use crate::domain::grant::{Allocation, PinnedTerms};
use crate::domain::hold::{Held, Settled};
use crate::domain::ids::HoldId;
use crate::domain::policy::Policy;
use crate::domain::pricing::OperationId;
use crate::domain::rejection::{HoldClosing, Rejection};
use crate::domain::time::Timestamp;
use crate::domain::wallet::draft::Draft;
use crate::domain::wallet::state::Wallet;

/// Charges a hold: the credits it set aside, then other available ones, and the rest by the overrun policy.
pub(super) fn settle(
    draft: &mut Draft<'_>,
    (id, at): (HoldId, &SettleAt),
    command: &Command,
    prior: &Prior,
    (policy, now): (&Policy, Timestamp),
) -> Result<(), Rejection> {
    let open = draft.wallet.hold(id).map(|open| open.held.clone());
    let late = open.is_none();
    let held = match open {
        Some(held) => held,
        None => opened(id, command, prior)?.clone(),
    };
    // An end that is not known after the retention time is forgotten: it may have been a settlement.
    let lapses_now =
        || draft.bodies.iter().any(|body| matches!(body, Body::Lapsed { hold, .. } if *hold == id));
    let is_known =
        prior.hold_closed_by.is_some() || held.opened_at.after(policy.keep_keys) > now || lapses_now();
    if late && (!is_known || closing_of(id, prior) != HoldClosing::Lapsed) {
        return Err(Rejection::HoldClosed { hold: id, closing: closing_of(id, prior) });
    }
    let (charge, operation) = at.charge(&held)?;
    let metadata = command.metadata.over(&held.metadata);
    metadata.check()?;
    let settled = Settled { hold: id, late, key: held.key.clone() };
    // A hold settles as it was opened. Settled as another operation, it is covered if the same plan covers that one now.
    let covered_by = held.covered_by.clone().and_then(|by| {
        let is_same = operation == held.usable_as;
        if is_same { Some(by) } else { draft.wallet.covered_by_plan(&by.plan, operation, now) }
    });
    if let Some(covered_by) = covered_by {
        let charge = CoveredCharge { charge, covered_by, metadata, settles: Some(settled) };
        draft.push(covered(charge, draft.wallet.balance));
        return Ok(());
    }
    let price = charge.price;
    let Settling { allocations, owed } = if late {
        settle_late(draft, &held, (id, price, operation), prior)
    } else {
        settle_open(&draft.wallet, &held, price, operation)
    };
    let missing = price.minus(Allocation::total(&allocations)).minus(owed);
    let (owed, shortfall) = match policy.overrun {
        Overrun::Debt => (owed.plus(missing), Amount::ZERO),
        Overrun::Deny => (owed, missing),
    };
    let balance_after = draft.wallet.balance_after_taking(price.minus(shortfall))?;
    let uses_all = !late && owed.is_zero() && held.unpinned.is_zero() && price == held.amount();
    let charged = Body::Charged {
        expiries: draft.wallet.expiries(&allocations),
        charge,
        allocations,
        settles: Some(settled),
        shortfall,
        metadata,
        balance_after,
        owed,
        covered_by: None,
    };
    if uses_all {
        draft.push_last(charged);
    } else {
        draft.push(charged);
    }
    Ok(())
}

/// The allocations of a settlement, and the debt for credits that the hold set aside beyond the grants.
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
    // The part set aside beyond the grants takes credits that are free by now; the rest becomes debt.
    let reserved = missing.min(held.unpinned);
    let free = wallet.free(Some(operation));
    let owed = reserved.minus(reserved.min(free));
    // The part above the hold takes other available credits.
    let rest = wallet.available_for(operation).plus(held.unpinned).minus(reserved);
    let more = missing.minus(reserved).min(rest.max(Amount::ZERO));
    let from_free = reserved.minus(owed).plus(more).min(free);
    for part in wallet.allocate(from_free, |grant| grant.is_for(Some(operation))) {
        take(&mut allocations, &mut missing, part);
    }
    Settling { allocations, owed }
}

/// Settles after the lapse: takes credits that the hold returned and are still free, then credits that
/// expired because it lapsed, then other available ones.
fn settle_late(
    draft: &mut Draft<'_>,
    held: &Held,
    (id, price, operation): (HoldId, Amount, OperationId),
    prior: &Prior,
) -> Settling {
    let mut missing = price;
    let mut allocations = Vec::new();
    for pin in &held.pins {
        let free = draft.wallet.grant(pin.grant).map_or(Amount::ZERO, |grant| grant.free).min(pin.amount);
        take(&mut allocations, &mut missing, Allocation { grant: pin.grant, amount: free });
    }
    let rest = draft.wallet.without(&allocations);
    let expired = expired_with(id, &draft.bodies, prior);
    let mut restored = Vec::new();
    // A balance near its maximum has no room for restored credits, but then other credits are available.
    let mut room = Amount::MAX.checked_sub(draft.wallet.balance).unwrap_or(Amount::MAX);
    for pin in &held.pins {
        let Some(lost) = expired.iter().find(|part| part.grant == pin.grant) else { continue };
        let amount = lost.amount.min(pin.amount).min(missing).min(room);
        if let Some(pinned) =
            held.pinned.iter().find(|pinned| pinned.grant == pin.grant && amount.is_positive())
        {
            room = room.minus(amount);
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
            category: category.clone(),
            terms: terms.clone(),
            balance_after: draft.wallet.balance.plus(amount),
        });
    }
    Settling { allocations, owed: Amount::ZERO }
}

/// Adds an allocation of up to the missing amount; parts of one grant are merged.
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

/// The credits that expired at the instant a hold lapsed, because the lapse freed them.
fn expired_with(id: HoldId, due: &[Body], prior: &Prior) -> Vec<Allocation> {
    let closing = prior.hold_closed_by.iter().flat_map(|booked| booked.facts.iter().map(|fact| &fact.body));
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
