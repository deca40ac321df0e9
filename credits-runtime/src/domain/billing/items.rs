//! A subscription: its items with their states, and the anchor, trials and end that follow from them.
//!
//! It does not know which time was paid.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::award::{Award, AwardId};
use super::closing::{ClosedItem, ClosedPeriods};
use super::event::{Line, Status, SubscriptionState};
use super::record::Billing;
use super::subscription::Subscription;
use super::terms::{Length, LengthUnit};
use crate::domain::ids::{Asset, ObjectId};
use crate::domain::time::Timestamp;

/// The items of one subscription.
#[derive(Clone, Debug)]
pub struct SubscriptionItems<'a> {
    /// The subscription.
    pub subscription: &'a ObjectId,
    /// Its items, by id.
    pub items: Vec<(&'a ObjectId, &'a Subscription)>,
    handed_over: Option<Timestamp>,
    /// Its closed periods.
    pub closed: Option<&'a ClosedPeriods>,
}

impl Billing {
    /// All subscriptions, by start.
    pub fn by_subscription(&self) -> Vec<SubscriptionItems<'_>> {
        let mut grouped: BTreeMap<&ObjectId, Vec<(&ObjectId, &Subscription)>> = BTreeMap::new();
        for (item, states) in &self.subscriptions {
            if let Some(subscription) = states.id() {
                grouped.entry(subscription).or_default().push((item, states));
            }
        }
        let handed_over = |subscription| self.handed_over.get(subscription).copied();
        let items = |(subscription, items)| SubscriptionItems {
            subscription,
            items,
            handed_over: handed_over(subscription),
            closed: self.closed_periods.get(subscription),
        };
        let mut subscriptions: Vec<_> = grouped.into_iter().map(items).collect();
        subscriptions.sort_by_key(|items| (items.began_at(), items.subscription));
        subscriptions
    }
}

impl Billing {
    /// The given awards of a subscription's cycles and rises.
    pub(super) fn period_awards<'a>(
        &'a self,
        items: &SubscriptionItems<'a>,
    ) -> impl Iterator<Item = (&'a AwardId, &'a Award)> {
        let (start, asset) = (Timestamp::MIN, Asset::credits());
        let every = Length { count: 0, unit: LengthUnit::Day };
        let first_cycle =
            |item: &ObjectId| AwardId::Cycle { item: item.clone(), start, asset: asset.clone(), every };
        let cycles: Vec<_> = items.items.iter().map(|(item, _)| (*item, first_cycle(item))).collect();
        let cycles = cycles.into_iter().flat_map(|(item, first)| {
            let awards = self.awards.range(first..);
            awards.take_while(move |(id, _)| matches!(id, AwardId::Cycle { item: of, .. } if of == item))
        });
        let subscription = items.subscription;
        let first = AwardId::Rise { subscription: subscription.clone(), start, asset: asset.clone(), every };
        let rises = self.awards.range(first..).take_while(
            move |(id, _)| matches!(id, AwardId::Rise { subscription: of, .. } if of == subscription),
        );
        cycles.chain(rises)
    }
}

impl<'a> SubscriptionItems<'a> {
    /// The time of the first state of any item.
    pub fn began_at(&self) -> Timestamp {
        let began = self.items.iter().map(|(_, item)| item.began_at());
        began.chain(self.closed.map(|closed| closed.began_at)).min().unwrap_or(Timestamp::MAX)
    }

    /// The newest state of items that are not removed, with the time from which it holds.
    fn newest(&self) -> Option<(Timestamp, &'a SubscriptionState)> {
        let states = self.items.iter().flat_map(|(_, item)| &item.states);
        let states = states.filter(|(_, state)| state.status != Status::Removed);
        let newest = states.max_by_key(|(at, state)| (*at, state.status == Status::Ended));
        newest.map(|(at, state)| (*at, state))
    }

