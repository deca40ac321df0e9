//! Trials: credits given once per owner and plan name.
//!
//! It does not know which trials were given.

use std::time::Duration;

use super::award::AwardId;
use super::due::{Due, Fulfilment, Wanted, wanted};
use super::event::{Interval, Status};
use super::items::SubscriptionItems;
use super::lanes::PaidTime;
use super::record::Billing;
use crate::domain::category::Category;
use crate::domain::ids::ObjectId;
use crate::domain::time::Timestamp;

/// Adds the awards of a subscription's trials.
pub(super) fn due(
    due: &mut Due,
    billing: &Billing,
    items: &SubscriptionItems<'_>,
    paid: &PaidTime<'_>,
    fulfilment: Fulfilment,
    now: Timestamp,
) {
    let first_paid = paid.placed.first_from(Timestamp::MIN, |_| true).map(|paid| paid.at);
    let first_paid = items.closed.and_then(|closed| closed.first_paid).or(first_paid);
    for (trial, price) in begun(items) {
        let terms = billing.terms(items.subscription, price, trial.start);
        let Some(terms) = terms.filter(|terms| terms.trial > 0) else { continue };
        // A trial after paid time is a gift of time from the seller.
        let after_paid = first_paid.is_some_and(|paid| paid < trial.start);
        if after_paid || !due.is_due(trial.start, now) {
            continue;
        }
        let length = trial.end.since(trial.start);
        let (grace, wait) = (fulfilment.grace.min(length), fulfilment.renewal_wait.min(length));
        let ends = items.ends_at().is_some_and(|ends_at| ends_at <= trial.end);
        let wait = if ends { Duration::ZERO } else { wait };
        let waited = trial.end.after(wait).after(grace);
        // The trial ends where paid time begins.
        let converted = paid.live.first_from(trial.start, |_| true);
        let converted = converted.map(|paid| trial.end.min(paid.at).max(paid.paid_at).after(grace));
        due.awards.entry(AwardId::Trial(terms.plan.clone())).or_insert(Wanted {
            expires_at: Some(converted.map_or(waited, |converted| converted.min(waited))),
            ..wanted(terms, trial.start, terms.trial, Category::SubscriptionTrial)
        });
    }
}

/// The trials of a subscription by start, each with the price at which an item began it. Neither the removal
/// of an item nor a later trial changes an earlier one; a trial that is extended or cut short stays the same
/// trial.
fn begun<'a>(items: &SubscriptionItems<'a>) -> Vec<(Interval, &'a ObjectId)> {
    let mut states: Vec<_> = items.items.iter().flat_map(|(_, item)| &item.states).collect();
    states.sort_by_key(|(at, _)| *at);
    let end = |start: Timestamp| {
        let trials = states.iter().rev().filter_map(|(_, state)| state.trial);
        trials.into_iter().find(|trial| trial.start == start).map_or(start, |trial| trial.end)
    };
    let mut begun: Vec<(Interval, &ObjectId, &ObjectId)> = Vec::new();
    for (_, state) in states.iter().filter(|(_, state)| state.status == Status::Trialing) {
        let Some(Interval { start, .. }) = state.trial else { continue };
        if !begun.iter().any(|(trial, item, _)| trial.start == start && **item == state.item) {
            begun.push((Interval { start, end: end(start) }, &state.item, &state.price));
        }
    }
    begun.sort_by_key(|(trial, ..)| trial.start);
    begun.into_iter().map(|(trial, _, price)| (trial, price)).collect()
}
