//! Changes of running subscriptions: items, anchors, owners, and how they end.
//!
//! They do not know how lines are priced, nor how invoices are collected.

use super::account::Account;
use super::collecting::Collection;
use super::invoices::InvoiceId;
use super::items::{Collected, Item, ItemId, NewAnchor, Prorations, Step, SubscriptionItem, Terms, Update};
use super::lines::Line;
use super::prices::Price;
use super::subscribing::{OWNER, length_of};
use super::subscriptions::{Renewals, Subscription, SubscriptionId};
use crate::domain::time::Timestamp;

/// The items that an update removes and adds.
struct Changed {
    old: Vec<SubscriptionItem>,
    new: Vec<ItemId>,
}

impl Account {
    /// The first item changes to another price or quantity, and the difference is invoiced and paid at once.
    /// Nothing happens once the subscription has ended.
    pub fn change(&mut self, id: SubscriptionId, price: &str, unit_amount: i64, quantity: u64) {
        let subscription = self.subscription(id);
        let Some(item) = subscription.items.first().filter(|_| subscription.ended_at.is_none()) else {
            return;
        };
        let (item, length) = (item.id.clone(), subscription.length);
        let to = Item::of(Price::every(price, unit_amount, length)).quantity(quantity);
        let update = Update::of(Prorations::Invoiced).set(&item, to).anchor_unchanged().paid_at_once();
        self.update(id, update);
    }

    /// Adds an item.
    pub fn add_item(&mut self, id: SubscriptionId, item: impl Into<Item>, prorations: Prorations) -> ItemId {
        self.update(id, Update::of(prorations).with(item));
        self.newest_item(id)
    }

    /// Replaces an item by another one with a new id.
    pub fn replace_item(
        &mut self,
        id: SubscriptionId,
        item: &ItemId,
        by: impl Into<Item>,
        prorations: Prorations,
    ) -> ItemId {
        self.update(id, Update::of(prorations).replace(item, by));
        self.newest_item(id)
    }

    /// Removes an item.
    pub fn remove_item(&mut self, id: SubscriptionId, item: &ItemId, prorations: Prorations) {
        self.update(id, Update::of(prorations).remove(item));
    }

    /// Begins a new billing period now, paid at once as a whole: `billing_cycle_anchor: now`.
    pub fn reset_anchor(&mut self, id: SubscriptionId, prorations: Prorations) {
        self.update(id, Update::of(prorations).anchor_now());
    }

    fn newest_item(&mut self, id: SubscriptionId) -> ItemId {
        match self.subscription(id).items.last() {
            Some(item) => item.id.clone(),
            None => panic!("a subscription has items"),
        }
    }

    /// Changes items and anchor at once. Items of a trial cost nothing before it ends.
    pub fn update(&mut self, id: SubscriptionId, update: Update) {
        let old = self.running(id).clone();
        let changed = self.take_steps(id, update.steps);
        let resets = self.resets_anchor(id, &old, update.terms);
        if resets {
            let now = self.now;
            self.subscription(id).anchor_at(now);
        }
        self.updated(id);
        if old.is_in_trial() {
            return;
        }
        if resets {
            self.bill_new_period(id, &old, update.terms);
        } else {
            self.prorate(id, &old, &changed, update.terms);
        }
    }

    fn take_steps(&mut self, id: SubscriptionId, steps: Vec<Step>) -> Changed {
        let mut changed = Changed { old: Vec::new(), new: Vec::new() };
        for step in steps {
            match step {
                Step::Add(item) => changed.new.push(self.push_item(id, &item)),
                Step::Remove(gone) => changed.old.push(self.pull_item(id, &gone)),
                Step::Replace(gone, item) => {
                    changed.old.push(self.pull_item(id, &gone));
                    changed.new.push(self.push_item(id, &item));
                }
                Step::Set(kept, item) => {
                    let found = self.subscription(id).item(&kept);
                    changed.old.push(found.clone());
                    (found.price, found.quantity) = (item.price, item.quantity);
                    changed.new.push(kept);
                }
            }
        }
        let subscription = self.subscription(id);
        let items: Vec<Item> = subscription.items.iter().map(|item| Item::of(item.price.clone())).collect();
        subscription.length = length_of(&items);
        changed
    }

    pub(super) fn push_item(&mut self, id: SubscriptionId, item: &Item) -> ItemId {
        let added = ItemId(format!("si_{}", self.number()));
        self.subscription(id).items.push(SubscriptionItem::new(added.clone(), item));
        added
    }

    fn pull_item(&mut self, id: SubscriptionId, gone: &ItemId) -> SubscriptionItem {
        let subscription = self.subscription(id);
        let item = subscription.item(gone).clone();
        subscription.items.retain(|item| item.id != *gone);
        item
    }

