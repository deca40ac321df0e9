//! A subscription item: its known states, in chronological order.
//!
//! It does not know the other items of its subscription, nor paid time.

use minicbor::{Decode, Encode};

use super::event::{Interval, ScheduledEnd, Status, SubscriptionState};
use super::own::OwnTime;
use crate::domain::ids::ObjectId;
use crate::domain::time::Timestamp;

/// One item of a subscription: its states by the processor's time.
#[derive(Clone, Debug, PartialEq, Eq, Default, Encode, Decode)]
pub struct Subscription {
    /// States, each with the time from which it holds.
    #[n(0)]
    pub states: Vec<(Timestamp, SubscriptionState)>,
    /// Paid time of a subscription of the application's own; `None` for a processor's, whose invoices tell it.
    #[n(1)]
    pub own: Option<OwnTime>,
}

impl Subscription {
    /// The newest state.
    pub fn latest(&self) -> Option<&SubscriptionState> {
        self.states.last().map(|(_, state)| state)
    }

    /// The id of the item's subscription.
    pub fn id(&self) -> Option<&ObjectId> {
        self.latest().map(|state| &state.subscription)
    }

    /// The time of the first state.
    pub fn began_at(&self) -> Timestamp {
        self.states.first().map_or(Timestamp::MAX, |(at, _)| *at)
    }

    /// The state at an instant; before the first state, the first one.
    pub fn state_at(&self, instant: Timestamp) -> Option<&SubscriptionState> {
        let known = self.states.iter().rev().find(|(at, _)| *at <= instant);
        known.or_else(|| self.states.first()).map(|(_, state)| state)
    }

    /// Whether the item ever had a price.
    pub fn has_had(&self, price: &ObjectId) -> bool {
        self.states.iter().any(|(_, state)| state.price == *price)
    }

    /// Whether a state of an instant would be among those forgotten with closed periods.
    pub(super) fn is_forgotten(&self, at: Timestamp, closed_until: Timestamp) -> bool {
        self.states.first().is_some_and(|(first, _)| at < *first && *first <= closed_until)
    }

    /// Forgets the states before the one at an instant.
    pub(super) fn forget_before(&mut self, instant: Timestamp) {
        let later = self.states.partition_point(|(at, _)| *at <= instant);
        self.states.drain(..later.saturating_sub(1));
        if let Some(own) = &mut self.own {
            own.forget_before(instant);
        }
    }

    pub(super) fn merge(&mut self, at: Timestamp, state: &SubscriptionState) {
        let new = (at, state.clone());
        if self.states.contains(&new) {
            return;
        }
        let place = self.states.partition_point(|(other, _)| *other <= at);
        self.states.insert(place, new);
        self.order_seconds();
        self.forget_repeated();
    }

    /// Orders the states of each second; the order depends on the last state of the second before.
    fn order_seconds(&mut self) {
        let mut ordered: Vec<(Timestamp, SubscriptionState)> = Vec::with_capacity(self.states.len());
        for second in self.states.chunk_by(|(a, _), (b, _)| a == b) {
            let states = second.iter().map(|(_, state)| state.clone()).collect();
            let earlier = ordered.last().map(|(_, state)| state.clone());
            let at = second.first().map_or(Timestamp::MIN, |(at, _)| *at);
            ordered.extend(in_order(earlier.as_ref(), states).into_iter().map(|state| (at, state)));
        }
        self.states = ordered;
    }

