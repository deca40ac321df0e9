//! Refunds of purchases: Stripe returns the money, and the ledger takes the credits back at once.
//!
//! It does not know which credits are taken: the refund is applied like the event that Stripe sends about it.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::client::Client;
use super::error::StripeError;
use super::receive::NotApplied;
use super::settings::{Mode, Stripe, Waits};
use super::shape::Shape;
use crate::domain::ids::ObjectId;
use crate::engine::request::reply::block_on;
use crate::generated::Pricing;
use crate::service::billing::Purchase;

/// A refund of a purchase, of everything that is left of its payment unless an amount is set: make it with
/// [`Stripe::refund`].
#[derive(Clone, Debug)]
#[must_use = "nothing is refunded until `stripe.refund(..)`"]
pub struct Refund {
    session: ObjectId,
    payment: Option<ObjectId>,
    paid: i64,
    amount: Option<i64>,
    parameters: Vec<(String, String)>,
    key: String,
}

/// A refund that Stripe has made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Refunded {
    /// Its id at Stripe: `re_..`.
    pub id: ObjectId,
    /// The returned amount in minor units of the currency.
    pub amount: i64,
    /// ISO 4217, in lower case.
    pub currency: String,
    /// Stripe's `status`: `succeeded`, or `pending` or `requires_action` until it is carried out. One that fails later gives
    /// the credits back.
    pub status: String,
}

/// Parameters that the refund decides itself, and the owner, who follows from the payment.
const PROTECTED: &[&str] = &["payment_intent", "charge", "amount", "metadata[credits_owner]"];

impl Refund {
    /// A refund of a purchase of [`Wallet::purchases`](crate::Wallet::purchases), under an idempotency key: sent again under the
    /// same key, it is made once. Stripe keeps keys for at least 24 hours.
    pub fn of(purchase: &Purchase, key: impl Into<String>) -> Self {
        Self {
            session: purchase.session.clone(),
            payment: purchase.payment.clone(),
            paid: purchase.paid,
            amount: None,
            parameters: Vec::new(),
            key: key.into(),
        }
    }

    /// Returns this amount alone, in minor units of the purchase's currency: from 1 to what was paid.
    pub fn amount(mut self, minor: i64) -> Self {
        self.amount = Some(minor);
        self
    }

    /// Any other parameter of Stripe's, as its API names it: `reason`, `metadata[ticket]`. Payment and amount are decided by
    /// the refund.
    pub fn option(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parameters.push((name.into(), value.into()));
        self
    }

    /// The payment that is refunded, and the parameters of the request.
    fn request(self) -> Result<(Vec<(String, String)>, String), StripeError> {
        let Self { session, payment, paid, amount, parameters, key } = self;
        // A payment of a connected account has the account before it.
        let payment = payment.filter(|payment| !payment.as_str().contains('/'));
        let payment = payment.ok_or_else(|| StripeError::NotRefundable { purchase: session.to_string() })?;
        if let Some(amount) = amount.filter(|amount| !(1..=paid).contains(amount)) {
            return Err(StripeError::RefundAmount { amount, paid });
        }
        if let Some((option, _)) = parameters.iter().find(|(name, _)| PROTECTED.contains(&&name[..])) {
            return Err(StripeError::OptionProtected { option: option.clone() });
        }
        let kind = if payment.as_str().starts_with("ch_") { "charge" } else { "payment_intent" };
        let mut fields = vec![(kind.to_owned(), payment.to_string())];
        fields.extend(amount.map(|amount| ("amount".to_owned(), amount.to_string())));
        fields.extend(parameters);
        Ok((fields, key))
    }
}

