//! Translation of Stripe's events into billing events. It is a pure function that reads every API version:
//! before 2025-03-31 (basil), since then, and since 2025-09-30 (clover). Events of all three can arrive side
//! by side.
//!
//! It does not know the ledger, nor how lists are read.

use credits_core::PackSpec;
use serde_json::Value;

use super::lists::{Fetched, is_id};
use super::shape::{Malformed, Shape};
use crate::domain::billing::event::{
    Before, BillingEvent, CreditedLines, Happening, Invoice, Line, PackPayment, Status, SubscriptionState,
};
use crate::domain::ids::{ObjectId, Owner};
use crate::domain::time::Timestamp;

/// Metadata that our checkouts write: the owner.
pub(super) const OWNER_KEY: &str = "credits_owner";
/// Metadata that our checkouts write: the pack.
pub(super) const PACK_KEY: &str = "credits_pack";

/// Result of a translation.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Translated {
    /// Billing events.
    Happened(Vec<BillingEvent>),
    /// The event does not concern credits.
    Nothing,
    /// The event lacks a list, or has only a part of it.
    Needs {
        /// The list, by its path in Stripe's API.
        path: String,
    },
}

/// Settings of the translation.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reading {
    /// Whether `client_reference_id` names the owner in checkouts that are not ours.
    pub(super) names_owners: bool,
    /// The packs of the catalogue: a checkout that sells one is ours.
    pub(super) packs: &'static [PackSpec],
}

/// Translates an event, with the lists that were read for it.
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
        "credit_note.created" | "credit_note.updated" | "credit_note.voided" => {
            translation.credit_note(object)
        }
        "charge.dispute.funds_withdrawn" => translation.dispute(object, true),
        "charge.dispute.funds_reinstated" => translation.dispute(object, false),
        _ => Ok(Translated::Nothing),
    }
}

/// The time and account of an event, and its lists.
struct Translation<'a> {
    at: Timestamp,
    /// The connected account, if it is not the application's own.
    account: Option<&'a str>,
    /// Lists that were read for it.
    fetched: &'a Fetched,
    reading: Reading,
}

