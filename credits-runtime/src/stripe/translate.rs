//! Translation: an event of Stripe's becomes billing events. Pure, for every shape at once: those before 2025-03-31
//! (basil), since then, and since 2025-09-30 (clover) can arrive side by side.

use serde_json::Value;

use super::lists::{Fetched, is_id};
use super::shape::{Malformed, Shape};
use crate::domain::billing::event::{
    Before, BillingEvent, Happening, Invoice, Line, PackPayment, Status, SubscriptionState,
};
use crate::domain::ids::{ObjectId, Owner};
use crate::domain::time::Timestamp;

/// Metadata that our checkouts write: whose it is.
pub(super) const OWNER_KEY: &str = "credits_owner";
/// Metadata that our checkouts write: which pack.
pub(super) const PACK_KEY: &str = "credits_pack";

/// What an event comes to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Translated {
    /// This happened.
    Happened(Vec<BillingEvent>),
    /// Nothing that credits depend on.
    Nothing,
    /// It lacks a list, or has only a part of it.
    Needs {
        /// The list, by its path in Stripe's API.
        path: String,
    },
}

/// How events are read, as the application chose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Reading {
    /// Whether `client_reference_id` names the owner in checkouts that are not ours.
    pub(super) names_owners: bool,
}

/// What an event says, together with the lists that were read for it.
pub(super) fn translate(event: &Value, fetched: &Fetched, reading: Reading) -> Result<Translated, Malformed> {
    let event = Shape(event);
    let kind = event.need(event.text(&["type"]), "type")?;
    let at = event.need(event.time(&["created"]), "created")?;
    let object = event.need(event.at(&["data.object"]), "data.object")?;
    let account = event.text(&["account"]);
    let before = event.at(&["data.previous_attributes"]);
    let translation = Translation { at, account, fetched, reading };
    match kind {
        "customer.subscription.created"
        | "customer.subscription.updated"
        | "customer.subscription.deleted"
        | "customer.subscription.paused"
        | "customer.subscription.resumed"
        | "customer.subscription.trial_will_end"
        | "customer.subscription.pending_update_applied"
        | "customer.subscription.pending_update_expired" => translation.subscription(object, before),
        "invoice.paid" | "invoice.payment_succeeded" => translation.invoice(object),
        "invoice_payment.paid" => translation.invoice_payment(object),
        "checkout.session.completed" | "checkout.session.async_payment_succeeded" => {
            translation.session(object)
        }
        "charge.refunded" => translation.charge(object),
        "refund.created" | "refund.updated" | "refund.failed" | "charge.refund.updated" => {
            translation.refund(object)
        }
        "charge.dispute.funds_withdrawn" => translation.dispute(object, true),
        "charge.dispute.funds_reinstated" => translation.dispute(object, false),
        _ => Ok(Translated::Nothing),
    }
}

/// When and where an event happened.
struct Translation<'a> {
    at: Timestamp,
    /// The connected account, if it is not the application's own.
    account: Option<&'a str>,
    /// Lists that were read for it.
    fetched: &'a Fetched,
    reading: Reading,
}

/// The places of what moved between versions, the newest first.
const INVOICE_SUBSCRIPTION: &[&str] = &["parent.subscription_details.subscription", "subscription"];
const INVOICE_OWNER: &[&str] = &[
    "parent.subscription_details.metadata.credits_owner",
    "subscription_details.metadata.credits_owner",
    "metadata.credits_owner",
];
const LINE_ITEM: &[&str] = &["parent.subscription_item_details.subscription_item", "subscription_item"];
const LINE_SUBSCRIPTION: &[&str] = &[
    "parent.subscription_item_details.subscription",
    "parent.invoice_item_details.subscription",
    "subscription",
];
const LINE_PRICE: &[&str] = &["pricing.price_details.price", "price", "plan"];
const LINE_PRORATION: &[&str] =
    &["parent.subscription_item_details.proration", "parent.invoice_item_details.proration", "proration"];
const PAYMENT: &[&str] = &["payment_intent", "charge"];

