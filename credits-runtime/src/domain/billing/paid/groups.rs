//! Groups of invoice lines: the charges and credits that lines add up to.
//!
//! It does not know which spans a credit cuts.

use std::collections::BTreeMap;

use super::{ChargedWhen, Span};
use crate::domain::billing::event::{CreditedLines, Interval, Invoice, Line};
use crate::domain::billing::items::SubscriptionItems;
use crate::domain::billing::record::Billing;
use crate::domain::billing::terms::PlanTerms;
use crate::domain::ids::ObjectId;
use crate::domain::time::Timestamp;

/// Lines of one invoice, item, price, period and sign, which add up.
pub(super) struct LineGroup<'a> {
    item: &'a ObjectId,
    price: &'a ObjectId,
    pub(super) period: Interval,
    is_proration: bool,
    quantity: u64,
    pub(super) amount: i64,
    net: i64,
    /// Quantity and amount of each line.
    members: Vec<(u64, i64)>,
    lines: Vec<&'a ObjectId>,
    credits: Option<&'a CreditedLines>,
    invoice: &'a Invoice,
}

/// The time that lines of an invoice charge or credit.
pub(super) struct ChargedTime<'a> {
    price: &'a ObjectId,
    period: Interval,
    quantity: u64,
    is_credit: bool,
}

/// The time that a negative line credits.
pub(super) struct Credit<'a> {
    pub(super) item: &'a ObjectId,
    pub(super) price: &'a ObjectId,
    pub(super) quantity: u64,
    pub(super) period: Interval,
    named: Option<&'a CreditedLines>,
    pub(super) terms: Option<&'a PlanTerms>,
}

impl Credit<'_> {
    /// Whether the line itself names the span that it credits.
    pub(super) fn names(&self, span: &Span<'_>) -> bool {
        self.named.is_some_and(|named| {
            let is_line = |line: &&ObjectId| named.lines.contains(line);
            named.invoice == *span.invoice && (named.lines.is_empty() || span.lines.iter().any(is_line))
        })
    }
}

impl<'a> LineGroup<'a> {
    /// Lowers the quantity to that of the item's state, where free prorations make up the difference. These
    /// are not tiers: they credit the quantity before a change at a price that was free for it, so their
    /// amount is 0 instead of negative.
    fn choose_free_quantity(&mut self, items: &SubscriptionItems<'_>) {
        if !self.is_proration || self.members.len() < 2 {
            return;
        }
        let state = items.items.iter().find(|(item, _)| *item == self.item);
        let state = state.and_then(|(_, item)| item.state_at(self.period.start));
        let quantity = state.filter(|state| state.price == *self.price).and_then(|state| state.quantity);
        let free = self.members.iter().filter(|(_, amount)| *amount == 0);
        let free = free.fold(0_u64, |sum, (quantity, _)| sum.saturating_add(*quantity));
        if let Some(quantity) =
            quantity.filter(|of| self.quantity > *of && self.quantity.saturating_sub(*of) <= free)
        {
            self.quantity = quantity;
        }
    }

    pub(super) fn span(
        &self,
        billing: &'a Billing,
        items: &SubscriptionItems<'a>,
        first_anchor: Option<Timestamp>,
    ) -> Span<'a> {
        let Self { item, price, period, quantity, invoice, .. } = *self;
        Span {
            item,
            price,
            quantity,
            period,
            begun: period.start,
            cut: period.end,
            paid_at: invoice.paid_at,
            invoice: &invoice.invoice,
            lines: self.lines.clone(),
            is_whole: !self.is_proration && Some(period.end) != first_anchor,
            is_live: true,
            amount: self.amount,
            net: self.net,
            currency: &invoice.currency,
            charged: match invoice.made_at >= period.end {
                false => ChargedWhen::InTime,
                true if self.is_proration => ChargedWhen::AsLateProration,
                true => ChargedWhen::InArrears,
            },
            stated_until: None,
            left_at: None,
            terms: billing.terms(items.subscription, price, period.start),
        }
    }

    /// The charge that credits are compared with.
    pub(super) fn charge(&self) -> ChargedTime<'a> {
        let Self { price, period, quantity, amount, .. } = *self;
        ChargedTime { price, period, quantity, is_credit: amount < 0 }
    }

    /// Whether it credits a charge: the same price, quantity and end, and a start that is no earlier.
    pub(super) fn is_of(&self, charge: &ChargedTime<'_>) -> bool {
        let Self { price, period, quantity, .. } = self;
        !charge.is_credit
            && (charge.price, charge.quantity, charge.period.end) == (*price, *quantity, period.end)
            && charge.period.start <= period.start
    }

    pub(super) fn credit(&self, billing: &'a Billing, items: &SubscriptionItems<'a>) -> Credit<'a> {
        let Self { item, price, period, quantity, credits, .. } = *self;
        let terms = billing.terms(items.subscription, price, period.start);
        Credit { item, price, quantity, period, named: credits, terms }
    }
}

