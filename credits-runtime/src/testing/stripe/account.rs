//! What happens in the account. Time is its own; it passes when it is told to.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::deliveries::Delivery;
use super::shape::{LineObject, Shape, SubscriptionObject, customer, invoice, put, seconds};
use crate::domain::billing::calendar::{Anchor, share};
use crate::domain::billing::terms::{Length, LengthUnit};
use crate::domain::time::Timestamp;

/// How long after the turn of a period its renewal is charged.
const CHARGED_AFTER: Duration = Duration::from_hours(1);

/// A subscription of the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubscriptionId(usize);

/// A payment of the account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PaymentId(String);

impl PaymentId {
    /// As Stripe names it.
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

/// A make-believe Stripe account.
#[derive(Clone, Debug)]
pub struct Account {
    shape: Shape,
    now: Timestamp,
    numbers: usize,
    subscriptions: Vec<Billed>,
    payments: BTreeMap<PaymentId, Payment>,
    refunds: Vec<(PaymentId, i64)>,
    disputes: Vec<PaymentId>,
    deliveries: Vec<Delivery>,
}

#[derive(Clone, Debug)]
struct Billed {
    object: SubscriptionObject,
    length: Length,
    anchor: Anchor,
    turns: i64,
    /// Whether renewals are charged, fail, or are not made at all.
    renewals: Renewals,
    charge_at: Option<Timestamp>,
    owed: Vec<LineObject>,
    last_payment: Option<PaymentId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Renewals {
    Charged,
    Failing,
    Paused,
}

#[derive(Clone, Debug)]
struct Payment {
    amount: i64,
    refunded: i64,
    customer: String,
}

impl Account {
    /// An empty account.
    pub fn new(shape: Shape, now: Timestamp) -> Self {
        Self {
            shape,
            now,
            numbers: 0,
            subscriptions: Vec::new(),
            payments: BTreeMap::new(),
            refunds: Vec::new(),
            disputes: Vec::new(),
            deliveries: Vec::new(),
        }
    }

    /// The account's time.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Everything that was to be delivered so far, in the order in which it happened.
    pub fn deliveries(&self) -> &[Delivery] {
        &self.deliveries
    }

    /// Writes events in another shape from here on, as when the API version of an endpoint is changed.
    pub fn write(&mut self, shape: Shape) {
        self.shape = shape;
    }

    /// Somebody subscribes, billed monthly, and pays at once. The price is so much, in cents.
    pub fn subscribe(&mut self, owner: &str, price: &str, unit_amount: i64) -> SubscriptionId {
        let month = Length { count: 1, unit: LengthUnit::Month };
        self.subscribe_for(owner, price, unit_amount, (month, 1, 0))
    }

    /// Somebody subscribes: billed every so often, to so many, with a trial of so many days.
    pub fn subscribe_for(
        &mut self,
        owner: &str,
        price: &str,
        unit_amount: i64,
        (length, quantity, trial_days): (Length, u64, u64),
    ) -> SubscriptionId {
        let number = self.number();
        let now = self.now;
        let trial = (trial_days > 0).then(|| (now, now.after(Duration::from_hours(24 * trial_days))));
        let anchor = trial.map_or(now, |trial| trial.1);
        let counted = Anchor::new(anchor);
        let object = SubscriptionObject {
            number,
            owner: owner.to_owned(),
            price: price.to_owned(),
            unit_amount,
            quantity,
            status: if trial.is_some() { "trialing" } else { "active" },
            anchor,
            start: now,
            end: if trial.is_some() { anchor } else { counted.plus(length, 1) },
            trial,
            cancels_at_period_end: false,
            ended_at: None,
        };
        let turns = i64::from(trial.is_none());
        let billed = Billed {
            object,
            length,
            anchor: counted,
            turns,
            renewals: Renewals::Charged,
            charge_at: None,
            owed: Vec::new(),
            last_payment: None,
        };
        self.subscriptions.push(billed);
        let id = SubscriptionId(self.subscriptions.len() - 1);
        let session = self.number();
        let completed = json!({
            "id": format!("cs_{session}"),
            "object": "checkout.session",
            "mode": "subscription",
            "payment_status": "paid",
            "client_reference_id": owner,
            "customer": customer(owner),
            "subscription": format!("sub_{number}"),
            "metadata": {},
        });
        self.event("checkout.session.completed", &completed, None);
        self.said(id, "customer.subscription.created", None);
        let line = self.line_of(id);
        let line = if trial.is_some() { LineObject { amount: 0, ..line } } else { line };
        self.paid(id, "subscription_create", &[line]);
        id
    }

