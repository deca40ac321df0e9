//! Payments, refunds and disputes, with their JSON.
//!
//! They do not know why an amount is due.

use serde_json::{Value, json};

use super::account::Account;
use super::invoices::{Invoice, InvoiceId};
use super::shape::{put, seconds};
use super::subscriptions::SubscriptionId;
use super::transport::{PostedRefund, Refundable};
use crate::domain::time::Timestamp;

/// A payment of the account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PaymentId(pub(super) String);

impl PaymentId {
    /// The id at Stripe.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A refund of the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefundId(usize);

/// A dispute of the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DisputeId(usize);

#[derive(Clone, Debug)]
pub(super) struct Payment {
    pub(super) amount: i64,
    /// The sum of its refunds that did not fail and that the charge counts.
    pub(super) refunded: i64,
    pub(super) customer: String,
    pub(super) currency: String,
    pub(super) metadata: Value,
    pub(super) invoice: Option<InvoiceId>,
    /// The presented price since basil: the currency, and the amount in it.
    pub(super) presentment: Option<(String, i64)>,
}

#[derive(Clone, Debug)]
pub(super) struct Refund {
    /// Its id at Stripe.
    name: String,
    payment: PaymentId,
    amount: i64,
    status: &'static str,
    created: Timestamp,
    /// Whether the refund is in the charge's sum.
    on_charge: OnCharge,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OnCharge {
    Counted,
    NotYet,
}

#[derive(Clone, Debug)]
pub(super) struct Dispute {
    payment: PaymentId,
    created: Timestamp,
}

impl Account {
    /// The payment of the subscription's newest invoice that took money.
    pub fn payment_of(&self, id: SubscriptionId) -> Option<PaymentId> {
        let of_it = |invoice: &&Invoice| {
            invoice.subscription.as_ref().is_some_and(|(subscription, _)| *subscription == id)
        };
        let paid = self.invoices.values().filter(of_it).filter_map(|invoice| {
            let payment = invoice.payment()?;
            Some((invoice.paid.as_ref()?.at, payment_number(payment), payment))
        });
        paid.max().map(|(_, _, payment)| payment.clone())
    }

    /// A payment by its id at Stripe.
    pub fn payment_named(&self, id: &str) -> Option<PaymentId> {
        self.payments.keys().find(|payment| payment.0 == id).cloned()
    }

    /// The amount of a payment, in the smallest unit of its currency.
    pub fn amount_of(&self, payment: &PaymentId) -> i64 {
        self.payments.get(payment).map_or(0, |payment| payment.amount)
    }

    /// The amount of a payment that may still be refunded, in the smallest unit of its currency.
    pub fn refundable(&self, payment: &PaymentId) -> i64 {
        let pending = |refund: &&Refund| refund.payment == *payment && refund.status == "pending";
        let pending: i64 = self.refunds.iter().filter(pending).map(|refund| refund.amount).sum();
        self.payments.get(payment).map_or(0, |payment| payment.amount - payment.refunded - pending)
    }

    /// Refunds a part of a payment, in the smallest unit of its currency.
    pub fn refund(&mut self, payment: &PaymentId, amount: i64) -> RefundId {
        let id = self.add_refund(payment, amount, "succeeded");
        self.notify_refund(id, "refund.created");
        self.count_refund(id);
        id
    }

    /// Begins a refund that succeeds later: [`finish_refund`](Self::finish_refund) adds it to the charge's
    /// sum.
    pub fn begin_refund(&mut self, payment: &PaymentId, amount: i64) -> RefundId {
        let id = self.add_refund(payment, amount, "pending");
        self.notify_refund(id, "refund.created");
        id
    }

    /// A refund that was begun succeeds, and the charge's sum grows.
    pub fn finish_refund(&mut self, id: RefundId) {
        self.refund_mut(id).status = "succeeded";
        self.notify_refund(id, "refund.updated");
        self.count_refund(id);
    }

