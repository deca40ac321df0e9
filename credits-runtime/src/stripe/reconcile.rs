//! Reconciliation: applies all of Stripe's events since an instant. Events that were applied before change
//! nothing.
//!
//! It does not know which events were missed.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::StripeError;
use super::receive::NotApplied;
use super::settings::{Stripe, Waits};
use crate::domain::time::Timestamp;
use crate::engine::request::reply::block_on;
use crate::generated::Pricing;

/// Counts of a reconciliation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Reconciled {
    /// Events that were read.
    pub seen: u64,
    /// Events that changed anything.
    pub applied: u64,
    /// Events that cannot be applied, because of their content or because Stripe no longer has a list that
    /// they need.
    pub unreadable: u64,
}

impl<C: Pricing> Stripe<C> {
    /// Reads every event since an instant and applies the missed ones. Stripe keeps events for 30 days.
    /// Repeating it is harmless.
    ///
    /// `progress` is called after each page of 100. It blocks until all pages are read.
    ///
    /// Errors: Stripe's and the ledger's. Events that were applied before the error stay applied. An event
    /// that cannot be applied is counted in [`unreadable`](Reconciled::unreadable) and skipped.
    ///
    /// ```no_run
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// let stripe = credits.stripe("sk_test_1").build()?;
    /// let yesterday = credits.now().before(std::time::Duration::from_secs(86_400));
    /// let reconciled = stripe.reconcile(yesterday, |progress| println!("{} events", progress.seen))?;
    /// println!("{} had been missed", reconciled.applied);
    /// # Ok(())
    /// # }
    /// ```
    pub fn reconcile(
        &self,
        since: Timestamp,
        mut progress: impl FnMut(&Reconciled),
    ) -> Result<Reconciled, StripeError> {
        let mut reconciled = Reconciled::default();
        let seconds = since.microseconds() / 1_000_000;
        let query = [("created[gte]".to_owned(), seconds.to_string())];
        self.shared.client.pages("/v1/events", &query, None, |events| {
            for event in events {
                reconciled.seen += 1;
                let id = event.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
                match block_on(self.apply(&event, Waits::Here)) {
                    Ok(true) => reconciled.applied += 1,
                    Ok(false) => {}
                    Err(NotApplied::Final(error)) => {
                        tracing::warn!(id, %error, "an event cannot be applied");
                        reconciled.unreadable += 1;
                    }
                    Err(NotApplied::Passing(error)) => return Err(error),
                }
            }
            progress(&reconciled);
            Ok(())
        })?;
        Ok(reconciled)
    }
}
