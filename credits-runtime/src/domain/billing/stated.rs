//! Stated time: unpaid spans that states of items give under `upgrades on_change`, before an invoice pays for
//! them.
//!
//! It does not know the levels of a cycle, nor which setting is in force.

use super::cycles::Lane;
use super::event::{Interval, Status};
use super::items::SubscriptionItems;
use super::paid::{Paid, Span};
use super::record::Billing;

/// Unpaid spans of a lane by the states of its items: each from a change within paid time to the end of that
/// time.
pub(super) fn stated<'a>(
    billing: &'a Billing,
    items: &SubscriptionItems<'a>,
    lane: &Lane,
    live: &Paid<'a>,
) -> Vec<Span<'a>> {
    let mut stated = Vec::new();
    for (item, states) in items.items.iter().filter(|(_, states)| states.own.is_none()) {
        for (place, (at, state)) in states.states.iter().enumerate() {
            let of_item = || live.spans.iter().filter(|span| span.item == *item);
            let covering = of_item().filter(|span| span.covers(*at)).map(|span| span.period.end).max();
            let counts = matches!(state.status, Status::Active | Status::Trialing);
            let (Some(end), true) = (covering, counts) else { continue };
            let quantity = state.quantity.unwrap_or(1);
            let is_paid = of_item().any(|span| {
                span.price == &state.price
                    && span.quantity == quantity
                    && span.period.start < end
                    && span.period.end > *at
            });
            let next = states.states.get(place.saturating_add(1)).map_or(end, |(next, _)| *next);
            let terms = billing.terms(items.subscription, &state.price, *at);
            let span = Span::stated(item, state, Interval { start: *at, end }, next, terms);
            if !is_paid && lane.has(&span) {
                stated.push(span);
            }
        }
    }
    stated
}