    /// Time passes: periods turn, and renewals are charged an hour later.
    pub fn pass(&mut self, time: Duration) {
        let until = self.now.after(time);
        while let Some((at, place)) = self.next_due().filter(|(at, _)| *at <= until) {
            self.now = at;
            self.turn(place);
        }
        self.now = until;
    }

    fn next_due(&self) -> Option<(Timestamp, usize)> {
        let due = |billed: &Billed| billed.charge_at.unwrap_or(billed.object.end);
        let running =
            self.subscriptions.iter().zip(0..).filter(|(billed, _)| billed.object.ended_at.is_none());
        running.map(|(billed, place)| (due(billed), place)).min()
    }

    /// A period turns, or its renewal is charged.
    fn turn(&mut self, place: usize) {
        let (id, now) = (SubscriptionId(place), self.now);
        let Some(billed) = self.subscriptions.get_mut(place) else { return };
        if billed.charge_at.take().is_some() {
            let lines = std::mem::take(&mut billed.owed);
            if billed.renewals == Renewals::Charged {
                let before = std::mem::replace(&mut billed.object.status, "active");
                self.paid(id, "subscription_cycle", &lines);
                self.changed_status(id, before);
            } else {
                let before = std::mem::replace(&mut billed.object.status, "past_due");
                billed.owed = lines;
                self.changed_status(id, before);
            }
            return;
        }
        if billed.object.cancels_at_period_end {
            return self.cancel(id);
        }
        billed.object.start = billed.object.end;
        billed.turns += 1;
        billed.object.end = billed.anchor.plus(billed.length, billed.turns);
        let before = billed.object.status;
        if before == "trialing" {
            billed.object.status = "active";
        }
        if billed.renewals != Renewals::Paused {
            billed.charge_at = Some(now.after(CHARGED_AFTER));
            let line = self.line_of(id);
            self.billed(id).owed.push(line);
        }
        self.changed_status(id, before);
    }

    fn changed_status(&mut self, id: SubscriptionId, before: &str) {
        let changed = before != self.billed(id).object.status;
        let before = json!({ "status": before });
        self.said(id, "customer.subscription.updated", changed.then_some(&before));
    }

    /// The subscription changes to another price or quantity, and the difference is invoiced and paid at once.
    pub fn change(&mut self, id: SubscriptionId, price: &str, unit_amount: i64, quantity: u64) {
        let now = self.now;
        let object = &mut self.billed(id).object;
        let old = object.clone();
        (object.price, object.unit_amount, object.quantity) = (price.to_owned(), unit_amount, quantity);
        let new = object.clone();
        let before = json!({
            "items": { "data": [{ "id": old.item(), "price": { "id": old.price }, "quantity": old.quantity }] },
        });
        self.said(id, "customer.subscription.updated", Some(&before));
        let rest = |object: &SubscriptionObject| {
            let whole = object.unit_amount.saturating_mul(i64::try_from(object.quantity).unwrap_or(i64::MAX));
            LineObject {
                price: object.price.clone(),
                quantity: object.quantity,
                amount: share(whole, object.end.since(now), object.end.since(object.start)),
                start: now,
                end: object.end,
                is_proration: true,
            }
        };
        let unused = rest(&old);
        let unused = LineObject { amount: -unused.amount, ..unused };
        self.paid(id, "subscription_update", &[unused, rest(&new)]);
    }

    /// From here on renewals fail: the subscription becomes past due, and what is owed adds up.
    pub fn fail_renewals(&mut self, id: SubscriptionId) {
        self.billed(id).renewals = Renewals::Failing;
    }

