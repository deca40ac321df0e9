//! Invoices: their state, sums and JSON in each shape. They do not know how they are collected.

use serde_json::{Value, json};

use super::lines::{Line, On};
use super::payments::PaymentId;
use super::prices::Price;
use super::shape::{Shape, put_all, seconds};
use super::subscriptions::SubscriptionId;
use crate::domain::time::Timestamp;

/// Lines that an event carries; the others are read from the API.
pub(super) const LINES_MAX: usize = 10;

/// An invoice of the account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct InvoiceId(pub(super) String);

impl InvoiceId {
    /// The id at Stripe.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A one-time line: a fee, overage, a pack.
///
/// ```
/// use credits_runtime::testing::stripe::{Extra, Price};
///
/// let january = ("2026-01-01T00:00:00Z".parse()?, "2026-02-01T00:00:00Z".parse()?);
/// let overage = Extra::of(Price::once("price_overage", 1)).quantity(5_000).period(january.0, january.1);
/// # let _ = overage;
/// # Ok::<(), credits_runtime::TimestampError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Extra {
    pub(super) price: Price,
    pub(super) quantity: u64,
    pub(super) period: Option<(Timestamp, Timestamp)>,
}

impl Extra {
    /// A line of quantity 1 at this price, without a period: it starts and ends when it is made.
    pub fn of(price: Price) -> Self {
        Self { price, quantity: 1, period: None }
    }

    /// Sets the quantity.
    #[must_use]
    pub fn quantity(mut self, quantity: u64) -> Self {
        self.quantity = quantity;
        self
    }

    /// Sets the period of the line, as revenue recognition needs it.
    #[must_use]
    pub fn period(mut self, start: Timestamp, end: Timestamp) -> Self {
        self.period = Some((start, end));
        self
    }
}

/// The status of an invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Draft,
    Open,
    Paid,
    Uncollectible,
    Void,
}

impl Status {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Open => "open",
            Self::Paid => "paid",
            Self::Uncollectible => "uncollectible",
            Self::Void => "void",
        }
    }
}

/// An invoice in the account's state.
#[derive(Clone, Debug)]
pub(super) struct Invoice {
    pub(super) id: InvoiceId,
    pub(super) customer: String,
    pub(super) subscription: Option<(SubscriptionId, String)>,
    /// Metadata of its subscription when it was made.
    pub(super) subscription_metadata: Value,
    pub(super) metadata: Value,
    pub(super) reason: &'static str,
    pub(super) currency: String,
    pub(super) created: Timestamp,
    pub(super) status: Status,
    pub(super) lines: Vec<Line>,
    /// The customer's balance before and, once finalized, after it; negative is the customer's credit.
    pub(super) balance: (i64, Option<i64>),
    /// Credited by notes before it was paid, and after.
    pub(super) credited: (i64, i64),
    pub(super) paid: Option<Paid>,
    pub(super) marked_uncollectible_at: Option<Timestamp>,
    pub(super) voided_at: Option<Timestamp>,
}

/// How an invoice was paid.
#[derive(Clone, Debug)]
pub(super) struct Paid {
    pub(super) at: Timestamp,
    pub(super) amount: i64,
    pub(super) means: Means,
}

/// The means by which an invoice was paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Means {
    Payment(PaymentId),
    OutOfBand,
    /// Nothing was due.
    Nothing,
}

impl Invoice {
    pub(super) fn subtotal(&self) -> i64 {
        self.sum(|line| line.amount)
    }

    pub(super) fn tax(&self) -> i64 {
        self.sum(|line| line.tax)
    }

    fn discount(&self) -> i64 {
        self.sum(|line| line.discount)
    }

    pub(super) fn total(&self) -> i64 {
        self.subtotal().saturating_sub(self.discount()).saturating_add(self.tax())
    }

    /// The amount due after the customer's balance and credit notes.
    pub(super) fn due(&self) -> i64 {
        let (before, after) = self.balance;
        let applied = before.saturating_sub(after.unwrap_or(before));
        self.total().saturating_add(applied).saturating_sub(self.credited.0).max(0)
    }

    /// The amount that can still be credited: of a paid invoice the total less all credits, of others the
    /// amount due.
    pub(super) fn creditable(&self) -> i64 {
        match self.status {
            Status::Paid => {
                self.total().max(0).saturating_sub(self.credited.0).saturating_sub(self.credited.1)
            }
            Status::Draft | Status::Open | Status::Uncollectible | Status::Void => self.due(),
        }
    }