    /// A refund fails. If it is in the charge's sum, it is subtracted.
    pub fn fail_refund(&mut self, id: RefundId) {
        let refund = self.refund_mut(id);
        refund.status = "failed";
        let was = std::mem::replace(&mut refund.on_charge, OnCharge::NotYet);
        let (payment, amount) = (refund.payment.clone(), refund.amount);
        if was == OnCharge::Counted
            && let Some(payment) = self.payments.get_mut(&payment)
        {
            payment.refunded -= amount;
        }
        self.show_payment(&payment);
        self.notify_refund(id, "refund.failed");
        if !self.shape.is_since_basil() {
            self.notify_refund(id, "charge.refund.updated");
        }
    }

    /// A payment is disputed, and its money withdrawn.
    pub fn dispute(&mut self, payment: &PaymentId) -> DisputeId {
        let id = self.add_dispute(payment);
        self.notify_dispute(id, "needs_response", "charge.dispute.created");
        self.notify_dispute(id, "needs_response", "charge.dispute.funds_withdrawn");
        id
    }

    /// A bank inquires about a payment: a dispute that moves no money.
    pub fn inquire(&mut self, payment: &PaymentId) -> DisputeId {
        let id = self.add_dispute(payment);
        self.notify_dispute(id, "warning_needs_response", "charge.dispute.created");
        id
    }

    /// An inquiry is closed without a dispute.
    pub fn close_inquiry(&mut self, id: DisputeId) {
        self.notify_dispute(id, "warning_closed", "charge.dispute.closed");
    }

    /// An inquiry becomes a dispute, and its money is withdrawn.
    pub fn escalate(&mut self, id: DisputeId) {
        self.notify_dispute(id, "needs_response", "charge.dispute.updated");
        self.notify_dispute(id, "needs_response", "charge.dispute.funds_withdrawn");
    }

    /// A dispute is won: the money comes back.
    pub fn win(&mut self, id: DisputeId) {
        self.notify_dispute(id, "won", "charge.dispute.funds_reinstated");
        self.notify_dispute(id, "won", "charge.dispute.closed");
    }

    /// A dispute is lost: the withdrawn money stays withdrawn.
    pub fn lose(&mut self, id: DisputeId) {
        self.notify_dispute(id, "lost", "charge.dispute.closed");
    }

    pub(super) fn add_payment(&mut self, payment: Payment) -> PaymentId {
        let id = PaymentId(format!("pi_{}", self.number()));
        self.payments.insert(id.clone(), payment);
        self.show_payment(&id);
        id
    }

    fn add_refund(&mut self, payment: &PaymentId, amount: i64, status: &'static str) -> RefundId {
        let name = format!("re_{}", self.refunds.len());
        let (payment, created) = (payment.clone(), self.now);
        self.keep_refund(Refund { name, payment, amount, status, created, on_charge: OnCharge::NotYet })
    }

    fn keep_refund(&mut self, refund: Refund) -> RefundId {
        let payment = refund.payment.clone();
        self.refunds.push(refund);
        self.show_payment(&payment);
        RefundId(self.refunds.len() - 1)
    }

    /// Tells the API how much of a payment can be refunded.
    fn show_payment(&self, payment: &PaymentId) {
        let currency = self.payments.get(payment).map(|payment| payment.currency.clone());
        let shown = Refundable { left: self.refundable(payment), currency: currency.unwrap_or_default() };
        self.api().payments.insert(payment.0.clone(), shown);
    }

    /// Makes the events of refunds that were posted to the API.
    pub(super) fn notify_posted_refunds(&mut self) {
        let posted = self.api().take_refunds();
        for PostedRefund { id: name, payment, amount, created, status, .. } in posted {
            let (payment, created) = (PaymentId(payment), Timestamp::from_microseconds(created * 1_000_000));
            let on_charge = OnCharge::NotYet;
            let id = self.keep_refund(Refund { name, payment, amount, status, created, on_charge });
            self.notify_refund(id, "refund.created");
            if status == "succeeded" {
                self.count_refund(id);
            }
        }
    }

