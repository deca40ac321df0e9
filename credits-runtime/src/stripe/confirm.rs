//! Confirming: applies a paid checkout when its buyer comes back, before the webhook arrives.
//!
//! It does not know which credits follow: the session, its subscription and its invoice are applied like the events that
//! Stripe sends about them.

use std::time::Duration;

use serde_json::{Value, json};

use super::client::Client;
use super::error::StripeError;
use super::lists::is_id;
use super::receive::NotApplied;
use super::settings::{Mode, Stripe, Waits};
use super::shape::Shape;
use crate::domain::ids::excerpt;
use crate::domain::time::Timestamp;
use crate::engine::request::reply::block_on;
use crate::generated::Pricing;

/// Time after the beginning of a checkout in which it can be confirmed. A checkout is open for at most a day.
const CONFIRMED_WITHIN: Duration = Duration::from_hours(3 * 24);

/// State of a checkout that was confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Confirmed {
    /// It is paid, or nothing had to be paid, and the ledger has it: the credits that are due are in the wallet.
    Paid,
    /// It is paid, and the ledger has no owner or no price for it: see [`unresolved`](crate::Credits::unresolved).
    Unresolved,
    /// It is complete, and began more than 3 days ago. Webhooks gave its credits, and it is not applied again.
    Earlier,
    /// It is complete and its payment is in progress, as of a bank debit: a webhook will give the credits.
    Processing,
    /// The buyer has not completed it.
    Open,
    /// It was not completed in time.
    Expired,
}

/// The objects of a checkout.
struct Objects {
    session: Value,
    subscription: Option<Value>,
    invoice: Option<Value>,
}

impl<C: Pricing> Stripe<C> {
    /// Reads a checkout session at Stripe and, if it is paid, applies it with its subscription and invoice. Call it on the
    /// page to which the buyer returns: the credits are there although the webhook may be late. The webhook that comes later
    /// gives nothing, and another call writes nothing.
    ///
    /// Stripe puts the session's id into the address of that page where it has `{CHECKOUT_SESSION_ID}`:
    /// `.success("https://example.com/thanks?session={CHECKOUT_SESSION_ID}")`. An id that somebody else sends does no harm:
    /// the credits go to the session's owner, and a checkout that began more than 3 days ago is not applied.
    ///
    /// It blocks until Stripe has responded and the ledger has committed; [`confirm_async`](Self::confirm_async) does not
    /// block.
    ///
    /// Errors in order: [`SessionInvalid`](StripeError::SessionInvalid), Stripe's,
    /// [`Unreadable`](StripeError::Unreadable), the ledger's.
    ///
    /// ```
    /// # mod app {
    /// credits_runtime::usage_credits! {
    ///     credit_pack boost { stripe_price "price_boost" gives 500.credits costs 9.dollars }
    ///     operation step { costs 1.credit }
    /// }
    /// # }
    /// # use app::*;
    /// use credits_runtime::stripe::{Confirmed, SellPack as _};
    /// use credits_runtime::testing::ManualClock;
    /// use credits_runtime::testing::stripe::{Account, Price, Shape};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let clock = ManualClock::at("2026-01-31T00:00:00Z".parse()?);
    /// let mut account = Account::new(Shape::Clover, "2026-01-31T00:00:00Z".parse()?);
    /// account.add_price(Price::once("price_boost", 900));
    /// let credits = Credits::builder().clock(clock.clone()).in_memory()?;
    /// let stripe = credits.stripe("sk_test_1").webhook_secret(account.secret()).transport(account.transport()).build()?;
    ///
    /// let session = stripe.start(Pack::Boost.checkout("user:42").success("https://example.com/thanks"))?;
    /// account.complete(&session.id);
    /// assert_eq!(stripe.confirm(&session.id)?, Confirmed::Paid);
    /// assert_eq!(credits.wallet("user:42").credits()?, 500);
    /// account.deliver(&stripe, &clock);
    /// assert_eq!(credits.wallet("user:42").credits()?, 500);
    /// # Ok(())
    /// # }
    /// ```
    pub fn confirm(&self, session: impl AsRef<str>) -> Result<Confirmed, StripeError> {
        block_on(self.confirmed(session.as_ref().to_owned(), Waits::Here))
    }

    /// [`confirm`](Self::confirm) for a task of any executor: the requests to Stripe are made on a background thread, and the
    /// ledger's commit is awaited.
    ///
    /// Errors: those of [`confirm`](Self::confirm), and [`Busy`](StripeError::Busy) before the requests.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { credit_pack boost { stripe_price "price_boost" gives 500.credits costs 9.dollars } operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use credits_runtime::stripe::{Confirmed, Stripe, StripeError};
    ///
    /// /// The page to which the buyer returns.
    /// async fn thanks(stripe: &Stripe<Pricing>, session: &str) -> Result<&'static str, StripeError> {
    ///     Ok(match stripe.confirm_async(session).await? {
    ///         Confirmed::Paid => "Your credits are there.",
    ///         _ => "Your credits come as soon as the payment does.",
    ///     })
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn confirm_async(
        &self,
        session: impl AsRef<str>,
    ) -> impl Future<Output = Result<Confirmed, StripeError>> + Send {
        self.confirmed(session.as_ref().to_owned(), Waits::InBackground)
    }

