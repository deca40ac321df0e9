//! Subscriptions: their state, and their JSON in each shape. They do not know how they change.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::invoices::{Extra, InvoiceId};
use super::items::{Item, ItemId, SubscriptionItem};
use super::lines::Line;
use super::shape::{Shape, put, seconds};
use crate::domain::billing::calendar::Anchor;
use crate::domain::billing::terms::Length;
use crate::domain::time::Timestamp;

/// A subscription of the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SubscriptionId(pub(super) usize);

/// How a subscription begins and is billed.
///
/// ```
/// use credits_runtime::testing::stripe::{Billed, Extra, Price};
///
/// let set_up = Extra::of(Price::once("price_setup", 5_000));
/// let billed = Billed::at_once().trial_days(14).discounted(50).taxed(19).with(set_up);
/// ```
#[derive(Clone, Debug)]
pub struct Billed {
    pub(super) trial_days: u64,
    pub(super) discount: u32,
    pub(super) tax: u32,
    pub(super) extras: Vec<Extra>,
    pub(super) naming: Naming,
}

/// Whether objects name the owner in their metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Naming {
    Owner,
    CustomerAlone,
}

impl Billed {
    /// Paid from now on.
    pub fn at_once() -> Self {
        Self { trial_days: 0, discount: 0, tax: 0, extras: Vec::new(), naming: Naming::Owner }
    }

    /// With a trial before the first period that is paid.
    #[must_use]
    pub fn trial_days(mut self, days: u64) -> Self {
        self.trial_days = days;
        self
    }

    /// With a coupon of this percentage on every invoice.
    #[must_use]
    pub fn discounted(mut self, percent: u32) -> Self {
        self.discount = percent;
        self
    }

    /// With exclusive tax of this percentage on every invoice.
    #[must_use]
    pub fn taxed(mut self, percent: u32) -> Self {
        self.tax = percent;
        self
    }

    /// With a one-time line on the first invoice: a set-up fee, a pack.
    #[must_use]
    pub fn with(mut self, extra: Extra) -> Self {
        self.extras.push(extra);
        self
    }

    /// Without metadata: neither the subscription nor its invoices or session name an owner, only a customer.
    #[must_use]
    pub fn naming_no_owner(mut self) -> Self {
        self.naming = Naming::CustomerAlone;
        self
    }
}

/// Treatment of invoices while collection is paused: Stripe's `pause_collection.behavior`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uncollected {
    /// They are voided.
    Void,
    /// They stay drafts until the collection is resumed, and are paid then.
    Draft,
    /// They are marked uncollectible, and may be paid later.
    Uncollectible,
}

impl Uncollected {
    fn word(self) -> &'static str {
        match self {
            Self::Void => "void",
            Self::Draft => "keep_as_draft",
            Self::Uncollectible => "mark_uncollectible",
        }
    }
}

/// Treatment of renewals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Renewals {
    Charged,
    Failing,
    /// Periods turn without an invoice.
    Paused,
}

/// A subscription as the account keeps it.
#[derive(Clone, Debug)]
pub(super) struct Subscription {
    pub(super) number: usize,
    pub(super) customer: String,
    pub(super) metadata: BTreeMap<String, String>,
    pub(super) items: Vec<SubscriptionItem>,
    pub(super) status: &'static str,
    pub(super) created: Timestamp,
    pub(super) length: Length,
    pub(super) anchor: Anchor,
    /// How many periods after the anchor the present one ends.
    pub(super) turns: i64,
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
    pub(super) trial: Option<(Timestamp, Timestamp)>,
    pub(super) cancels_at_period_end: bool,
    pub(super) canceled_at: Option<Timestamp>,
    pub(super) ended_at: Option<Timestamp>,
    /// Items of the schedule's next phase.
    pub(super) phase: Option<Vec<Item>>,
    pub(super) discount: u32,
    pub(super) tax: u32,
    pub(super) renewals: Renewals,
    pub(super) collection: Option<Uncollected>,
    /// The renewal's invoice until it is charged.
    pub(super) draft: Option<(InvoiceId, Timestamp)>,
    /// Invoice items of the next invoice.
    pub(super) pending: Vec<Line>,
    /// Invoices that are not paid yet, the oldest first.
    pub(super) open: Vec<InvoiceId>,
    pub(super) latest_invoice: Option<InvoiceId>,
    /// The state in the newest event.
    pub(super) notified: Option<Box<Subscription>>,
}