/// The lines of an invoice that belong to a subscription, grouped.
pub(super) fn groups<'a>(
    billing: &'a Billing,
    items: &SubscriptionItems<'a>,
    invoice: &'a Invoice,
) -> Vec<LineGroup<'a>> {
    type Key<'a> = (&'a ObjectId, &'a ObjectId, Interval, bool, bool);
    let mut groups: BTreeMap<Key<'a>, LineGroup<'a>> = BTreeMap::new();
    for line in &invoice.lines {
        let Some(item) = items.item_of(billing, line).filter(|_| line.period.start < line.period.end) else {
            continue;
        };
        let by_use = line.quantity.is_none() || items.is_by_use(&line.price);
        let Line { price, period, is_proration, amount, .. } = line;
        let key = (item, price, *period, *is_proration, *amount < 0);
        let group = groups.entry(key).or_insert_with(|| LineGroup {
            item,
            price,
            period: *period,
            is_proration: *is_proration,
            quantity: 0,
            amount: 0,
            net: 0,
            members: Vec::new(),
            lines: Vec::new(),
            credits: None,
            invoice,
        });
        group.quantity = match line.quantity {
            Some(quantity) if !by_use => group.quantity.saturating_add(quantity),
            _ => 1,
        };
        group.amount = group.amount.saturating_add(*amount);
        group.net = group.net.saturating_add(line.net);
        group.members.push((line.quantity.unwrap_or(1), *amount));
        group.lines.extend(&line.id);
        group.credits = group.credits.or(line.credits.as_ref());
    }
    let mut groups: Vec<_> = groups.into_values().collect();
    for group in &mut groups {
        group.choose_free_quantity(items);
    }
    groups
}

/// Removes time that one invoice both charges and credits, for example a change undone at the same instant. A
/// credit that a span of another invoice explains completely stays, unless its quantity is that of the
/// charge.
pub(super) fn without_undone<'a>(
    mut groups: Vec<LineGroup<'a>>,
    is_explained: impl Fn(&LineGroup<'a>) -> bool,
) -> Vec<LineGroup<'a>> {
    for place in 0..groups.len() {
        let (before, rest) = groups.split_at_mut(place);
        let Some((credit, after)) = rest.split_first_mut() else { break };
        if credit.amount >= 0 {
            continue;
        }
        let charge = before.iter_mut().chain(after).find(|other| {
            other.amount >= 0
                && other.is_proration
                && (other.item, other.price, other.period) == (credit.item, credit.price, credit.period)
        });
        let Some(charge) = charge else { continue };
        if charge.quantity != credit.quantity && is_explained(credit) {
            continue;
        }
        let mut undone = 0_u64;
        credit.members.retain(|(quantity, _)| {
            let Some(found) = charge.members.iter().position(|(other, _)| other == quantity) else {
                return true;
            };
            charge.members.remove(found);
            undone = undone.saturating_add(*quantity);
            false
        });
        credit.quantity = credit.quantity.saturating_sub(undone);
        charge.quantity = charge.quantity.saturating_sub(undone);
    }
    groups.retain(|group| !group.members.is_empty());
    groups
}

/// Whether another line of the invoice replaces the price of a free proration.
pub(super) fn is_replaced(
    items: &SubscriptionItems<'_>,
    group: &LineGroup<'_>,
    groups: &[LineGroup<'_>],
) -> bool {
    let holds = |price: &ObjectId| {
        let mut states = items.items.iter().filter_map(|(_, item)| item.state_at(group.period.start));
        states.any(|state| state.price == *price)
    };
    let replaces = |other: &LineGroup<'_>| {
        other.period == group.period
            && other.price != group.price
            && (other.amount > 0 || (other.amount == 0 && holds(other.price) && !holds(group.price)))
    };
    group.is_proration && group.amount == 0 && groups.iter().any(replaces)
}
