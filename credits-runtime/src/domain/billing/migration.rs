//! Migration: a plan's new terms reach those who joined under older ones when the application says so.

use super::awards::Fulfilment;
use super::cycles::cycles;
use super::event::Status;
use super::paid::Paid;
use super::record::Billing;
use super::terms::PlanTerms;
use crate::domain::ids::ObjectId;
use crate::domain::time::Timestamp;

impl Billing {
    /// The prices that get these terms, each from the next cycle of its subscription on. A bonus is for joining.
    pub fn migration(
        &self,
        terms: &PlanTerms,
        fulfilment: Fulfilment,
        now: Timestamp,
    ) -> Vec<(ObjectId, Timestamp, PlanTerms)> {
        let mut migrated = Vec::new();
        for (item, subscription) in &self.subscriptions {
            let Some(state) = subscription.latest().filter(|state| state.status != Status::Ended) else {
                continue;
            };
            let held = self.terms(&state.price, Timestamp::MAX);
            if held.is_none_or(|held| held.plan != terms.plan || held.version >= terms.version) {
                continue;
            }
            let paid = Paid::of(self, item, subscription);
            let (cycles, _) = cycles(self, subscription, &paid, (now, fulfilment.upgrades));
            let from = cycles.last().map_or(now, |cycle| cycle.interval.end.max(now));
            migrated.push((state.price.clone(), from, PlanTerms { signup_bonus: 0, ..terms.clone() }));
        }
        migrated
    }
}
