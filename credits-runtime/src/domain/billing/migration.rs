//! Migration: a plan's new terms reach those who joined under older ones when the application says so.

use super::cycles::cycles;
use super::due::Fulfilment;
use super::event::Status;
use super::paid::Paid;
use super::record::Billing;
use super::terms::{PlanTerms, PriceList};
use crate::domain::ids::{ObjectId, Owner};
use crate::domain::time::Timestamp;

/// What a pricing declares otherwise than somebody subscribes to it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanChanged {
    /// Not at all.
    #[error(
        "plan `{plan}` is no longer declared and `{owner}` subscribes to it: declare it again, with `retired` if it is no longer sold"
    )]
    Undeclared {
        /// Which plan.
        plan: String,
        /// Who.
        owner: Owner,
    },
    /// With other terms of the same version.
    #[error(
        "plan `{plan}` has other terms than version {version} had, to which `{owner}` subscribes: write `version {next}`",
        next = version.saturating_add(1)
    )]
    Other {
        /// Which plan.
        plan: String,
        /// Which version.
        version: u32,
        /// Who.
        owner: Owner,
    },
}

impl Billing {
    /// What a pricing declares otherwise than the owner subscribes to it.
    pub fn check_plans(&self, owner: &Owner, prices: &PriceList) -> Result<(), PlanChanged> {
        for state in self.subscriptions.values().filter_map(|subscription| subscription.latest()) {
            let held = self.terms(&state.price, Timestamp::MAX);
            let Some(held) = held.filter(|_| state.status != Status::Ended) else { continue };
            let (plan, owner) = (held.plan.clone(), owner.clone());
            let Some(declared) = prices.plan_named(&held.plan) else {
                return Err(PlanChanged::Undeclared { plan, owner });
            };
            // Whoever was migrated has no bonus.
            let same = PlanTerms { signup_bonus: held.signup_bonus, ..declared.clone() };
            if declared.version == held.version && same != *held {
                return Err(PlanChanged::Other { plan, version: held.version, owner });
            }
        }
        Ok(())
    }

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
