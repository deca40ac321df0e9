//! Events as Stripe writes them, in the shape of each API version. It knows no credits.

use credits_runtime::Timestamp;
use credits_runtime::billing::Interval;
use credits_runtime::testing::stripe::Shape;
use serde_json::{Value, json};

/// A subscription as it is now.
#[derive(Clone, Debug)]
pub struct Subscription {
    pub id: String,
    /// Owner in the metadata.
    pub owner: Option<String>,
    pub customer: String,
    pub status: String,
    pub items: Vec<Item>,
    pub period: Interval,
    pub anchor: Timestamp,
    pub trial: Option<Interval>,
    pub cancel_at: Option<Timestamp>,
    pub cancel_at_period_end: bool,
    pub ended_at: Option<Timestamp>,
    /// `behavior` of a paused collection.
    pub pause_collection: Option<String>,
}

/// A subscription item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub id: String,
    pub price: String,
    /// `None` for a metered price.
    pub quantity: Option<u64>,
}

/// The origin of a line of an invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A period of a subscription item.
    Period,
    /// A change within a period.
    Proration,
    /// An invoice item: a fee, a pack, an overage.
    Extra,
}

/// A line of an invoice.
#[derive(Clone, Debug)]
pub struct Line {
    /// The subscription item; not written for an extra.
    pub item: String,
    pub price: String,
    pub quantity: u64,
    pub amount: i64,
    pub period: Interval,
    pub origin: Origin,
    /// Whether a coupon of 100% is on it.
    pub is_free: bool,
}

/// An invoice.
#[derive(Clone, Debug)]
pub struct Invoice {
    pub id: String,
    pub subscription: Option<String>,
    pub owner: Option<String>,
    pub customer: String,
    pub status: String,
    pub amount_paid: i64,
    pub total: Option<i64>,
    pub paid_at: Timestamp,
    pub is_out_of_band: bool,
    pub lines: Vec<Line>,
}

/// A checkout session.
#[derive(Clone, Debug)]
pub struct Session {
    pub id: String,
    pub mode: String,
    pub payment_status: String,
    pub payment: Option<String>,
    pub reference: Option<String>,
    pub owner: Option<String>,
    pub pack: Option<String>,
    pub customer: Option<String>,
    pub currency: String,
    pub subtotal: i64,
    pub total: i64,
    /// Whether the buyer saw another currency than the dollars of the price.
    pub is_converted: bool,
    /// Whether a payment link made it, which copies its metadata.
    pub is_by_link: bool,
}

pub fn seconds(at: Timestamp) -> i64 {
    at.microseconds() / 1_000_000
}

/// Puts the members of one object into another.
fn put(object: &mut Value, members: Value) {
    if let (Some(object), Value::Object(members)) = (object.as_object_mut(), members) {
        object.extend(members);
    }
}

/// Whether invoices and lines have a `parent`, and items their own period.
fn is_since_basil(shape: Shape) -> bool {
    shape != Shape::BeforeBasil
}

pub fn event(shape: Shape, id: &str, created: Timestamp, kind: &str, data: &Value) -> Value {
    let version = match shape {
        Shape::BeforeBasil => "2024-06-20",
        Shape::Basil => "2025-03-31.basil",
        Shape::Clover => "2025-09-30.clover",
    };
    json!({
        "id": id, "object": "event", "api_version": version, "created": seconds(created),
        "livemode": false, "type": kind, "data": data,
    })
}

impl Subscription {
    pub fn json(&self, shape: Shape) -> Value {
        let items: Vec<Value> = self.items.iter().map(|item| self.item(item, shape)).collect();
        let mut json = json!({
            "id": self.id, "object": "subscription", "customer": self.customer, "status": self.status,
            "billing_cycle_anchor": seconds(self.anchor),
            "start_date": seconds(self.anchor), "created": seconds(self.anchor),
            "cancel_at": self.cancel_at.map(seconds), "cancel_at_period_end": self.cancel_at_period_end,
            "ended_at": self.ended_at.map(seconds),
            "trial_start": self.trial.map(|trial| seconds(trial.start)),
            "trial_end": self.trial.map(|trial| seconds(trial.end)),
            "pause_collection": self.pause_collection.as_ref()
                .map(|behavior| json!({ "behavior": behavior, "resumes_at": null })),
            "metadata": metadata(self.owner.as_deref()),
            "items": { "object": "list", "data": items, "has_more": false },
        });
        if !is_since_basil(shape) {
            put(&mut json, self.bounds());
        }
        json
    }

