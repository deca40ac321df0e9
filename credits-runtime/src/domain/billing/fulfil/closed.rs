//! Credits of closed cycles that returned to their grants, for example by the reversal of a transfer. They
//! end with their plan and are trimmed like credits of any earlier cycle.
//!
//! It does not know how they returned, nor when their cycle was closed.

use super::Booking;
use crate::domain::billing::award::AwardId;
use crate::domain::billing::lifetime::{PlanTimes, after_the_end};
use crate::domain::billing::record::Billing;
use crate::domain::billing::terms::{PlanTerms, Unused};
use crate::domain::body::Body;
use crate::domain::grant::MovedExpiry;
use crate::domain::ids::{FactNumber, ObjectId};

/// An open grant of an award that is closed.
#[derive(Clone, Debug)]
pub struct ClosedGrant {
    /// The grant.
    pub grant: FactNumber,
    /// The award of a cycle or a rise.
    pub award: AwardId,
    /// The plan's name.
    pub plan: String,
}

impl ClosedGrant {
    /// The subscription of the award.
    pub(super) fn subscription<'a>(&'a self, billing: &'a Billing) -> Option<&'a ObjectId> {
        match &self.award {
            AwardId::Cycle { item, .. } => billing.subscriptions.get(item)?.id(),
            AwardId::Rise { subscription, .. } => Some(subscription),
            _ => None,
        }
    }

    /// The newest terms of its plan.
    pub(super) fn terms<'a>(&self, billing: &'a Billing) -> Option<&'a PlanTerms> {
        let own = self.subscription(billing)?;
        let plans = billing.plans.iter().filter(|((subscription, _), _)| subscription == own);
        let versions = plans.flat_map(|(_, versions)| versions).filter(|(_, terms)| terms.plan == self.plan);
        versions.max_by_key(|(from, terms)| (*from, terms.version)).map(|(_, terms)| terms)
    }
}

impl Booking<'_> {
    /// Sets the expiry of grants of closed awards to the end of their plan.
    pub(super) fn reschedule_closed(&mut self) {
        if self.with.closed.is_empty() {
            return;
        }
        let billing = self.billing.clone();
        let subscriptions = billing.by_subscription();
        let plans = PlanTimes::of(&billing, &subscriptions);
        for closed in self.with.closed {
            let Some(open) = self.draft.wallet.grant(closed.grant) else { continue };
            let known = open.terms.expires_at;
            let Some(terms) = closed.terms(&billing) else { continue };
            let own =
                subscriptions.iter().find(|items| Some(items.subscription) == closed.subscription(&billing));
            let Some(items) = own else { continue };
            let lasting = match terms.unused {
                Unused::Rollover | Unused::UpTo(_) => None,
                Unused::Expire | Unused::For(_) => known,
            };
            let expires_at = MovedExpiry::kept(open.moved, after_the_end(&plans, items, terms, lasting));
            if expires_at != known {
                self.draft.push(Body::Rescheduled { grant: closed.grant, expires_at });
            }
        }
    }

    /// Grants of a subscription's closed cycles whose rollover is limited.
    pub(super) fn trimmed_closed(&self, subscription: &ObjectId) -> Vec<FactNumber> {
        let billing = &self.billing;
        let is_trimmed = |terms: &PlanTerms| matches!(terms.unused, Unused::UpTo(_));
        let of_subscription = self.with.closed.iter().filter(|closed| {
            closed.subscription(billing) == Some(subscription)
                && closed.terms(billing).is_some_and(is_trimmed)
        });
        of_subscription.map(|closed| closed.grant).collect()
    }
}