impl Translation<'_> {
    fn happened(&self, objects: Vec<Option<ObjectId>>, owner: Option<&str>, what: Happening) -> BillingEvent {
        let mut objects: Vec<_> = objects.into_iter().flatten().collect();
        objects.sort();
        objects.dedup();
        let owner = owner.and_then(|owner| Owner::new(owner).ok());
        BillingEvent { at: self.at, objects, owner, what }
    }

    /// An object, by its account if that is not the application's own.
    fn object(&self, shape: Shape<'_>, paths: &[&str]) -> Option<ObjectId> {
        self.named(shape.id(paths)?)
    }

    fn named(&self, id: &str) -> Option<ObjectId> {
        match self.account {
            Some(account) => ObjectId::new(&format!("{account}/{id}")),
            None => ObjectId::new(id),
        }
    }

    fn subscription(
        &self,
        subscription: Shape<'_>,
        before: Option<Shape<'_>>,
    ) -> Result<Translated, Malformed> {
        let id = subscription.need(self.object(subscription, &["id"]), "id")?;
        let customer = self.object(subscription, &["customer"]);
        let owner = subscription.text(&["metadata.credits_owner"]);
        let word = subscription.need(subscription.text(&["status"]), "status")?;
        let status = status(word);
        let start = subscription.time(&["billing_cycle_anchor", "start_date", "created"]);
        let anchor = subscription.need(start, "billing_cycle_anchor")?;
        let trial = subscription.interval("trial_start", "trial_end");
        let mut items: Vec<_> = subscription.list(&["items"]).collect();
        if subscription.is(&["items.has_more"]) {
            let path = format!("/v1/subscription_items?subscription={}", path_id(subscription)?);
            let Some(all) = self.fetched.list(&path) else { return Ok(Translated::Needs { path }) };
            // Items of the event are as they were then; the others are as they are now.
            let known: Vec<_> = items.iter().filter_map(|item| item.id(&["id"])).collect();
            let is_other = |item: &Shape<'_>| item.id(&["id"]).is_some_and(|id| !known.contains(&id));
            items.extend(all.iter().map(Shape).filter(is_other));
        }
        let mut states = Vec::new();
        for item in items {
            let scheduled = subscription.time(&["ended_at", "cancel_at"]).or_else(|| {
                let cancels = subscription.is(&["cancel_at_period_end"]);
                let ends_at = item.time(&["current_period_end"]);
                ends_at.or(subscription.time(&["current_period_end"])).filter(|_| cancels)
            });
            states.push(SubscriptionState {
                item: subscription.need(self.object(item, &["id"]), "items.data.id")?,
                subscription: id.clone(),
                status,
                price: subscription.need(item.object(&["price", "plan"]), "items.data.price")?,
                quantity: quantity(item),
                anchor,
                trial,
                ends_at: scheduled.or((status == Status::Ended).then_some(self.at)),
                before: before.and_then(|before| changed(before, item)),
            });
        }
        // An item that was there before and is not any more has ended.
        for gone in before.into_iter().flat_map(|before| before.list(&["items"])) {
            let (Some(item), Some(price)) = (self.object(gone, &["id"]), gone.object(&["price", "plan"]))
            else {
                continue;
            };
            if states.iter().all(|state| state.item != item) {
                states.push(SubscriptionState {
                    item,
                    subscription: id.clone(),
                    status: Status::Ended,
                    price,
                    quantity: quantity(gone),
                    anchor,
                    trial,
                    ends_at: Some(self.at),
                    before: None,
                });
            }
        }
        let objects = || vec![Some(id.clone()), customer.clone()];
        let happened = |state| self.happened(objects(), owner, Happening::SubscriptionChanged(state));
        Ok(Translated::Happened(states.into_iter().map(happened).collect()))
    }

    fn invoice(&self, invoice: Shape<'_>) -> Result<Translated, Malformed> {
        let id = invoice.need(self.object(invoice, &["id"]), "id")?;
        if invoice.text(&["status"]) != Some("paid") && !invoice.is(&["paid"]) {
            return Ok(Translated::Nothing);
        }
        invoice.need(invoice.at(&["lines"]), "lines")?;
        let mut lines: Vec<_> = invoice.list(&["lines"]).collect();
        if invoice.is(&["lines.has_more"]) {
            let path = format!("/v1/invoices/{}/lines", path_id(invoice)?);
            let Some(all) = self.fetched.list(&path) else { return Ok(Translated::Needs { path }) };
            lines = all.iter().map(Shape).collect();
        }
        let subscription = self.object(invoice, INVOICE_SUBSCRIPTION);
        let mut owner = invoice.text(INVOICE_OWNER);
        let mut paid_for = Vec::new();
        for line in lines {
            owner = owner.or(line.text(&["metadata.credits_owner"]));
            paid_for.extend(self.line(invoice, line, subscription.as_ref())?);
        }
        let payments = invoice
            .list(&["payments"])
            .filter_map(|payment| self.object(payment, &["payment.payment_intent", "payment.charge"]));
        let mut payments: Vec<_> = payments.chain(self.object(invoice, PAYMENT)).collect();
        payments.sort();
        payments.dedup();
        let mut objects = vec![Some(id.clone()), subscription, self.object(invoice, &["customer"])];
        objects.extend(payments.iter().cloned().map(Some));
        let what = Happening::TimePaid(Invoice {
            invoice: id,
            paid_at: invoice.time(&["status_transitions.paid_at"]).unwrap_or(self.at),
            paid: invoice.integer(&["amount_paid"]).unwrap_or(0),
            begins: invoice.text(&["billing_reason"]) == Some("subscription_create"),
            payments,
            lines: paid_for,
        });
        Ok(Translated::Happened(vec![self.happened(objects, owner, what)]))
    }

    /// A line of a subscription; of an item that it does not name it is the subscription's.
    fn line(
        &self,
        invoice: Shape<'_>,
        line: Shape<'_>,
        subscription: Option<&ObjectId>,
    ) -> Result<Option<Line>, Malformed> {
        let named = self.object(line, LINE_ITEM).or_else(|| self.object(line, LINE_SUBSCRIPTION));
        let Some(item) = named.or_else(|| subscription.cloned()) else { return Ok(None) };
        // A line without a price is none of a plan: tax, or something written by hand.
        let Some(price) = line.object(LINE_PRICE) else { return Ok(None) };
        let period = line.at(&["period"]).and_then(|period| period.interval("start", "end"));
        Ok(Some(Line {
            item,
            price,
            quantity: quantity(line),
            period: invoice.need(period, "lines.data.period")?,
            amount: invoice.need(line.integer(&["amount"]), "lines.data.amount")?,
            is_proration: line.is(LINE_PRORATION),
        }))
    }

    fn invoice_payment(&self, paid: Shape<'_>) -> Result<Translated, Malformed> {
        let invoice = paid.need(self.object(paid, &["invoice"]), "invoice")?;
        let payment = self.object(paid, &["payment.payment_intent", "payment.charge"]);
        let Some(payment) = payment else { return Ok(Translated::Nothing) };
        let objects = vec![Some(invoice.clone()), Some(payment.clone())];
        let what = Happening::InvoicePayment { invoice, payment };
        Ok(Translated::Happened(vec![self.happened(objects, None, what)]))
    }

    fn session(&self, session: Shape<'_>) -> Result<Translated, Malformed> {
        let id = session.need(self.object(session, &["id"]), "id")?;
        let pack = session.text(&["metadata.credits_pack"]).map(str::to_owned);
        let named = session.text(&["metadata.credits_owner"]);
        // Elsewhere it may be an order number.
        let reads_reference = named.is_none() && (pack.is_some() || self.reading.names_owners);
        let referred = session.text(&["client_reference_id"]).filter(|_| reads_reference);
        let owner = named.or(referred);
        let payment = self.object(session, &["payment_intent"]);
        let objects = vec![
            Some(id.clone()),
            // A customer is linked by metadata alone.
            self.object(session, &["customer"]).filter(|_| referred.is_none()),
            self.object(session, &["subscription"]),
            payment.clone(),
        ];
        let is_paid = matches!(session.text(&["payment_status"]), Some("paid" | "no_payment_required"));
        if session.text(&["mode"]) != Some("payment") || !is_paid {
            // Who it was, is worth knowing.
            let named = self.happened(objects, owner, Happening::OwnerNamed);
            return Ok(if owner.is_some() { Translated::Happened(vec![named]) } else { Translated::Nothing });
        }
        // A checkout of ours has an offer; a payment link may copy its metadata, and sells as many as the buyer likes.
        let is_ours = pack.is_some() && named.is_some() && session.at(&["payment_link"]).is_none();
        let mut items: Vec<_> = session.list(&["line_items"]).collect();
        if session.is(&["line_items.has_more"]) || (session.at(&["line_items"]).is_none() && !is_ours) {
            let path = format!("/v1/checkout/sessions/{}/line_items", path_id(session)?);
            let Some(all) = self.fetched.list(&path) else { return Ok(Translated::Needs { path }) };
            items = all.iter().map(Shape).collect();
        }
        let prices = items.into_iter().filter_map(|item| Some((item.object(&["price"])?, quantity(item))));
        let prices: Vec<_> = prices.collect();
        // What the buyer saw in another currency was sold in this one.
        let money = session.at(&["currency_conversion"]).unwrap_or(session);
        let currency = money.text(&["source_currency", "currency"]);
        let what = Happening::PackPaid(PackPayment {
            session: id,
            payment,
            currency: session.need(currency, "currency")?.to_lowercase(),
            subtotal: session.need(money.integer(&["amount_subtotal"]), "amount_subtotal")?,
            paid: session.need(money.integer(&["amount_total"]), "amount_total")?,
            pack,
            prices,
        });
        Ok(Translated::Happened(vec![self.happened(objects, owner, what)]))
    }

    fn charge(&self, charge: Shape<'_>) -> Result<Translated, Malformed> {
        let payment = self.object(charge, &["payment_intent", "id"]);
        let payment = charge.need(payment, "payment_intent")?;
        let amount = charge.need(charge.integer(&["amount_refunded"]), "amount_refunded")?;
        let owner = charge.text(&["metadata.credits_owner"]);
        let objects = || vec![Some(payment.clone()), self.object(charge, &["customer"])];
        let mut happened = Vec::new();
        for refund in charge.list(&["refunds"]) {
            let what = self.refunded(refund, payment.clone())?;
            happened.push(self.happened(objects(), owner, what));
        }
        let what = Happening::RefundedInAll { payment: payment.clone(), amount };
        happened.push(self.happened(objects(), owner, what));
        Ok(Translated::Happened(happened))
    }

    fn refund(&self, refund: Shape<'_>) -> Result<Translated, Malformed> {
        let Some(payment) = self.object(refund, PAYMENT) else { return Ok(Translated::Nothing) };
        let owner = refund.text(&["metadata.credits_owner"]);
        let what = self.refunded(refund, payment.clone())?;
        Ok(Translated::Happened(vec![self.happened(vec![Some(payment)], owner, what)]))
    }

    fn refunded(&self, refund: Shape<'_>, payment: ObjectId) -> Result<Happening, Malformed> {
        Ok(Happening::Refunded {
            payment,
            refund: refund.need(self.object(refund, &["id"]), "id")?,
            amount: refund.need(refund.integer(&["amount"]), "amount")?,
            stands: !matches!(refund.text(&["status"]), Some("failed" | "canceled")),
        })
    }

    fn dispute(&self, dispute: Shape<'_>, is_withdrawn: bool) -> Result<Translated, Malformed> {
        let Some(payment) = self.object(dispute, PAYMENT) else { return Ok(Translated::Nothing) };
        let id = dispute.need(self.object(dispute, &["id"]), "id")?;
        let what = if is_withdrawn {
            let amount = dispute.need(dispute.integer(&["amount"]), "amount")?;
            Happening::DisputeFundsWithdrawn { payment: payment.clone(), dispute: id, amount }
        } else {
            Happening::DisputeFundsReinstated { payment: payment.clone(), dispute: id }
        };
        Ok(Translated::Happened(vec![self.happened(vec![Some(payment)], None, what)]))
    }
}