impl<C: Pricing> Stripe<C> {
    /// Returns the money of a purchase, and takes its credits back: of `given` credits for `paid`, a refund of `amount` takes
    /// `given x amount / paid`, rounded up once for all refunds of the purchase; those that are spent become debt. The webhook
    /// that comes later changes nothing. If the ledger fails after Stripe has made the refund, that webhook takes the credits,
    /// and so does the same refund under the same key.
    ///
    /// Credits that expired or were revoked count as taken, and `refunded_but_spent forgive` forgives the spent ones.
    ///
    /// It blocks until Stripe has responded and the ledger has committed; [`refund_async`](Self::refund_async) does not block.
    ///
    /// Errors in order: [`NotRefundable`](StripeError::NotRefundable), [`RefundAmount`](StripeError::RefundAmount),
    /// [`OptionProtected`](StripeError::OptionProtected), [`RefundKeyReused`](StripeError::RefundKeyReused),
    /// [`RefundRefused`](StripeError::RefundRefused) with Stripe's message, Stripe's others,
    /// [`RefundUnbooked`](StripeError::RefundUnbooked) after the refund was made. After another error than the first five the
    /// refund may have been made: send it again under its key, or look at it at Stripe.
    ///
    /// ```
    /// # mod app {
    /// credits_runtime::usage_credits! {
    ///     credit_pack boost { stripe_price "price_boost" gives 500.credits costs 9.dollars }
    ///     operation step { costs 1.credit }
    /// }
    /// # }
    /// # use app::*;
    /// use credits_runtime::stripe::Refund;
    /// use credits_runtime::testing::ManualClock;
    /// use credits_runtime::testing::stripe::{Account, Shape};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let clock = ManualClock::at("2026-01-31T00:00:00Z".parse()?);
    /// let mut account = Account::new(Shape::Clover, "2026-01-31T00:00:00Z".parse()?);
    /// let credits = Credits::builder().clock(clock.clone()).in_memory()?;
    /// let stripe = credits.stripe("sk_test_1").webhook_secret(account.secret()).transport(account.transport()).build()?;
    /// account.buy("user:42", "boost", 900, None);
    /// account.deliver(&stripe, &clock);
    ///
    /// let user = credits.wallet("user:42");
    /// let purchase = user.purchases()?.remove(0);
    /// let refunded = stripe.refund(Refund::of(&purchase, "ticket-17").amount(450))?;
    /// assert_eq!((refunded.amount, user.credits()?.get()), (450, 250));
    /// account.deliver(&stripe, &clock);
    /// assert_eq!(user.credits()?, 250);
    /// # Ok(())
    /// # }
    /// ```
    pub fn refund(&self, refund: Refund) -> Result<Refunded, StripeError> {
        block_on(self.refunded(refund, Waits::Here))
    }

    /// [`refund`](Self::refund) for a task of any executor: the request to Stripe is made on a background thread, and the
    /// ledger's commit is awaited. If the future is dropped early, Stripe may make the refund, and its webhook takes the credits.
    ///
    /// Errors: those of [`refund`](Self::refund), and [`Busy`](StripeError::Busy) before the request.
    ///
    /// ```no_run
    /// # credits_runtime::usage_credits! {
    /// #     credit_pack boost { gives 500.credits costs 9.dollars }
    /// #     operation step { costs 1.credit }
    /// # }
    /// use credits_runtime::billing::Purchase;
    /// use credits_runtime::stripe::{Refund, Stripe, StripeError};
    ///
    /// async fn give_back(stripe: &Stripe<Pricing>, purchase: &Purchase) -> Result<i64, StripeError> {
    ///     Ok(stripe.refund_async(Refund::of(purchase, "ticket-17")).await?.amount)
    /// }
    /// # fn main() {}
    /// ```
    pub fn refund_async(&self, refund: Refund) -> impl Future<Output = Result<Refunded, StripeError>> + Send {
        self.refunded(refund, Waits::InBackground)
    }

    async fn refunded(&self, refund: Refund, waits: Waits) -> Result<Refunded, StripeError> {
        let (fields, key) = refund.request()?;
        let post = move |client: &Client| client.post("/v1/refunds", &fields, &key);
        let made = self.shared.ask(waits, post).await.map_err(refused)?;
        let unbooked = |error| StripeError::RefundUnbooked { refund: id_of(&made), source: Box::new(error) };
        let refunded = read(&made).map_err(unbooked)?;
        let event = json!({
            "type": "refund.created",
            // The time of the refund: a later event about it is newer, also than an answer that Stripe had kept for the key.
            "created": Shape(&made).integer(&["created"]),
            "livemode": self.shared.mode == Mode::Live,
            "data": { "object": made },
        });
        let applied = self.apply(&event, waits).await;
        applied.map_err(|(NotApplied::Final(error) | NotApplied::Passing(error))| unbooked(error))?;
        if matches!(&*refunded.status, "failed" | "canceled") {
            let message = format!("the refund {} is `{}`", refunded.id, refunded.status);
            return Err(StripeError::RefundRefused { message: message.into(), code: None });
        }
        Ok(refunded)
    }
}

fn id_of(made: &Value) -> String {
    Shape(made).text(&["id"]).unwrap_or("without an id").to_owned()
}

fn read(made: &Value) -> Result<Refunded, StripeError> {
    let refund = Shape(made);
    let unreadable =
        || StripeError::Unreadable("the refund lacks its id, amount, currency or time".to_owned());
    refund.integer(&["created"]).ok_or_else(unreadable)?;
    Ok(Refunded {
        id: refund.object(&["id"]).ok_or_else(unreadable)?,
        amount: refund.integer(&["amount"]).ok_or_else(unreadable)?,
        currency: refund.text(&["currency"]).ok_or_else(unreadable)?.to_owned(),
        status: refund.text(&["status"]).unwrap_or("succeeded").to_owned(),
    })
}

/// A refusal of the refund itself: of one that returns more than is left, by a key without the right, or under a key that
/// another refund has.
fn refused(error: StripeError) -> StripeError {
    match error {
        StripeError::Refused { kind: Some(kind), .. } if &*kind == "idempotency_error" => {
            StripeError::RefundKeyReused
        }
        StripeError::Refused { status: 400 | 402 | 403, message, code, .. } => {
            StripeError::RefundRefused { message, code }
        }
        error => error,
    }
}
