//! Checkout sessions: purchases of packs, payment links, and sessions that were begun with `stripe.start`.
//!
//! They do not know how a subscription is billed after its first invoice.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::account::Account;
use super::invoices::{Extra, Invoice, InvoiceId};
use super::items::Item;
use super::payments::{Payment, PaymentId};
use super::prices::Price;
use super::purchases::{Outcome, Purchase, Reference, Through};
use super::shape::{Shape, put, seconds};
use super::subscribing::{Joining, OWNER};
use super::subscriptions::{Billed, SubscriptionId};
use super::transport::Posted;
use crate::domain::time::Timestamp;

/// Metadata that names a pack.
const PACK: &str = "credits_pack";

/// Result of a session's completion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Completed {
    /// A payment; none if nothing was due.
    Paid(Option<PaymentId>),
    /// A subscription.
    Subscribed(SubscriptionId),
}

/// Sums of a session, in its currency.
#[derive(Clone, Debug, Default)]
pub(super) struct Money {
    currency: String,
    subtotal: i64,
    discount: i64,
    tax: i64,
}

impl Money {
    fn total(&self) -> i64 {
        self.subtotal - self.discount + self.tax
    }

    /// The sums of a subscription's first invoice.
    pub(super) fn take(&mut self, invoice: &Invoice) {
        self.currency.clone_from(&invoice.currency);
        (self.subtotal, self.tax) = (invoice.subtotal(), invoice.tax());
        self.discount = self.subtotal + self.tax - invoice.total();
    }
}

/// A checkout session.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub(super) id: String,
    made_at: Timestamp,
    pub(super) customer: String,
    pub(super) reference: Option<String>,
    pub(super) metadata: BTreeMap<String, String>,
    pub(super) subscription: Option<String>,
    pub(super) invoice: Option<InvoiceId>,
    pub(super) money: Money,
    link: Option<String>,
    payment: Option<PaymentId>,
    status: &'static str,
    presented: Option<(String, i64)>,
}

impl Session {
    pub(super) fn new(id: String, customer: String, made_at: Timestamp) -> Self {
        Self {
            id,
            made_at,
            customer,
            reference: None,
            metadata: BTreeMap::new(),
            subscription: None,
            invoice: None,
            money: Money::default(),
            link: None,
            payment: None,
            status: "paid",
            presented: None,
        }
    }

    fn json(&self, shape: Shape) -> Value {
        let money = &self.money;
        let mut session = json!({
            "id": self.id,
            "object": "checkout.session",
            "amount_subtotal": money.subtotal,
            "amount_total": money.total(),
            "client_reference_id": self.reference,
            "created": seconds(self.made_at),
            "currency": money.currency,
            "currency_conversion": null,
            "customer": self.customer,
            "invoice": self.invoice.as_ref().map(InvoiceId::as_str),
            "livemode": false,
            "metadata": self.metadata,
            "mode": if self.subscription.is_some() { "subscription" } else { "payment" },
            "payment_intent": self.payment.as_ref().map(PaymentId::as_str),
            "payment_link": self.link,
            "payment_status": self.status,
            "status": "complete",
            "subscription": self.subscription,
            "total_details": {
                "amount_discount": money.discount,
                "amount_shipping": 0,
                "amount_tax": money.tax,
            },
        });
        let Some((currency, total)) = &self.presented else { return session };
        if shape.is_since_basil() {
            let details = json!({ "presentment_amount": total, "presentment_currency": currency });
            put(&mut session, "presentment_details", details);
            return session;
        }
        // The session is in the buyer's currency, with the price's currency beside it.
        let conversion = json!({
            "amount_subtotal": money.subtotal,
            "amount_total": money.total(),
            "fx_rate": format!("0.{:06}", scaled(1_000_000, money.total(), *total) % 1_000_000),
            "source_currency": money.currency,
        });
        put(&mut session, "amount_subtotal", json!(scaled(money.subtotal, *total, money.total())));
        put(&mut session, "amount_total", json!(total));
        put(&mut session, "currency", json!(currency));
        put(&mut session, "currency_conversion", conversion);
        session
    }
}

