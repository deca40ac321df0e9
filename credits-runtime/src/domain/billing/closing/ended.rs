//! The search for subscriptions of the application's own that are over: they are removed whole.
//!
//! It does not know whether a removal changes anything else.

use std::time::Duration;

use super::books::Books;
use super::{Closing, ClosingRule};
use crate::domain::billing::award::AwardId;
use crate::domain::billing::items::SubscriptionItems;
use crate::domain::billing::terms::{PlanTerms, Unused};
use crate::domain::ids::ObjectId;

/// What decides how long the credits of a subscription that ended last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lasting {
    /// Their own expiry. No later event is about such a subscription, so that no age is required.
    Alone,
    /// Whether the owner has the plan again, or a limit of what rolls over: a late event of another subscription may
    /// move their expiry, and credits may return to them.
    WithPlan,
}

/// A subscription that is over, as are its awards.
struct Over<'a> {
    subscription: &'a ObjectId,
    awards: Vec<AwardId>,
}

impl<'a> Books<'a> {
    /// The same books for subscriptions that no late event is about.
    pub(super) fn without_delay(&self) -> Self {
        Self { rule: ClosingRule { after: Duration::ZERO, ..self.rule }, ..*self }
    }

    /// Removes the subscriptions that are over, except those that ended last.
    pub(super) fn of_ended(
        &self,
        subscriptions: &[SubscriptionItems<'a>],
        lasting: Lasting,
    ) -> Option<Closing> {
        let own = subscriptions.iter().filter(|items| items.is_own());
        let ended = own.filter_map(|items| {
            let ends_at = items.ends_at().filter(|at| *at <= self.horizon())?;
            Some((ends_at, items))
        });
        let mut ended: Vec<_> = ended.collect();
        // Most owners have few, and nothing more is read of them.
        if ended.len() < self.rule.least.saturating_mul(2) {
            return None;
        }
        ended.retain(|(_, items)| self.lasting(items) == lasting);
        ended.sort_by_key(|(ends_at, items)| (*ends_at, items.subscription));
        ended.truncate(ended.len().saturating_sub(self.rule.least));
        let (mut awards, mut removed, mut is_full) = (Vec::new(), Vec::new(), false);
        for Over { subscription, awards: of_one } in
            ended.into_iter().filter_map(|(_, items)| self.over(items))
        {
            is_full =
                awards.len().saturating_add(of_one.len()) > self.rule.most || removed.len() >= self.rule.most;
            if is_full && !removed.is_empty() {
                break;
            }
            awards.extend(of_one);
            removed.push(subscription.clone());
        }
        if removed.len() < self.rule.least && !is_full {
            return None;
        }
        Some(Closing {
            periods: None,
            purchases_until: None,
            awards,
            invoices: Vec::new(),
            sessions: Vec::new(),
            subscriptions: removed,
        })
    }

    fn lasting(&self, items: &SubscriptionItems<'_>) -> Lasting {
        let from = (items.subscription.clone(), ObjectId::known(""));
        let plans = self.billing.plans.range(from..).take_while(|((of, _), _)| of == items.subscription);
        let mut terms = plans.flat_map(|(_, versions)| versions).map(|(_, terms)| terms);
        let is_with_plan =
            |terms: &PlanTerms| terms.expire_after.is_some() || matches!(terms.unused, Unused::UpTo(_));
        if terms.any(is_with_plan) { Lasting::WithPlan } else { Lasting::Alone }
    }

    /// A subscription with its awards, if these and its last cycle are over.
    fn over(&self, items: &SubscriptionItems<'a>) -> Option<Over<'a>> {
        let is_closable = self.billing.is_over(items, self.now)
            && !self.billing.handed_over.contains_key(items.subscription);
        let awards = self.period_awards(items);
        let is_over = is_closable && awards.iter().all(|given| self.is_over(given.id, given.award));
        let awards = awards.into_iter().map(|given| given.id.clone()).collect();
        is_over.then_some(Over { subscription: items.subscription, awards })
    }
}
