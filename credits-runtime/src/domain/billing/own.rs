//! Subscriptions of the application's own: their ids and prices, and their paid time, which needs no invoice.
//!
//! It does not know which changes an application may ask for.

use minicbor::{Decode, Encode};

use super::event::{Interval, OwnSpan, OwnSubscription, Status};
use super::items::SubscriptionItems;
use super::paid::Span;
use super::record::Billing;
use super::subscription::Subscription;
use super::terms::PlanTerms;
use crate::domain::ids::ObjectId;
use crate::domain::time::Timestamp;

/// Beginning of the ids of subscriptions of the application's own. No processor's id begins with it.
const SUBSCRIPTIONS: &str = "own/";
/// Beginning of the prices at which they are paid.
const PRICES: &str = "plan/";

/// The id of a subscription of the application's own: the name that the application gave it, and a number.
/// A subscription that ended is not continued; the next one of that name has a higher number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnId<'a> {
    /// The name.
    pub name: &'a str,
    /// The number, from 1 on.
    pub number: u64,
}

impl<'a> OwnId<'a> {
    /// Reads an id; `None` for the id of a processor's subscription.
    pub fn of(subscription: &'a ObjectId) -> Option<Self> {
        let (number, name) = subscription.as_str().strip_prefix(SUBSCRIPTIONS)?.split_once('/')?;
        Some(Self { name, number: number.parse().ok()? })
    }

    /// The id in the record: `own/1/main`.
    pub fn object(self) -> ObjectId {
        ObjectId::known(&format!("{SUBSCRIPTIONS}{}/{}", self.number, self.name))
    }
}

/// The price of a plan without a processor: its name and version, so that each version has its own terms.
pub fn own_price(terms: &PlanTerms) -> ObjectId {
    own_price_named(&terms.plan, terms.version)
}

/// The price of a version of a plan by one of its names.
pub fn own_price_named(plan: &str, version: u32) -> ObjectId {
    ObjectId::known(&format!("{PRICES}{plan}/{version}"))
}

/// The paid time of a subscription of the application's own.
#[derive(Clone, Debug, PartialEq, Eq, Default, Encode, Decode)]
pub struct OwnTime {
    /// Spans in the order in which they were asked for. They may overlap; the highest counts.
    #[n(0)]
    pub spans: Vec<OwnSpan>,
}

impl OwnTime {
    /// Whether all spans have ended.
    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        self.spans.iter().all(|span| span.period.end <= now)
    }

    /// Forgets the spans that ended by an instant.
    pub(super) fn forget_before(&mut self, instant: Timestamp) {
        self.spans.retain(|span| span.period.end > instant);
    }

    /// The span of a price and quantity that ends last.
    pub fn last_of(&self, price: &ObjectId, quantity: u64) -> Option<&OwnSpan> {
        let same = self.spans.iter().filter(|span| is_of(span, price, quantity));
        same.max_by_key(|span| span.period.end)
    }

    /// Ends the spans of a price and quantity at an instant at the latest.
    fn end(&mut self, price: &ObjectId, quantity: u64, until: Timestamp) {
        for span in self.spans.iter_mut().filter(|span| is_of(span, price, quantity)) {
            span.period.end = span.period.end.min(until);
        }
        self.spans.retain(|span| span.period.start < span.period.end);
    }

    /// Notes that the subscription was ended at once: its time stays paid, and nothing is covered.
    fn leave(&mut self, at: Timestamp) {
        for span in self.spans.iter_mut().filter(|span| span.left_at.is_none()) {
            span.left_at = Some(at);
        }
    }

    /// Adds paid time. Time that continues a span of the same price and quantity extends it, so that changing
    /// back and forth adds no spans.
    fn add(&mut self, new: &OwnSpan) {
        let continued = self.spans.iter_mut().find(|span| {
            is_of(span, &new.price, new.quantity)
                && span.period.start <= new.period.start
                && new.period.start <= span.period.end
        });
        match continued {
            Some(span) => {
                span.period.end = span.period.end.max(new.period.end);
                span.left_at = None;
            }
            None => self.spans.push(new.clone()),
        }
    }
}

fn is_of(span: &OwnSpan, price: &ObjectId, quantity: u64) -> bool {
    span.price == *price && span.quantity == quantity
}

impl Subscription {
    /// Whether a subscription of the application's own has ended. A processor's ends by an event.
    pub fn has_ended(&self, now: Timestamp) -> bool {
        let ends_at = self.latest().and_then(|state| state.ends_at);
        self.own.is_some() && ends_at.is_some_and(|ends_at| ends_at <= now)
    }

    /// Applies a change of a subscription of the application's own. Changes come in the ledger's order, so the
    /// newest state replaces one of the same instant, and one that did not move the anchor: spans tell the
    /// paid time.
    pub(super) fn change_own(&mut self, at: Timestamp, change: &OwnSubscription) {
        let own = self.own.get_or_insert_default();
        if let Some((_, before)) = self.states.last() {
            own.end(&before.price, before.quantity.unwrap_or(1), change.kept_until);
        }
        if change.state.status == Status::Ended {
            own.leave(at);
        }
        if let Some(paid) = &change.paid {
            own.add(paid);
        }
        let is_replaced = match &self.states[..] {
            [.., (_, earlier), (_, last)] => earlier.anchor == last.anchor,
            _ => false,
        };
        if is_replaced || self.states.last().is_some_and(|(last, _)| *last == at) {
            self.states.pop();
        }
        self.states.push((at, change.state.clone()));
    }
}

/// The paid spans of a subscription of the application's own. A span that a migration gives new terms is
/// divided there, because the new terms may have cycles of another length.
pub(super) fn own_spans<'a>(billing: &'a Billing, items: &SubscriptionItems<'a>) -> Vec<Span<'a>> {
    let mut spans = Vec::new();
    for (item, states) in &items.items {
        for span in states.own.iter().flat_map(|own| &own.spans) {
            let pinned = billing.plans.get(&(items.subscription.clone(), span.price.clone()));
            let starts = pinned.into_iter().flatten().map(|(from, _)| *from);
            let starts = starts.filter(|from| span.period.start < *from && *from < span.period.end);
            let starts: Vec<_> = [span.period.start].into_iter().chain(starts).collect();
            let ends = starts.iter().skip(1).copied().chain([span.period.end]);
            for (place, (start, end)) in starts.iter().copied().zip(ends).enumerate() {
                let begins_cycle = span.begins_cycle || place > 0;
                let part = OwnPart { period: Interval { start, end }, begins_cycle };
                spans.push(part.span(billing, items, item, span));
            }
        }
    }
    spans
}

/// A part of a span with the same terms.
struct OwnPart {
    period: Interval,
    begins_cycle: bool,
}

impl OwnPart {
    fn span<'a>(
        self,
        billing: &'a Billing,
        items: &SubscriptionItems<'a>,
        item: &'a ObjectId,
        span: &'a OwnSpan,
    ) -> Span<'a> {
        let terms = billing.terms(items.subscription, &span.price, self.period.start);
        Span::own(item, span, self.period, self.begins_cycle, terms)
    }
}
