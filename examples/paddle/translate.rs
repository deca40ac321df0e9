//! The translator: Paddle's webhooks as billing events.
//!
//! A subscription of Paddle has no items with ids, so that it is its own item. It may have other prices beside
//! the plan's, such as a setup fee; the first item of the subscription is the plan. It does not know the ledger.

use std::fmt;

use credits_runtime::billing::{
    BillingEvent, Happening, Interval, Invoice, Line, ObjectId, PackPayment, Status, SubscriptionState,
};
use credits_runtime::{Owner, Timestamp};
use serde_json::Value;

/// Reason why a webhook is not received.
#[derive(Debug)]
pub enum Refused {
    /// It is not signed with the secret, or its signature is old.
    Signature,
    /// A field is missing, or not what it should be.
    Unreadable(&'static str),
    /// The ledger did not take it.
    Ledger(credits_runtime::Error),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signature => f.write_str("the signature is not made with the secret, or is not current"),
            Self::Unreadable(field) => write!(f, "the field `{field}` cannot be read"),
            Self::Ledger(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Refused {}

/// The billing events of a webhook; none for a webhook about anything else.
pub fn events(body: &[u8]) -> Result<Vec<BillingEvent>, Refused> {
    let webhook: Value = serde_json::from_slice(body).map_err(|_| Refused::Unreadable("body"))?;
    let (kind, data) = (text(&webhook, "event_type").unwrap_or_default(), field(&webhook, "data"));
    let happened = match kind.split_once('.') {
        Some(("subscription", _)) => Some((Happening::SubscriptionChanged(state(data)?), "subscription_id")),
        Some(("transaction", "completed")) => Some((transaction(data)?, "id")),
        Some(("adjustment", _)) => adjustment(data)?.map(|what| (what, "transaction_id")),
        _ => None,
    };
    let Some((what, related)) = happened else { return Ok(Vec::new()) };
    // The most specific object first, the customer last.
    let fields = ["id", related, "transaction_id", "subscription_id", "customer_id"];
    let objects = fields.iter().filter_map(|field| object(data, field).ok()).collect();
    let owner =
        text(field(data, "custom_data"), "credits_owner").ok().and_then(|owner| Owner::new(owner).ok());
    Ok(vec![BillingEvent { at: instant(&webhook, "occurred_at")?, objects, owner, what }])
}

/// The state of a subscription. Paddle sends it whole with each of its webhooks.
fn state(data: &Value) -> Result<SubscriptionState, Refused> {
    let (subscription, plan) =
        (object(data, "id")?, data.pointer("/items/0").ok_or(Refused::Unreadable("items"))?);
    let status = match text(data, "status")? {
        "trialing" => Status::Trialing,
        "active" => Status::Active,
        "past_due" => Status::PastDue,
        "paused" => Status::Paused,
        "canceled" => Status::Ended,
        _ => Status::Unknown,
    };
    let scheduled = field(data, "scheduled_change");
    let ends_at = match text(scheduled, "action") {
        Ok("cancel") => Some(instant(scheduled, "effective_at")?),
        _ => instant(data, "canceled_at").ok(),
    };
    let anchor = instant(field(data, "current_billing_period"), "starts_at");
    Ok(SubscriptionState {
        item: subscription.clone(),
        subscription,
        status,
        price: object(field(plan, "price"), "id")?,
        quantity: field(plan, "quantity").as_u64(),
        anchor: anchor.or_else(|_| instant(data, "started_at"))?,
        trial: interval(field(plan, "trial_dates")).ok(),
        ends_at,
        before: None,
    })
}

/// A paid transaction: time of a subscription, or packs.
fn transaction(data: &Value) -> Result<Happening, Refused> {
    let (id, details) = (object(data, "id")?, field(data, "details"));
    let currency = text(data, "currency_code")?.to_lowercase();
    let totals = field(details, "totals");
    let (paid, tax) = (minor(totals, "total")?, minor(totals, "tax")?);
    let lines = field(details, "line_items").as_array().ok_or(Refused::Unreadable("line_items"))?;
    let Ok(subscription) = object(data, "subscription_id") else {
        let prices = lines.iter().map(|line| {
            let quantity = field(line, "quantity").as_u64().ok_or(Refused::Unreadable("quantity"))?;
            Ok((object(line, "price_id")?, quantity))
        });
        return Ok(Happening::PackPaid(PackPayment {
            session: id.clone(),
            payment: Some(id),
            currency,
            subtotal: minor(totals, "subtotal")?,
            paid,
            pack: None,
            prices: prices.collect::<Result<_, Refused>>()?,
            tax,
            invoice: None,
            paid_in: None,
        }));
    };
    let billed = interval(field(data, "billing_period"))?;
    let lines = lines.iter().map(|line| line_of(line, &subscription, billed));
    let paid_at = instant(data, "billed_at")?;
    Ok(Happening::TimePaid(Invoice {
        invoice: id.clone(),
        made_at: paid_at,
        paid_at,
        paid,
        tax,
        currency,
        payments: vec![id],
        lines: lines.collect::<Result<_, Refused>>()?,
    }))
}

/// A line of a transaction. Beside the plan's price, lines are fees or packs: they belong to no item.
fn line_of(line: &Value, subscription: &ObjectId, billed: Interval) -> Result<Line, Refused> {
    let totals = field(line, "totals");
    let amount = minor(totals, "subtotal")?;
    let proration = field(line, "proration");
    Ok(Line {
        id: object(line, "id").ok(),
        item: None,
        subscription: Some(subscription.clone()),
        price: object(line, "price_id")?,
        quantity: field(line, "quantity").as_u64(),
        period: interval(field(proration, "billing_period")).unwrap_or(billed),
        amount,
        net: amount.saturating_sub(minor(totals, "discount")?),
        is_proration: proration.is_object(),
        credits: None,
    })
}

/// A refund, a credit or a chargeback of a transaction. Paddle has one chargeback a transaction.
fn adjustment(data: &Value) -> Result<Option<Happening>, Refused> {
    let (adjustment, payment) = (object(data, "id")?, object(data, "transaction_id")?);
    let (amount, stands) = (minor(field(data, "totals"), "total")?, text(data, "status")? == "approved");
    let made_at = instant(data, "created_at").ok();
    Ok(match text(data, "action")? {
        "refund" => Some(Happening::Refunded { payment, refund: adjustment, amount, stands, made_at }),
        "credit" => Some(Happening::Credited { invoice: payment, note: adjustment, amount, stands }),
        "chargeback" => Some(Happening::DisputeFundsWithdrawn { dispute: payment.clone(), payment, amount }),
        "chargeback_reverse" => Some(Happening::DisputeFundsReinstated { dispute: payment.clone(), payment }),
        _ => None,
    })
}

/// A field; null if it is missing.
fn field<'a>(data: &'a Value, name: &str) -> &'a Value {
    data.get(name).unwrap_or(&Value::Null)
}

fn text<'a>(data: &'a Value, field: &'static str) -> Result<&'a str, Refused> {
    data.get(field).and_then(Value::as_str).ok_or(Refused::Unreadable(field))
}

/// Ids of Paddle are apart from those of other processors.
fn object(data: &Value, field: &'static str) -> Result<ObjectId, Refused> {
    ObjectId::at("paddle", text(data, field)?).ok_or(Refused::Unreadable(field))
}

fn instant(data: &Value, field: &'static str) -> Result<Timestamp, Refused> {
    text(data, field)?.parse().map_err(|_| Refused::Unreadable(field))
}

fn interval(data: &Value) -> Result<Interval, Refused> {
    Ok(Interval { start: instant(data, "starts_at")?, end: instant(data, "ends_at")? })
}

/// An amount: a text in minor units.
fn minor(data: &Value, field: &'static str) -> Result<i64, Refused> {
    text(data, field)?.parse().map_err(|_| Refused::Unreadable(field))
}
