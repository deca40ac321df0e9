//! How subscriptions begin: their first session, state and invoice.
//!
//! They do not know how a subscription is billed after its first invoice.

use std::collections::BTreeMap;
use std::time::Duration;

use super::account::Account;
use super::checkouts::Session;
use super::collecting::Collection;
use super::items::{Item, ItemId, SubscriptionItem};
use super::prices::Price;
use super::subscriptions::{Billed, Naming, Renewals, Subscription, SubscriptionId};
use crate::domain::billing::calendar::Anchor;
use crate::domain::billing::terms::{Length, LengthUnit};
use crate::domain::time::Timestamp;

/// Metadata that names an owner.
pub(super) const OWNER: &str = "credits_owner";

/// The customer and the session of a new subscription.
pub(super) struct Joining {
    /// The number of the subscription.
    pub(super) number: usize,
    pub(super) customer: String,
    pub(super) metadata: BTreeMap<String, String>,
    pub(super) session: Session,
}

impl Account {
    /// An owner subscribes, is billed monthly and pays at once. The price is in US cents.
    pub fn subscribe(&mut self, owner: &str, price: &str, unit_amount: i64) -> SubscriptionId {
        let month = Length { count: 1, unit: LengthUnit::Month };
        self.subscribe_for(owner, price, unit_amount, (month, 1, 0))
    }

    /// An owner subscribes, with a billing period, a quantity, and a trial in days.
    pub fn subscribe_for(
        &mut self,
        owner: &str,
        price: &str,
        unit_amount: i64,
        (length, quantity, trial_days): (Length, u64, u64),
    ) -> SubscriptionId {
        let item = Item::of(Price::every(price, unit_amount, length)).quantity(quantity);
        self.subscribe_with(owner, [item], Billed::at_once().trial_days(trial_days))
    }

    /// An owner subscribes to one or more items of one billing period.
    pub fn subscribe_with(
        &mut self,
        owner: &str,
        items: impl IntoIterator<Item = Item>,
        billed: Billed,
    ) -> SubscriptionId {
        let (number, customer) = (self.number(), self.customer_of(owner));
        let mut session = Session::new(format!("cs_{}", self.number()), customer.clone(), self.now);
        let mut metadata = BTreeMap::new();
        if billed.naming == Naming::Owner {
            session.reference = Some(owner.to_owned());
            metadata.insert(OWNER.to_owned(), owner.to_owned());
        }
        let items: Vec<Item> = items.into_iter().collect();
        self.begin(Joining { number, customer, metadata, session }, &items, billed)
    }

    /// Items of a subscription, in its order.
    pub fn items_of(&self, id: SubscriptionId) -> Vec<ItemId> {
        let subscription = self.subscriptions.get(id.0);
        subscription.map_or_else(Vec::new, |it| it.items.iter().map(|item| item.id.clone()).collect())
    }

    /// The price of an item that a subscription has.
    pub fn price_of(&self, id: SubscriptionId, item: &ItemId) -> Option<&Price> {
        let items = &self.subscriptions.get(id.0)?.items;
        Some(&items.iter().find(|found| found.id == *item)?.price)
    }

    /// Whether a subscription has ended.
    pub fn has_ended(&self, id: SubscriptionId) -> bool {
        self.subscriptions.get(id.0).is_none_or(|subscription| subscription.ended_at.is_some())
    }

    /// Whether a subscription is in its trial.
    pub fn is_in_trial(&self, id: SubscriptionId) -> bool {
        self.subscriptions.get(id.0).is_some_and(Subscription::is_in_trial)
    }

    /// The end of a subscription's billing period.
    pub fn period_end(&self, id: SubscriptionId) -> Option<Timestamp> {
        Some(self.subscriptions.get(id.0)?.end)
    }

    pub(super) fn begin(&mut self, joining: Joining, items: &[Item], billed: Billed) -> SubscriptionId {
        let Joining { number, customer, metadata, mut session } = joining;
        let now = self.now;
        let trial =
            (billed.trial_days > 0).then(|| (now, now.after(Duration::from_hours(24 * billed.trial_days))));
        let length = length_of(items);
        let anchor = Anchor::new(trial.map_or(now, |trial| trial.1));
        let mut kept: Vec<SubscriptionItem> = Vec::new();
        for item in items {
            // The first item has the number of its subscription.
            let number = if kept.is_empty() { number } else { self.number() };
            kept.push(SubscriptionItem::new(ItemId(format!("si_{number}")), item));
        }
        self.subscriptions.push(Subscription {
            number,
            customer,
            metadata,
            items: kept,
            status: if trial.is_some() { "trialing" } else { "active" },
            created: now,
            length,
            anchor,
            turns: i64::from(trial.is_none()),
            start: now,
            end: if trial.is_some() { anchor.at } else { anchor.plus(length, 1) },
            trial,
            cancels_at_period_end: false,
            canceled_at: None,
            ended_at: None,
            phase: None,
            discount: billed.discount,
            tax: billed.tax,
            renewals: Renewals::Charged,
            collection: None,
            draft: None,
            pending: Vec::new(),
            open: Vec::new(),
            latest_invoice: None,
            notified: None,
        });
        let id = SubscriptionId(self.subscriptions.len() - 1);
        let subscription = self.subscription(id).clone();
        let span = (subscription.start, subscription.end);
        let mut lines = if trial.is_some() {
            self.trial_lines(&subscription, span)
        } else {
            self.period_lines(&subscription, span)
        };
        if !self.shape.is_flexible() {
            // Classic billing begins with a line for no usage.
            lines.extend(self.usage_lines(&subscription, span));
        }
        for extra in billed.extras {
            let line = self.extra_line(&extra);
            lines.push(subscription.reduced(line));
        }
        let invoice = self.bill_later(id, "subscription_create", lines);
        self.finalize(&invoice);
        let known = self.known(&invoice);
        session.money.take(known);
        session.subscription = Some(subscription.id());
        session.invoice = Some(invoice.clone());
        self.notify_session(&session, "checkout.session.completed");
        self.notify_subscription(id, "customer.subscription.created");
        self.collect(&invoice, Collection::ByCard);
        id
    }
}

/// The billing period that items have in common.
pub(super) fn length_of(items: &[Item]) -> Length {
    let mut lengths = items.iter().map(|item| item.price.every);
    let Some(Some(length)) = lengths.next() else { panic!("a subscription has items with recurring prices") };
    assert!(lengths.all(|other| other == Some(length)), "items of a subscription have one billing period");
    length
}
