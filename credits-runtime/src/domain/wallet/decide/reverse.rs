//! Reverses a charge: undoes its debt, then returns its allocations to their grants in reverse order of use.
//!
//! It does not know that a refund or a plan may take returned credits again.

use super::command::Prior;
use crate::domain::amount::Amount;
use crate::domain::body::Body;
use crate::domain::booked::Booked;
use crate::domain::command::{ChargeReversal, Command};
use crate::domain::fact::{Fact, RecordId};
use crate::domain::grant::{Allocation, ExpiryThen, GrantTerms, Part};
use crate::domain::ids::FactNumber;
use crate::domain::limits::OPEN_GRANTS_MAX;
use crate::domain::rejection::Rejection;
use crate::domain::time::Timestamp;
use crate::domain::wallet::state::Wallet;

/// The frames that the reversal of a charge depends on.
#[derive(Clone, Debug)]
pub struct PriorCharge {
    /// The frame of the entry to reverse.
    pub frame: Booked,
    /// The frame of its last reversal.
    pub reversal: Option<Booked>,
    /// The frames that opened the grants that it took from, in the order of its allocations.
    pub grants: Vec<Booked>,
}

/// A charge of the wallet.
struct Charged<'a> {
    allocations: &'a [Allocation],
    owed: Amount,
    expiries: &'a [ExpiryThen],
    at: Timestamp,
}

/// Reversals of a charge so far.
struct Earlier {
    reversed: Amount,
    last: Option<FactNumber>,
}

pub(super) fn reverse(
    wallet: &Wallet,
    reversal: &ChargeReversal,
    command: &Command,
    prior: &Prior,
    now: Timestamp,
) -> Result<Body, Rejection> {
    let unknown = Rejection::EntryUnknown { entry: reversal.charge };
    let charge = prior.charge.as_deref().ok_or_else(|| unknown.clone())?;
    let charged = charged(charge, reversal.charge, command).ok_or(unknown)??;
    let whole = Allocation::total(charged.allocations).plus(charged.owed);
    let before = before(charge, reversal.charge);
    let left = whole.minus(before.reversed);
    let amount = reversal.amount.unwrap_or(if left.is_zero() { whole } else { left });
    if amount > left || left.is_zero() {
        return Err(Rejection::ReversalExceedsCharge { entry: reversal.charge, amount, left });
    }
    let reversed = before.reversed.plus(amount);
    // Debt comes first, then allocations from the last used one: earlier reversals took the beginning of this order.
    let mut to_skip = before.reversed;
    let mut missing = amount;
    let mut next = |of: Amount| {
        let skipped = of.min(to_skip);
        to_skip = to_skip.minus(skipped);
        let part = of.minus(skipped).min(missing);
        missing = missing.minus(part);
        part
    };
    let of_debt = next(charged.owed);
    let undone = of_debt.min(wallet.debt);
    let mut parts = Vec::new();
    for (part, opened) in charged.allocations.iter().zip(&charge.grants).rev() {
        let back = next(part.amount);
        if back.is_positive() {
            parts.push(returning(wallet, &charged, Allocation { amount: back, ..*part }, opened, now));
        }
    }
    let repaid = of_debt.minus(undone);
    check_grants(wallet, &parts, repaid)?;
    let balance = wallet.balance;
    let over = Rejection::BalanceOutOfRange { balance, amount };
    Ok(Body::ChargeReversed {
        charge: reversal.charge,
        parts,
        undone,
        repaid,
        reversed,
        previous: before.last,
        reason: reversal.reason.clone(),
        metadata: command.metadata.clone(),
        balance_after: balance.checked_add(amount).ok_or(over)?,
    })
}

/// The charge of this number; `None` if the fact is no entry.
fn charged<'a>(
    charge: &'a PriorCharge,
    entry: FactNumber,
    command: &Command,
) -> Option<Result<Charged<'a>, Rejection>> {
    let Fact { record, body, .. } = charge.frame.fact(entry)?;
    let category = body.entry()?.category;
    let Body::Charged { allocations, owed, expiries, .. } = body else {
        return Some(Err(Rejection::NotACharge { entry, category: category.clone() }));
    };
    if *record != RecordId::Wallet(command.wallet.clone()) {
        return Some(Err(Rejection::ChargeOfAnotherWallet { entry }));
    }
    Some(Ok(Charged { allocations, owed: *owed, expiries, at: charge.frame.at }))
}

fn before(charge: &PriorCharge, entry: FactNumber) -> Earlier {
    let facts = charge.reversal.iter().flat_map(Booked::numbered);
    let mut known = facts.filter_map(|(number, fact)| match &fact.body {
        Body::ChargeReversed { charge, reversed, .. } if *charge == entry => {
            Some(Earlier { reversed: *reversed, last: Some(number) })
        }
        _ => None,
    });
    known.next().unwrap_or(Earlier { reversed: Amount::ZERO, last: None })
}

/// A part as it returns to its grant, with at least the lifetime that it had left when it was charged.
fn returning(
    wallet: &Wallet,
    charged: &Charged<'_>,
    Allocation { grant, amount }: Allocation,
    opened: &Booked,
    now: Timestamp,
) -> Part {
    let Some((category, given)) = opened.fact(grant).and_then(|fact| fact.body.gives()) else {
        panic!("grant {grant} was charged but never opened");
    };
    let then = charged.expiries.iter().find(|then| then.grant == grant);
    let then = then.map_or(given.expires_at, |then| then.expires_at);
    let promised = then.map(|then| then.max(now.after(then.since(charged.at))));
    let open = wallet.grant(grant).map(|grant| grant.terms.expires_at);
    let expires_at =
        open.map_or(promised, |open| open.zip(promised).map(|(open, promised)| open.max(promised)));
    Part { grant, amount, category, terms: GrantTerms { expires_at, ..given } }
}

fn check_grants(wallet: &Wallet, parts: &[Part], repaid: Amount) -> Result<(), Rejection> {
    let open = wallet.grants.len();
    let opened = parts.iter().filter(|part| wallet.grant(part.grant).is_none()).count();
    let opened = opened.saturating_add(usize::from(repaid.is_positive()));
    if opened > 0 && open.saturating_add(opened) > OPEN_GRANTS_MAX {
        return Err(Rejection::OpenGrantsLimit { open });
    }
    Ok(())
}
