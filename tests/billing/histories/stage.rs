//! A ledger that receives Stripe's deliveries. It does not know how histories are written.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use credits_runtime::stripe::{Request, Response, SIGNATURE_HEADER, Stripe, Transport};
use credits_runtime::testing::ManualClock;
use credits_runtime::testing::stripe::{Delivery, Shape};
use credits_runtime::{Clock as _, HoldId, Timestamp};
use serde_json::{Value, json};

use super::super::webhooks::SECRET;
use super::payload::{self, Subscription};
use super::{Credits, Operation, Pricing, Wallet};

/// Stripe's lists: line items by session; every other list is empty.
#[derive(Clone, Default)]
pub struct Lists(Arc<Mutex<BTreeMap<String, Value>>>);

impl Lists {
    /// Sets the prices and quantities that a session sold.
    pub fn sold(&self, session: &str, items: &[(String, u64)]) {
        let item = |(price, quantity): &(String, u64)| json!({ "id": "li_1", "price": { "id": price }, "quantity": quantity });
        let items: Vec<Value> = items.iter().map(item).collect();
        self.0.lock().unwrap().insert(format!("/{session}/line_items"), json!(items));
    }
}

impl Transport for Lists {
    fn send(&self, request: &Request) -> Result<Response, Box<dyn Error + Send + Sync>> {
        let lists = self.0.lock().unwrap();
        let asked = lists.iter().find(|(path, _)| request.url.contains(path.as_str()));
        let data = asked.map_or(json!([]), |(_, list)| list.clone());
        Ok(Response { status: 200, body: json!({ "data": data, "has_more": false }).to_string() })
    }
}

/// A ledger, its clock, and the delivered objects of the account.
pub struct Stage {
    pub shape: Shape,
    pub clock: ManualClock,
    pub credits: Credits,
    pub ann: Wallet,
    pub lists: Lists,
    pub subscriptions: BTreeMap<String, Subscription>,
    /// The hold that ann opened last.
    pub hold: Option<HoldId>,
    stripe: Stripe<Pricing>,
    events: Cell<u32>,
}

impl Stage {
    pub fn new(shape: Shape, at: Timestamp) -> Self {
        let clock = ManualClock::at(at);
        let credits = Credits::builder().clock(clock.clone()).in_memory().unwrap();
        let lists = Lists::default();
        let stripe = credits.stripe("sk_test_1").webhook_secret(SECRET).transport(lists.clone());
        let stripe = stripe.build().unwrap();
        let ann = credits.wallet("ann");
        let subscriptions = BTreeMap::new();
        Self { shape, clock, credits, ann, lists, subscriptions, hold: None, stripe, events: Cell::new(0) }
    }

    /// Moves the clock in steps, so that no leap is too large, and books everything due on the way.
    pub fn go_to(&self, at: Timestamp) {
        while self.clock.now() < at {
            self.clock.set(self.clock.now().after(Duration::from_hours(20 * 24)).min(at));
            self.credits.book_due().unwrap();
        }
    }

    /// Delivers an event. Returns the status of the response.
    pub fn deliver(&self, created: Timestamp, kind: &str, object: &Value, before: Option<&Value>) -> u16 {
        self.events.set(self.events.get() + 1);
        let mut data = json!({ "object": object });
        if let Some(before) = before {
            data["previous_attributes"] = before.clone();
        }
        let id = format!("evt_{}", self.events.get());
        let event = payload::event(self.shape, &id, created, kind, &data);
        let delivery = Delivery { at: self.clock.now(), body: event.to_string() };
        let header = delivery.signature(SECRET, self.clock.now());
        self.stripe.receive([(SIGNATURE_HEADER, header)], &delivery.body).status
    }

    /// Delivers an event that must be accepted.
    pub fn send(&self, created: Timestamp, kind: &str, object: &Value, before: Option<&Value>) {
        assert_eq!(self.deliver(created, kind, object, before), 200, "{kind} {object}");
    }

    pub fn credits_of(&self, owner: &str) -> i64 {
        self.credits.wallet(owner).credits().unwrap().get()
    }

    pub fn spend(&self, amount: u64) {
        self.ann.spend_credits_on(Operation::step(amount)).now().wait().unwrap();
    }

    /// Sum of the entries that subscriptions made for ann: awards, less those that were taken back.
    pub fn awarded(&self) -> i64 {
        let page = self.ann.credit_history().limit(500).page().unwrap();
        let of_plans = page.entries.iter().filter(|entry| entry.category.name().starts_with("subscription_"));
        of_plans.map(|entry| entry.amount.get()).sum()
    }

    /// The owner's history, oldest first, and the unresolved list.
    pub fn describe(&self, owner: &str) -> String {
        let page = self.credits.wallet(owner).credit_history().oldest_first().limit(500).page().unwrap();
        let entry = |entry: &credits_runtime::Entry| {
            let until = entry.expires_at.map_or(String::new(), |until| format!(" until {until}"));
            format!(
                "  {} {:+} {}{until} = {}\n",
                entry.effective_at,
                entry.amount.get(),
                entry.category.name(),
                entry.balance_after
            )
        };
        let history: String = page.entries.iter().map(entry).collect();
        format!("{owner}\n{history}unresolved: {:#?}", self.credits.unresolved().unwrap())
    }
}
