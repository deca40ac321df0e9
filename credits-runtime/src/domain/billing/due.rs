//! The awards that are due to an owner at an instant, each with its amount and lifetime. The function is
//! pure, and its result does not depend on the order in which facts arrive.
//!
//! It does not know the owner's wallets, nor which awards were given.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use credits_core::{Settings, Upgrades};
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::award::{AwardId, Basis};
use super::covers::{self, DueCover};
use super::lanes;
use super::lifetime::PlanTimes;
use super::purchases::{self, Retake};
use super::record::Billing;
use super::terms::PlanTerms;
use super::trial;
use super::unsolved::{self, Unsolved};
use crate::domain::category::Category;
use crate::domain::grant::{Class, Origin};
use crate::domain::ids::ObjectId;
use crate::domain::time::Timestamp;

/// Settings of fulfilment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fulfilment {
    /// Time for which a cycle's credits overlap with the next cycle.
    pub grace: Duration,
    /// Time for which a cycle's credits outlive it while its renewal is charged.
    pub renewal_wait: Duration,
    /// When a rise is awarded.
    pub upgrades: Upgrades,
}

impl Fulfilment {
    /// The fulfilment settings of a pricing.
    pub fn of(settings: &Settings) -> Self {
        Self {
            grace: Duration::from_secs(settings.fulfillment_grace_period.seconds_min()),
            renewal_wait: Duration::from_secs(settings.renewal_wait.seconds_min()),
            upgrades: settings.upgrades,
        }
    }
}

/// An award that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Instant from which it is due.
    pub effective_at: Timestamp,
    /// Its credits.
    pub amount: i64,
    /// Its asset; empty for credits.
    pub asset: String,
    /// The category of its entry.
    pub category: Category,
    /// When its credits expire; `None` for never.
    pub expires_at: Option<Timestamp>,
    /// Class of its grant: paid or promotional.
    pub class: Class,
    /// The origin of its grant.
    pub origin: Origin,
    /// Operations that it can be used for, by name; empty for all.
    pub scope: Vec<String>,
    /// Name of the plan or pack.
    pub reason: String,
    /// Maximum credits of the plan that roll over; credits of earlier cycles are trimmed to it when the next
    /// cycle is given.
    pub trims_to: Option<i64>,
    /// Credits of a purchase to take back.
    pub retake: Option<Retake>,
    /// The amount paid for it.
    pub basis: Option<Basis>,
    /// Reduction of `amount` because paid time was credited. The part of these credits that is no longer in
    /// the award needs an advance.
    pub credited: i64,
}

/// An unpaid change to more credits, for which nothing was given: an item's state has a price or quantity
/// that gives more than the last paid one, and no line of a paid invoice has both.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UnpaidUpgrade {
    /// The subscription.
    #[n(0)]
    pub subscription: ObjectId,
    /// Current price of the item.
    #[n(1)]
    pub price: ObjectId,
    /// Current quantity of the item.
    #[n(2)]
    pub quantity: u64,
    /// When the item changed to this price and quantity, by the processor's clock.
    #[n(3)]
    pub since: Timestamp,
}

/// An invoice of a subscription that was returned in part, by refunds or credit notes. Nothing is taken from
/// the subscription; a pack on the invoice is taken back by its share all the same. An invoice that is
/// returned in full is not a partial return.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PartialReturn {
    /// The invoice.
    #[n(0)]
    pub invoice: ObjectId,
    /// Total amount returned, in minor units of the currency, tax included; above 0 and less than `paid`.
    #[n(1)]
    pub returned: i64,
    /// Total of the invoice, in minor units of the currency, including tax and the part paid from a balance.
    #[n(2)]
    pub paid: i64,
    /// ISO 4217, in lower case.
    #[n(3)]
    pub currency: String,
}

/// Everything that is due to an owner.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Due {
    /// Due awards, by id.
    pub awards: BTreeMap<AwardId, Wanted>,
    /// Given awards whose credits other awards give now. The part of them that was spent or moved needs an
    /// advance.
    pub superseded: BTreeSet<AwardId>,
    /// Next instant at which more becomes due, by the known facts.
    pub next: Option<Timestamp>,
    /// Entries for an administrator to act on.
    pub unsolved: Vec<Unsolved>,
    /// Operations that cost the owner nothing, in order.
    pub covers: Vec<DueCover>,
}

impl Due {
    /// Whether an instant has come. A future instant is noted in `next`.
    pub(super) fn is_due(&mut self, instant: Timestamp, now: Timestamp) -> bool {
        if instant > now {
            self.next = Some(self.next.map_or(instant, |next| next.min(instant)));
        }
        instant <= now
    }
}

/// Everything that is due by `now`.
pub fn due(billing: &Billing, fulfilment: Fulfilment, now: Timestamp) -> Due {
    let mut due = Due::default();
    // By the start of subscriptions: the first one gets the trials and bonuses that are given once.
    let subscriptions = billing.by_subscription();
    let plans = PlanTimes::of(billing, &subscriptions);
    for items in &subscriptions {
        let paid = lanes::PaidTime::of(billing, items);
        trial::due(&mut due, billing, items, &paid, fulfilment, now);
        lanes::due(&mut due, billing, items, &paid, (&plans, fulfilment), now);
        covers::due(&mut due, billing, items, &paid, fulfilment, now);
        unsolved::of_subscription(&mut due, billing, items, &paid, fulfilment, now);
    }
    covers::without_repeated(&mut due);
    purchases::due(&mut due, billing, &subscriptions, now);
    unsolved::of_payments(&mut due, billing, &subscriptions);
    due
}

/// An award of a plan, without its lifetime.
pub(super) fn wanted(terms: &PlanTerms, effective_at: Timestamp, amount: i64, category: Category) -> Wanted {
    let class = match category {
        Category::SubscriptionTrial | Category::SubscriptionSignupBonus => Class::Promotional,
        _ => Class::Paid,
    };
    Wanted {
        effective_at,
        amount,
        asset: terms.asset.clone(),
        category,
        expires_at: None,
        class,
        origin: Origin::Subscription,
        scope: Vec::new(),
        reason: terms.plan.clone(),
        trims_to: None,
        retake: None,
        basis: None,
        credited: 0,
    }
}
