//! Migration: moves subscriptions that joined under older terms of a plan to its new terms, at the
//! application's request.
//!
//! It does not know how a migration is booked.

use super::cycles::cycles;
use super::event::{Status, SubscriptionState};
use super::lanes::PaidTime;
use super::record::{Billing, Pinned};
use super::terms::{PlanTerms, PriceList};
use crate::domain::ids::{Asset, ObjectId, Owner};
use crate::domain::limits::OFFERED_MAX;
use crate::domain::time::Timestamp;

/// A pricing that conflicts with the terms of a subscriber or of an open checkout.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanChanged {
    /// A plan with subscribers is no longer declared.
    #[error(
        "plan `{plan}` is no longer declared and `{owner}` subscribes to it: declare it again, with `retired` if it is no longer sold"
    )]
    Undeclared {
        /// The plan.
        plan: String,
        /// A subscriber.
        owner: Owner,
    },
    /// A pack that an open checkout offers is no longer declared.
    #[error(
        "pack `{pack}` is no longer declared and the checkout `{session}` offers it until {until}: declare it until then"
    )]
    PackUndeclared {
        /// The pack.
        pack: String,
        /// The checkout.
        session: ObjectId,
        /// When the offer lapses.
        until: Timestamp,
    },
    /// A plan has other terms than its subscribers have under the same version.
    #[error(
        "plan `{plan}` has other terms than version {version} had, to which `{owner}` subscribes: write `version {next}`",
        next = version.saturating_add(1)
    )]
    Other {
        /// The plan.
        plan: String,
        /// The version of the terms.
        version: u32,
        /// A subscriber.
        owner: Owner,
    },
}

impl Billing {
    /// Checks that a pricing declares the plans and packs that the owner subscribes to or is offered. Errors
    /// in order: offered packs, then the plans of subscriptions.
    pub fn check_plans(&self, owner: &Owner, prices: &PriceList, now: Timestamp) -> Result<(), PlanChanged> {
        for (session, (at, offer)) in &self.offers {
            let (pack, until) = (offer.pack.pack.clone(), at.after(OFFERED_MAX));
            let is_open = now < until && !self.purchases.contains_key(session);
            if is_open && prices.pack_named(&pack).is_none() {
                return Err(PlanChanged::PackUndeclared { pack, session: session.clone(), until });
            }
        }
        for (subscription, state) in self.running(now) {
            let Some(held) = self.terms(subscription, &state.price, Timestamp::MAX) else { continue };
            let (plan, owner) = (held.plan.clone(), owner.clone());
            let Some(declared) = prices.plan_named(&held.plan) else {
                return Err(PlanChanged::Undeclared { plan, owner });
            };
            // A migrated subscription keeps the bonus that it was promised.
            let same = PlanTerms { signup_bonus: held.signup_bonus, ..declared.clone() };
            if declared.version == held.version && same != *held {
                return Err(PlanChanged::Other { plan, version: held.version, owner });
            }
        }
        Ok(())
    }

    /// The newest states of items whose subscriptions continue, each with its subscription.
    fn running(&self, now: Timestamp) -> impl Iterator<Item = (&ObjectId, &SubscriptionState)> {
        let over: Vec<&ObjectId> = self
            .by_subscription()
            .iter()
            .filter(|items| items.is_over())
            .map(|items| items.subscription)
            .collect();
        let items = self.subscriptions.values().filter(move |item| !item.has_ended(now));
        let states = items.filter_map(|item| item.latest());
        let states = states.filter(|state| !matches!(state.status, Status::Ended | Status::Removed));
        states
            .filter(move |state| !over.contains(&&state.subscription))
            .map(|state| (&state.subscription, state))
    }

    /// The new terms for each price of the plan that still has an older version, from the next cycle of its
    /// subscription on, with the signup bonus of the old terms.
    pub fn migration(&self, terms: &PlanTerms, now: Timestamp) -> Vec<Pinned> {
        let mut migrated: Vec<Pinned> = Vec::new();
        for (subscription, state) in self.running(now) {
            let Some(held) = self.terms(subscription, &state.price, Timestamp::MAX) else { continue };
            let is_done =
                migrated.iter().any(|it| it.subscription == *subscription && it.price == state.price);
            if held.plan != terms.plan || held.version >= terms.version || is_done {
                continue;
            }
            let subscriptions = self.by_subscription();
            let items = subscriptions.iter().find(|items| items.subscription == subscription);
            let Some(items) = items else { continue };
            let paid = PaidTime::of(self, items);
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