/// The id of an object, to be put into a path.
fn path_id(object: Shape<'_>) -> Result<&str, Malformed> {
    object.need(object.id(&["id"]).filter(|id| is_id(id)), "id")
}

fn quantity(item: Shape<'_>) -> u64 {
    // What is charged by use has no quantity.
    item.integer(&["quantity"]).and_then(|quantity| u64::try_from(quantity).ok()).unwrap_or(1)
}

/// What an item was before, as far as the event says.
fn changed(before: Shape<'_>, item: Shape<'_>) -> Option<Before> {
    let same = |other: &Shape<'_>| other.id(&["id"]).is_none_or(|id| Some(id) == item.id(&["id"]));
    let of_item = before.list(&["items"]).find(same);
    let price = of_item.and_then(|item| item.object(&["price", "plan"])).or(before.object(&["plan"]));
    let quantity = of_item.and_then(|item| item.integer(&["quantity"])).or(before.integer(&["quantity"]));
    let quantity = quantity.and_then(|quantity| u64::try_from(quantity).ok());
    let status = before.text(&["status"]).map(status);
    // What was not set before is named with nothing.
    let ended_otherwise =
        ["cancel_at", "cancel_at_period_end", "ended_at"].iter().any(|name| before.0.get(name).is_some());
    let before = Before { price, quantity, status, ended_otherwise };
    (before != Before::default()).then_some(before)
}

fn status(word: &str) -> Status {
    match word {
        "incomplete" => Status::Incomplete,
        "trialing" => Status::Trialing,
        "past_due" => Status::PastDue,
        "unpaid" => Status::Unpaid,
        "paused" => Status::Paused,
        "canceled" | "incomplete_expired" => Status::Ended,
        _ => Status::Active,
    }
}