    /// The closed periods of an item.
    pub(super) fn closed_item(&self, item: &ObjectId) -> Option<&'a ClosedItem> {
        self.closed?.items.get(item)
    }

    /// When the subscription ended or will end. The removal of an item does not end it.
    pub fn ends_at(&self) -> Option<Timestamp> {
        let ends_at = self.newest().and_then(|(_, state)| state.ends_at);
        ends_at.into_iter().chain(self.handed_over).min()
    }

    /// When nothing of the subscription is covered any more: it ended, also if the processor names no end.
    pub fn covered_until(&self) -> Option<Timestamp> {
        let ended = self.newest().filter(|(_, state)| state.status == Status::Ended);
        self.ends_at().into_iter().chain(ended.map(|(at, _)| at)).min()
    }

    /// Whether the subscription is of the application's own.
    pub fn is_own(&self) -> bool {
        self.items.iter().any(|(_, item)| item.own.is_some())
    }

    /// Whether the subscription has ended or was handed over to another owner.
    pub fn is_over(&self) -> bool {
        self.handed_over.is_some() || self.newest().is_none_or(|(_, state)| state.status == Status::Ended)
    }

    /// The anchor of the processor's billing periods at an instant; before the first state, the anchor of
    /// that state.
    pub fn anchor_at(&self, instant: Timestamp) -> Option<Timestamp> {
        let states = || self.items.iter().flat_map(|(_, item)| &item.states);
        let known = states().filter(|(at, _)| *at <= instant).max_by_key(|(at, state)| (*at, state.anchor));
        known
            .or_else(|| states().min_by_key(|(at, state)| (*at, state.anchor)))
            .map(|(_, state)| state.anchor)
    }

    /// The anchor of the processor's billing periods when the subscription began.
    pub fn first_anchor(&self) -> Option<Timestamp> {
        match self.closed {
            Some(closed) => closed.first_anchor,
            None => self.anchor_at(Timestamp::MIN),
        }
    }

    /// Whether an instant is in a trial. For a trial that was extended or cut short the newest state counts.
    pub fn was_trial(&self, instant: Timestamp) -> bool {
        let states = || self.items.iter().flat_map(|(_, item)| &item.states);
        let around = states().filter_map(|(_, state)| state.trial.filter(|trial| trial.contains(instant)));
        let ends_after = |start: Timestamp| {
            let trials = states().filter_map(|(at, state)| Some((*at, state.trial?)));
            let versions = trials.filter(|(_, trial)| trial.start == start);
            versions
                .max_by_key(|(at, trial)| (*at, Reverse(trial.end)))
                .is_some_and(|(_, it)| it.contains(instant))
        };
        around.map(|trial| trial.start).any(ends_after)
    }

    /// Whether a price is charged by use: an item has it without a quantity.
    pub fn is_by_use(&self, price: &ObjectId) -> bool {
        let mut states = self.items.iter().flat_map(|(_, item)| &item.states);
        states.any(|(_, state)| state.price == *price && state.quantity.is_none())
    }

    /// The item of a line. A line that names only its subscription belongs to an item that has or had its
    /// price, or to the only item if the price is a plan's. `None` for other lines: fees, usage, packs.
    pub fn item_of(&self, billing: &Billing, line: &Line) -> Option<&'a ObjectId> {
        if let Some(named) = &line.item {
            return self.items.iter().find(|(item, _)| *item == named).map(|(item, _)| *item);
        }
        if line.subscription.as_ref() != Some(self.subscription) {
            return None;
        }
        let had = self.items.iter().filter(|(_, item)| item.has_had(&line.price));
        let has = |item: &Subscription| {
            item.state_at(line.period.start).is_some_and(|state| state.price == line.price)
        };
        let likeliest = had.max_by_key(|(id, item)| (has(item), item.began_at(), *id)).map(|(item, _)| *item);
        likeliest.or_else(|| match &self.items[..] {
            [(item, _)] if billing.is_plan(self.subscription, &line.price) => Some(*item),
            _ => None,
        })
    }
}

impl Billing {
    /// The subscription of a line: that of its item's states, or else the one named by the line.
    pub fn subscription_of<'a>(&'a self, line: &'a Line) -> Option<&'a ObjectId> {
        let of_item = || self.subscriptions.get(line.item.as_ref()?)?.id();
        of_item().or(line.subscription.as_ref())
    }

    /// Whether a price of a subscription is known to be a plan's.
    pub fn is_plan(&self, subscription: &ObjectId, price: &ObjectId) -> bool {
        self.plans.contains_key(&(subscription.clone(), price.clone()))
    }
}
