//! Covers that are due: the operations that cost an owner nothing at an instant, because paid or trial time is at a
//! plan that has them unlimited.
//!
//! A cover goes on while the renewal of its time is charged, as credits do. It does not know in which wallets covers
//! are kept, and credits that a price gives before it is paid (`upgrades on_change`) do not concern it.

use std::cmp::Reverse;
use std::time::Duration;

use super::due::{Due, Fulfilment};
use super::event::{Interval, Status};
use super::items::SubscriptionItems;
use super::lanes::PaidTime;
use super::paid::{ChargedWhen, Span};
use super::record::Billing;
use super::subscription::Subscription;
use super::terms::PlanTerms;
use crate::domain::ids::ObjectId;
use crate::domain::time::Timestamp;

mod credited;

/// A cover that is due.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DueCover {
    /// The subscription.
    pub subscription: ObjectId,
    /// Name of the plan.
    pub plan: String,
    /// The operations, by name; empty for all.
    pub operations: Vec<String>,
    /// When it ends, by the known facts; [`Timestamp::MAX`] for never.
    pub until: Timestamp,
}

impl Billing {
    /// Whether the terms of any plan have unlimited operations.
    pub fn has_unlimited(&self) -> bool {
        self.plans.values().flatten().any(|(_, terms)| terms.unlimited.is_some())
    }
}

/// The difference between the longest and the shortest month.
const MONTHS_DIFFER_BY: Duration = Duration::from_hours(3 * 24);

/// Time at a plan with unlimited operations.
#[derive(Clone, Copy)]
struct Covering<'a> {
    plan: &'a str,
    operations: &'a [String],
    time: Interval,
    /// The end of its paid time, without the wait for its renewal.
    paid_until: Timestamp,
}

/// Adds the covers of a subscription.
pub(super) fn due(
    due: &mut Due,
    billing: &Billing,
    items: &SubscriptionItems<'_>,
    paid: &PaidTime<'_>,
    fulfilment: Fulfilment,
    now: Timestamp,
) {
    let ends = CoverEnds { items, paid, fulfilment };
    let spans = paid.live.spans.iter().filter_map(|span| {
        let time = Interval { start: start_of(span), end: ends.of_span(span) };
        covering(span.terms.filter(|_| span.quantity > 0)?, time, span.cut)
    });
    let trials = ends.trials().filter_map(|(time, price)| {
        covering(billing.terms(items.subscription, price, time.start)?, time, time.end)
    });
    let ends_at = items.covered_until().unwrap_or(Timestamp::MAX);
    let mut times: Vec<Covering<'_>> = spans.chain(trials).collect();
    for covering in &mut times {
        covering.time.end = covering.time.end.min(ends_at);
    }
    let mut times = credited::without_credited(times, &paid.live);
    times.retain(|covering| covering.time.start < covering.time.end);
    times.sort_by_key(|covering| covering.time.start);
    for Covering { time, .. } in &times {
        due.is_due(time.start, now);
    }
    for (place, first) in times.iter().enumerate() {
        let is_same =
            |other: &&Covering<'_>| (other.plan, other.operations) == (first.plan, first.operations);
        let is_known = times.iter().take(place).any(|other| is_same(&other) && other.time.contains(now));
        if is_known || !first.time.contains(now) {
            continue;
        }
        let same = times.iter().filter(is_same);
        // Time that begins where other time of the plan ends continues it.
        let until = same.fold(first.time.end, |until, next| {
            if next.time.start <= until { until.max(next.time.end) } else { until }
        });
        if until < Timestamp::MAX {
            due.is_due(until, now);
        }
        due.covers.push(DueCover {
            subscription: items.subscription.clone(),
            plan: first.plan.to_owned(),
            operations: first.operations.to_vec(),
            until,
        });
    }
}

/// Of covers of the same operations by the same plan, the one that ends last, so that a wallet's covers are no more than the
/// plans.
pub(super) fn without_repeated(due: &mut Due) {
    let by_plan = |cover: &DueCover| (cover.plan.clone(), cover.operations.clone());
    due.covers.sort_by(|a, b| {
        (by_plan(a), Reverse(a.until), &a.subscription).cmp(&(by_plan(b), Reverse(b.until), &b.subscription))
    });
    due.covers.dedup_by(|next, kept| by_plan(next) == by_plan(kept));
    due.covers.sort_unstable();
}

/// Whether a span covers as much time after it, because its period was charged in arrears. A proration is charged late too,
/// for time that is paid already.
fn covers_time_after(span: &Span<'_>) -> bool {
    span.charged == ChargedWhen::InArrears
}

