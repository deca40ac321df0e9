//! Collecting invoices: drafts, the customer's balance, payments, and every way in which an invoice stays
//! unpaid.
//!
//! It does not know how lines are priced.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::account::Account;
use super::invoices::{Extra, Invoice, InvoiceId, LINES_MAX, Means, Paid, Status};
use super::lines::{Credited, Line};
use super::payments::{Payment, PaymentId};
use super::subscriptions::SubscriptionId;

/// The contents of an invoice to be made.
pub(super) struct Draft {
    pub(super) customer: String,
    pub(super) metadata: Value,
    pub(super) reason: &'static str,
    pub(super) lines: Vec<Line>,
}

impl Account {
    /// The newest invoice of a subscription.
    pub fn invoice_of(&self, id: SubscriptionId) -> Option<InvoiceId> {
        self.subscriptions.get(id.0)?.latest_invoice.clone()
    }

    /// Invoices of a subscription that are open or uncollectible, the oldest first.
    pub fn open_invoices(&self, id: SubscriptionId) -> Vec<InvoiceId> {
        let unpaid = self.subscriptions.get(id.0).map_or(&[][..], |subscription| &subscription.open);
        unpaid.iter().filter(|invoice| self.status_of(invoice) != "draft").cloned().collect()
    }

    /// The status of an invoice by Stripe's name: `draft`, `open`, `paid`, `uncollectible` or `void`.
    ///
    /// # Panics
    ///
    /// If it is of another account.
    pub fn status_of(&self, id: &InvoiceId) -> &'static str {
        match self.invoices.get(id) {
            Some(invoice) => invoice.status.word(),
            None => panic!("`{}` is of another account", id.0),
        }
    }

    /// The payment of an invoice that took money.
    pub fn payment_of_invoice(&self, id: &InvoiceId) -> Option<PaymentId> {
        self.invoices.get(id)?.payment().cloned()
    }

    /// The amount of an invoice that [`credit`](Self::credit) may still credit, in the smallest unit of its
    /// currency.
    pub fn creditable(&self, id: &InvoiceId) -> i64 {
        self.invoices.get(id).map_or(0, Invoice::creditable)
    }

    /// The total of an invoice after discounts and with tax, in the smallest unit of its currency.
    pub fn total_of(&self, id: &InvoiceId) -> i64 {
        self.invoices.get(id).map_or(0, Invoice::total)
    }

    /// An invoice without a subscription, sold by hand and paid at once. Its metadata names the owner.
    pub fn invoice(&mut self, owner: &str, extras: impl IntoIterator<Item = Extra>) -> InvoiceId {
        let customer = self.customer_of(owner);
        self.manual_invoice(customer, json!({ "credits_owner": owner }), extras)
    }

    /// Like [`invoice`](Self::invoice), but it names only a customer.
    pub fn invoice_customer(&mut self, customer: &str, extras: impl IntoIterator<Item = Extra>) -> InvoiceId {
        self.manual_invoice(customer.to_owned(), json!({}), extras)
    }

    fn manual_invoice(
        &mut self,
        customer: String,
        metadata: Value,
        extras: impl IntoIterator<Item = Extra>,
    ) -> InvoiceId {
        let lines = extras.into_iter().map(|extra| self.extra_line(&extra)).collect();
        let id = self.draft(None, Draft { customer, metadata, reason: "manual", lines });
        self.finalize(&id);
        self.collect(&id, Collection::ByCard);
        id
    }

    /// Adds a one-time line to the next invoice of a subscription.
    pub fn add_line(&mut self, id: SubscriptionId, extra: &Extra) {
        let line = self.extra_line(extra);
        let subscription = self.running(id);
        let line = subscription.reduced(line);
        subscription.pending.push(line);
    }

    /// Pays an invoice that is open or uncollectible.
    pub fn pay_invoice(&mut self, id: &InvoiceId) {
        self.pay(id, Collection::ByCard);
    }

    /// Marks an invoice as paid outside of Stripe: it has no payment.
    pub fn pay_out_of_band(&mut self, id: &InvoiceId) {
        self.pay(id, Collection::OutOfBand);
    }

    /// Marks an open invoice as uncollectible. It may still be paid later.
    ///
    /// # Panics
    ///
    /// If it is not open.
    pub fn mark_uncollectible(&mut self, id: &InvoiceId) {
        let now = self.now;
        let invoice = self.known(id);
        assert_eq!(invoice.status, Status::Open, "`{}` is not open", id.0);
        invoice.status = Status::Uncollectible;
        invoice.marked_uncollectible_at = Some(now);
        self.notify_invoice(id, "invoice.marked_uncollectible");
    }

    /// Voids an invoice that is open or uncollectible: it will never be paid.
    ///
    /// # Panics
    ///
    /// If it is a draft, paid or void.
    pub fn void(&mut self, id: &InvoiceId) {
        let now = self.now;
        let invoice = self.known(id);
        let may_be = matches!(invoice.status, Status::Open | Status::Uncollectible);
        assert!(may_be, "`{}` is neither open nor uncollectible", id.0);
        invoice.status = Status::Void;
        invoice.voided_at = Some(now);
        let (customer, currency) = (invoice.customer.clone(), invoice.currency.clone());
        let applied = invoice.balance.1.map_or(0, |after| after.saturating_sub(invoice.balance.0));
        self.move_balance(&customer, &currency, -applied);
        self.close(id);
        self.notify_invoice(id, "invoice.voided");
    }

    fn pay(&mut self, id: &InvoiceId, collection: Collection) {
        if self.known(id).status == Status::Draft {
            self.finalize(id);
        }
        self.collect(id, collection);
        let subscription = self.known(id).subscription.as_ref().map(|(subscription, _)| *subscription);
        // The newest invoice is paid: the subscription is active again.
        if let Some(subscription) = subscription
            && self.invoice_of(subscription).as_ref() == Some(id)
            && self.subscription(subscription).status == "past_due"
        {
            self.subscription(subscription).status = "active";
            self.updated(subscription);
        }
    }

    pub(super) fn known(&mut self, id: &InvoiceId) -> &mut Invoice {
        match self.invoices.get_mut(id) {
            Some(invoice) => invoice,
            None => panic!("`{}` is of another account", id.0),
        }
    }

    /// Makes an invoice of a subscription, with the lines that are pending for it, and pays it.
    pub(super) fn bill(&mut self, id: SubscriptionId, reason: &'static str, lines: Vec<Line>) -> InvoiceId {
        let invoice = self.bill_later(id, reason, lines);
        self.finalize(&invoice);
        self.collect(&invoice, Collection::ByCard);
        invoice
    }

    /// Makes the draft of a subscription's invoice, with the lines that are pending for it.
    pub(super) fn bill_later(
        &mut self,
        id: SubscriptionId,
        reason: &'static str,
        lines: Vec<Line>,
    ) -> InvoiceId {
        let subscription = self.subscription(id);
        let mut all = std::mem::take(&mut subscription.pending);
        all.extend(lines);
        let draft =
            Draft { customer: subscription.customer.clone(), metadata: json!({}), reason, lines: all };
        let invoice = self.draft(Some(id), draft);
        self.invoiced(id, &invoice);
        invoice
    }

    fn draft(&mut self, of: Option<SubscriptionId>, draft: Draft) -> InvoiceId {
        let id = InvoiceId(format!("in_{}", self.number()));
        let subscription = of.and_then(|of| self.subscriptions.get(of.0).map(|it| (of, it)));
        let currency = draft.lines.first().map(|line| line.price.currency.clone());
        let of_subscription = || subscription.map(|(_, it)| it.currency().to_owned());
        let invoice = Invoice {
            id: id.clone(),
            subscription: subscription.map(|(of, it)| (of, it.id())),
            subscription_metadata: subscription.map_or(Value::Null, |(_, it)| it.metadata_json()),
            metadata: draft.metadata,
            reason: draft.reason,
            currency: currency.or_else(of_subscription).unwrap_or_else(|| "usd".to_owned()),
            created: self.now,
            status: Status::Draft,
            lines: draft.lines,
            balance: (0, None),
            credited: (0, 0),
            paid: None,
            marked_uncollectible_at: None,
            voided_at: None,
            customer: draft.customer,
        };
        self.invoices.insert(id.clone(), invoice);
        id
    }

    /// Records the debits of an invoice at their items, because later credits name them.
    fn invoiced(&mut self, id: SubscriptionId, invoice: &InvoiceId) {
        let mut debits: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for line in self.known(invoice).lines.iter().filter(|line| line.amount >= 0) {
            if let Some(item) = line.item() {
                debits.entry(item.to_owned()).or_default().push(line.id.clone());
            }
        }
        let subscription = self.subscription(id);
        subscription.latest_invoice = Some(invoice.clone());
        subscription.open.push(invoice.clone());
        for item in &mut subscription.items {
            if let Some(lines) = debits.remove(&item.id.0) {
                item.debit = Some(Credited { invoice: invoice.0.clone(), lines });
            }
        }
    }

    /// Settles an invoice with the customer's balance and opens it.
    pub(super) fn finalize(&mut self, id: &InvoiceId) {
        let invoice = self.known(id);
        let (customer, currency) = (invoice.customer.clone(), invoice.currency.clone());
        let total = invoice.total();
        let before = self.balance(&customer, &currency);
        let by = match total {
            // A negative total is credited to the balance.
            ..0 => total,
            // The customer's credit pays as much as it covers.
            _ if before < 0 => total.min(-before),
            // A debt of the customer is charged too.
            _ => -before,
        };
        self.move_balance(&customer, &currency, by);
        let invoice = self.known(id);
        invoice.balance = (before, Some(before.saturating_add(by)));
        invoice.status = Status::Open;
        if invoice.lines.len() > LINES_MAX {
            self.serve_lines(id);
        }
    }

    fn serve_lines(&mut self, id: &InvoiceId) {
        let shape = self.shape;
        let lines = self.known(id).lines_json(shape);
        self.api().lists.insert(format!("/v1/invoices/{}/lines", id.0), lines);
    }

    /// Pays the amount due of an open or uncollectible invoice.
    pub(super) fn collect(&mut self, id: &InvoiceId, collection: Collection) {
        let (now, shape) = (self.now, self.shape);
        let invoice = self.known(id).clone();
        let may_be = matches!(invoice.status, Status::Open | Status::Uncollectible);
        assert!(may_be, "`{}` is neither open nor uncollectible", id.0);
        let due = invoice.due();
        let means = match collection {
            _ if due == 0 => Means::Nothing,
            Collection::OutOfBand => Means::OutOfBand,
            Collection::ByCard => Means::Payment(self.payment_for(&invoice, due)),
        };
        let paying = self.known(id);
        paying.status = Status::Paid;
        paying.paid = Some(Paid { at: now, amount: due, means: means.clone() });
        self.close(id);
        self.notify_invoice(id, "invoice.paid");
        if means != Means::OutOfBand {
            self.notify_invoice(id, "invoice.payment_succeeded");
        }
        if let Means::Payment(payment) = means
            && shape.is_since_basil()
        {
            let paid = json!({
                "id": format!("inpay_{}", id.0),
                "object": "invoice_payment",
                "amount_paid": due,
                "amount_requested": due,
                "currency": invoice.currency,
                "invoice": id.0,
                "is_default": true,
                "livemode": false,
                "payment": { "type": "payment_intent", "payment_intent": payment.as_str() },
                "status": "paid",
            });
            self.event("invoice_payment.paid", &paid, None);
        }
    }

    fn payment_for(&mut self, invoice: &Invoice, amount: i64) -> PaymentId {
        let payment = Payment {
            amount,
            refunded: 0,
            customer: invoice.customer.clone(),
            currency: invoice.currency.clone(),
            metadata: json!({}),
            invoice: Some(invoice.id.clone()),
            presentment: None,
        };
        self.add_payment(payment)
    }

    /// The charge of an invoice fails: it stays open.
    pub(super) fn fail(&mut self, id: &InvoiceId) {
        self.notify_invoice(id, "invoice.payment_failed");
    }

    fn close(&mut self, id: &InvoiceId) {
        let Some((subscription, _)) = self.known(id).subscription else { return };
        let subscription = self.subscription(subscription);
        subscription.open.retain(|open| open != id);
        // Paid before it was charged.
        subscription.draft.take_if(|(draft, _)| draft == id);
    }

    pub(super) fn notify_invoice(&mut self, id: &InvoiceId, kind: &str) {
        let shape = self.shape;
        let object = self.known(id).json(shape);
        self.event(kind, &object, None);
    }
}

/// How an invoice is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Collection {
    ByCard,
    OutOfBand,
}