    /// What is owed is paid, each period by an invoice of its own, and renewals are charged again.
    pub fn pay_what_is_owed(&mut self, id: SubscriptionId) {
        let billed = self.billed(id);
        billed.renewals = Renewals::Charged;
        let before = std::mem::replace(&mut billed.object.status, "active");
        for line in std::mem::take(&mut billed.owed) {
            self.paid(id, "subscription_cycle", &[line]);
        }
        self.changed_status(id, before);
    }

    /// From here on periods turn without being billed.
    pub fn pause(&mut self, id: SubscriptionId) {
        self.billed(id).renewals = Renewals::Paused;
        self.said(id, "customer.subscription.paused", None);
    }

    /// The next period is billed again.
    pub fn resume(&mut self, id: SubscriptionId) {
        self.billed(id).renewals = Renewals::Charged;
        self.said(id, "customer.subscription.resumed", None);
    }

    /// The subscription is to end with its period.
    pub fn cancel_at_period_end(&mut self, id: SubscriptionId) {
        self.billed(id).object.cancels_at_period_end = true;
        let before = json!({ "cancel_at": null, "cancel_at_period_end": false });
        self.said(id, "customer.subscription.updated", Some(&before));
    }

    /// The subscription ends now.
    pub fn cancel(&mut self, id: SubscriptionId) {
        let now = self.now;
        let object = &mut self.billed(id).object;
        (object.status, object.ended_at) = ("canceled", Some(now));
        object.cancels_at_period_end = false;
        self.said(id, "customer.subscription.deleted", None);
    }

    /// The payment of the subscription's newest invoice that took money.
    pub fn payment_of(&self, id: SubscriptionId) -> Option<PaymentId> {
        self.subscriptions.get(id.0)?.last_payment.clone()
    }

    /// Somebody buys a pack by its name, for so much, in cents; the payment may take a while.
    pub fn buy(&mut self, owner: &str, pack: &str, amount: i64, takes: Option<Duration>) -> PaymentId {
        let payment = self.payment(owner, amount);
        let number = self.number();
        let session = |status: &str| {
            json!({
                "id": format!("cs_{number}"),
                "object": "checkout.session",
                "mode": "payment",
                "payment_status": status,
                "client_reference_id": owner,
                "customer": customer(owner),
                "payment_intent": payment.as_str(),
                "currency": "usd",
                "amount_subtotal": amount,
                "amount_total": amount,
                "metadata": { "credits_owner": owner, "credits_pack": pack },
            })
        };
        match takes {
            None => self.event("checkout.session.completed", &session("paid"), None),
            Some(time) => {
                self.event("checkout.session.completed", &session("unpaid"), None);
                self.pass(time);
                self.event("checkout.session.async_payment_succeeded", &session("paid"), None);
            }
        }
        payment
    }

    /// So much of a payment is refunded.
    pub fn refund(&mut self, payment: &PaymentId, amount: i64) -> RefundId {
        self.refunds.push((payment.clone(), amount));
        let id = RefundId(self.refunds.len() - 1);
        let mut charge = json!({ "object": "charge", "payment_intent": payment.as_str(), "metadata": {} });
        if let Some(payment) = self.payments.get_mut(payment) {
            payment.refunded += amount;
            put(&mut charge, "amount_refunded", json!(payment.refunded));
            put(&mut charge, "customer", json!(payment.customer));
        }
        put(&mut charge, "id", json!(format!("ch_{}", payment.as_str())));
        let refund = self.refund_object(id, "succeeded");
        self.event("refund.created", &refund, None);
        self.event("charge.refunded", &charge, None);
        id
    }

    /// A refund fails after all.
    pub fn fail_refund(&mut self, id: RefundId) {
        let refund = self.refund_object(id, "failed");
        self.event("refund.failed", &refund, None);
    }

    fn refund_object(&self, id: RefundId, status: &str) -> Value {
        let (payment, amount) = match self.refunds.get(id.0) {
            Some((payment, amount)) => (payment.as_str(), *amount),
            None => panic!("the refund is of another account"),
        };
        json!({
            "id": format!("re_{}", id.0),
            "object": "refund",
            "amount": amount,
            "payment_intent": payment,
            "status": status,
            "metadata": {},
        })
    }

