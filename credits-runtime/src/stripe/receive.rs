//! Receiving: a delivery is verified, translated, and answered only when what it says is durable.

use serde_json::Value;

use super::client::StripeError;
use super::settings::{Mode, Stripe};
use super::signature::verify;
use super::translate::{Translated, translate};
use crate::domain::billing::event::BillingEvent;
use crate::domain::limits::WEBHOOK_BYTES_MAX;
use crate::domain::rejection::Rejection;
use crate::error::Error;
use crate::generated::Pricing;

/// The header that Stripe signs deliveries in.
pub const SIGNATURE_HEADER: &str = "stripe-signature";

/// What to answer Stripe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "it is the answer to Stripe"]
pub struct Answer {
    /// Of HTTP: 200 once it is durable, 400 if it is not Stripe's or cannot be read, 500 to have it sent again.
    pub status: u16,
    /// What to say; the reason of a refusal is in the log alone.
    pub body: &'static str,
}

impl Answer {
    const DONE: Self = Self { status: 200, body: "ok" };
    const REFUSED: Self = Self { status: 400, body: "refused" };
    const LATER: Self = Self { status: 500, body: "later" };
}

/// Why an event was not applied.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotApplied {
    #[error("{0}")]
    Malformed(String),
    #[error(transparent)]
    Stripe(#[from] StripeError),
    #[error(transparent)]
    Ledger(#[from] Error),
}

impl<C: Pricing> Stripe<C> {
    /// Receives a webhook of any web framework: the request's headers, and its body as it came.
    ///
    /// It waits for the ledger's commit, and now and then for Stripe: call it where blocking is fine, such as in
    /// `spawn_blocking`.
    pub fn receive<N: AsRef<str>, V: AsRef<[u8]>>(
        &self,
        headers: impl IntoIterator<Item = (N, V)>,
        body: impl AsRef<[u8]>,
    ) -> Answer {
        let body = body.as_ref();
        if body.len() > WEBHOOK_BYTES_MAX {
            tracing::warn!(bytes = body.len(), "a webhook is refused: it is larger than events are");
            return Answer::REFUSED;
        }
        let signature = headers.into_iter().find_map(|(name, value)| {
            let is_signature = name.as_ref().eq_ignore_ascii_case(SIGNATURE_HEADER);
            is_signature.then(|| String::from_utf8_lossy(value.as_ref()).into_owned())
        });
        let now = self.credits.now();
        if let Err(refused) = verify(&self.shared.secrets, signature.as_deref(), body, now) {
            tracing::warn!(%refused, "a webhook is refused");
            return Answer::REFUSED;
        }
        let event: Value = match serde_json::from_slice(body) {
            Ok(event) => event,
            Err(error) => {
                tracing::warn!(%error, "a webhook is refused: its body cannot be read");
                return Answer::REFUSED;
            }
        };
        let id = event.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        match self.apply(event) {
            Ok(_) => Answer::DONE,
            Err(NotApplied::Malformed(what)) => {
                tracing::warn!(id, what, "a webhook is refused");
                Answer::REFUSED
            }
            Err(error) => {
                tracing::error!(id, %error, "a webhook could not be applied; Stripe sends it again");
                Answer::LATER
            }
        }
    }

    /// Applies an event; answers whether it said anything new.
    pub(super) fn apply(&self, event: Value) -> Result<bool, NotApplied> {
        if event.get("object").and_then(Value::as_str) == Some("v2.core.event") {
            let what = "it is a thin event, which says too little: choose snapshot events for this endpoint";
            return Err(NotApplied::Malformed(what.to_owned()));
        }
        let is_live = event.get("livemode").and_then(Value::as_bool).unwrap_or(false);
        if is_live != (self.shared.mode == Mode::Live) {
            tracing::warn!(is_live, "an event of the other mode is not applied");
            return Ok(false);
        }
        let events = self.translated(event)?;
        // All are asked before any is waited for, so that they share a commit.
        let replies: Vec<_> = events.into_iter().map(|event| self.credits.receive(event)).collect();
        let mut is_new = false;
        for reply in replies {
            match reply.wait() {
                Ok(received) => is_new |= received.is_new,
                // It will not be smaller when it is sent again.
                Err(Error::Rejected(rejection @ Rejection::BillingEventTooLarge { .. })) => {
                    return Err(NotApplied::Malformed(rejection.to_string()));
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(is_new)
    }

    fn translated(&self, mut event: Value) -> Result<Vec<BillingEvent>, NotApplied> {
        self.complete_session(&mut event)?;
        match translate(&event).map_err(|malformed| NotApplied::Malformed(malformed.to_string()))? {
            Translated::Happened(events) => Ok(events),
            Translated::Nothing => {
                let kind = event.get("type").and_then(Value::as_str).unwrap_or_default();
                tracing::debug!(kind, "an event is noted: credits do not depend on it");
                Ok(Vec::new())
            }
            Translated::Incomplete { path } => {
                let lines = self.all(&path)?;
                if let Some(list) = event.pointer_mut("/data/object/lines") {
                    *list = serde_json::json!({ "data": lines, "has_more": false });
                }
                match translate(&event).map_err(|malformed| NotApplied::Malformed(malformed.to_string()))? {
                    Translated::Happened(events) => Ok(events),
                    Translated::Nothing | Translated::Incomplete { .. } => Ok(Vec::new()),
                }
            }
        }
    }

    /// A checkout that says neither which pack it sold nor its prices is read again, with them.
    fn complete_session(&self, event: &mut Value) -> Result<(), StripeError> {
        let is_sale = event.pointer("/data/object/object").and_then(Value::as_str)
            == Some("checkout.session")
            && event.pointer("/data/object/mode").and_then(Value::as_str) == Some("payment");
        let says = event.pointer("/data/object/line_items/data").is_some_and(|lines| !lines.is_null())
            || event.pointer("/data/object/metadata/credits_pack").is_some_and(Value::is_string);
        let Some(id) = event.pointer("/data/object/id").and_then(Value::as_str).filter(|_| is_sale && !says)
        else {
            return Ok(());
        };
        let lines = self.all(&format!("/v1/checkout/sessions/{id}/line_items"))?;
        if let Some(session) = event.pointer_mut("/data/object").and_then(Value::as_object_mut) {
            session.insert("line_items".to_owned(), serde_json::json!({ "data": lines }));
        }
        Ok(())
    }

    /// Every member of a list of Stripe's.
    pub(super) fn all(&self, path: &str) -> Result<Vec<Value>, StripeError> {
        let mut members = Vec::new();
        self.pages(path, &[], |page| {
            members.extend(page);
            Ok(())
        })?;
        Ok(members)
    }

    /// Every page of a list of Stripe's, as it is read.
    pub(super) fn pages(
        &self,
        path: &str,
        query: &[(String, String)],
        mut each: impl FnMut(Vec<Value>) -> Result<(), StripeError>,
    ) -> Result<(), StripeError> {
        let client = self.client()?;
        let mut after: Option<String> = None;
        loop {
            let mut query = query.to_vec();
            query.push(("limit".to_owned(), "100".to_owned()));
            query.extend(after.map(|after| ("starting_after".to_owned(), after)));
            let mut page = client.get(path, &query)?;
            let has_more = page.get("has_more").and_then(Value::as_bool).unwrap_or(false);
            let Some(Value::Array(members)) = page.get_mut("data").map(Value::take) else {
                return Err(StripeError::Unreadable(format!("`{path}` has no list")));
            };
            after = members.last().and_then(|last| Some(last.get("id")?.as_str()?.to_owned()));
            each(members)?;
            if !has_more || after.is_none() {
                return Ok(());
            }
        }
    }
}
