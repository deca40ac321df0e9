//! Items of subscriptions, and their changes. They know neither time nor invoices.

use super::lines::Credited;
use super::prices::Price;
use crate::domain::time::Timestamp;

/// A price and a quantity: an item of a subscription that begins, or that is added to one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub(super) price: Price,
    pub(super) quantity: u64,
}

impl Item {
    /// An item of quantity 1.
    pub fn of(price: Price) -> Self {
        Self { price, quantity: 1 }
    }

    /// With another quantity. A metered item has none.
    #[must_use]
    pub fn quantity(mut self, quantity: u64) -> Self {
        self.quantity = quantity;
        self
    }

    /// Its price.
    pub fn price(&self) -> &Price {
        &self.price
    }
}

impl From<Price> for Item {
    fn from(price: Price) -> Self {
        Self::of(price)
    }
}

/// An item of a subscription.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ItemId(pub(super) String);

impl ItemId {
    /// The id at Stripe.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Treatment of the money of a change within a period: Stripe's `proration_behavior`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prorations {
    /// `always_invoice`: the difference is invoiced and paid at once.
    Invoiced,
    /// `create_prorations`: the difference is on the next invoice of the subscription.
    WithRenewal,
    /// `none`: nothing is charged or credited.
    None,
}

/// A change of a subscription: items that are added, replaced, changed in place and removed at once.
///
/// ```
/// use credits_runtime::testing::stripe::{Account, Billed, Item, Price, Prorations, Shape, Update};
///
/// let mut account = Account::new(Shape::Clover, "2026-01-31T00:00:00Z".parse()?);
/// let pro = Price::monthly("price_pro", 900);
/// let subscription = account.subscribe_with("user:42", [pro.into()], Billed::at_once());
/// let item = account.items_of(subscription).remove(0);
/// let seats = Item::of(Price::monthly("price_seat", 300)).quantity(3);
/// let update = Update::of(Prorations::WithRenewal).replace(&item, Price::monthly("price_max", 2_700)).with(seats);
/// account.update(subscription, update);
/// assert_eq!(account.items_of(subscription).len(), 2);
/// # Ok::<(), credits_runtime::TimestampError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing changes until `account.update(..)`"]
pub struct Update {
    pub(super) steps: Vec<Step>,
    pub(super) terms: Terms,
}

/// Settings of an update, beside its steps.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    pub(super) prorations: Prorations,
    pub(super) prorated_at: Option<Timestamp>,
    pub(super) anchor: NewAnchor,
    pub(super) collected: Collected,
}

/// A step of an update.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Add(Item),
    Remove(ItemId),
    Replace(ItemId, Item),
    Set(ItemId, Item),
}

/// The `billing_cycle_anchor` of an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NewAnchor {
    /// Now where Stripe moves it by default: with another billing period, and from free prices to paid ones.
    AsNeeded,
    Now,
    Unchanged,
}

/// How the invoice of an update is collected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Collected {
    /// As renewals are: it stays open while they fail.
    AsRenewals,
    AtOnce,
}

impl Update {
    /// An update without changes, with these prorations.
    pub fn of(prorations: Prorations) -> Self {
        let (anchor, collected) = (NewAnchor::AsNeeded, Collected::AsRenewals);
        Self { steps: Vec::new(), terms: Terms { prorations, prorated_at: None, anchor, collected } }
    }

    /// Adds an item.
    pub fn with(self, item: impl Into<Item>) -> Self {
        self.step(Step::Add(item.into()))
    }

    /// Removes an item.
    pub fn remove(self, item: &ItemId) -> Self {
        self.step(Step::Remove(item.clone()))
    }

    /// Replaces an item by another one with a new id: `items: [{id, deleted}, {price}]`.
    pub fn replace(self, item: &ItemId, by: impl Into<Item>) -> Self {
        self.step(Step::Replace(item.clone(), by.into()))
    }

    /// Changes the price and quantity of an item in place.
    pub fn set(self, item: &ItemId, to: impl Into<Item>) -> Self {
        self.step(Step::Set(item.clone(), to.into()))
    }

    /// Prorates as if the change happened at this instant of the period: Stripe's `proration_date`.
    pub fn prorated_at(mut self, at: Timestamp) -> Self {
        self.terms.prorated_at = Some(at);
        self
    }

    /// Begins a new billing period now, paid at once as a whole: `billing_cycle_anchor: now`.
    pub fn anchor_now(mut self) -> Self {
        self.terms.anchor = NewAnchor::Now;
        self
    }

    /// Keeps the billing period where it can be kept: `billing_cycle_anchor: unchanged`.
    pub fn anchor_unchanged(mut self) -> Self {
        self.terms.anchor = NewAnchor::Unchanged;
        self
    }

    pub(super) fn paid_at_once(mut self) -> Self {
        self.terms.collected = Collected::AtOnce;
        self
    }

    fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }
}

/// An item as the account keeps it.
#[derive(Clone, Debug)]
pub(super) struct SubscriptionItem {
    pub(super) id: ItemId,
    pub(super) price: Price,
    pub(super) quantity: u64,
    /// Usage of a metered price in the period that runs.
    pub(super) usage: u64,
    /// The newest invoiced debit of the item.
    pub(super) debit: Option<Credited>,
}

impl SubscriptionItem {
    pub(super) fn new(id: ItemId, item: &Item) -> Self {
        Self { id, price: item.price.clone(), quantity: item.quantity, usage: 0, debit: None }
    }

    /// The amount of a whole period that is paid in advance.
    pub(super) fn licensed_amount(&self) -> i64 {
        if self.price.is_metered() { 0 } else { self.price.amount(self.quantity) }
    }
}
