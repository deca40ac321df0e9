//! What a subscription item is paid until, and its next credits.
//!
//! It does not know whether a renewal will be paid.

use std::collections::BTreeMap;

use super::award::AwardId;
use super::cycles::cycles;
use super::due::{Due, Fulfilment, Wanted};
use super::event::Status;
use super::items::SubscriptionItems;
use super::lanes::{self, PaidTime};
use super::lifetime::PlanTimes;
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

/// The paid time and the next credits of each item, by item.
pub fn upcoming(billing: &Billing, fulfilment: Fulfilment, now: Timestamp) -> BTreeMap<&ObjectId, Upcoming> {
    let subscriptions = billing.by_subscription();
    let plans = PlanTimes::of(billing, &subscriptions);
    let of_subscriptions = subscriptions.iter().flat_map(|items| {
        let (paid, cycles_due) = (PaidTime::of(billing, items), BTreeMap::new());
        let mut looks = Looks { billing, items, plans: &plans, paid, fulfilment, cycles_due };
        items
            .items
            .iter()
            .map(|(item, states)| (*item, looks.upcoming(item, states, now)))
            .collect::<Vec<_>>()
    });
    of_subscriptions.collect()
}

/// Looks at the cycles of a subscription that are paid already.
struct Looks<'a, 'b> {
    billing: &'a Billing,
    items: &'b SubscriptionItems<'a>,
    plans: &'b PlanTimes<'a>,
    paid: PaidTime<'a>,
    fulfilment: Fulfilment,
    /// The awards of cycles that are due at an instant.
    cycles_due: BTreeMap<Timestamp, BTreeMap<AwardId, Wanted>>,
}

impl Looks<'_, '_> {
    fn upcoming(&mut self, item: &ObjectId, states: &Subscription, now: Timestamp) -> Upcoming {
        let spans = self.paid.live.spans.iter().filter(|span| span.item == item);
        let paid_until = spans.map(|span| span.cut).max().filter(|until| *until < Timestamp::MAX);
        let renewal = || renewal(self.billing, states, paid_until?, now);
        let renewal = renewal();
        Upcoming { paid_until, next: self.of_paid_time(item, now).or(renewal) }
    }

    /// The next cycle of an item that is paid already.
    fn of_paid_time(&mut self, item: &ObjectId, now: Timestamp) -> Option<NextAward> {
        let mut known = now;
        for _ in 0..LOOKS_MAX {
            let at = self.next_cycle(known)?;
            let before = self.cycles_at(known).clone();
            let is_new = |id: &AwardId| {
                matches!(id, AwardId::Cycle { item: of, .. } if of == item) && !before.contains_key(id)
            };
            let new = self.cycles_at(at).iter().filter(|(id, _)| is_new(id));
            let amount = Amount::sum(new.map(|(_, wanted)| Amount::new(wanted.amount)));
            if amount.is_positive() {
                return Some(NextAward { at, amount });
            }
            known = at;
        }
        None
    }

    fn next_cycle(&self, at: Timestamp) -> Option<Timestamp> {
        let lanes = self.paid.lanes();
        lanes.iter().filter_map(|lane| cycles(self.items, lane, &self.paid.placed, at).next).min()
    }

    fn cycles_at(&mut self, at: Timestamp) -> &BTreeMap<AwardId, Wanted> {
        self.cycles_due.entry(at).or_insert_with(|| {
            let mut due = Due::default();
            lanes::due(&mut due, self.billing, self.items, &self.paid, (self.plans, self.fulfilment), at);
            due.awards
        })
    }
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