impl Subscription {
    pub(super) fn id(&self) -> String {
        format!("sub_{}", self.number)
    }

    pub(super) fn metadata_json(&self) -> Value {
        json!(self.metadata)
    }

    pub(super) fn currency(&self) -> &str {
        self.items.first().map_or("usd", |item| &item.price.currency)
    }

    pub(super) fn item(&mut self, id: &ItemId) -> &mut SubscriptionItem {
        match self.items.iter_mut().find(|item| item.id == *id) {
            Some(item) => item,
            None => panic!("`{}` is no item of `sub_{}`", id.0, self.number),
        }
    }

    /// Counts periods from another instant.
    pub(super) fn anchor_at(&mut self, at: Timestamp) {
        self.anchor = Anchor::new(at);
        self.turns = 1;
        self.start = at;
        self.end = self.anchor.plus(self.length, 1);
    }

    pub(super) fn is_in_trial(&self) -> bool {
        self.status == "trialing"
    }

    pub(super) fn json(&self, shape: Shape) -> Value {
        let items: Vec<Value> = self.items.iter().map(|item| self.item_json(item, shape)).collect();
        let only = match &self.items[..] {
            [item] => Some(item),
            _ => None,
        };
        let paused = self.collection.map(|it| json!({ "behavior": it.word(), "resumes_at": null }));
        let mut subscription = json!({
            "id": self.id(),
            "object": "subscription",
            "billing_cycle_anchor": seconds(self.anchor.at),
            "billing_mode": { "type": if shape.is_flexible() { "flexible" } else { "classic" } },
            // Flexible billing has the instant alone.
            "cancel_at_period_end": self.cancels_at_period_end && !shape.is_flexible(),
            "cancel_at": self.cancels_at_period_end.then_some(seconds(self.end)),
            "canceled_at": self.canceled_at.map(seconds),
            "collection_method": "charge_automatically",
            "created": seconds(self.created),
            "currency": self.currency(),
            "customer": self.customer,
            "ended_at": self.ended_at.map(seconds),
            "items": {
                "object": "list",
                "data": items,
                "has_more": false,
                "total_count": self.items.len(),
                "url": format!("/v1/subscription_items?subscription={}", self.id()),
            },
            "latest_invoice": self.latest_invoice.as_ref().map(InvoiceId::as_str),
            "livemode": false,
            "metadata": self.metadata_json(),
            "pause_collection": paused,
            "plan": only.map(|item| item.price.plan_json()),
            "quantity": only.and_then(quantity),
            "schedule": self.phase.as_ref().map(|_| format!("sub_sched_{}", self.number)),
            "start_date": seconds(self.created),
            "status": self.status,
            "trial_end": self.trial.map(|trial| seconds(trial.1)),
            "trial_start": self.trial.map(|trial| seconds(trial.0)),
        });
        if !shape.is_since_basil() {
            put(&mut subscription, "current_period_start", json!(seconds(self.start)));
            put(&mut subscription, "current_period_end", json!(seconds(self.end)));
        }
        subscription
    }

    fn item_json(&self, item: &SubscriptionItem, shape: Shape) -> Value {
        let mut object = json!({
            "id": item.id.0,
            "object": "subscription_item",
            "metadata": {},
            "plan": item.price.plan_json(),
            "price": item.price.json(shape),
            "subscription": self.id(),
        });
        if let Some(quantity) = quantity(item) {
            put(&mut object, "quantity", json!(quantity));
        }
        if shape.is_since_basil() {
            put(&mut object, "current_period_start", json!(seconds(self.start)));
            put(&mut object, "current_period_end", json!(seconds(self.end)));
        }
        object
    }
}

/// A metered item has no quantity.
fn quantity(item: &SubscriptionItem) -> Option<u64> {
    (!item.price.is_metered()).then_some(item.quantity)
}