/// The paths of fields that moved between versions, the newest first.
const INVOICE_SUBSCRIPTION: &[&str] = &["parent.subscription_details.subscription", "subscription"];
/// The invoice's own metadata takes precedence over that of its subscription.
const INVOICE_OWNER: &[&str] = &[
    "metadata.credits_owner",
    "parent.subscription_details.metadata.credits_owner",
    "subscription_details.metadata.credits_owner",
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
const LINE_CREDITED: &[&str] = &[
    "parent.subscription_item_details.proration_details.credited_items",
    "parent.invoice_item_details.proration_details.credited_items",
    "proration_details.credited_items",
];
const USAGE_TYPE: &[&str] = &["price.recurring.usage_type", "plan.usage_type"];
const PAYMENT: &[&str] = &["payment_intent", "charge"];

impl Translation<'_> {
    /// An event about these objects, the most specific first.
    fn happened(&self, objects: Vec<Option<ObjectId>>, owner: Option<&str>, what: Happening) -> BillingEvent {
        let mut named: Vec<ObjectId> = Vec::new();
        for object in objects.into_iter().flatten() {
            if !named.contains(&object) {
                named.push(object);
            }
        }
        let owner = owner.and_then(|owner| Owner::new(owner).ok());
        BillingEvent { at: self.at, objects: named, owner, what }
    }

    /// The id of an object, after the id of its account if that is not the application's own.
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
            // Items of the event have their state at its time; the others have their current state.
            let known: Vec<_> = items.iter().filter_map(|item| item.id(&["id"])).collect();
            let is_other = |item: &Shape<'_>| item.id(&["id"]).is_some_and(|id| !known.contains(&id));
            items.extend(all.iter().map(Shape).filter(is_other));
        }
        let mut states = Vec::new();
        for item in items {
            let scheduled = scheduled(subscription, item, None);
            states.push(SubscriptionState {
                item: subscription.need(self.object(item, &["id"]), "items.data.id")?,
                subscription: id.clone(),
                status,
                price: subscription.need(item.object(&["price", "plan"]), "items.data.price")?,
                quantity: quantity(item),
                anchor,
                trial,
                ends_at: scheduled.or((status == Status::Ended).then_some(self.at)),
                before: before.and_then(|before| changed(subscription, before, item)),
            });
        }
        // An item in the previous list that is missing in the current one was removed.
        for gone in before.into_iter().flat_map(|before| before.list(&["items"])) {
            let (Some(item), Some(price)) = (self.object(gone, &["id"]), gone.object(&["price", "plan"]))
            else {
                continue;
            };
            if states.iter().all(|state| state.item != item) {
                states.push(SubscriptionState {
                    item,
                    subscription: id.clone(),
                    status: Status::Removed,
                    price,
                    quantity: quantity(gone),
                    anchor,
                    trial: None,
                    ends_at: None,
                    before: None,
                });
            }
        }
        let happened = |state: SubscriptionState| {
            let objects = vec![Some(id.clone()), Some(state.item.clone()), customer.clone()];
            self.happened(objects, owner, Happening::SubscriptionChanged(state))
        };
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
        let mut objects = vec![Some(id.clone())];
        objects.extend(payments.iter().cloned().map(Some));
        objects.extend(paid_for.iter().map(|line: &Line| line.item.clone()));
        objects.extend([subscription, self.object(invoice, &["customer"])]);
        let paid_at = invoice.time(&["status_transitions.paid_at"]).unwrap_or(self.at);
        let sum = paid_for.iter().map(|line| line.amount).fold(0, i64::saturating_add).max(0);
        let charged = invoice.integer(&["amount_paid"]).filter(|amount| *amount > 0);
        let what = Happening::TimePaid(Invoice {
            invoice: id,
            made_at: invoice.time(&["created"]).unwrap_or(paid_at),
            paid_at,
            // The part that the customer's balance paid counts as paid.
            paid: invoice.integer(&["total"]).or(charged).unwrap_or(sum),
            tax: tax(invoice),
            currency: invoice.text(&["currency"]).unwrap_or_default().to_lowercase(),
            payments,
            lines: paid_for,
        });
        Ok(Translated::Happened(vec![self.happened(objects, owner, what)]))
    }

    /// A line with a price; `None` for a line without one, which is tax or was written by hand.
    fn line(
        &self,
        invoice: Shape<'_>,
        line: Shape<'_>,
        subscription: Option<&ObjectId>,
    ) -> Result<Option<Line>, Malformed> {
        let Some(price) = line.object(LINE_PRICE) else { return Ok(None) };
        let period = line.at(&["period"]).and_then(|period| period.interval("start", "end"));
        let amount = invoice.need(line.integer(&["amount"]), "lines.data.amount")?;
        let credits = line.at(LINE_CREDITED).and_then(|credited| {
            let lines = credited.list(&["invoice_line_items"]);
            let invoice = self.object(credited, &["invoice"])?;
            Some(CreditedLines {
                invoice,
                lines: lines.filter_map(|line| self.named(line.0.as_str()?)).collect(),
            })
        });
        Ok(Some(Line {
            id: self.object(line, &["id"]),
            item: self.object(line, LINE_ITEM),
            subscription: self.object(line, LINE_SUBSCRIPTION).or_else(|| subscription.cloned()),
            price,
            quantity: quantity(line),
            period: invoice.need(period, "lines.data.period")?,
            amount,
            net: net(line, amount),
            is_proration: line.is(LINE_PRORATION),
            credits,
        }))
    }

    /// The amount that a credit note returns without refunds, because refunds have their own events.
    fn credit_note(&self, note: Shape<'_>) -> Result<Translated, Malformed> {
        let id = note.need(self.object(note, &["id"]), "id")?;
        let invoice = note.need(self.object(note, &["invoice"]), "invoice")?;
        let total = note.integer(&["post_payment_amount", "total", "amount"]);
        let total = note.need(total, "amount")?;
        let refunds = note.list(&["refunds"]).filter_map(|refund| refund.integer(&["amount_refunded"]));
        let refunded =
            refunds.fold(None, |sum: Option<i64>, amount| Some(sum.unwrap_or(0).saturating_add(amount)));
        let out_of_band = note.integer(&["out_of_band_amount"]).unwrap_or(0);
        let amount = match (refunded, note.id(&["refund"])) {
            (Some(refunded), _) => total.saturating_sub(refunded),
            (None, None) => total,
            // An older note names its refund without the amount.
            (None, Some(_)) => out_of_band.max(0),
        };
        let before_payment = note.text(&["type"]) == Some("pre_payment");
        if before_payment || amount <= 0 {
            return Ok(Translated::Nothing);
        }
        let stands = note.text(&["status"]) != Some("void");
        let objects = vec![Some(id.clone()), Some(invoice.clone())];
        let owner = note.text(&["metadata.credits_owner"]);
        let what = Happening::Credited { invoice, note: id, amount, stands };
        Ok(Translated::Happened(vec![self.happened(objects, owner, what)]))
    }

    fn invoice_payment(&self, paid: Shape<'_>) -> Result<Translated, Malformed> {
        let invoice = paid.need(self.object(paid, &["invoice"]), "invoice")?;
        let payment = self.object(paid, &["payment.payment_intent", "payment.charge"]);
        let Some(payment) = payment else { return Ok(Translated::Nothing) };
        let objects = vec![Some(payment.clone()), Some(invoice.clone())];
        let what = Happening::InvoicePayment { invoice, payment };
        Ok(Translated::Happened(vec![self.happened(objects, None, what)]))
    }

    /// The owner that a session names, and its objects. A `client_reference_id` names one in a checkout of
    /// ours, which names or sells a pack of the catalogue; elsewhere it may be an order number.
    fn of_session<'s>(
        &self,
        session: Shape<'s>,
        id: &ObjectId,
        prices: &[(ObjectId, u64)],
    ) -> (Option<&'s str>, Vec<Option<ObjectId>>) {
        let named = session.text(&["metadata.credits_owner"]);
        let mut known = self.reading.packs.iter().flat_map(|pack| pack.stripe_prices);
        let sells = known.any(|known| prices.iter().any(|(price, _)| price.as_str() == known.id));
        let is_ours = session.text(&["metadata.credits_pack"]).is_some() || sells;
        let reads_reference = named.is_none() && (is_ours || self.reading.names_owners);
        let referred = session.text(&["client_reference_id"]).filter(|_| reads_reference);
        // The owner of a `client_reference_id` need not be the customer's.
        let customer = self.object(session, &["customer"]).filter(|_| referred.is_none());
        let objects = vec![
            Some(id.clone()),
            self.object(session, &["payment_intent"]),
            self.object(session, &["invoice"]),
            self.object(session, &["subscription"]),
            customer,
        ];
        (named.or(referred), objects)
    }

    fn session(&self, session: Shape<'_>) -> Result<Translated, Malformed> {
        let id = session.need(self.object(session, &["id"]), "id")?;
        let pack = session.text(&["metadata.credits_pack"]).map(str::to_owned);
        let named = session.text(&["metadata.credits_owner"]);
        let payment = self.object(session, &["payment_intent"]);
        let is_paid = matches!(session.text(&["payment_status"]), Some("paid" | "no_payment_required"));
        if session.text(&["mode"]) != Some("payment") || !is_paid {
            // The session still names the owner of its objects.
            let (owner, objects) = self.of_session(session, &id, &[]);
            let named = self.happened(objects, owner, Happening::OwnerNamed);
            return Ok(if owner.is_some() { Translated::Happened(vec![named]) } else { Translated::Nothing });
        }
        // A checkout of ours has an offer. A payment link may copy its metadata, and sells the quantity that
        // the buyer chooses.
        let is_ours = pack.is_some() && named.is_some() && session.at(&["payment_link"]).is_none();
        let mut items: Vec<_> = session.list(&["line_items"]).collect();
        if session.is(&["line_items.has_more"]) || (session.at(&["line_items"]).is_none() && !is_ours) {
            let path = format!("/v1/checkout/sessions/{}/line_items", path_id(session)?);
            let Some(all) = self.fetched.list(&path) else { return Ok(Translated::Needs { path }) };
            items = all.iter().map(Shape).collect();
        }
        let prices = items
            .into_iter()
            .filter_map(|item| Some((item.object(&["price"])?, quantity(item).unwrap_or(1))));
        let prices: Vec<_> = prices.collect();
        let (owner, objects) = self.of_session(session, &id, &prices);
        // With adaptive pricing the buyer sees another currency than the one that the pack is sold in.
        let money = session.at(&["currency_conversion"]).unwrap_or(session);
        let currency = session.need(money.text(&["source_currency", "currency"]), "currency")?.to_lowercase();
        let paid_in =
            session.text(&["currency"]).map(str::to_lowercase).filter(|paid_in| *paid_in != currency);
        let what = Happening::PackPaid(PackPayment {
            session: id,
            payment,
            currency,
            subtotal: session.need(money.integer(&["amount_subtotal"]), "amount_subtotal")?,
            // In the buyer's currency, as refunds and disputes are.
            paid: session.need(session.integer(&["amount_total"]), "amount_total")?,
            pack,
            prices,
            tax: session.integer(&["total_details.amount_tax"]).unwrap_or(0),
            invoice: self.object(session, &["invoice"]),
            paid_in,
        });
        Ok(Translated::Happened(vec![self.happened(objects, owner, what)]))
    }

    fn charge(&self, charge: Shape<'_>) -> Result<Translated, Malformed> {
        let payment = self.object(charge, &["payment_intent", "id"]);
        let payment = charge.need(payment, "payment_intent")?;
        let amount = charge.need(charge.integer(&["amount_refunded"]), "amount_refunded")?;
        let owner = charge.text(&["metadata.credits_owner"]);
        let invoice = self.object(charge, &["invoice"]);
        // The customer is left out, because another owner may share it: a refund follows its payment.
        let objects = || vec![Some(payment.clone()), invoice.clone()];
        let mut happened = Vec::new();
        if let Some(invoice) = invoice.clone() {
            let what = Happening::InvoicePayment { invoice, payment: payment.clone() };
            happened.push(self.happened(objects(), owner, what));
        }
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
            made_at: refund.time(&["created"]),
        })
    }

    fn dispute(&self, dispute: Shape<'_>, is_withdrawn: bool) -> Result<Translated, Malformed> {
        let Some(payment) = self.object(dispute, PAYMENT) else { return Ok(Translated::Nothing) };
        let id = dispute.need(self.object(dispute, &["id"]), "id")?;
        // An inquiry moves no money.
        if dispute.text(&["status"]).is_some_and(|status| status.starts_with("warning_")) {
            return Ok(Translated::Nothing);
        }
        let what = if is_withdrawn {
            let amount = dispute.need(dispute.integer(&["amount"]), "amount")?;
            Happening::DisputeFundsWithdrawn { payment: payment.clone(), dispute: id, amount }
        } else {
            Happening::DisputeFundsReinstated { payment: payment.clone(), dispute: id }
        };
        Ok(Translated::Happened(vec![self.happened(vec![Some(payment)], None, what)]))
    }
}

