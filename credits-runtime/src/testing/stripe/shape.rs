//! Objects as Stripe writes them, by API version.

use serde_json::{Value, json};

use crate::domain::time::Timestamp;

/// Which versions of Stripe's API an account's events are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Before 2025-03-31.
    BeforeBasil,
    /// Since 2025-03-31.basil.
    Basil,
    /// Since 2025-09-30.clover.
    Clover,
}

impl Shape {
    /// Every one.
    pub const ALL: &'static [Self] = &[Self::BeforeBasil, Self::Basil, Self::Clover];

    pub(super) fn version(self) -> &'static str {
        match self {
            Self::BeforeBasil => "2025-02-24.acacia",
            Self::Basil => "2025-03-31.basil",
            Self::Clover => "2025-09-30.clover",
        }
    }
}

pub(super) fn seconds(at: Timestamp) -> i64 {
    at.microseconds() / 1_000_000
}

/// A subscription of one item.
#[derive(Clone, Debug)]
pub(super) struct SubscriptionObject {
    pub(super) number: usize,
    pub(super) owner: String,
    pub(super) price: String,
    pub(super) unit_amount: i64,
    pub(super) quantity: u64,
    pub(super) status: &'static str,
    pub(super) anchor: Timestamp,
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
    pub(super) trial: Option<(Timestamp, Timestamp)>,
    pub(super) cancels_at_period_end: bool,
    pub(super) ended_at: Option<Timestamp>,
}

impl SubscriptionObject {
    pub(super) fn id(&self) -> String {
        format!("sub_{}", self.number)
    }

    pub(super) fn item(&self) -> String {
        format!("si_{}", self.number)
    }

    pub(super) fn customer(&self) -> String {
        customer(&self.owner)
    }

    pub(super) fn json(&self, shape: Shape) -> Value {
        let mut item = json!({
            "id": self.item(),
            "object": "subscription_item",
            "price": { "id": self.price, "object": "price", "unit_amount": self.unit_amount, "currency": "usd" },
            "quantity": self.quantity,
            "subscription": self.id(),
        });
        let flexible = shape == Shape::Clover;
        let mut subscription = json!({
            "id": self.id(),
            "object": "subscription",
            "customer": self.customer(),
            "status": self.status,
            "billing_cycle_anchor": seconds(self.anchor),
            "billing_mode": { "type": if flexible { "flexible" } else { "classic" } },
            "cancel_at_period_end": self.cancels_at_period_end && !flexible,
            "cancel_at": self.cancels_at_period_end.then_some(seconds(self.end)),
            "canceled_at": self.ended_at.map(seconds),
            "ended_at": self.ended_at.map(seconds),
            "trial_start": self.trial.map(|trial| seconds(trial.0)),
            "trial_end": self.trial.map(|trial| seconds(trial.1)),
            "start_date": seconds(self.trial.map_or(self.anchor, |trial| trial.0)),
            "metadata": { "credits_owner": self.owner },
        });
        let (start, end) = (json!(seconds(self.start)), json!(seconds(self.end)));
        if shape == Shape::BeforeBasil {
            put(&mut item, "plan", json!({ "id": self.price, "object": "plan" }));
            put(&mut subscription, "plan", json!({ "id": self.price, "object": "plan" }));
            put(&mut subscription, "quantity", json!(self.quantity));
            put(&mut subscription, "current_period_start", start);
            put(&mut subscription, "current_period_end", end);
        } else {
            put(&mut item, "current_period_start", start);
            put(&mut item, "current_period_end", end);
        }
        put(&mut subscription, "items", json!({ "object": "list", "data": [item], "has_more": false }));
        subscription
    }
}

/// A line of an invoice.
#[derive(Clone, Debug)]
pub(super) struct LineObject {
    pub(super) price: String,
    pub(super) quantity: u64,
    pub(super) amount: i64,
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
    pub(super) is_proration: bool,
}

impl LineObject {
    fn json(&self, shape: Shape, of: &SubscriptionObject) -> Value {
        let mut line = json!({
            "object": "line_item",
            "amount": self.amount,
            "currency": "usd",
            "quantity": self.quantity,
            "period": { "start": seconds(self.start), "end": seconds(self.end) },
        });
        if shape == Shape::BeforeBasil {
            put(&mut line, "price", json!({ "id": self.price, "object": "price" }));
            put(&mut line, "plan", json!({ "id": self.price, "object": "plan" }));
            put(&mut line, "proration", json!(self.is_proration));
            put(&mut line, "subscription", json!(of.id()));
            put(&mut line, "subscription_item", json!(of.item()));
            put(&mut line, "type", json!(if self.is_proration { "invoiceitem" } else { "subscription" }));
        } else {
            let price_details = json!({ "price": self.price, "product": "prod_1" });
            let pricing = json!({ "type": "price_details", "price_details": price_details });
            put(&mut line, "pricing", pricing);
            // A proration of flexible billing names the subscription alone.
            let parent = if self.is_proration && shape == Shape::Clover {
                let details = json!({ "subscription": of.id(), "proration": true, "invoice_item": "ii_1" });
                json!({ "type": "invoice_item_details", "invoice_item_details": details })
            } else {
                let details = json!({
                    "subscription": of.id(),
                    "subscription_item": of.item(),
                    "proration": self.is_proration,
                });
                json!({ "type": "subscription_item_details", "subscription_item_details": details })
            };
            put(&mut line, "parent", parent);
        }
        line
    }
}

/// A paid invoice of a subscription.
pub(super) fn invoice(
    shape: Shape,
    of: &SubscriptionObject,
    (number, payment): (usize, Option<&str>),
    (paid_at, reason): (Timestamp, &str),
    lines: &[LineObject],
) -> Value {
    let sum = lines.iter().map(|line| line.amount).fold(0, i64::saturating_add).max(0);
    let lines: Vec<Value> = lines.iter().map(|line| line.json(shape, of)).collect();
    let mut invoice = json!({
        "id": format!("in_{number}"),
        "object": "invoice",
        "status": "paid",
        "customer": of.customer(),
        "amount_paid": sum,
        "billing_reason": reason,
        "currency": "usd",
        "status_transitions": { "paid_at": seconds(paid_at) },
        "lines": { "object": "list", "data": lines, "has_more": false },
    });
    let metadata = json!({ "credits_owner": of.owner });
    if shape == Shape::BeforeBasil {
        put(&mut invoice, "paid", json!(true));
        put(&mut invoice, "subscription", json!(of.id()));
        put(&mut invoice, "subscription_details", json!({ "metadata": metadata }));
        put(&mut invoice, "payment_intent", json!(payment));
    } else {
        let details = json!({ "subscription": of.id(), "metadata": metadata });
        let parent = json!({ "type": "subscription_details", "subscription_details": details });
        put(&mut invoice, "parent", parent);
    }
    invoice
}

/// The customer that an owner is at Stripe.
pub(super) fn customer(owner: &str) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '_' };
    format!("cus_{}", owner.chars().map(plain).collect::<String>())
}

pub(super) fn put(object: &mut Value, name: &str, value: Value) {
    if let Some(object) = object.as_object_mut() {
        object.insert(name.to_owned(), value);
    }
}
