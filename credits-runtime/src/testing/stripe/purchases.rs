//! Purchases: one-time sales, and how they are paid.
//!
//! They do not know the sessions that they become.

use std::time::Duration;

use super::prices::Price;

/// A one-time purchase, through a checkout session or a payment link.
///
/// ```
/// use credits_runtime::testing::stripe::{Price, Purchase};
///
/// let boost = Price::once("price_boost", 900);
/// let by_link = Purchase::of(boost.clone()).quantity(3).by_link();
/// let in_euros = Purchase::of(boost).naming_pack("boost").presented_in("eur", 830);
/// # let _ = (by_link, in_euros);
/// ```
#[derive(Clone, Debug)]
pub struct Purchase {
    pub(super) lines: Vec<(Price, u64)>,
    pub(super) pack: Option<String>,
    pub(super) through: Through,
    pub(super) reference: Reference,
    pub(super) discount: i64,
    pub(super) tax: i64,
    pub(super) presented: Option<(String, i64)>,
    pub(super) outcome: Outcome,
}

/// The place of a purchase: a checkout session or a payment link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Through {
    Session,
    Link,
}

/// The `client_reference_id` of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reference {
    Owner,
    Nothing,
}

/// The outcome of a session's payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    AtOnce,
    Later(Duration),
    Fails(Duration),
}

impl Purchase {
    /// A purchase of quantity 1 at a one-time price. Its session names the owner as its
    /// `client_reference_id`, and has no metadata.
    pub fn of(price: Price) -> Self {
        Self {
            lines: vec![(price, 1)],
            pack: None,
            through: Through::Session,
            reference: Reference::Owner,
            discount: 0,
            tax: 0,
            presented: None,
            outcome: Outcome::AtOnce,
        }
    }

    /// Sets the quantity of the newest price.
    #[must_use]
    pub fn quantity(mut self, quantity: u64) -> Self {
        if let Some(line) = self.lines.last_mut() {
            line.1 = quantity;
        }
        self
    }

    /// Adds another price to the same checkout.
    #[must_use]
    pub fn and(mut self, price: Price) -> Self {
        self.lines.push((price, 1));
        self
    }

    /// With metadata that names the owner and a pack, as sessions of `stripe.start` have it.
    #[must_use]
    pub fn naming_pack(mut self, pack: &str) -> Self {
        self.pack = Some(pack.to_owned());
        self
    }

    /// Through a payment link.
    #[must_use]
    pub fn by_link(mut self) -> Self {
        self.through = Through::Link;
        self
    }

    /// Without a `client_reference_id`: the session names only a customer.
    #[must_use]
    pub fn without_reference(mut self) -> Self {
        self.reference = Reference::Nothing;
        self
    }

    /// With a discount of this amount.
    #[must_use]
    pub fn discounted(mut self, amount: i64) -> Self {
        self.discount = amount;
        self
    }

    /// With exclusive tax of this amount.
    #[must_use]
    pub fn taxed(mut self, amount: i64) -> Self {
        self.tax = amount;
        self
    }

    /// Adaptive pricing: the buyer sees and pays this total in another currency. Before basil the session and
    /// the payment are in that currency.
    #[must_use]
    pub fn presented_in(mut self, currency: &str, total: i64) -> Self {
        self.presented = Some((currency.to_owned(), total));
        self
    }

    /// The payment succeeds after this time, by which the account's time advances.
    #[must_use]
    pub fn paid_after(mut self, time: Duration) -> Self {
        self.outcome = Outcome::Later(time);
        self
    }

    /// The payment fails after this time, by which the account's time advances.
    #[must_use]
    pub fn failing_after(mut self, time: Duration) -> Self {
        self.outcome = Outcome::Fails(time);
        self
    }
}
