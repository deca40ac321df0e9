//! Lifetimes: how long credits of a subscription last: until the time after their cycle is paid, for good, or
//! for a while after the subscription's end.
//!
//! It does not know the number of credits, nor the expiry of their grants.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::calendar::after;
use super::cycles::{Cycle, Lane};
use super::due::Fulfilment;
use super::items::SubscriptionItems;
use super::paid::Paid;
use super::record::Billing;
use super::terms::{PlanTerms, Unused};
use crate::domain::time::Timestamp;

/// Computes the expiry of the credits of one lane's cycles.
pub(super) struct Lifetime<'a, 'b> {
    pub(super) plans: &'b PlanTimes<'a>,
    pub(super) items: &'b SubscriptionItems<'a>,
    pub(super) lane: &'b Lane,
    /// Paid time, without returned invoices.
    pub(super) live: &'b Paid<'a>,
    pub(super) cycles: &'b [Cycle<'a>],
    pub(super) fulfilment: Fulfilment,
}

impl Lifetime<'_, '_> {
    /// The expiry of a cycle's credits that were paid at `paid_at`; `None` for never.
    pub(super) fn of(&self, cycle: &Cycle<'_>, terms: &PlanTerms, paid_at: Timestamp) -> Option<Timestamp> {
        let expires_at = match terms.unused {
            Unused::Expire => Some(self.of_expiring(cycle, paid_at)),
            Unused::Rollover | Unused::UpTo(_) => None,
            Unused::For(length) => Some(after(cycle.end, length)),
        };
        after_the_end(self.plans, self.items, terms, expires_at)
    }

    fn of_expiring(&self, cycle: &Cycle<'_>, paid_at: Timestamp) -> Timestamp {
        let end = cycle.end;
        let grace = self.fulfilment.grace.min(cycle.whole);
        if paid_at >= end {
            let running = self.cycles.iter().rev().find(|other| other.start <= paid_at);
            return running.map_or(end, |running| running.end_running_at(paid_at)).max(end).after(grace);
        }
        if cycle.is_cut() {
            let spans = self.live.around(end, end.after(Duration::from_micros(1))).iter();
            let begun = spans.filter(|span| self.lane.has(span) && span.is_whole && span.period.start == end);
            if let Some(paid_at) = begun.map(|span| span.paid_at).min() {
                return end.max(paid_at);
            }
        }
        let end = cycle.whole_end.max(end);
        if self.items.ends_at().is_some_and(|ends_at| ends_at <= end) {
            return end.after(grace);
        }
        // A renewal may be charged until the wait is over; the grace period starts when it is paid.
        let wait = self.fulfilment.renewal_wait.min(cycle.whole.checked_div(4).unwrap_or_default());
        let renewed = self.live.first_from(end, |_| true);
        let renewed = renewed.map(|renewed| renewed.at.max(renewed.paid_at).after(grace));
        let waited = end.after(wait).after(grace);
        renewed.map_or(waited, |renewed| renewed.min(waited))
    }
}

/// When the owner has each plan, by its name: start and end of every subscription that is at it last, by start.
pub(super) struct PlanTimes<'a>(BTreeMap<&'a str, Vec<(Timestamp, Option<Timestamp>)>>);

impl<'a> PlanTimes<'a> {
    pub(super) fn of(billing: &'a Billing, subscriptions: &[SubscriptionItems<'a>]) -> Self {
        let mut times: BTreeMap<&str, Vec<_>> = BTreeMap::new();
        for items in subscriptions {
            let prices = items.items.iter().filter_map(|(_, item)| item.latest().map(|state| &state.price));
            let terms = prices.filter_map(|price| billing.terms(items.subscription, price, Timestamp::MAX));
            let plans: BTreeSet<&str> = terms.map(|terms| terms.plan.as_str()).collect();
            for plan in plans {
                times.entry(plan).or_default().push((items.began_at(), items.ends_at()));
            }
        }
        for times in times.values_mut() {
            times.sort_unstable();
        }
        Self(times)
    }
}

/// An expiry, shortened by `expire_after` when the subscription ends, unless the owner has the plan again in
/// time.
pub(super) fn after_the_end(
    plans: &PlanTimes<'_>,
    items: &SubscriptionItems<'_>,
    terms: &PlanTerms,
    expires_at: Option<Timestamp>,
) -> Option<Timestamp> {
    let Some(length) = terms.expire_after else { return expires_at };
    let Some(mut ends_at) = items.ends_at() else { return expires_at };
    for (began_at, others_end) in plans.0.get(terms.plan.as_str()).into_iter().flatten() {
        if *began_at > after(ends_at, length) {
            break;
        }
        match others_end {
            None => return expires_at,
            Some(others_end) => ends_at = ends_at.max(*others_end),
        }
    }
    let shortened = after(ends_at, length);
    Some(expires_at.map_or(shortened, |expires_at| expires_at.min(shortened)))
}