/// The id of an object, for use in a path.
fn path_id(object: Shape<'_>) -> Result<&str, Malformed> {
    object.need(object.id(&["id"]).filter(|id| is_id(id)), "id")
}

/// The quantity of an item or a line; `None` for a price that is charged by use.
fn quantity(item: Shape<'_>) -> Option<u64> {
    if item.text(USAGE_TYPE) == Some("metered") {
        return None;
    }
    let quantity = item.at(&["quantity"])?;
    // A quantity that is no whole number counts as 0.
    Some(quantity.0.as_u64().unwrap_or(0))
}

/// The tax of an invoice, in minor units.
fn tax(invoice: Shape<'_>) -> i64 {
    let listed =
        invoice.list(&["total_taxes", "total_tax_amounts"]).filter_map(|tax| tax.integer(&["amount"]));
    invoice.integer(&["tax"]).unwrap_or_else(|| listed.fold(0, i64::saturating_add))
}

/// A line's amount after discounts and without inclusive tax.
fn net(line: Shape<'_>, amount: i64) -> i64 {
    let discounts = line.list(&["discount_amounts"]).filter_map(|discount| discount.integer(&["amount"]));
    let taxes = line.list(&["taxes", "tax_amounts"]);
    let within =
        taxes.filter(|tax| tax.is(&["inclusive"]) || tax.text(&["tax_behavior"]) == Some("inclusive"));
    let within = within.filter_map(|tax| tax.integer(&["amount"]));
    discounts.chain(within).fold(amount, i64::saturating_sub)
}

