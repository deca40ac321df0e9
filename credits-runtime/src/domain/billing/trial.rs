//! Trials: their credits, once for an owner and a plan's name.

use std::time::Duration;

use super::award::AwardId;
use super::due::{Due, Fulfilment, Wanted, wanted};
use super::event::Status;
use super::items::SubscriptionItems;
use super::lanes::Known;
use super::record::Billing;
use crate::domain::category::Category;
use crate::domain::time::Timestamp;

/// What is due for the trials of a subscription's items.
pub(super) fn due(
    due: &mut Due,
    billing: &Billing,
    items: &SubscriptionItems<'_>,
    paid: &Known<'_>,
    fulfilment: Fulfilment,
    now: Timestamp,
) {
    let first_paid = paid.placed.first_from(Timestamp::MIN, |_| true);
    for (_, item) in &items.items {
        let Some(trial) = item.trial() else { continue };
        let state = item.states.iter().find(|(_, state)| state.status == Status::Trialing);
        let Some((_, state)) = state else { continue };
        let terms = billing.terms(items.subscription, &state.price, trial.start);
        let Some(terms) = terms.filter(|terms| terms.trial > 0) else { continue };
        // A trial after paid time is the seller's gift of time.
        let after_paid = first_paid.is_some_and(|paid| paid.at < trial.start);
        if after_paid || !due.is_due(trial.start, now) {
            continue;
        }
        let length = trial.end.since(trial.start);
        let (grace, wait) = (fulfilment.grace.min(length), fulfilment.renewal_wait.min(length));
        let ends = items.ends_at().is_some_and(|ends_at| ends_at <= trial.end);
        let wait = if ends { Duration::ZERO } else { wait };
        let waited = trial.end.after(wait).after(grace);
        // It ends where paid time begins.
        let converted = paid.live.first_from(trial.start, |_| true);
        let converted = converted.map(|paid| trial.end.min(paid.at).max(paid.paid_at).after(grace));
        due.awards.entry(AwardId::Trial(terms.plan.clone())).or_insert(Wanted {
            expires_at: Some(converted.map_or(waited, |converted| converted.min(waited))),
            ..wanted(terms, trial.start, terms.trial, Category::SubscriptionTrial)
        });
    }
}