    /// A payment is disputed, and its money taken back.
    pub fn dispute(&mut self, payment: &PaymentId) -> DisputeId {
        self.disputes.push(payment.clone());
        let id = DisputeId(self.disputes.len() - 1);
        let dispute = self.dispute_object(id, "needs_response");
        self.event("charge.dispute.created", &dispute, None);
        self.event("charge.dispute.funds_withdrawn", &dispute, None);
        id
    }

    /// A dispute is won: the money comes back.
    pub fn win(&mut self, id: DisputeId) {
        let dispute = self.dispute_object(id, "won");
        self.event("charge.dispute.funds_reinstated", &dispute, None);
        self.event("charge.dispute.closed", &dispute, None);
    }

    /// A dispute is lost: nothing moves any more.
    pub fn lose(&mut self, id: DisputeId) {
        let dispute = self.dispute_object(id, "lost");
        self.event("charge.dispute.closed", &dispute, None);
    }

    fn dispute_object(&self, id: DisputeId, status: &str) -> Value {
        let Some(payment) = self.disputes.get(id.0) else { panic!("the dispute is of another account") };
        json!({
            "id": format!("dp_{}", id.0),
            "object": "dispute",
            "amount": self.payments.get(payment).map_or(0, |payment| payment.amount),
            "payment_intent": payment.as_str(),
            "status": status,
        })
    }

    fn number(&mut self) -> usize {
        self.numbers += 1;
        self.numbers
    }

    fn billed(&mut self, id: SubscriptionId) -> &mut Billed {
        match self.subscriptions.get_mut(id.0) {
            Some(billed) => billed,
            None => panic!("the subscription is of another account"),
        }
    }

    fn payment(&mut self, owner: &str, amount: i64) -> PaymentId {
        let id = PaymentId(format!("pi_{}", self.number()));
        let payment = Payment { amount, refunded: 0, customer: customer(owner) };
        self.payments.insert(id.clone(), payment);
        id
    }

    /// The line of the period that runs.
    fn line_of(&mut self, id: SubscriptionId) -> LineObject {
        let object = &self.billed(id).object;
        let quantity = i64::try_from(object.quantity).unwrap_or(i64::MAX);
        LineObject {
            price: object.price.clone(),
            quantity: object.quantity,
            amount: object.unit_amount.saturating_mul(quantity),
            start: object.start,
            end: object.end,
            is_proration: false,
        }
    }

    fn said(&mut self, id: SubscriptionId, kind: &str, before: Option<&Value>) {
        let shape = self.shape;
        let object = self.billed(id).object.json(shape);
        self.event(kind, &object, before);
    }

    fn paid(&mut self, id: SubscriptionId, reason: &str, lines: &[LineObject]) {
        let number = self.number();
        let (shape, now) = (self.shape, self.now);
        let object = self.billed(id).object.clone();
        let sum = lines.iter().map(|line| line.amount).fold(0, i64::saturating_add).max(0);
        let payment = (sum > 0).then(|| self.payment(&object.owner, sum));
        let named = payment.as_ref().map(PaymentId::as_str);
        let invoice = invoice(shape, &object, (number, named), (now, reason), lines);
        self.event("invoice.paid", &invoice, None);
        self.event("invoice.payment_succeeded", &invoice, None);
        if let Some(payment) = payment {
            if shape != Shape::BeforeBasil {
                let paid = json!({
                    "id": format!("inpay_{number}"),
                    "object": "invoice_payment",
                    "invoice": format!("in_{number}"),
                    "payment": { "type": "payment_intent", "payment_intent": payment.as_str() },
                });
                self.event("invoice_payment.paid", &paid, None);
            }
            self.billed(id).last_payment = Some(payment);
        }
    }

    fn event(&mut self, kind: &str, object: &Value, before: Option<&Value>) {
        let number = self.number();
        let mut data = json!({ "object": object });
        if let Some(before) = before {
            put(&mut data, "previous_attributes", before.clone());
        }
        let event = json!({
            "id": format!("evt_{number}"),
            "object": "event",
            "api_version": self.shape.version(),
            "created": seconds(self.now),
            "livemode": false,
            "type": kind,
            "data": data,
        });
        self.deliveries.push(Delivery { at: self.now, body: event.to_string() });
    }
}