    /// Forgets states that repeat the one before, once they are too old for a state between them to arrive.
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

/// Longest delay with which a state may arrive after a newer one.
const LATE_FACTS_MAX: std::time::Duration = std::time::Duration::from_hours(60 * 24);
/// Maximum states of one second for which every order is tried; more are ordered step by step.
const SEARCHED_STATES_MAX: usize = 6;

/// Orders the states of one second: ends come last, and as many states as possible follow the one with their
/// previous values. Ties are broken independently of the order of arrival.
fn in_order(
    earlier: Option<&SubscriptionState>,
    mut states: Vec<SubscriptionState>,
) -> Vec<SubscriptionState> {
    if states.len() < 2 {
        return states;
    }
    states.sort_by(|a, b| order(a).cmp(&order(b)));
    let (mut open, ended): (Vec<_>, Vec<_>) = states.into_iter().partition(|state| !is_end(state));
    let mut ordered = if open.len() <= SEARCHED_STATES_MAX {
        longest_chain(earlier, &open)
    } else {
        let mut chosen: Vec<SubscriptionState> = Vec::new();
        while !open.is_empty() {
            let before = chosen.last().or(earlier);
            let next = open.iter().position(|state| before.is_some_and(|before| follows(state, before)));
            chosen.push(open.remove(next.unwrap_or(0)));
        }
        chosen
    };
    ordered.extend(ended);
    ordered
}

/// The order with the most states that follow the one before them; the first of several.
fn longest_chain(
    earlier: Option<&SubscriptionState>,
    states: &[SubscriptionState],
) -> Vec<SubscriptionState> {
    let mut best: Option<(usize, Vec<&SubscriptionState>)> = None;
    let mut begun: Vec<(Vec<&SubscriptionState>, Vec<&SubscriptionState>)> =
        vec![(Vec::new(), states.iter().collect())];
    while let Some((chosen, left)) = begun.pop() {
        if left.is_empty() {
            let pairs = earlier
                .into_iter()
                .chain(chosen.iter().copied())
                .zip(chosen.iter().copied().skip(usize::from(earlier.is_none())));
            let links = pairs.filter(|(before, state)| follows(state, before)).count();
            if best.as_ref().is_none_or(|(most, _)| links > *most) {
                best = Some((links, chosen));
            }
            continue;
        }
        // The last one pushed is popped first, so orders are tried from the first to the last.
        for place in (0..left.len()).rev() {
            let (mut chosen, mut left) = (chosen.clone(), left.clone());
            chosen.push(left.remove(place));
            begun.push((chosen, left));
        }
    }
    best.map(|(_, chosen)| chosen.into_iter().cloned().collect()).unwrap_or_default()
}

/// Whether a state is an end, which comes last in its second.
fn is_end(state: &SubscriptionState) -> bool {
    matches!(state.status, Status::Ended | Status::Removed)
}

/// Whether the previous values of a state are those of another state, and the two differ.
fn follows(state: &SubscriptionState, earlier: &SubscriptionState) -> bool {
    let Some(before) = &state.before else { return false };
    let was = SubscriptionState {
        price: before.price.clone().unwrap_or_else(|| state.price.clone()),
        quantity: if before.quantity.is_some() { before.quantity } else { state.quantity },
        status: before.status.unwrap_or(state.status),
        ends_at: before.end.map_or(state.ends_at, ScheduledEnd::at),
        ..state.clone()
    };
    let is_the_earlier = (&was.price, was.quantity, was.status, was.ends_at)
        == (&earlier.price, earlier.quantity, earlier.status, earlier.ends_at);
    let differs = (&state.price, state.quantity, state.status, state.ends_at)
        != (&earlier.price, earlier.quantity, earlier.status, earlier.ends_at);
    is_the_earlier && differs
}

/// Sort key of the states of one second. A state without previous values comes before one with them.
type Order<'a> =
    (bool, bool, Status, &'a ObjectId, Option<u64>, Option<Timestamp>, Option<Interval>, Timestamp);

/// The previous values of a state.
type Was<'a> = Option<(Option<&'a ObjectId>, Option<u64>, Option<Status>)>;

fn order(state: &SubscriptionState) -> (Order<'_>, Was<'_>) {
    let SubscriptionState { status, price, quantity, ends_at, trial, before, anchor, .. } = state;
    let was = before.as_ref().map(|before| (before.price.as_ref(), before.quantity, before.status));
    ((is_end(state), before.is_some(), *status, price, *quantity, *ends_at, *trial, *anchor), was)
}
