//! Receiving: verifies and translates a delivery, and responds to it only when its events are durable.
//!
//! It does not know the fields of Stripe's objects, nor the effect of an event.

use serde_json::Value;

use super::error::StripeError;
use super::lists::{Fetched, is_id};
use super::settings::{Mode, Stripe, Waits};
use super::shape::{Malformed, Shape};
use super::signature::verify;
use super::translate::{Translated, translate};
use crate::domain::billing::event::BillingEvent;
use crate::domain::limits::WEBHOOK_BYTES_MAX;
use crate::domain::rejection::Rejection;
use crate::engine::request::reply::block_on;
use crate::error::Error;
use crate::generated::Pricing;

/// The header with Stripe's signature of a delivery.
pub const SIGNATURE_HEADER: &str = "stripe-signature";

/// The maximum number of lists that are read for one delivery.
const LISTS_MAX: usize = 4;

/// The response to a delivery of Stripe's, with a status from the table of [`receive`](Stripe::receive).
///
/// With the feature `axum` it is a response of axum's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "it is the response to Stripe"]
pub struct WebhookResponse {
    /// The HTTP status: 200, 400 or 500.
    pub status: u16,
    /// A word without details; the reason of a refusal is only in the log.
    pub body: &'static str,
}

impl WebhookResponse {
    pub(super) const DONE: Self = Self { status: 200, body: "ok" };
    pub(super) const REFUSED: Self = Self { status: 400, body: "refused" };
    pub(super) const LATER: Self = Self { status: 500, body: "later" };
}

/// Reason why an event was not applied.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotApplied {
    /// The event fails whenever it is sent.
    #[error(transparent)]
    Final(StripeError),
    /// The cause passes.
    #[error(transparent)]
    Passing(StripeError),
}

impl From<Malformed> for NotApplied {
    fn from(malformed: Malformed) -> Self {
        Self::Final(StripeError::Unreadable(malformed.to_string()))
    }
}

impl From<Error> for NotApplied {
    fn from(error: Error) -> Self {
        match error {
            // Transient: it succeeds once the clock is confirmed.
            Error::Rejected(Rejection::ClockUnconfirmed { .. }) | Error::Ledger(_) => {
                Self::Passing(error.into())
            }
            // Permanent: the event stays too large.
            Error::Rejected(_) => Self::Final(error.into()),
        }
    }
}

impl<C: Pricing> Stripe<C> {
    /// Receives a webhook of any web framework: the request's headers, and its unchanged body.
    ///
    /// | status | when |
    /// |---|---|
    /// | 200 | the event is durable, or was before; or credits do not depend on it; or it is of the other mode, live or test, than the key |
    /// | 400 | it is not Stripe's, or not current: the signature is missing, unreadable, made with none of the secrets, or more than 300 seconds from the clock |
    /// | 400 | it would fail again: larger than [`WEBHOOK_BYTES_MAX`](crate::limits::WEBHOOK_BYTES_MAX), no JSON, a thin event, a field that is missing or of another kind, an event above [`EVENT_BYTES_MAX`](crate::limits::EVENT_BYTES_MAX) |
    /// | 400 | it has only a part of a list, and Stripe refuses the whole for good: with a status of 400 to 499 other than 401, 403, 409 and 429, or because the list has more than 10,000 members |
    /// | 500 | the cause passes: the ledger cannot commit now, or its clock is unconfirmed; Stripe cannot be reached, is busy or down; or the key is not accepted (401, 403), until it is put right |
    ///
    /// Stripe sends a delivery again after any status but 2xx, for up to three days. After a 500 it is
    /// applied then; a 400 needs an operator, who finds the reason in the log: warnings for 400, errors for
    /// 500. A delivery is applied once, however often it is sent.
    ///
    /// It blocks until the ledger has committed, and for Stripe's responses if a list is read: call it where
    /// blocking is allowed, such as in `spawn_blocking`. [`receive_async`](Self::receive_async) does not
    /// block.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// let stripe = credits.stripe("sk_test_1").webhook_secret("whsec_1").build()?;
    /// let headers = [("Stripe-Signature", "t=1,v1=00")];
    /// assert_eq!(stripe.receive(headers, "{}").status, 400); // nobody with the secret signed it
    /// # Ok(())
    /// # }
    /// ```
    pub fn receive<N: AsRef<str>, V: AsRef<[u8]>>(
        &self,
        headers: impl IntoIterator<Item = (N, V)>,
        body: impl AsRef<[u8]>,
    ) -> WebhookResponse {
        match self.verified(headers, body.as_ref()) {
            Ok(event) => block_on(self.respond(event, Waits::Here)),
            Err(refused) => refused,
        }
    }

    /// [`receive`](Self::receive) for a task of any executor: requests to Stripe are made on up to 4
    /// background threads, and the ledger's commit is awaited.
    ///
    /// The call itself checks the signature; the future does the rest. If the future is dropped early, Stripe
    /// gets no response and sends the delivery again. Events that the future sent to the ledger before may be
    /// applied, and are applied only once.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation upscale { costs 20.credits } }
    /// use credits_runtime::stripe::{WebhookResponse, Stripe};
    ///
    /// async fn webhook(stripe: &Stripe<Pricing>, headers: Vec<(String, String)>, body: &[u8]) -> WebhookResponse {
    ///     stripe.receive_async(headers, body).await
    /// }
    /// # fn main() {}
    /// ```
    pub fn receive_async<N: AsRef<str>, V: AsRef<[u8]>>(
        &self,
        headers: impl IntoIterator<Item = (N, V)>,
        body: impl AsRef<[u8]>,
    ) -> impl Future<Output = WebhookResponse> + Send {
        let verified = self.verified(headers, body.as_ref());
        async move {
            match verified {
                Ok(event) => self.respond(event, Waits::InBackground).await,
                Err(refused) => refused,
            }
        }
    }