    /// Refunds that are made over the [`transport`](Account::transport) from now on are pending, as those of a bank are.
    pub fn delay_refunds(&mut self) {
        self.api().refund_status = "pending";
    }

    /// A refund by its id at Stripe: of those made here, or over the [`transport`](Account::transport).
    pub fn refund_named(&mut self, id: &str) -> Option<RefundId> {
        self.notify_posted_refunds();
        self.refunds.iter().position(|refund| refund.name == id).map(RefundId)
    }

    pub(super) fn refund_name(&self, id: RefundId) -> Option<&str> {
        self.refunds.get(id.0).map(|refund| refund.name.as_str())
    }

    fn refund_mut(&mut self, id: RefundId) -> &mut Refund {
        match self.refunds.get_mut(id.0) {
            Some(refund) => refund,
            None => panic!("the refund is of another account"),
        }
    }

    fn notify_refund(&mut self, id: RefundId, kind: &str) {
        let refund = self.refund_mut(id).clone();
        let payment = self.payments.get(&refund.payment);
        let object = json!({
            "id": refund.name,
            "object": "refund",
            "amount": refund.amount,
            "charge": format!("ch_{}", refund.payment.0),
            "created": seconds(refund.created),
            "currency": payment.map_or("usd", |payment| &payment.currency),
            "metadata": {},
            "payment_intent": refund.payment.0,
            "reason": null,
            "status": refund.status,
        });
        self.event(kind, &object, None);
    }

    /// Adds a refund to the charge's cumulative sum.
    fn count_refund(&mut self, id: RefundId) {
        let refund = self.refund_mut(id);
        refund.on_charge = OnCharge::Counted;
        let (payment, amount) = (refund.payment.clone(), refund.amount);
        let is_since_basil = self.shape.is_since_basil();
        let mut charge = json!({
            "id": format!("ch_{}", payment.0),
            "object": "charge",
            "metadata": {},
            "payment_intent": payment.0,
        });
        if let Some(found) = self.payments.get_mut(&payment) {
            found.refunded += amount;
            put(&mut charge, "amount", json!(found.amount));
            put(&mut charge, "amount_refunded", json!(found.refunded));
            put(&mut charge, "currency", json!(found.currency));
            put(&mut charge, "customer", json!(found.customer));
            put(&mut charge, "metadata", found.metadata.clone());
            put(&mut charge, "refunded", json!(found.refunded >= found.amount));
            if !is_since_basil {
                put(&mut charge, "invoice", json!(found.invoice.as_ref().map(InvoiceId::as_str)));
            }
            if let Some((currency, amount)) = &found.presentment {
                let details = json!({ "presentment_amount": amount, "presentment_currency": currency });
                put(&mut charge, "presentment_details", details);
            }
        }
        self.show_payment(&payment);
        self.event("charge.refunded", &charge, None);
    }

    fn add_dispute(&mut self, payment: &PaymentId) -> DisputeId {
        self.disputes.push(Dispute { payment: payment.clone(), created: self.now });
        DisputeId(self.disputes.len() - 1)
    }

    fn notify_dispute(&mut self, id: DisputeId, status: &str, kind: &str) {
        let Some(dispute) = self.disputes.get(id.0) else { panic!("the dispute is of another account") };
        let payment = self.payments.get(&dispute.payment);
        let object = json!({
            "id": format!("dp_{}", id.0),
            "object": "dispute",
            "amount": payment.map_or(0, |payment| payment.amount),
            "charge": format!("ch_{}", dispute.payment.0),
            "created": seconds(dispute.created),
            "currency": payment.map_or("usd", |payment| &payment.currency),
            "is_charge_refundable": status.starts_with("warning"),
            "metadata": {},
            "payment_intent": dispute.payment.0,
            "reason": "general",
            "status": status,
        });
        self.event(kind, &object, None);
    }
}

/// Ids are numbered in the order in which payments are made.
fn payment_number(payment: &PaymentId) -> usize {
    payment.0.strip_prefix("pi_").and_then(|number| number.parse().ok()).unwrap_or(0)
}
