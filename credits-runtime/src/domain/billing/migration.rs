//! Migration: a plan's new terms reach those who joined under older ones when the application says so.

use super::cycles::cycles;
use super::event::{Status, SubscriptionState};
use super::lanes::Known;
use super::record::{Billing, Pinned};
use super::terms::{PlanTerms, PriceList};
use crate::domain::ids::{Asset, ObjectId, Owner};
use crate::domain::limits::OFFERED_MAX;
use crate::domain::time::Timestamp;

/// What a pricing declares otherwise than somebody subscribes to it, or buys it.
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
    /// A pack that a checkout offers is not declared.
    #[error(
        "pack `{pack}` is no longer declared and the checkout `{session}` offers it until {until}: declare it until then"
    )]
    PackUndeclared {
        /// Which pack.
        pack: String,
        /// Which checkout.
        session: ObjectId,
        /// When it can be paid no more.
        until: Timestamp,
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
    /// What a pricing declares otherwise than the owner subscribes to it or is offered it.
    pub fn check_plans(&self, owner: &Owner, prices: &PriceList, now: Timestamp) -> Result<(), PlanChanged> {
        for (session, (at, offer)) in &self.offers {
            let (pack, until) = (offer.pack.pack.clone(), at.after(OFFERED_MAX));
            let is_open = now < until && !self.purchases.contains_key(session);
            if is_open && prices.pack_named(&pack).is_none() {
                return Err(PlanChanged::PackUndeclared { pack, session: session.clone(), until });
            }
        }
        for (subscription, state) in self.running() {
            let Some(held) = self.terms(subscription, &state.price, Timestamp::MAX) else { continue };
            let (plan, owner) = (held.plan.clone(), owner.clone());
            let Some(declared) = prices.plan_named(&held.plan) else {
                return Err(PlanChanged::Undeclared { plan, owner });
            };
            // A migration keeps the bonus that was promised.
            let same = PlanTerms { signup_bonus: held.signup_bonus, ..declared.clone() };
            if declared.version == held.version && same != *held {
                return Err(PlanChanged::Other { plan, version: held.version, owner });
            }
        }
        Ok(())
    }

    /// Items of subscriptions that go on, in their newest state.
    fn running(&self) -> impl Iterator<Item = (&ObjectId, &SubscriptionState)> {
        let over: Vec<&ObjectId> = self
            .by_subscription()
            .iter()
            .filter(|items| items.is_over())
            .map(|items| items.subscription)
            .collect();
        let states = self.subscriptions.values().filter_map(|item| item.latest());
        let states = states.filter(|state| !matches!(state.status, Status::Ended | Status::Removed));
        states
            .filter(move |state| !over.contains(&&state.subscription))
            .map(|state| (&state.subscription, state))
    }

    /// The prices that get these terms, each from the next cycle of its subscription on, with the bonus that was
    /// promised and no other.
    pub fn migration(&self, terms: &PlanTerms, now: Timestamp) -> Vec<Pinned> {
        let mut migrated: Vec<Pinned> = Vec::new();
        for (subscription, state) in self.running() {
            let Some(held) = self.terms(subscription, &state.price, Timestamp::MAX) else { continue };
            let is_done =
                migrated.iter().any(|it| it.subscription == *subscription && it.price == state.price);
            if held.plan != terms.plan || held.version >= terms.version || is_done {
                continue;
            }
            let subscriptions = self.by_subscription();
            let items = subscriptions.iter().find(|items| items.subscription == subscription);
            let Some(items) = items else { continue };
            let paid = Known::of(self, items);
            let ends = paid
                .lanes()
                .into_iter()
                .filter(|lane| Some(lane.every) == held.every && lane.asset == Asset::of(&held.asset));
            let ends = ends.filter_map(|lane| cycles(items, &lane, &paid.placed, now).begun.pop());
            let from = ends.map(|cycle| cycle.whole_end).max().map_or(now, |end| end.max(now));
            let terms = PlanTerms { signup_bonus: held.signup_bonus, ..terms.clone() };
            let (subscription, price) = (subscription.clone(), state.price.clone());
            migrated.push(Pinned { subscription, price, from, terms });
        }
        migrated
    }
}
