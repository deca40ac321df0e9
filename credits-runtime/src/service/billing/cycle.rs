//! The running cycle of an owner's subscriptions in one wallet: the credits that it gave, and what is left of them.
//!
//! It does not know how a cycle's start or amount is found.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::domain::amount::Amount;
use crate::domain::billing::award::{Award, AwardId, Taken};
use crate::domain::billing::event::Status;
use crate::domain::billing::record::Billing;
use crate::domain::billing::upcoming::{Upcoming, upcoming};
use crate::domain::ids::{FactNumber, ObjectId, WalletId};
use crate::domain::time::Timestamp;
use crate::domain::wallet::Wallet;
use crate::engine::core::Core;
use crate::error::Error;

/// The running cycle of an owner's subscriptions in one wallet; of several subscriptions, their cycles together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CycleUse {
    /// The credits that it gave, with rises, less those that were taken back, expired or were revoked.
    pub given: Amount,
    /// What is left of them, with the credits that holds have set aside.
    pub left: Amount,
    /// When the next credits are expected; `None` if none are.
    pub next_at: Option<Timestamp>,
    /// The next credits.
    pub next: Option<Amount>,
}

impl CycleUse {
    /// The credits of the cycle that were spent, sent or are owed.
    pub fn used(&self) -> Amount {
        self.given.minus(self.left)
    }
}

/// The running cycle in a wallet; `None` without one.
pub(crate) fn running(ledger: &Core, id: &WalletId) -> Result<Option<CycleUse>, Error> {
    let billing = ledger.billing(&id.owner)?;
    let (wallet, now) = ledger.wallet_now(id)?;
    let comes = upcoming(&billing, ledger.policy().fulfilment, now);
    let begun = begun(&billing, id, &comes, now);
    if begun.is_empty() {
        return Ok(None);
    }
    let awards = billing.awards.iter().filter(|(award, _)| is_of(award, &begun, &billing, id));
    let (mut given, mut grants) = (Amount::ZERO, BTreeSet::new());
    for (_, award) in awards {
        given = given.plus(kept(award));
        grants.extend(award.grants.iter().copied());
    }
    let next = begun.keys().filter_map(|item| comes.get(item)?.next).min_by_key(|next| next.at);
    let left = left(&wallet.at(now), &grants);
    Ok(Some(CycleUse { given, left, next_at: next.map(|next| next.at), next: next.map(|next| next.amount) }))
}

/// The items with paid time now, with the start of their newest cycle in the wallet's asset.
fn begun<'a>(
    billing: &'a Billing,
    id: &WalletId,
    comes: &BTreeMap<&ObjectId, Upcoming>,
    now: Timestamp,
) -> BTreeMap<&'a ObjectId, Timestamp> {
    let mut begun = BTreeMap::new();
    for award in billing.awards.keys() {
        let AwardId::Cycle { item, start, asset, .. } = award else { continue };
        let has_ended = comes.get(item).and_then(|comes| comes.paid_until).is_some_and(|end| end <= now);
        if *asset == id.asset && *start <= now && !has_ended && is_running(billing, item, now) {
            begun.insert(item, begun.get(item).copied().unwrap_or(*start).max(*start));
        }
    }
    begun
}

fn is_running(billing: &Billing, item: &ObjectId, now: Timestamp) -> bool {
    let Some(subscription) = billing.subscriptions.get(item) else { return false };
    let status = subscription.latest().map(|state| state.status);
    !subscription.has_ended(now) && !matches!(status, None | Some(Status::Ended | Status::Removed))
}

/// Whether an award is of a cycle that has begun, or of a rise within it.
fn is_of(award: &AwardId, begun: &BTreeMap<&ObjectId, Timestamp>, billing: &Billing, id: &WalletId) -> bool {
    match award {
        AwardId::Cycle { item, start, asset, .. } => *asset == id.asset && begun.get(item) == Some(start),
        AwardId::Rise { subscription, start, asset, .. } => {
            let is_of_item = |(item, begun): (&&ObjectId, &Timestamp)| {
                let state = billing.subscriptions.get(*item).and_then(|states| states.latest());
                begun == start && state.is_some_and(|state| state.subscription == *subscription)
            };
            *asset == id.asset && begun.iter().any(is_of_item)
        }
        _ => false,
    }
}

/// The credits of an award that were not taken back unused and were neither expired nor revoked.
fn kept(award: &Award) -> Amount {
    let taken = award.taken.iter().filter_map(|taking| match &taking.what {
        Taken::Part(part) if award.grants.contains(&part.grant) => Some(part.amount),
        _ => None,
    });
    let forfeited = award.forfeited.iter().map(|forfeited| forfeited.expired.plus(forfeited.revoked));
    award.given.minus(Amount::sum(taken.chain(forfeited)))
}

fn left(wallet: &Wallet, grants: &BTreeSet<FactNumber>) -> Amount {
    let open = wallet.grants.iter().filter(|grant| grants.contains(&grant.number));
    Amount::sum(open.map(|grant| grant.free.plus(grant.held)))
}
