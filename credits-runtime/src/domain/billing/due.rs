//! What an owner's billing comes to: every award that is due by an instant, with its amount and its lifetime. Pure,
//! and the same whatever order the facts arrived in.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use credits_core::{Settings, Upgrades};
use serde::Serialize;

use super::award::AwardId;
use super::calendar::share;
use super::cycles::{Cycle, cycles};
use super::event::{Line, Status};
use super::lifetime::Lifetime;
use super::paid::{Level, Paid, PaidInstant};
use super::purchases::{self, PurchaseProblem, Retake};
use super::record::Billing;
use super::rises::{rises, scaled};
use super::subscription::Subscription;
use super::terms::{PlanTerms, Unused};
use crate::domain::category::Category;
use crate::domain::fact::{Class, Origin};
use crate::domain::ids::{Asset, ObjectId};
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
    /// When it is given, the free credits of the same subscription are trimmed to this many.
    pub trims_to: Option<i64>,
    /// How much of a purchase is to be taken back.
    pub retake: Option<Retake>,
}

/// A change to more that is not paid, so that nothing was given for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct UnpaidUpgrade {
    /// Which subscription.
    pub subscription: ObjectId,
    /// The price that it has now.
    pub price: ObjectId,
    /// How many of it.
    pub quantity: u64,
    /// Since when.
    pub since: Timestamp,
}

/// Everything that billing comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Due {
    /// Awards.
    pub awards: BTreeMap<AwardId, Wanted>,
    /// When more is due, as far as facts say.
    pub next: Option<Timestamp>,
    /// Rises that wait for their payment.
    pub unpaid_upgrades: Vec<UnpaidUpgrade>,
    /// Prices of subscriptions that the catalogue never had.
    pub unknown_prices: BTreeSet<ObjectId>,
    /// Purchases that cannot be fulfilled.
    pub problems: Vec<(ObjectId, PurchaseProblem)>,
}

impl Due {
    /// Whether somebody should look at it.
    pub fn needs_attention(&self) -> bool {
        !self.unpaid_upgrades.is_empty() || !self.unknown_prices.is_empty() || !self.problems.is_empty()
    }

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
    // Subscriptions in the order in which they began, so that what is given once is given for the first.
    let mut subscriptions: Vec<_> = billing.subscriptions.iter().collect();
    subscriptions.sort_by_key(|(item, subscription)| (subscription.began_at(), (*item).clone()));
    for (item, subscription) in subscriptions {
        of_subscription(&mut due, billing, (item, subscription), fulfilment, now);
    }
    purchases::due(&mut due, billing, now);
    due
}

fn of_subscription(
    due: &mut Due,
    billing: &Billing,
    (item, subscription): (&ObjectId, &Subscription),
    fulfilment: Fulfilment,
    now: Timestamp,
) {
    let paid = Paid::of(billing, item, subscription);
    let (cycles, next) = cycles(billing, subscription, &paid, (now, fulfilment.upgrades));
    if let Some(next) = next {
        due.is_due(next, now);
    }
    trial(due, billing, subscription, (&cycles, &paid), fulfilment, now);
    for (place, cycle) in cycles.iter().enumerate() {
        let following = place.checked_add(1).and_then(|next| cycles.get(next));
        let lifetime = Lifetime { billing, subscription, fulfilment, following };
        of_cycle(due, item, cycle, &lifetime, now);
        rises(due, item, cycle, &paid, &lifetime);
    }
    prices(due, billing, subscription, &cycles, fulfilment);
}