/// When a subscription ended or is to end: by its current fields, or by those before a change.
fn scheduled(subscription: Shape<'_>, item: Shape<'_>, before: Option<Shape<'_>>) -> Option<Timestamp> {
    let said = |name: &str| {
        let was = before.and_then(|before| before.0.get(name));
        was.or_else(|| subscription.0.get(name)).map(Shape)
    };
    let time = |name| said(name).and_then(|value| value.time(&[]));
    let at_the_end = said("cancel_at_period_end").is_some_and(|value| value.0.as_bool() == Some(true));
    let period_end = || item.time(&["current_period_end"]).or_else(|| time("current_period_end"));
    let ends = if at_the_end { period_end() } else { None };
    time("ended_at").or_else(|| time("cancel_at")).or(ends)
}

/// The previous values of an item, as far as the event has them.
fn changed(subscription: Shape<'_>, before: Shape<'_>, item: Shape<'_>) -> Option<Before> {
    let same = |other: &Shape<'_>| other.id(&["id"]).is_none_or(|id| Some(id) == item.id(&["id"]));
    let of_item = before.list(&["items"]).find(same);
    // An item that the list before the change does not have is new.
    let whole = before.at(&["items"]).is_none().then_some(before);
    let price = of_item.and_then(|item| item.object(&["price", "plan"]));
    let price = price.or_else(|| whole.and_then(|before| before.object(&["plan"])));
    let quantity = of_item.or(whole).and_then(|before| before.integer(&["quantity"]));
    let quantity = quantity.and_then(|quantity| u64::try_from(quantity).ok());
    let status = before.text(&["status"]).map(status);
    // An attribute that was not set before is named as null.
    let names_the_end =
        ["cancel_at", "cancel_at_period_end", "ended_at"].iter().any(|name| before.0.get(name).is_some());
    let end = names_the_end.then(|| scheduled(subscription, item, Some(before)).into());
    let before = Before { price, quantity, status, end };
    (before != Before::default()).then_some(before)
}

fn status(word: &str) -> Status {
    match word {
        "incomplete" => Status::Incomplete,
        "trialing" => Status::Trialing,
        "active" => Status::Active,
        "past_due" => Status::PastDue,
        "unpaid" => Status::Unpaid,
        "paused" => Status::Paused,
        "canceled" | "incomplete_expired" => Status::Ended,
        _ => Status::Unknown,
    }
}
