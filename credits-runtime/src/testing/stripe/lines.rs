//! Lines of invoices: their origin, amounts and JSON in each shape. They do not know who pays.

use serde_json::{Value, json};

use super::prices::Price;
use super::shape::{Shape, put_all, seconds};
use crate::domain::time::Timestamp;

/// A line of an invoice.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) id: String,
    pub(super) price: Price,
    pub(super) quantity: u64,
    pub(super) amount: i64,
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
    pub(super) origin: Origin,
    /// The debit that a negative proration credits.
    pub(super) credited: Option<Credited>,
    pub(super) discount: i64,
    pub(super) tax: i64,
}

/// The origin of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// A period of a subscription item.
    Period {
        /// Its subscription item.
        item: String,
    },
    /// A change of a subscription item within a period.
    Proration {
        /// Its subscription item.
        item: String,
        /// The invoice item that carried it.
        invoice_item: String,
    },
    /// A one-time invoice item.
    OneTime {
        /// The invoice item that carried it.
        invoice_item: String,
    },
}

/// Lines of an earlier invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Credited {
    pub(super) invoice: String,
    pub(super) lines: Vec<String>,
}

/// The invoice that a line is written on.
#[derive(Clone, Copy)]
pub(super) struct On<'a> {
    pub(super) invoice: &'a str,
    pub(super) subscription: Option<&'a str>,
    /// Metadata of the subscription.
    pub(super) metadata: &'a Value,
}

impl Line {
    /// The subscription item of a period or proration.
    pub(super) fn item(&self) -> Option<&str> {
        match &self.origin {
            Origin::Period { item } | Origin::Proration { item, .. } => Some(item),
            Origin::OneTime { .. } => None,
        }
    }

    pub(super) fn is_proration(&self) -> bool {
        matches!(self.origin, Origin::Proration { .. })
    }

    pub(super) fn json(&self, shape: Shape, on: On<'_>) -> Value {
        let is_period = matches!(self.origin, Origin::Period { .. });
        let discounts: Vec<Value> = match self.discount {
            0 => Vec::new(),
            amount => vec![json!({ "amount": amount, "discount": "di_1" })],
        };
        let mut line = json!({
            "id": self.id,
            "object": "line_item",
            "amount": self.amount,
            "currency": self.price.currency,
            "description": self.description(),
            "discount_amounts": discounts,
            "discountable": !self.is_proration(),
            "invoice": on.invoice,
            "livemode": false,
            "metadata": if is_period { on.metadata.clone() } else { json!({}) },
            "period": { "start": seconds(self.start), "end": seconds(self.end) },
            "quantity": self.quantity,
        });
        let details = if shape.is_since_basil() { self.parent(shape, on) } else { self.flat(shape, on) };
        put_all(&mut line, details);
        line
    }

    fn description(&self) -> String {
        let what = format!("{} x {}", self.quantity, self.price.id);
        match (self.is_proration(), self.amount < 0) {
            (false, _) => what,
            (true, false) => format!("Remaining time on {what} after {}", self.start),
            (true, true) => format!("Unused time on {what} after {}", self.start),
        }
    }

    fn invoice_item(&self) -> Option<&str> {
        match &self.origin {
            Origin::Period { .. } => None,
            Origin::Proration { invoice_item, .. } | Origin::OneTime { invoice_item } => Some(invoice_item),
        }
    }

    fn proration_details(&self) -> Value {
        let credited = self.credited.as_ref();
        let items = credited.map(|it| json!({ "invoice": it.invoice, "invoice_line_items": it.lines }));
        json!({ "credited_items": items })
    }

    /// Fields since basil.
    fn parent(&self, shape: Shape, on: On<'_>) -> Value {
        // Prorations of flexible billing name the subscription, and no item of it.
        let names_item = match self.origin {
            Origin::Period { .. } => true,
            Origin::Proration { .. } => !shape.is_flexible(),
            Origin::OneTime { .. } => false,
        };
        let mut details = json!({
            "invoice_item": self.invoice_item(),
            "proration": self.is_proration(),
            "proration_details": self.proration_details(),
            "subscription": on.subscription,
        });
        let kind = if names_item { "subscription_item_details" } else { "invoice_item_details" };
        if names_item {
            put_all(&mut details, json!({ "subscription_item": self.item() }));
        }
        let mut parent =
            json!({ "type": kind, "invoice_item_details": null, "subscription_item_details": null });
        put_all(&mut parent, json!({ kind: details }));
        let taxes: Vec<Value> = match self.tax {
            0 => Vec::new(),
            amount => vec![json!({
                "amount": amount,
                "tax_behavior": "exclusive",
                "tax_rate_details": { "tax_rate": "txr_1" },
                "taxability_reason": "standard_rated",
                "taxable_amount": self.amount.saturating_sub(self.discount),
                "type": "tax_rate_details",
            })],
        };
        json!({
            "parent": parent,
            "pretax_credit_amounts": [],
            "pricing": {
                "type": "price_details",
                "price_details": { "price": self.price.id, "product": format!("prod_{}", self.price.id) },
                "unit_amount_decimal": self.price.amount(1).to_string(),
            },
            "subtotal": self.amount,
            "taxes": taxes,
        })
    }

    /// Fields before basil.
    fn flat(&self, shape: Shape, on: On<'_>) -> Value {
        let is_period = matches!(self.origin, Origin::Period { .. });
        let taxes: Vec<Value> = match self.tax {
            0 => Vec::new(),
            amount => vec![json!({
                "amount": amount,
                "inclusive": false,
                "tax_rate": "txr_1",
                "taxability_reason": "standard_rated",
                "taxable_amount": self.amount.saturating_sub(self.discount),
            })],
        };
        let mut line = json!({
            "plan": self.price.plan_json(),
            "price": self.price.json(shape),
            "proration": self.is_proration(),
            "proration_details": self.proration_details(),
            "subscription": on.subscription,
            "tax_amounts": taxes,
            "tax_rates": [],
            "type": if is_period { "subscription" } else { "invoiceitem" },
        });
        if let Some(item) = self.item() {
            put_all(&mut line, json!({ "subscription_item": item }));
        }
        if let Some(invoice_item) = self.invoice_item() {
            put_all(&mut line, json!({ "invoice_item": invoice_item }));
        }
        line
    }
}