impl Account {
    /// An owner buys a pack by its name, for an amount in US cents; the payment may take a while.
    ///
    /// # Panics
    ///
    /// If the amount is 0: use [`purchase`](Self::purchase).
    pub fn buy(&mut self, owner: &str, pack: &str, amount: i64, takes: Option<Duration>) -> PaymentId {
        let price = Price::once(&format!("price_of_{pack}_{amount}"), amount);
        let purchase = Purchase::of(price).naming_pack(pack);
        let purchase = match takes {
            None => purchase,
            Some(time) => purchase.paid_after(time),
        };
        match self.purchase(owner, purchase) {
            Some(payment) => payment,
            None => panic!("a pack costs more than nothing"),
        }
    }

    /// An owner buys something; returns the payment, unless nothing is due or it fails.
    pub fn purchase(&mut self, owner: &str, purchase: Purchase) -> Option<PaymentId> {
        let id = format!("cs_{}", self.number());
        let mut session = Session::new(id, self.customer_of(owner), self.now);
        if purchase.reference == Reference::Owner {
            session.reference = Some(owner.to_owned());
        }
        if purchase.through == Through::Link {
            session.link = Some("plink_1".to_owned());
        }
        if let Some(pack) = &purchase.pack {
            session.metadata.insert(OWNER.to_owned(), owner.to_owned());
            session.metadata.insert(PACK.to_owned(), pack.clone());
        }
        self.sell(session, purchase, json!({}))
    }

    /// Completes a session that was begun with [`Stripe::start`](crate::stripe::Stripe::start) over this
    /// account's [`transport`](Self::transport): its pack is paid, or its subscription begins, with the
    /// prices, quantities and metadata that were posted. Prices are known from [`add_price`](Self::add_price)
    /// or from earlier use.
    ///
    /// ```
    /// # mod app {
    /// credits_runtime::usage_credits! {
    ///     subscription_plan pro { stripe_price "price_pro" gives 1_000.credits.every(month) }
    ///     credit_pack boost { stripe_price "price_boost" gives 500.credits costs 9.dollars }
    ///     operation step { costs 1.credit }
    /// }
    /// # }
    /// # use app::*;
    /// use credits_runtime::stripe::{SellPack as _, SellPlan as _};
    /// use credits_runtime::testing::ManualClock;
    /// use credits_runtime::testing::stripe::{Account, Price, Shape};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let clock = ManualClock::at("2026-01-31T00:00:00Z".parse()?);
    /// let mut account = Account::new(Shape::Basil, "2026-01-31T00:00:00Z".parse()?);
    /// account.add_price(Price::monthly("price_pro", 900));
    /// account.add_price(Price::once("price_boost", 900));
    /// let credits = Credits::builder().clock(clock.clone()).in_memory()?;
    /// let stripe = credits.stripe("sk_test_1").webhook_secret(account.secret()).transport(account.transport()).build()?;
    ///
    /// let subscribing = stripe.start(Plan::Pro.checkout("user:42").success("https://example.com/thanks").trial_days(14))?;
    /// account.complete(&subscribing.id);
    /// let buying = stripe.start(Pack::Boost.checkout("user:42").success("https://example.com/thanks").quantity(2))?;
    /// account.complete(&buying.id);
    /// account.deliver(&stripe, &clock);
    /// assert_eq!(credits.wallet("user:42").credits()?, 1_000);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// If no such session is open, or one of its prices is not known.
    pub fn complete(&mut self, session: &str) -> Completed {
        let posted = self.api().take_posted(session);
        let Some(posted) = posted else { panic!("`{session}` was not begun here, or is complete") };
        let reference = posted.field("client_reference_id").map(str::to_owned);
        let customer = posted.field("customer").map(str::to_owned);
        let customer = customer.unwrap_or_else(|| self.customer_of(reference.as_deref().unwrap_or(session)));
        let mut began = Session::new(session.to_owned(), customer.clone(), self.now);
        began.reference = reference;
        began.metadata = posted.map("metadata");
        let lines = self.posted_lines(&posted);
        if posted.field("mode") == Some("payment") {
            let mut purchase = Purchase::of(Price::once("", 0));
            purchase.lines = lines;
            let metadata = json!(posted.map("payment_intent_data[metadata]"));
            return Completed::Paid(self.sell(began, purchase, metadata));
        }
        let days = posted.field("subscription_data[trial_period_days]").and_then(|days| days.parse().ok());
        let mut billed = Billed::at_once().trial_days(days.unwrap_or(0));
        let mut items = Vec::new();
        for (price, quantity) in lines {
            match price.every {
                Some(_) => items.push(Item::of(price).quantity(quantity)),
                None => billed = billed.with(Extra::of(price).quantity(quantity)),
            }
        }
        let metadata = posted.map("subscription_data[metadata]");
        let joining = Joining { number: self.number(), customer, metadata, session: began };
        Completed::Subscribed(self.begin(joining, &items, billed))
    }