    fn bounds(&self) -> Value {
        let Interval { start, end } = self.period;
        json!({ "current_period_start": seconds(start), "current_period_end": seconds(end) })
    }

    fn item(&self, item: &Item, shape: Shape) -> Value {
        let usage = if item.quantity.is_some() { "licensed" } else { "metered" };
        let mut json = json!({
            "id": item.id, "object": "subscription_item", "subscription": self.id,
            "price": { "id": item.price, "object": "price", "recurring": { "usage_type": usage } },
            "plan": { "id": item.price, "object": "plan", "usage_type": usage },
        });
        if let Some(quantity) = item.quantity {
            put(&mut json, json!({ "quantity": quantity }));
        }
        if is_since_basil(shape) {
            put(&mut json, self.bounds());
        }
        json
    }
}

/// The changed members of an object with the values they had, as `previous_attributes` has them.
pub fn previous(before: &Value, after: &Value) -> Value {
    let changed = before.as_object().unwrap().iter().filter(|(name, value)| after[name.as_str()] != **value);
    Value::Object(changed.map(|(name, value)| (name.clone(), value.clone())).collect())
}

fn metadata(owner: Option<&str>) -> Value {
    owner.map_or(json!({}), |owner| json!({ "credits_owner": owner }))
}

impl Line {
    fn json(&self, shape: Shape, id: &str, subscription: Option<&str>) -> Value {
        let discounts =
            if self.is_free { json!([{ "amount": self.amount, "discount": "di_1" }]) } else { json!([]) };
        let mut json = json!({
            "id": id, "object": "line_item", "amount": self.amount, "currency": "usd",
            "quantity": self.quantity, "discount_amounts": discounts,
            "period": { "start": seconds(self.period.start), "end": seconds(self.period.end) },
        });
        let members =
            if is_since_basil(shape) { self.parent(shape, subscription) } else { self.flat(subscription) };
        put(&mut json, members);
        json
    }

    fn invoice_item(&self) -> Option<&'static str> {
        (self.origin != Origin::Period).then_some("ii_1")
    }

    /// Members before basil.
    fn flat(&self, subscription: Option<&str>) -> Value {
        json!({
            "type": if self.origin == Origin::Period { "subscription" } else { "invoiceitem" },
            "price": { "id": self.price, "object": "price" },
            "proration": self.origin == Origin::Proration,
            "subscription": subscription,
            "subscription_item": (self.origin != Origin::Extra).then_some(&self.item),
            "invoice_item": self.invoice_item(),
        })
    }

    /// Members since basil. Prorations of clover, where billing is flexible, name the subscription alone.
    fn parent(&self, shape: Shape, subscription: Option<&str>) -> Value {
        let names_item = match self.origin {
            Origin::Period => true,
            Origin::Proration => shape != Shape::Clover,
            Origin::Extra => false,
        };
        let mut details = json!({
            "subscription": subscription, "proration": self.origin == Origin::Proration,
            "invoice_item": self.invoice_item(),
        });
        let kind = if names_item { "subscription_item_details" } else { "invoice_item_details" };
        if names_item {
            put(&mut details, json!({ "subscription_item": self.item }));
        }
        json!({
            "pricing": {
                "type": "price_details", "unit_amount_decimal": "1",
                "price_details": { "price": self.price, "product": "prod_1" },
            },
            "parent": { "type": kind, kind: details },
        })
    }
}

