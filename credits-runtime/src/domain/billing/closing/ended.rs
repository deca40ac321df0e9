//! The search for subscriptions of the application's own that are over: they are removed whole.
//!
//! It does not know whether a removal changes anything else. Their events are the ledger's own and come in its order,
//! so that no later one is about them, and no age is required.

use std::time::Duration;

use super::books::Books;
use super::{Closing, ClosingRule};
use crate::domain::billing::award::AwardId;
use crate::domain::billing::items::SubscriptionItems;
use crate::domain::ids::ObjectId;

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
    pub(super) fn of_ended(&self, subscriptions: &[SubscriptionItems<'a>]) -> Option<Closing> {
        let own = subscriptions.iter().filter(|items| items.is_own());
        let over = own.filter_map(|items| {
            let ends_at = items.ends_at().filter(|at| *at <= self.now)?;
            Some((ends_at, items))
        });
        let mut over: Vec<_> = over.collect();
        // Most owners have few, and nothing more is read of them.
        if over.len() < self.rule.least.saturating_mul(2) {
            return None;
        }
        over.sort_by_key(|(ends_at, items)| (*ends_at, items.subscription));
        over.truncate(over.len().saturating_sub(self.rule.least));
        let ended = over.into_iter().filter_map(|(_, items)| self.ended(items));
        let ended: Vec<_> = ended.take(self.rule.most).collect();
        (ended.len() >= self.rule.least).then(|| Closing {
            periods: None,
            purchases_until: None,
            awards: ended.iter().flat_map(|ended| ended.awards.clone()).collect(),
            invoices: Vec::new(),
            sessions: Vec::new(),
            subscriptions: ended.iter().map(|ended| ended.subscription.clone()).collect(),
        })
    }

    /// A subscription with its awards, if these and its last cycle are over.
    fn ended(&self, items: &SubscriptionItems<'a>) -> Option<Over<'a>> {
        let is_closable = self.billing.is_over(items, self.now)
            && !self.billing.handed_over.contains_key(items.subscription);
        let awards = self.period_awards(items);
        let is_over = is_closable && awards.iter().all(|given| self.is_over(given.id, given.award));
        let awards = awards.into_iter().map(|given| given.id.clone()).collect();
        is_over.then_some(Over { subscription: items.subscription, awards })
    }
}
