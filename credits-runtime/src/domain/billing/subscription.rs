//! A subscription: everything that was said of one item, in the order in which it happened.

use minicbor::{Decode, Encode};

use super::event::{Interval, Status, SubscriptionState};
use crate::domain::ids::ObjectId;
use crate::domain::time::Timestamp;

/// One item of a subscription: everything that was said of it, by the processor's time.
#[derive(Clone, Debug, PartialEq, Eq, Default, Encode, Decode)]
pub struct Subscription {
    /// Each state with since when.
    #[n(0)]
    pub states: Vec<(Timestamp, SubscriptionState)>,
}

impl Subscription {
    /// The state that counts: the last one.
    pub fn latest(&self) -> Option<&SubscriptionState> {
        self.states.last().map(|(_, state)| state)
    }

    /// Its trial.
    pub fn trial(&self) -> Option<Interval> {
        self.latest()?.trial
    }

    /// When it ended or is to end.
    pub fn ends_at(&self) -> Option<Timestamp> {
        self.latest()?.ends_at
    }

    /// From where the processor counted its periods when it began.
    pub fn anchor(&self) -> Option<Timestamp> {
        self.states.first().map(|(_, state)| state.anchor)
    }

    /// When the first thing was said of it.
    pub fn began_at(&self) -> Timestamp {
        self.states.first().map_or(Timestamp::MAX, |(at, _)| *at)
    }

    /// The last state said at an instant after one and no later than another.
    pub fn said_within(&self, after: Timestamp, until: Timestamp) -> Option<&SubscriptionState> {
        let within = self.states.iter().rev().find(|(at, _)| *at > after && *at <= until);
        within.map(|(_, state)| state)
    }

    pub(super) fn merge(&mut self, at: Timestamp, state: &SubscriptionState) {
        let new = (at, state.clone());
        if self.states.contains(&new) {
            return;
        }
        let place = self.states.partition_point(|other| is_before(other, &new));
        self.states.insert(place, new);
        self.forget_repeated();
    }

    /// Forgets states that only repeat the one before, once nothing between them can arrive any more.
    fn forget_repeated(&mut self) {
        let Some((newest, _)) = self.states.last() else { return };
        let old = newest.before(LATE_FACTS_MAX);
        let mut kept: Vec<(Timestamp, SubscriptionState)> = Vec::with_capacity(self.states.len());
        for (at, state) in self.states.drain(..) {
            let repeats = kept.last().is_some_and(|(_, before)| {
                SubscriptionState { before: None, ..before.clone() }
                    == SubscriptionState { before: None, ..state.clone() }
            });
            if !repeats || at >= old {
                kept.push((at, state));
            }
        }
        self.states = kept;
    }
}

/// How much later than a fact one from before it may arrive.
const LATE_FACTS_MAX: std::time::Duration = std::time::Duration::from_hours(60 * 24);

/// Whether a state is older than another. Of two of one instant, the end is last; else the one that was made from the
/// other is the later; else any order, as long as it is always the same.
fn is_before(old: &(Timestamp, SubscriptionState), new: &(Timestamp, SubscriptionState)) -> bool {
    let rank = |(at, state): &(Timestamp, SubscriptionState)| (*at, state.status == Status::Ended);
    if rank(old) != rank(new) {
        return rank(old) < rank(new);
    }
    let ((_, old), (_, new)) = (old, new);
    match (follows(new, old), follows(old, new)) {
        (true, false) => true,
        (false, true) => false,
        _ => order(old) < order(new),
    }
}

/// Whether a state says that it was made from another.
fn follows(state: &SubscriptionState, earlier: &SubscriptionState) -> bool {
    let Some(before) = &state.before else { return false };
    let was = SubscriptionState {
        price: before.price.clone().unwrap_or_else(|| state.price.clone()),
        quantity: before.quantity.unwrap_or(state.quantity),
        status: before.status.unwrap_or(state.status),
        ends_at: if before.ended_otherwise { earlier.ends_at } else { state.ends_at },
        ..state.clone()
    };
    let is_the_earlier = (&was.price, was.quantity, was.status, was.ends_at)
        == (&earlier.price, earlier.quantity, earlier.status, earlier.ends_at);
    let differs = (&state.price, state.quantity, state.status, state.ends_at)
        != (&earlier.price, earlier.quantity, earlier.status, earlier.ends_at);
    is_the_earlier && differs
}

/// An order of states that says nothing, but is the same however they arrive. Whoever began something is older than
/// whoever goes on.
fn order(state: &SubscriptionState) -> (bool, Status, &ObjectId, u64, Option<Timestamp>, Option<Interval>) {
    let SubscriptionState { status, price, quantity, ends_at, trial, before, .. } = state;
    (before.is_some(), *status, price, *quantity, *ends_at, *trial)
}