impl Invoice {
    pub fn json(&self, shape: Shape) -> Value {
        let subscription = self.subscription.as_deref();
        let line = |(number, line): (usize, &Line)| {
            line.json(shape, &format!("il_{}_{number}", self.id), subscription)
        };
        let lines: Vec<Value> = self.lines.iter().enumerate().map(line).collect();
        let mut json = json!({
            "id": self.id, "object": "invoice", "status": self.status, "customer": self.customer,
            "amount_paid": self.amount_paid, "currency": "usd", "billing_reason": self.reason(),
            "paid_out_of_band": self.is_out_of_band,
            "status_transitions": { "paid_at": (self.status == "paid").then(|| seconds(self.paid_at)) },
            "lines": { "object": "list", "data": lines, "has_more": false },
        });
        if let Some(total) = self.total {
            put(&mut json, json!({ "total": total }));
        }
        let metadata = metadata(self.owner.as_deref());
        let is_charged = self.amount_paid > 0 && !self.is_out_of_band;
        let origin = match (is_since_basil(shape), subscription) {
            (true, None) => json!({ "parent": null }),
            (true, Some(subscription)) => json!({ "parent": {
                "type": "subscription_details",
                "subscription_details": { "subscription": subscription, "metadata": metadata },
            } }),
            (false, subscription) => json!({
                "paid": self.status == "paid", "subscription": subscription,
                "subscription_details": subscription.map(|_| json!({ "metadata": metadata })),
                "payment_intent": is_charged.then(|| self.payment()),
            }),
        };
        put(&mut json, origin);
        json
    }

    /// The payment of an invoice that was charged.
    pub fn payment(&self) -> String {
        format!("pi_{}", self.id)
    }

    /// The event that names the payment since basil; before, the invoice does.
    pub fn invoice_payment(&self, shape: Shape) -> Option<Value> {
        let is_charged = self.amount_paid > 0 && !self.is_out_of_band && self.status == "paid";
        (is_charged && is_since_basil(shape)).then(|| {
            json!({
                "id": format!("inpay_{}", self.id), "object": "invoice_payment", "invoice": self.id,
                "status": "paid", "payment": { "type": "payment_intent", "payment_intent": self.payment() },
            })
        })
    }

    fn reason(&self) -> &'static str {
        match self.subscription {
            None => "manual",
            Some(_) if self.lines.iter().all(|line| line.origin == Origin::Proration) => {
                "subscription_update"
            }
            Some(_) => "subscription_cycle",
        }
    }
}

impl Session {
    pub fn json(&self) -> Value {
        let mut metadata = metadata(self.owner.as_deref());
        if let Some(pack) = &self.pack {
            put(&mut metadata, json!({ "credits_pack": pack }));
        }
        let conversion = json!({
            "amount_subtotal": 900, "amount_total": 900, "fx_rate": "0.0092", "source_currency": "usd",
        });
        json!({
            "id": self.id, "object": "checkout.session", "mode": self.mode,
            "payment_status": self.payment_status, "payment_intent": self.payment,
            "client_reference_id": self.reference, "customer": self.customer, "currency": self.currency,
            "amount_subtotal": self.subtotal, "amount_total": self.total,
            "currency_conversion": self.is_converted.then_some(conversion),
            "payment_link": self.is_by_link.then_some("plink_1"), "metadata": metadata,
        })
    }
}

pub fn refund(id: &str, payment: &str, amount: i64, status: &str) -> Value {
    json!({
        "id": id, "object": "refund", "amount": amount, "payment_intent": payment, "charge": "ch_1",
        "status": status, "metadata": {},
    })
}

/// A charge, of which this much was refunded in total.
pub fn charge(id: &str, payment: &str, refunded: i64) -> Value {
    json!({
        "id": id, "object": "charge", "payment_intent": payment, "customer": "cus_ann",
        "amount": 900, "amount_refunded": refunded, "metadata": {},
    })
}

pub fn dispute(id: &str, payment: &str, amount: i64) -> Value {
    json!({
        "id": id, "object": "dispute", "amount": amount, "payment_intent": payment, "charge": "ch_1",
        "status": "needs_response",
    })
}

/// A credit note of a paid invoice, without a refund.
pub fn credit_note(id: &str, invoice: &str, amount: i64) -> Value {
    json!({
        "id": id, "object": "credit_note", "invoice": invoice, "amount": amount, "total": amount,
        "customer": "cus_ann", "customer_balance_transaction": "cbtxn_1", "refund": null, "refunds": [],
        "status": "issued", "type": "post_payment", "reason": "order_change",
        "lines": { "object": "list", "data": [] },
    })
}
