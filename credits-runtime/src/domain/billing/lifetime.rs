//! How long credits of a subscription last: until the next cycle is paid, or not at all, or after its end.

use super::calendar::after;
use super::cycles::Cycle;
use super::due::Fulfilment;
use super::record::Billing;
use super::subscription::Subscription;
use super::terms::{PlanTerms, Unused};
use crate::domain::time::Timestamp;

/// What the cycles of one subscription have in common for how long their credits last.
pub(super) struct Lifetime<'a> {
    pub(super) billing: &'a Billing,
    pub(super) subscription: &'a Subscription,
    pub(super) fulfilment: Fulfilment,
    /// The cycle after it.
    pub(super) following: Option<&'a Cycle<'a>>,
}

impl Lifetime<'_> {
    /// Until when credits of a cycle last that were paid then.
    pub(super) fn of(&self, cycle: &Cycle<'_>, terms: &PlanTerms, paid_at: Timestamp) -> Option<Timestamp> {
        let end = cycle.interval.end;
        let expires_at = match terms.unused {
            Unused::Expire => Some(self.of_expiring(cycle, paid_at)),
            Unused::Rollover | Unused::UpTo(_) => None,
            Unused::For(length) => Some(after(end, length)),
        };
        self.after_the_end(terms, expires_at)
    }

    fn of_expiring(&self, cycle: &Cycle<'_>, paid_at: Timestamp) -> Timestamp {
        let end = cycle.interval.end;
        let grace = self.fulfilment.grace.min(cycle.whole);
        if paid_at >= end {
            return cycle.end_running_at(paid_at).after(grace);
        }
        if self.subscription.ends_at().is_some_and(|ends_at| ends_at <= end) {
            return end.after(grace);
        }
        // A renewal may be charged until then; the overlap begins when it is.
        let wait = self.fulfilment.renewal_wait.min(cycle.whole.checked_div(4).unwrap_or_default());
        let renewed = self.following.and_then(|following| {
            Some(following.interval.start.max(following.first_paid?.paid_at).after(grace))
        });
        let waited = end.after(wait).after(grace);
        renewed.map_or(waited, |renewed| renewed.min(waited))
    }

    /// What the end of the subscription leaves of a lifetime, unless the owner has the plan again.
    fn after_the_end(&self, terms: &PlanTerms, expires_at: Option<Timestamp>) -> Option<Timestamp> {
        let Some(length) = terms.expire_after else { return expires_at };
        let Some(mut ends_at) = self.subscription.ends_at() else { return expires_at };
        let again = self.billing.subscriptions.values().filter(|other| {
            let price = other.latest().map(|state| &state.price);
            let plan = price.and_then(|price| self.billing.terms(price, Timestamp::MAX));
            plan.is_some_and(|plan| plan.plan == terms.plan)
        });
        let mut again: Vec<_> = again.map(|other| (other.began_at(), other.ends_at())).collect();
        again.sort_unstable();
        for (began_at, others_end) in again {
            if began_at > after(ends_at, length) {
                break;
            }
            match others_end {
                None => return expires_at,
                Some(others_end) => ends_at = ends_at.max(others_end),
            }
        }
        let shortened = after(ends_at, length);
        Some(expires_at.map_or(shortened, |expires_at| expires_at.min(shortened)))
    }
}