/// The start of a span's cover.
fn start_of(span: &Span<'_>) -> Timestamp {
    if covers_time_after(span) { span.period.end } else { span.period.start }
}

fn covering(terms: &PlanTerms, time: Interval, paid_until: Timestamp) -> Option<Covering<'_>> {
    Some(Covering { plan: &terms.plan, operations: terms.unlimited.as_deref()?, time, paid_until })
}

/// The ends of covers: that of the time, or later while its renewal is charged.
struct CoverEnds<'a, 'b> {
    items: &'b SubscriptionItems<'a>,
    paid: &'b PaidTime<'a>,
    fulfilment: Fulfilment,
}

impl<'a> CoverEnds<'a, '_> {
    /// The end of a span's cover. Credited time, and that of the application's own subscriptions, is not renewed.
    fn of_span(&self, span: &Span<'_>) -> Timestamp {
        let length = span.period.end.since(span.period.start);
        let wait = quarter(length);
        if span.is_cut() || span.is_without_invoice() || self.is_removed(span.item) {
            return span.left_at.map_or(span.cut, |left_at| left_at.min(span.cut));
        }
        if covers_time_after(span) {
            // Months differ by up to three days.
            let end = span.period.end.after(length).after(wait.min(MONTHS_DIFFER_BY));
            let renewed = self.paid.live.first_from(span.period.end, |other| other.item == span.item);
            return self.waited(end, wait, renewed.map(|renewed| renewed.paid_at));
        }
        let renewed = |other: &Span<'_>| other.item == span.item || other.period.start >= span.cut;
        let renewed = self.paid.live.first_from(span.cut, renewed);
        self.waited(span.cut, wait, renewed.map(|renewed| renewed.at.max(renewed.paid_at)))
    }

    /// The trial time of each item, with the price at which it is.
    fn trials(&self) -> impl Iterator<Item = (Interval, &'a ObjectId)> {
        self.items.items.iter().flat_map(|(_, item)| self.trials_of(item))
    }

    fn trials_of(&self, item: &'a Subscription) -> Vec<(Interval, &'a ObjectId)> {
        let states = item.states.iter().enumerate();
        let trials = states.filter_map(|(place, (at, state))| {
            let is_one = state.status == Status::Trialing && state.quantity != Some(0);
            let trial = state.trial.filter(|_| is_one)?;
            let end = self.trial_end(trial);
            let start = if place == 0 { trial.start } else { trial.start.max(*at) };
            let next = item.states.get(place.saturating_add(1));
            let end = match next {
                Some((at, next)) if is_without_wait(next.status) => end.min(*at),
                _ => self.of_trial(Interval { end, ..trial }),
            };
            Some((Interval { start, end }, &state.price))
        });
        trials.collect()
    }

    /// The end of a trial by its newest state: it may have been extended or cut short.
    fn trial_end(&self, trial: Interval) -> Timestamp {
        let states = self.items.items.iter().flat_map(|(_, item)| &item.states);
        let versions = states.filter(|(_, state)| state.trial.is_some_and(|it| it.start == trial.start));
        let newest = versions.max_by_key(|(at, state)| (*at, state.trial.map(|trial| trial.end)));
        newest.and_then(|(_, state)| state.trial).map_or(trial.end, |trial| trial.end)
    }

    fn of_trial(&self, trial: Interval) -> Timestamp {
        let paid = self.paid.live.first_from(trial.start, |span| span.period.start >= trial.start);
        let converted = paid.map(|paid| trial.end.min(paid.at).max(paid.paid_at));
        self.waited(trial.end, quarter(trial.end.since(trial.start)), converted)
    }

    /// An end with the time until its renewal, which is waited for up to this long.
    fn waited(&self, end: Timestamp, wait_max: Duration, renewed: Option<Timestamp>) -> Timestamp {
        if self.items.covered_until().is_some_and(|ends_at| ends_at <= end) {
            return end;
        }
        let waited = end.after(self.fulfilment.renewal_wait.min(wait_max));
        renewed.map_or(waited, |renewed| renewed.max(end).min(waited))
    }

    fn is_removed(&self, item: &ObjectId) -> bool {
        let states = self.items.items.iter().find(|(id, _)| *id == item).map(|(_, states)| states);
        let latest = states.and_then(|states| states.latest());
        latest.is_some_and(|state| state.status == Status::Removed)
    }
}

/// The longest wait for the renewal of time of this length.
fn quarter(length: Duration) -> Duration {
    length.checked_div(4).unwrap_or_default()
}

/// Whether nothing is charged for the time after a trial, or another state says what is.
fn is_without_wait(next: Status) -> bool {
    matches!(next, Status::Trialing | Status::Removed | Status::Paused)
}
