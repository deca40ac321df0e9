//! Trims rolled-over credits: under a plan with `up_to n`, the free credits of a subscription's earlier
//! cycles beyond n expire when a newer cycle is awarded.
//!
//! It does not know which awards are due, nor when credits expire by themselves.

use std::collections::BTreeMap;

use super::Booking;
use crate::domain::amount::Amount;
use crate::domain::billing::award::AwardId;
use crate::domain::body::Body;
use crate::domain::ids::ObjectId;
use crate::domain::time::Timestamp;
use crate::domain::wallet::Wallet;

/// The newest awarded cycle of a subscription under such a plan, ordered by start.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Newest {
    start: Timestamp,
    /// Credits that may roll over into it.
    rollover_max: i64,
}

impl Booking<'_> {
    /// Trims the earlier cycles of each subscription whose newest awarded cycle limits its rollover.
    pub(super) fn trim(&mut self) {
        let cycles = self.billing.awards.keys().filter(|id| matches!(id, AwardId::Cycle { .. }));
        let cycles = cycles.filter_map(|id| {
            let rollover_max = self.due.awards.get(id)?.trims_to?;
            let (subscription, start) = self.cycle_of(id)?;
            Some((subscription, Newest { start, rollover_max }))
        });
        let mut newest: BTreeMap<ObjectId, Newest> = BTreeMap::new();
        for (subscription, cycle) in cycles {
            let known = newest.entry(subscription).or_insert(cycle);
            *known = (*known).max(cycle);
        }
        for (subscription, cycle) in newest {
            self.trim_before(&subscription, cycle);
        }
    }

    /// Expires the free credits of a subscription's earlier cycles beyond the limit, oldest grant first.
    fn trim_before(&mut self, subscription: &ObjectId, newest: Newest) {
        let is_trimmed = |id| self.due.awards.get(id).is_some_and(|wanted| wanted.trims_to.is_some());
        let earlier = self.billing.awards.iter().filter(|(id, _)| {
            let cycle = self.cycle_of(id);
            cycle.is_some_and(|(other, start)| other == *subscription && start < newest.start)
                && is_trimmed(id)
        });
        let mut grants: Vec<_> = earlier.flat_map(|(_, award)| award.grants.iter().copied()).collect();
        grants.extend(self.trimmed_closed(subscription));
        grants.sort_unstable();
        let free = |wallet: &Wallet, grant| wallet.grant_left(grant).0;
        let sum = Amount::sum(grants.iter().map(|grant| free(&self.draft.wallet, *grant)));
        let mut excess = sum.minus(Amount::new(newest.rollover_max).min(sum));
        for grant in grants {
            let amount = free(&self.draft.wallet, grant).min(excess);
            if amount.is_positive() {
                excess = excess.minus(amount);
                let balance_after = self.draft.wallet.balance.minus(amount);
                let effective_at = self.with.now;
                self.draft.push(Body::Expired { grant, amount, effective_at, balance_after });
            }
        }
    }

    /// The subscription and the start of an award's cycle; `None` for awards outside cycles.
    fn cycle_of(&self, id: &AwardId) -> Option<(ObjectId, Timestamp)> {
        match id {
            AwardId::Cycle { item, start, .. } => {
                Some((self.billing.subscriptions.get(item)?.id()?.clone(), *start))
            }
            AwardId::Rise { subscription, start, .. } => Some((subscription.clone(), *start)),
            _ => None,
        }
    }
}