    async fn confirmed(&self, id: String, waits: Waits) -> Result<Confirmed, StripeError> {
        if !is_id(&id) {
            return Err(StripeError::SessionInvalid { session: excerpt(&id) });
        }
        let objects = self.shared.ask(waits, move |client| Objects::read(client, &id)).await?;
        if Shape(&objects.session).is(&["livemode"]) != (self.shared.mode == Mode::Live) {
            return Err(StripeError::Unreadable(
                "the session is of the other mode, live or test, than the key".to_owned(),
            ));
        }
        let state = objects.state();
        if matches!(state, Confirmed::Open | Confirmed::Expired) {
            return Ok(state);
        }
        let now = self.credits.now();
        if objects.began_at()? < now.before(CONFIRMED_WITHIN) {
            return Ok(Confirmed::Earlier);
        }
        // What the ledger has is not applied again: its own times come from the webhooks.
        let has_sale = self.has(objects.sale())?;
        let has_invoice = self.has(objects.invoice.as_ref())?;
        for event in objects.events(now.microseconds() / 1_000_000, has_sale, has_invoice) {
            self.apply(&event, waits)
                .await
                .map_err(|(NotApplied::Final(error) | NotApplied::Passing(error))| error)?;
        }
        if state == Confirmed::Paid && !self.has(objects.sale())? {
            Ok(Confirmed::Unresolved)
        } else {
            Ok(state)
        }
    }

    /// Whether the ledger has an object as an owner's.
    fn has(&self, object: Option<&Value>) -> Result<bool, StripeError> {
        let id = object.and_then(|object| Shape(object).object(&["id"]));
        Ok(id.map_or(Ok(false), |id| self.credits.has_billed(&id))?)
    }
}

impl Objects {
    fn read(client: &Client, id: &str) -> Result<Self, StripeError> {
        let session = client.get(&format!("/v1/checkout/sessions/{id}"), &[], None)?;
        let read = |name: &str, folder: &str| {
            let id = Shape(&session).id(&[name]).filter(|id| is_id(id));
            id.map(|id| client.get(&format!("/v1/{folder}/{id}"), &[], None)).transpose()
        };
        // The session of a pack may have an invoice too, which its own webhook brings.
        let is_subscription = Shape(&session).text(&["mode"]) == Some("subscription");
        let (subscription, invoice) = if is_subscription {
            (read("subscription", "subscriptions")?, read("invoice", "invoices")?)
        } else {
            (None, None)
        };
        Ok(Self { session, subscription, invoice })
    }

    fn state(&self) -> Confirmed {
        let session = Shape(&self.session);
        match (session.text(&["status"]), session.text(&["payment_status"])) {
            (Some("open"), _) => Confirmed::Open,
            (Some("expired"), _) => Confirmed::Expired,
            (_, Some("paid" | "no_payment_required")) => Confirmed::Paid,
            _ => Confirmed::Processing,
        }
    }

    /// When the session was made.
    fn began_at(&self) -> Result<Timestamp, StripeError> {
        let session = Shape(&self.session);
        let time = session.need(session.time(&["created"]), "created");
        time.map_err(|malformed| StripeError::Unreadable(malformed.to_string()))
    }

    /// What the session sold: its subscription, or itself if it sold packs.
    fn sale(&self) -> Option<&Value> {
        self.subscription.as_ref().or(Some(&self.session))
    }

    /// The events that bring the objects, without those that the ledger has. The subscription has the time at which it
    /// was made, so that each event that Stripe sends about a change is newer.
    fn events(&self, now: i64, has_sale: bool, has_invoice: bool) -> impl Iterator<Item = Value> {
        let live = Shape(&self.session).is(&["livemode"]);
        let event = move |kind: &str, created: i64, object: &Value| json!({ "type": kind, "created": created, "livemode": live, "data": { "object": object } });
        let session = (!has_sale).then(|| event("checkout.session.completed", now, &self.session));
        let subscription = self.subscription.as_ref().filter(|_| !has_sale).map(|subscription| {
            let made_at = Shape(subscription).integer(&["created", "start_date"]).unwrap_or(now);
            event("customer.subscription.created", made_at, subscription)
        });
        let invoice = self.invoice.as_ref().filter(|_| !has_invoice);
        let invoice = invoice.map(|invoice| event("invoice.paid", now, invoice));
        [session, subscription, invoice].into_iter().flatten()
    }
}
