//! What an owner's billing comes to: every award that is due by an instant, with its amount and its lifetime. Pure,
//! and the same whatever order the facts arrived in.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use credits_core::{Settings, Upgrades};
use minicbor::{Decode, Encode};
use serde::Serialize;

use super::award::{AwardId, Basis};
use super::lanes;
use super::purchases::{self, Retake};
use super::record::Billing;
use super::terms::PlanTerms;
use super::trial;
use super::unsolved::{self, Unsolved};
use crate::domain::category::Category;
use crate::domain::fact::{Class, Origin};
use crate::domain::ids::ObjectId;
use crate::domain::time::Timestamp;

/// What the settings decide of fulfilment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fulfilment {
    /// How long a cycle's credits overlap with the next cycle's.
    pub grace: Duration,
    /// How long they outlive their cycle while its renewal is being charged.
    pub renewal_wait: Duration,
    /// When a rise is awarded.
    pub upgrades: Upgrades,
}

impl Fulfilment {
    /// What these settings say.
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
    /// From when on it was due.
    pub effective_at: Timestamp,
    /// How much.
    pub amount: i64,
    /// Of which asset; empty for credits.
    pub asset: String,
    /// What it is given for.
    pub category: Category,
    /// Until when it can be used.
    pub expires_at: Option<Timestamp>,
    /// Whether it was paid for.
    pub class: Class,
    /// Where its grant comes from.
    pub origin: Origin,
    /// The operations it is for, by name; none for all.
    pub scope: Vec<String>,
    /// The plan's or the pack's name.
    pub reason: String,
    /// How many of its plan's credits roll over: when the next cycle is given, those of earlier cycles are trimmed to it.
    pub trims_to: Option<i64>,
    /// How much of a purchase is to be taken back.
    pub retake: Option<Retake>,
    /// What was paid for it.
    pub basis: Option<Basis>,
    /// By how much it is lower because paid time was credited: as much as is gone of it is an advance.
    pub credited: i64,
}

/// A change to more that is not paid, so that nothing was given for it: the state of an item has a price or quantity that gives
/// more than the last paid one, and no line of a paid invoice has both.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
#[non_exhaustive]
pub struct UnpaidUpgrade {
    /// Which subscription.
    #[n(0)]
    pub subscription: ObjectId,
    /// The price that it has now.
    #[n(1)]
    pub price: ObjectId,
    /// The quantity that it has now.
    #[n(2)]
    pub quantity: u64,
    /// Since when.
    #[n(3)]
    pub since: Timestamp,
}

/// An invoice of a subscription that came back in part, by refunds or credit notes: nothing is taken for it. Of a pack on it
/// the share is taken all the same. Once all of it came back it is no partial return any more.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize)]
#[non_exhaustive]
pub struct PartialReturn {
    /// Which invoice.
    #[n(0)]
    pub invoice: ObjectId,
    /// What came back in all, in minor units of the currency, tax included; less than `paid`.
    #[n(1)]
    pub returned: i64,
    /// Its total, in minor units of the currency, with tax and with what a balance paid.
    #[n(2)]
    pub paid: i64,
    /// ISO 4217, in lower case.
    #[n(3)]
    pub currency: String,
}

/// Everything that billing comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Due {
    /// Awards.
    pub awards: BTreeMap<AwardId, Wanted>,
    /// Awards that were booked and that others give the credits of: as much as is gone of them is an advance.
    pub superseded: BTreeSet<AwardId>,
    /// When more is due, as far as facts say.
    pub next: Option<Timestamp>,
    /// What an administrator has to act on.
    pub unsolved: Vec<Unsolved>,
}

impl Due {
    /// Whether an instant has come; one that has not is when to look again.
    pub(super) fn is_due(&mut self, instant: Timestamp, now: Timestamp) -> bool {
        if instant > now {
            self.next = Some(self.next.map_or(instant, |next| next.min(instant)));
        }
        instant <= now
    }
}

/// What is due by `now`.
pub fn due(billing: &Billing, fulfilment: Fulfilment, now: Timestamp) -> Due {
    let mut due = Due::default();
    // In the order in which subscriptions began, so that the first gets what is given once.
    let subscriptions = billing.by_subscription();
    for items in &subscriptions {
        let paid = lanes::Known::of(billing, items);
        trial::due(&mut due, billing, items, &paid, fulfilment, now);
        lanes::due(&mut due, billing, items, &paid, fulfilment, now);
        unsolved::of_subscription(&mut due, billing, items, &paid, fulfilment, now);
    }
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