    pub(super) fn payment(&self) -> Option<&PaymentId> {
        match &self.paid.as_ref()?.means {
            Means::Payment(payment) => Some(payment),
            Means::OutOfBand | Means::Nothing => None,
        }
    }

    fn sum(&self, of: impl Fn(&Line) -> i64) -> i64 {
        self.lines.iter().map(of).fold(0, i64::saturating_add)
    }

    /// Every line, as the API lists them.
    pub(super) fn lines_json(&self, shape: Shape) -> Vec<Value> {
        let subscription = self.subscription.as_ref().map(|(_, id)| &id[..]);
        let on = On { invoice: self.id.as_str(), subscription, metadata: &self.subscription_metadata };
        self.lines.iter().map(|line| line.json(shape, on)).collect()
    }

    pub(super) fn json(&self, shape: Shape) -> Value {
        let lines = self.lines_json(shape);
        let shown: Vec<&Value> = lines.iter().take(LINES_MAX).collect();
        let paid = self.paid.as_ref().map_or(0, |paid| paid.amount);
        let discounts: Vec<Value> = match self.discount() {
            0 => Vec::new(),
            amount => vec![json!({ "amount": amount, "discount": "di_1" })],
        };
        let mut invoice = json!({
            "id": self.id.0,
            "object": "invoice",
            "amount_due": self.due(),
            "amount_paid": paid,
            "amount_remaining": self.due().saturating_sub(paid).max(0),
            "attempted": self.status != Status::Draft,
            "billing_reason": self.reason,
            "collection_method": "charge_automatically",
            "created": seconds(self.created),
            "currency": self.currency,
            "customer": self.customer,
            "discounts": if discounts.is_empty() { json!([]) } else { json!(["di_1"]) },
            "ending_balance": self.balance.1,
            "lines": {
                "object": "list",
                "data": shown,
                "has_more": lines.len() > LINES_MAX,
                "total_count": lines.len(),
                "url": format!("/v1/invoices/{}/lines", self.id.0),
            },
            "livemode": false,
            "metadata": self.metadata,
            "post_payment_credit_notes_amount": self.credited.1,
            "pre_payment_credit_notes_amount": self.credited.0,
            "starting_balance": self.balance.0,
            "status": self.status.word(),
            "status_transitions": {
                "finalized_at": (self.status != Status::Draft).then_some(seconds(self.created)),
                "marked_uncollectible_at": self.marked_uncollectible_at.map(seconds),
                "paid_at": self.paid.as_ref().map(|paid| seconds(paid.at)),
                "voided_at": self.voided_at.map(seconds),
            },
            "subtotal": self.subtotal(),
            "total": self.total(),
            "total_discount_amounts": discounts,
        });
        put_all(&mut invoice, if shape.is_since_basil() { self.parent() } else { self.flat() });
        invoice
    }

    /// Fields since basil.
    fn parent(&self) -> Value {
        let parent = self.subscription.as_ref().map(|(_, id)| {
            json!({
                "type": "subscription_details",
                "quote_details": null,
                "subscription_details": { "metadata": self.subscription_metadata, "subscription": id },
            })
        });
        let taxes: Vec<Value> = match self.tax() {
            0 => Vec::new(),
            amount => vec![json!({
                "amount": amount,
                "tax_behavior": "exclusive",
                "tax_rate_details": { "tax_rate": "txr_1" },
                "taxability_reason": "standard_rated",
                "type": "tax_rate_details",
            })],
        };
        json!({ "parent": parent, "total_taxes": taxes })
    }

    /// Fields before basil.
    fn flat(&self) -> Value {
        let payment = self.payment().map(PaymentId::as_str);
        let means = self.paid.as_ref().map(|paid| &paid.means);
        let taxes: Vec<Value> = match self.tax() {
            0 => Vec::new(),
            amount => vec![json!({ "amount": amount, "inclusive": false, "tax_rate": "txr_1" })],
        };
        json!({
            "charge": payment.map(|payment| format!("ch_{payment}")),
            "paid": self.status == Status::Paid,
            "paid_out_of_band": means == Some(&Means::OutOfBand),
            "payment_intent": payment,
            "subscription": self.subscription.as_ref().map(|(_, id)| id),
            "subscription_details": { "metadata": self.subscription.as_ref().map(|_| &self.subscription_metadata) },
            "tax": (self.tax() != 0).then_some(self.tax()),
            "total_tax_amounts": taxes,
        })
    }
}