    /// The event of a delivery with a valid signature.
    fn verified<N: AsRef<str>, V: AsRef<[u8]>>(
        &self,
        headers: impl IntoIterator<Item = (N, V)>,
        body: &[u8],
    ) -> Result<Value, WebhookResponse> {
        if body.len() > WEBHOOK_BYTES_MAX {
            tracing::warn!(bytes = body.len(), "a webhook is refused: it is larger than events are");
            return Err(WebhookResponse::REFUSED);
        }
        let signature = headers.into_iter().find_map(|(name, value)| {
            let is_signature = name.as_ref().eq_ignore_ascii_case(SIGNATURE_HEADER);
            is_signature.then(|| value.as_ref().to_vec())
        });
        let now = self.credits.clock_reading();
        if let Err(refused) = verify(&self.shared.secrets, signature.as_deref(), body, now) {
            tracing::warn!(%refused, "a webhook is refused");
            return Err(WebhookResponse::REFUSED);
        }
        serde_json::from_slice(body).map_err(|error| {
            tracing::warn!(%error, "a webhook is refused: its body cannot be read");
            WebhookResponse::REFUSED
        })
    }

    async fn respond(&self, event: Value, waits: Waits) -> WebhookResponse {
        let id = event.get("id").and_then(Value::as_str).unwrap_or_default();
        match self.apply(&event, waits).await {
            Ok(_) => WebhookResponse::DONE,
            Err(NotApplied::Final(error)) => {
                tracing::warn!(id, %error, "a webhook is refused");
                WebhookResponse::REFUSED
            }
            Err(error) => {
                tracing::error!(id, %error, "a webhook could not be applied; Stripe sends it again");
                WebhookResponse::LATER
            }
        }
    }

    /// Applies an event; returns whether it changed anything.
    pub(super) async fn apply(&self, event: &Value, waits: Waits) -> Result<bool, NotApplied> {
        if event.get("object").and_then(Value::as_str) == Some("v2.core.event") {
            let what = "it is a thin event, which says too little: choose snapshot events for this endpoint";
            return Err(NotApplied::Final(StripeError::Unreadable(what.to_owned())));
        }
        let is_live = event.get("livemode").and_then(Value::as_bool).unwrap_or(false);
        if is_live != (self.shared.mode == Mode::Live) {
            tracing::warn!(is_live, "an event of the other mode is not applied");
            return Ok(false);
        }
        let events = self.translated(event, waits).await?;
        // All are sent before any is waited for, so that they share a commit.
        let replies: Vec<_> = events.into_iter().map(|event| self.credits.receive(event)).collect();
        let mut is_new = false;
        for reply in replies {
            is_new |= reply.await?.is_new;
        }
        Ok(is_new)
    }

    /// Translates an event, and reads the lists that it lacks.
    async fn translated(&self, event: &Value, waits: Waits) -> Result<Vec<BillingEvent>, NotApplied> {
        let mut fetched = Fetched::default();
        for count in 0..=LISTS_MAX {
            match translate(event, &fetched, self.shared.reading)? {
                Translated::Happened(events) => return Ok(events),
                Translated::Nothing => {
                    let kind = event.get("type").and_then(Value::as_str).unwrap_or_default();
                    tracing::debug!(kind, "an event is noted: credits do not depend on it");
                    return Ok(Vec::new());
                }
                Translated::Needs { .. } if count == LISTS_MAX => {}
                // The offer of a checkout that the ledger began has its items.
                Translated::Needs { path } if self.is_offered(event)? => fetched.insert(path, Vec::new()),
                Translated::Needs { path } => {
                    let members = self.list(Shape(event), &path, waits).await?;
                    fetched.insert(path, members);
                }
            }
        }
        Err(NotApplied::Final(StripeError::Unreadable(format!("it needs more than {LISTS_MAX} lists"))))
    }

    /// Whether an event is about a checkout that the ledger has an offer of.
    fn is_offered(&self, event: &Value) -> Result<bool, NotApplied> {
        let session = Shape(event).at(&["data.object"]);
        let session = session.filter(|it| it.text(&["object"]) == Some("checkout.session"));
        let Some(session) = session.and_then(|session| session.object(&["id"])) else { return Ok(false) };
        Ok(self.credits.has_offer(&session)?)
    }

    /// A whole list at Stripe, of the event's account.
    async fn list(&self, event: Shape<'_>, path: &str, waits: Waits) -> Result<Vec<Value>, NotApplied> {
        let account = match event.text(&["account"]) {
            Some(account) if !is_id(account) => event.need(None, "account")?,
            account => account.map(str::to_owned),
        };
        let path = path.to_owned();
        let listed = self.shared.ask(waits, move |client| client.list(&path, account.as_deref())).await;
        listed.map_err(
            |error| {
                if error.is_final() { NotApplied::Final(error) } else { NotApplied::Passing(error) }
            },
        )
    }
}