    fn resets_anchor(&mut self, id: SubscriptionId, old: &Subscription, terms: Terms) -> bool {
        let new = self.subscription(id);
        let paid = |items: &[SubscriptionItem]| items.iter().any(|item| item.licensed_amount() > 0);
        let from_free = !paid(&old.items) && paid(&new.items);
        let is_asked_for = match terms.anchor {
            NewAnchor::Now => true,
            NewAnchor::AsNeeded => from_free,
            NewAnchor::Unchanged => false,
        };
        !old.is_in_trial() && (is_asked_for || new.length != old.length)
    }

    /// A period that begins now is paid as a whole; the rest of the one before it is credited.
    fn bill_new_period(&mut self, id: SubscriptionId, old: &Subscription, terms: Terms) {
        let (now, at) = (self.now, terms.prorated_at.unwrap_or(self.now));
        let mut lines = Vec::new();
        if terms.prorations != Prorations::None {
            for item in &old.items {
                lines.extend(self.credit_lines(old, item, at));
            }
        }
        lines.extend(self.usage_lines(old, (old.start, now)));
        let new = self.subscription(id);
        for item in &mut new.items {
            item.usage = 0;
        }
        let new = new.clone();
        lines.extend(self.period_lines(&new, (new.start, new.end)));
        self.settle(id, lines, terms.collected);
    }

    fn prorate(&mut self, id: SubscriptionId, old: &Subscription, changed: &Changed, terms: Terms) {
        if terms.prorations == Prorations::None {
            return;
        }
        let at = terms.prorated_at.unwrap_or(self.now).max(old.start);
        let mut lines: Vec<Line> = Vec::new();
        for item in &changed.old {
            lines.extend(self.credit_lines(old, item, at));
        }
        for item in &changed.new {
            let item = self.subscription(id).item(item).clone();
            lines.extend(self.rest_lines(old, &item, at));
        }
        if lines.is_empty() {
            return;
        }
        if terms.prorations == Prorations::Invoiced {
            self.settle(id, lines, terms.collected);
            return;
        }
        let subscription = self.subscription(id);
        subscription.pending.extend(lines);
        // The newest debit is not on an invoice yet.
        for item in &changed.new {
            subscription.item(item).debit = None;
        }
    }

    /// Invoices lines at once. While renewals fail, the invoice stays open and the subscription becomes past
    /// due.
    pub(super) fn settle(&mut self, id: SubscriptionId, lines: Vec<Line>, collected: Collected) -> InvoiceId {
        let invoice = self.bill_later(id, "subscription_update", lines);
        self.finalize(&invoice);
        let fails = self.subscription(id).renewals == Renewals::Failing && collected == Collected::AsRenewals;
        if fails && self.known(&invoice).due() > 0 {
            self.fail(&invoice);
            self.past_due(id);
        } else {
            self.collect(&invoice, Collection::ByCard);
        }
        invoice
    }

    /// Hands a subscription over: its metadata names another owner.
    pub fn hand_over(&mut self, id: SubscriptionId, owner: &str) {
        self.running(id).metadata.insert(OWNER.to_owned(), owner.to_owned());
        self.updated(id);
    }

    /// Schedules the end of the subscription for the end of its period. Nothing happens once it has ended.
    pub fn cancel_at_period_end(&mut self, id: SubscriptionId) {
        let now = self.now;
        let subscription = self.subscription(id);
        if subscription.ended_at.is_none() {
            subscription.cancels_at_period_end = true;
            subscription.canceled_at = Some(now);
            self.updated(id);
        }
    }

    /// Undoes [`cancel_at_period_end`](Self::cancel_at_period_end).
    pub fn reactivate(&mut self, id: SubscriptionId) {
        let subscription = self.running(id);
        subscription.cancels_at_period_end = false;
        subscription.canceled_at = None;
        self.updated(id);
    }

    /// The subscription ends now, and nothing is credited. Nothing happens once it has ended.
    pub fn cancel(&mut self, id: SubscriptionId) {
        if !self.has_ended(id) {
            self.end(id);
        }
    }

    /// The subscription ends now; the rest of its period is credited to the customer's balance, which the
    /// next invoices use: `prorate` and `invoice_now`.
    pub fn cancel_with_credit(&mut self, id: SubscriptionId) {
        let old = self.running(id).clone();
        let now = self.now;
        self.end(id);
        let mut lines = Vec::new();
        if !old.is_in_trial() {
            for item in &old.items {
                lines.extend(self.credit_lines(&old, item, now));
            }
            let used = old.items.iter().any(|item| item.usage > 0);
            if used {
                lines.extend(self.usage_lines(&old, (old.start, now)));
            }
        }
        if !lines.is_empty() || !old.pending.is_empty() {
            self.settle(id, lines, Collected::AsRenewals);
        }
    }

    pub(super) fn end(&mut self, id: SubscriptionId) {
        let now: Timestamp = self.now;
        let subscription = self.subscription(id);
        (subscription.status, subscription.ended_at) = ("canceled", Some(now));
        subscription.canceled_at = subscription.canceled_at.or(Some(now));
        subscription.cancels_at_period_end = false;
        subscription.draft = None;
        self.notify_subscription(id, "customer.subscription.deleted");
    }
}