fn trial(
    due: &mut Due,
    billing: &Billing,
    subscription: &Subscription,
    (cycles, paid): (&[Cycle<'_>], &Paid<'_>),
    fulfilment: Fulfilment,
    now: Timestamp,
) {
    let Some(trial) = subscription.trial() else { return };
    let state = subscription.states.iter().find(|(_, state)| state.status == Status::Trialing);
    let Some((_, state)) = state else { return };
    let Some(terms) = billing.terms(&state.price, trial.start).filter(|terms| terms.trial > 0) else {
        return;
    };
    let paid_before = paid.first_from(Timestamp::MIN).is_some_and(|paid| paid < trial.start);
    if paid_before || !due.is_due(trial.start, now) {
        return;
    }
    let length = trial.end.since(trial.start);
    let (grace, wait) = (fulfilment.grace.min(length), fulfilment.renewal_wait.min(length));
    let ends = subscription.ends_at().is_some_and(|ends_at| ends_at <= trial.end);
    let wait = if ends { Duration::ZERO } else { wait };
    let waited = trial.end.after(wait).after(grace);
    let converted = cycles.first().and_then(|cycle| cycle.first_paid);
    let converted = converted.map(|instant| trial.end.max(instant.paid_at).after(grace));
    due.awards.entry(AwardId::Trial(terms.plan.clone())).or_insert(Wanted {
        expires_at: Some(converted.map_or(waited, |converted| converted.min(waited))),
        ..wanted(terms, trial.start, terms.trial, Category::SubscriptionTrial)
    });
}

fn of_cycle(due: &mut Due, item: &ObjectId, cycle: &Cycle<'_>, lifetime: &Lifetime<'_>, now: Timestamp) {
    let (Some(terms), Some(PaidInstant { at, paid_at })) = (cycle.level.terms, cycle.first_paid) else {
        return;
    };
    if !due.is_due(at, now) || !has_credits(terms) {
        return;
    }
    let length = cycle.interval.end.since(cycle.interval.start);
    let amount = share(cycle.level.amount(), length, cycle.whole);
    let (item, asset) = (item.clone(), Asset::of(&terms.asset));
    let id = AwardId::Cycle { item, start: cycle.interval.start, asset };
    due.awards.insert(
        id,
        Wanted {
            expires_at: lifetime.of(cycle, terms, paid_at),
            trims_to: match terms.unused {
                Unused::UpTo(most) => Some(most),
                _ => None,
            },
            ..wanted(terms, at, amount, Category::SubscriptionCredits)
        },
    );
    if terms.signup_bonus > 0 {
        let bonus = wanted(terms, at, terms.signup_bonus, Category::SubscriptionSignupBonus);
        due.awards.entry(AwardId::SignupBonus(terms.plan.clone())).or_insert(bonus);
    }
}

/// Prices that nobody knows, and rises that nobody paid.
fn prices(
    due: &mut Due,
    billing: &Billing,
    subscription: &Subscription,
    cycles: &[Cycle<'_>],
    fulfilment: Fulfilment,
) {
    let Some((since, state)) = subscription.states.last() else { return };
    let unknown = |price: &&ObjectId| !billing.plans.contains_key(*price);
    let lines = billing.invoices.values().flat_map(|invoice| &invoice.lines);
    let lines = lines.filter(|line| billing.is_of(line, &state.item, subscription)).map(|line| &line.price);
    due.unknown_prices.extend(lines.chain([&state.price]).filter(unknown).cloned());
    if state.status == Status::Ended || fulfilment.upgrades == Upgrades::OnChange {
        return;
    }
    let level =
        Level { price: &state.price, terms: billing.terms(&state.price, *since), quantity: state.quantity };
    let Some(cycle) = cycles.last() else { return };
    let paid = |line: &&Line| line.price == state.price && line.quantity == state.quantity && line.amount > 0;
    let is_paid = billing.invoices.values().flat_map(|invoice| &invoice.lines).any(|line| paid(&line));
    if scaled(&level, cycle) > scaled(&cycle.level, cycle) && !is_paid {
        let changed = subscription
            .states
            .iter()
            .rev()
            .take_while(|(_, other)| other.price == state.price && other.quantity == state.quantity);
        due.unpaid_upgrades.push(UnpaidUpgrade {
            subscription: state.subscription.clone(),
            price: state.price.clone(),
            quantity: state.quantity,
            since: changed.last().map_or(*since, |(at, _)| *at),
        });
    }
}

fn has_credits(terms: &PlanTerms) -> bool {
    terms.every.is_some() && terms.amount > 0
}

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
    }
}
