//! The account: its time, its objects and the events they cause. The files beside this one change its
//! objects.
//!
//! It knows neither plans nor credits.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use super::credit_notes::CreditNote;
use super::deliveries::Delivery;
use super::invoices::{Invoice, InvoiceId};
use super::payments::{Dispute, Payment, PaymentId, Refund};
use super::prices::Price;
use super::shape::{Shape, previous_attributes, put, seconds};
use super::subscriptions::{Subscription, SubscriptionId};
use super::transport::{Api, Served};
use crate::domain::time::Timestamp;
use crate::engine::clock::Clock as _;
use crate::generated::Pricing;
use crate::stripe::{SIGNATURE_HEADER, Stripe};
use crate::testing::clock::ManualClock;

/// The longest step in which [`Account::deliver`] moves a clock.
const STEP_MAX: Duration = Duration::from_hours(20 * 24);

/// A simulated Stripe account.
///
/// A call that Stripe would refuse, such as a change of a subscription that has ended, panics with the
/// reason. Clones are separate accounts that share one [`transport`](Self::transport).
#[derive(Clone, Debug)]
pub struct Account {
    pub(super) shape: Shape,
    pub(super) now: Timestamp,
    secret: String,
    numbers: usize,
    /// Customers of owners, where they are not the default.
    pub(super) customers: BTreeMap<String, String>,
    /// Balances by customer and currency; negative is the customer's credit.
    pub(super) balances: BTreeMap<(String, String), i64>,
    pub(super) prices: BTreeMap<String, Price>,
    pub(super) subscriptions: Vec<Subscription>,
    pub(super) invoices: BTreeMap<InvoiceId, Invoice>,
    pub(super) payments: BTreeMap<PaymentId, Payment>,
    pub(super) refunds: Vec<Refund>,
    pub(super) disputes: Vec<Dispute>,
    pub(super) credit_notes: Vec<CreditNote>,
    deliveries: Vec<Delivery>,
    delivered: usize,
    api: Arc<Mutex<Api>>,
}

impl Account {
    /// An empty account.
    pub fn new(shape: Shape, now: Timestamp) -> Self {
        Self {
            shape,
            now,
            secret: "whsec_test".to_owned(),
            numbers: 0,
            customers: BTreeMap::new(),
            balances: BTreeMap::new(),
            prices: BTreeMap::new(),
            subscriptions: Vec::new(),
            invoices: BTreeMap::new(),
            payments: BTreeMap::new(),
            refunds: Vec::new(),
            disputes: Vec::new(),
            credit_notes: Vec::new(),
            deliveries: Vec::new(),
            delivered: 0,
            api: Arc::new(Mutex::new(Api::at(seconds(now)))),
        }
    }

    /// Signs deliveries with this secret instead of `whsec_test`.
    #[must_use]
    pub fn signing_with(mut self, secret: &str) -> Self {
        secret.clone_into(&mut self.secret);
        self
    }

    /// The secret that deliveries are signed with.
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// The account's time.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Every event so far, in the order in which it happened.
    pub fn deliveries(&self) -> &[Delivery] {
        &self.deliveries
    }

    /// Writes events in this shape from now on, as when the API version of an endpoint is changed.
    pub fn write(&mut self, shape: Shape) {
        self.shape = shape;
    }

    /// Creates a price. Checkouts that were begun with [`Stripe::start`](crate::stripe::Stripe::start) name
    /// prices only by their id.
    pub fn add_price(&mut self, price: Price) {
        self.prices.insert(price.id.clone(), price);
    }

    /// Sets the customer of an owner; the default is `cus_` and the owner. Two owners may share one.
    pub fn customer(&mut self, owner: &str, customer: &str) {
        self.customers.insert(owner.to_owned(), customer.to_owned());
    }

