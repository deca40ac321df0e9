//! Settings of a ledger's connection with Stripe.
//!
//! It does not know which requests are made.

use std::sync::Arc;

use super::background::{Background, NotTaken};
use super::client::{Client, Transport, Ureq};
use super::error::StripeError;
use super::secret::Secret;
use super::translate::Reading;
use crate::generated::Pricing;
use crate::service::credits::Credits;

/// A ledger's connection with Stripe: receives webhooks, begins checkouts, reads missed events. Cheap to
/// clone.
pub struct Stripe<C> {
    pub(super) credits: Credits<C>,
    pub(super) shared: Arc<Shared>,
}

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) client: Arc<Client>,
    pub(super) secrets: Vec<Secret>,
    pub(super) mode: Mode,
    pub(super) environments: &'static [&'static str],
    pub(super) reading: Reading,
    pub(super) background: Background,
}

/// The thread that waits for Stripe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waits {
    /// The caller's: it may block.
    Here,
    /// One in the background: the caller's belongs to an executor.
    InBackground,
}

/// Stripe's live or test mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Live,
    Test,
}

impl Mode {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Test => "test",
        }
    }

    fn of_key(key: &str) -> Option<Self> {
        let (kind, rest) = key.split_once('_')?;
        let (mode, secret) = rest.split_once('_')?;
        match (kind, mode) {
            ("sk" | "rk", "live") if !secret.is_empty() => Some(Self::Live),
            ("sk" | "rk", "test") if !secret.is_empty() => Some(Self::Test),
            _ => None,
        }
    }
}

/// Settings of a connection with Stripe: see [`Credits::stripe`].
#[must_use = "nothing is connected until `.build()`"]
pub struct StripeBuilder<C> {
    credits: Credits<C>,
    key: Secret,
    secrets: Vec<Secret>,
    base: String,
    reading: Reading,
    transport: Option<Box<dyn Transport>>,
}

impl<C: Pricing> Credits<C> {
    /// Connects the ledger with Stripe, with a secret or restricted key: `sk_test_..`, `rk_live_..`. The
    /// key's mode, live or test, decides which events count and which prices are used. Finish with
    /// `.build()`.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// let stripe = credits.stripe("sk_test_1").webhook_secret("whsec_1").build()?; // no request is sent yet
    /// # drop(stripe);
    /// # Ok(())
    /// # }
    /// ```
    pub fn stripe(&self, secret_key: impl Into<String>) -> StripeBuilder<C> {
        let (credits, key) = (self.clone(), Secret::new(secret_key));
        let base = "https://api.stripe.com".to_owned();
        let reading = Reading { packs: C::CATALOGUE.packs, ..Reading::default() };
        StripeBuilder { credits, key, secrets: Vec::new(), base, reading, transport: None }
    }
}

impl<C: Pricing> StripeBuilder<C> {
    /// Adds a secret that webhooks are signed with: `whsec_..`. While a secret is rolled there are two: call
    /// this for each. Without any, every delivery is refused with 400.
    pub fn webhook_secret(mut self, secret: impl Into<String>) -> Self {
        self.secrets.push(Secret::new(secret));
        self
    }

    /// Sets the address of Stripe's API, such as a proxy or a test server; `https://api.stripe.com` unless
    /// set.
    pub fn address(mut self, base: impl Into<String>) -> Self {
        self.base = base.into();
        self
    }

    /// Reads the `client_reference_id` of every checkout as its owner.
    ///
    /// Checkouts that [`Stripe::start`] began name their owner in any case. Of others, such as those of
    /// payment links and pricing tables, `metadata.credits_owner` alone names it unless this is set, because
    /// applications put order numbers in `client_reference_id` too. Set it if owners are passed there, as in
    /// `https://buy.stripe.com/..?client_reference_id=user_42`. An owner that is named this way has this
    /// checkout and its subscription, not the customer: later purchases of that customer name their owner
    /// themselves.
    pub fn client_reference_ids_name_owners(mut self) -> Self {
        self.reading.names_owners = true;
        self
    }

    /// Sends requests through this transport instead of ureq.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Box::new(transport));
        self
    }

    /// Connects the ledger. No request is sent to Stripe yet, so a key that Stripe does not accept fails
    /// later.
    ///
    /// Errors in order: [`KeyMissing`](StripeError::KeyMissing), [`KeyInvalid`](StripeError::KeyInvalid),
    /// [`SecretEmpty`](StripeError::SecretEmpty), [`EnvironmentUnknown`](StripeError::EnvironmentUnknown).
    pub fn build(self) -> Result<Stripe<C>, StripeError> {
        let Self { credits, key, secrets, base, reading, transport } = self;
        if key.expose().trim().is_empty() {
            return Err(StripeError::KeyMissing);
        }
        let mode = Mode::of_key(key.expose()).ok_or(StripeError::KeyInvalid)?;
        if secrets.iter().any(|secret| secret.expose().trim().is_empty()) {
            return Err(StripeError::SecretEmpty);
        }
        let environments = C::CATALOGUE.settings.environments;
        if !environments.is_empty() && !environments.contains(&mode.word()) {
            let environments = environments.join(", ");
            return Err(StripeError::EnvironmentUnknown { mode: mode.word(), environments });
        }
        let transport = transport.unwrap_or_else(|| Box::new(Ureq::new()));
        let client = Arc::new(Client { key, base, transport });
        let background = Background::default();
        let shared = Shared { client, secrets, mode, environments, reading, background };
        Ok(Stripe { credits, shared: Arc::new(shared) })
    }
}

impl Shared {
    /// Makes requests to Stripe and waits for them, on this thread or without blocking it.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        waits: Waits,
        requests: impl FnOnce(&Client) -> Result<T, StripeError> + Send + 'static,
    ) -> Result<T, StripeError> {
        if waits == Waits::Here {
            return requests(&self.client);
        }
        let client = Arc::clone(&self.client);
        let answer = self.background.run(move || requests(&client)).map_err(|not_taken| match not_taken {
            NotTaken::Full => StripeError::Busy,
            NotTaken::NoThread(error) => StripeError::Unreachable(error.into()),
        })?;
        answer.await.unwrap_or_else(|_| Err(StripeError::Unreachable("the transport panicked".into())))
    }
}

impl<C> Clone for Stripe<C> {
    fn clone(&self) -> Self {
        Self { credits: self.credits.clone(), shared: Arc::clone(&self.shared) }
    }
}

impl<C> std::fmt::Debug for Stripe<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stripe").field("mode", &self.shared.mode).finish_non_exhaustive()
    }
}

impl<C> std::fmt::Debug for StripeBuilder<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { credits, key, secrets, base, reading, transport: _ } = self;
        let mut shown = f.debug_struct("StripeBuilder");
        shown.field("credits", credits).field("key", key).field("webhook_secrets", secrets);
        shown.field("address", base).field("reading", reading).finish_non_exhaustive()
    }
}