    fn posted_lines(&mut self, posted: &Posted) -> Vec<(Price, u64)> {
        let mut lines = Vec::new();
        for place in 0.. {
            let field = |name: &str| posted.field(&format!("line_items[{place}]{name}"));
            let quantity = field("[quantity]").and_then(|quantity| quantity.parse().ok()).unwrap_or(1);
            let price = match (field("[price]"), field("[price_data][unit_amount]")) {
                (Some(id), _) => match self.prices.get(id) {
                    Some(price) => price.clone(),
                    None => panic!("`{id}` is no price of the account: name it with `account.add_price(..)`"),
                },
                (None, Some(amount)) => {
                    let id = format!("price_inline_{}", self.number());
                    let price = Price::once(&id, amount.parse().unwrap_or(0));
                    price.in_currency(field("[price_data][currency]").unwrap_or("usd"))
                }
                (None, None) => return lines,
            };
            lines.push((price, quantity));
        }
        lines
    }

    fn sell(&mut self, mut session: Session, purchase: Purchase, metadata: Value) -> Option<PaymentId> {
        let subtotal = purchase.lines.iter().map(|(price, quantity)| price.amount(*quantity)).sum();
        let currency = purchase.lines.first().map_or("usd", |(price, _)| &price.currency).to_owned();
        session.money = Money { currency, subtotal, discount: purchase.discount, tax: purchase.tax };
        session.presented = purchase.presented;
        self.serve_items(&session, &purchase.lines);
        if session.money.total() == 0 {
            session.status = "no_payment_required";
            self.notify_session(&session, "checkout.session.completed");
            return None;
        }
        let payment = self.payment_of_session(&session, metadata);
        session.payment = Some(payment.clone());
        match purchase.outcome {
            Outcome::AtOnce => self.notify_session(&session, "checkout.session.completed"),
            Outcome::Later(time) => {
                session.status = "unpaid";
                self.notify_session(&session, "checkout.session.completed");
                self.pass(time);
                session.status = "paid";
                self.notify_session(&session, "checkout.session.async_payment_succeeded");
            }
            Outcome::Fails(time) => {
                session.status = "unpaid";
                self.notify_session(&session, "checkout.session.completed");
                self.pass(time);
                self.notify_session(&session, "checkout.session.async_payment_failed");
                self.payments.remove(&payment);
                return None;
            }
        }
        Some(payment)
    }

    fn payment_of_session(&mut self, session: &Session, metadata: Value) -> PaymentId {
        let sold = (session.money.currency.clone(), session.money.total());
        let (presentment, (currency, amount)) = match session.presented.clone() {
            Some(presented) if self.shape.is_since_basil() => (Some(presented), sold),
            Some(presented) => (None, presented),
            None => (None, sold),
        };
        let customer = session.customer.clone();
        let payment =
            Payment { amount, refunded: 0, customer, currency, metadata, invoice: None, presentment };
        self.add_payment(payment)
    }

    /// Serves the line items of a session, which its event does not carry.
    fn serve_items(&self, session: &Session, lines: &[(Price, u64)]) {
        let items = lines.iter().enumerate().map(|(place, (price, quantity))| {
            json!({
                "id": format!("li_{}_{place}", session.id),
                "object": "item",
                "amount_subtotal": price.amount(*quantity),
                "currency": price.currency,
                "price": price.json(self.shape),
                "quantity": quantity,
            })
        });
        let path = format!("/v1/checkout/sessions/{}/line_items", session.id);
        self.api().lists.insert(path, items.collect());
    }

    pub(super) fn notify_session(&mut self, session: &Session, kind: &str) {
        let object = session.json(self.shape);
        self.event(kind, &object, None);
    }
}

/// An amount times a ratio, rounded down.
fn scaled(amount: i64, numerator: i64, denominator: i64) -> i64 {
    let scaled = i128::from(amount) * i128::from(numerator) / i128::from(denominator.max(1));
    i64::try_from(scaled).unwrap_or(i64::MAX)
}
