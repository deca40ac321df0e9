//! What a subscription item is paid until, and its next credits.
//!
//! It does not know whether a renewal will be paid.

use super::award::AwardId;
use super::cycles::cycles;
use super::due::{Fulfilment, due};
use super::event::Status;
use super::lanes::PaidTime;
use super::record::Billing;
use super::subscription::Subscription;
use crate::domain::amount::Amount;
use crate::domain::ids::ObjectId;
use crate::domain::time::Timestamp;

/// Starts of cycles that are looked at for the next award of paid time.
const LOOKS_MAX: usize = 8;

/// The paid time and the next credits of a subscription item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Upcoming {
    /// The end of its paid time; `None` if no time was paid, and for a subscription of the application's own
    /// without an end.
    pub paid_until: Option<Timestamp>,
    /// The next credits.
    pub next: Option<NextAward>,
}

/// Credits to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NextAward {
    /// When they are given: at the start of a cycle that is paid already, or at the renewal.
    pub at: Timestamp,
    /// The amount.
    pub amount: Amount,
}

/// The paid time and the next credits of an item.
pub fn upcoming(billing: &Billing, item: &ObjectId, fulfilment: Fulfilment, now: Timestamp) -> Upcoming {
    let subscriptions = billing.by_subscription();
    let of_item = subscriptions.iter().find(|items| items.items.iter().any(|(id, _)| *id == item));
    let Some(items) = of_item else { return Upcoming::default() };
    let paid = PaidTime::of(billing, items);
    let spans = paid.live.spans.iter().filter(|span| span.item == item);
    let paid_until = spans.map(|span| span.cut).max().filter(|until| *until < Timestamp::MAX);
    let states = items.items.iter().find(|(id, _)| *id == item).map(|(_, states)| *states);
    let renewal = states.and_then(|states| renewal(billing, states, paid_until?, now));
    let of_paid_time = || {
        let lanes = paid.lanes();
        let next_cycle =
            |now| lanes.iter().filter_map(|lane| cycles(items, lane, &paid.placed, now).next).min();
        of_paid_time(billing, item, fulfilment, (now, &next_cycle))
    };
    let next = of_paid_time().or(renewal);
    Upcoming { paid_until, next }
}

/// The next cycle of an item that is paid already.
fn of_paid_time(
    billing: &Billing,
    item: &ObjectId,
    fulfilment: Fulfilment,
    (now, next_cycle): (Timestamp, &dyn Fn(Timestamp) -> Option<Timestamp>),
) -> Option<NextAward> {
    let (mut known, mut at) = (due(billing, fulfilment, now), now);
    for _ in 0..LOOKS_MAX {
        at = next_cycle(at)?;
        let then = due(billing, fulfilment, at);
        let is_new = |id: &AwardId| matches!(id, AwardId::Cycle { item: of, .. } if of == item);
        let new = then.awards.iter().filter(|(id, _)| is_new(id) && !known.awards.contains_key(*id));
        let amount = Amount::sum(new.map(|(_, wanted)| Amount::new(wanted.amount)));
        if amount.is_positive() {
            return Some(NextAward { at, amount });
        }
        known = then;
    }
    None
}

/// The first cycle after the paid time, if the item renews.
fn renewal(billing: &Billing, states: &Subscription, at: Timestamp, now: Timestamp) -> Option<NextAward> {
    let state = states.latest().filter(|state| state.status == Status::Active)?;
    let ends_at =
        billing.handed_over.get(&state.subscription).copied().into_iter().chain(state.ends_at).min();
    if at <= now || ends_at.is_some_and(|ends_at| ends_at <= at) {
        return None;
    }
    let terms = billing.terms(&state.subscription, &state.price, Timestamp::MAX)?;
    let quantity = i64::try_from(state.quantity.unwrap_or(1)).ok()?;
    let amount = Amount::new(terms.amount.checked_mul(quantity)?);
    amount.is_positive().then_some(NextAward { at, amount })
}