    /// The customer of an owner.
    pub fn customer_of(&self, owner: &str) -> String {
        let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '_' };
        let default = || format!("cus_{}", owner.chars().map(plain).collect::<String>());
        self.customers.get(owner).cloned().unwrap_or_else(default)
    }

    /// Credits the balance of an owner's customer, in US cents; the next invoices use it before they charge.
    pub fn credit_balance(&mut self, owner: &str, amount: i64) {
        let customer = self.customer_of(owner);
        self.move_balance(&customer, "usd", -amount);
    }

    /// The credit of an owner's customer, in US cents; negative if the customer owes it.
    pub fn balance_of(&self, owner: &str) -> i64 {
        -self.balance(&self.customer_of(owner), "usd")
    }

    /// Delivers every event that was not delivered yet, in order; returns their number. Refunds that
    /// [`Stripe::refund`](crate::stripe::Stripe::refund) made over this account's transport become events first.
    ///
    /// The clock is set to the time of each event, in steps of up to 20 days, and never back. No other call
    /// to the ledger is made.
    ///
    /// # Panics
    ///
    /// If the response to an event is not 200; the message has the event's body.
    pub fn deliver<C: Pricing>(&mut self, stripe: &Stripe<C>, clock: &ManualClock) -> usize {
        self.notify_posted_refunds();
        let waiting = self.deliveries.get(self.delivered..).unwrap_or_default();
        for delivery in waiting {
            while clock.now() < delivery.at {
                clock.set(clock.now().after(STEP_MAX).min(delivery.at));
            }
            let header = delivery.signature(&self.secret, clock.now());
            let answer = stripe.receive([(SIGNATURE_HEADER, header)], &delivery.body);
            assert_eq!(answer.status, 200, "the answer to {}", delivery.body);
        }
        let count = waiting.len();
        self.delivered = self.deliveries.len();
        count
    }

    pub(super) fn number(&mut self) -> usize {
        self.numbers += 1;
        self.numbers
    }

    pub(super) fn api(&self) -> MutexGuard<'_, Api> {
        self.api.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A transport that serves this account's sessions, lists of lines and events. Give it to
    /// [`StripeBuilder::transport`](crate::stripe::StripeBuilder::transport).
    pub fn transport(&self) -> Served {
        Served(Arc::clone(&self.api))
    }

    pub(super) fn balance(&self, customer: &str, currency: &str) -> i64 {
        self.balances.get(&(customer.to_owned(), currency.to_owned())).copied().unwrap_or(0)
    }

    pub(super) fn move_balance(&mut self, customer: &str, currency: &str, by: i64) {
        let balance = self.balances.entry((customer.to_owned(), currency.to_owned())).or_default();
        *balance = balance.saturating_add(by);
    }

    /// A subscription, whether it runs or has ended.
    pub(super) fn subscription(&mut self, id: SubscriptionId) -> &mut Subscription {
        match self.subscriptions.get_mut(id.0) {
            Some(subscription) => subscription,
            None => panic!("the subscription is of another account"),
        }
    }

    /// A subscription that has not ended.
    pub(super) fn running(&mut self, id: SubscriptionId) -> &mut Subscription {
        let subscription = self.subscription(id);
        assert!(subscription.ended_at.is_none(), "`sub_{}` has ended", subscription.number);
        subscription
    }

    /// Makes an event of a subscription's state. An update has the fields that changed since the last event;
    /// without any there is no event.
    pub(super) fn notify_subscription(&mut self, id: SubscriptionId, kind: &str) {
        let shape = self.shape;
        let subscription = self.subscription(id);
        let object = subscription.json(shape);
        let notified = subscription.notified.take().map(|notified| notified.json(shape));
        subscription.notified = Some(Box::new(subscription.clone()));
        if kind != "customer.subscription.updated" {
            return self.event(kind, &object, None);
        }
        let before = notified.unwrap_or_else(|| json!({}));
        if let Some(previous) = previous_attributes(&before, &object) {
            self.event(kind, &object, Some(&previous));
        }
    }

    pub(super) fn updated(&mut self, id: SubscriptionId) {
        self.notify_subscription(id, "customer.subscription.updated");
    }

    pub(super) fn event(&mut self, kind: &str, object: &Value, before: Option<&Value>) {
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
        self.api().keep(object, event);
    }
}
