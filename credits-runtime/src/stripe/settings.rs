//! How a ledger is connected with Stripe.

use std::sync::Arc;

use super::client::{Client, StripeError, Transport, Ureq};
use crate::generated::Pricing;
use crate::service::credits::Credits;

/// A ledger's connection with Stripe: receives webhooks, begins checkouts, reads what was missed. Cheap to clone.
pub struct Stripe<C> {
    pub(super) credits: Credits<C>,
    pub(super) shared: Arc<Shared>,
}

pub(super) struct Shared {
    pub(super) client: Option<Client>,
    pub(super) secrets: Vec<String>,
    pub(super) mode: Mode,
    pub(super) environments: &'static [&'static str],
}

/// Whether money is real.
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

/// How to connect a ledger with Stripe.
#[must_use = "nothing is connected until `.build()`"]
pub struct StripeBuilder<C> {
    credits: Credits<C>,
    key: Option<String>,
    secrets: Vec<String>,
    base: String,
    transport: Option<Box<dyn Transport>>,
}

impl<C: Pricing> Credits<C> {
    /// Connects the ledger with Stripe, with a secret or restricted key: `sk_test_..`, `rk_live_..`. Whether that is
    /// live or test decides which events count and which prices are used. Finish with `.build()`.
    pub fn stripe(&self, secret_key: impl Into<String>) -> StripeBuilder<C> {
        let (credits, key) = (self.clone(), Some(secret_key.into()));
        let base = "https://api.stripe.com".to_owned();
        StripeBuilder { credits, key, secrets: Vec::new(), base, transport: None }
    }
}

impl<C: Pricing> StripeBuilder<C> {
    /// A secret that webhooks are signed with. While one is rolled there are two.
    pub fn webhook_secret(mut self, secret: impl Into<String>) -> Self {
        self.secrets.push(secret.into());
        self
    }

    /// Another address than `https://api.stripe.com`: a proxy, or a server of a test.
    pub fn address(mut self, base: impl Into<String>) -> Self {
        self.base = base.into();
        self
    }

    /// Another way to carry requests than ureq.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Box::new(transport));
        self
    }

    /// Errors in order: [`KeyMissing`](StripeError::KeyMissing), [`KeyInvalid`](StripeError::KeyInvalid),
    /// [`SecretEmpty`](StripeError::SecretEmpty), [`EnvironmentUnknown`](StripeError::EnvironmentUnknown).
    pub fn build(self) -> Result<Stripe<C>, StripeError> {
        let key = self.key.filter(|key| !key.is_empty()).ok_or(StripeError::KeyMissing)?;
        let mode = Mode::of_key(&key).ok_or(StripeError::KeyInvalid)?;
        if self.secrets.iter().any(|secret| secret.trim().is_empty()) {
            return Err(StripeError::SecretEmpty);
        }
        let environments = C::CATALOGUE.settings.environments;
        if !environments.is_empty() && !environments.contains(&mode.word()) {
            let environments = environments.join(", ");
            return Err(StripeError::EnvironmentUnknown { mode: mode.word(), environments });
        }
        let transport = self.transport.unwrap_or_else(|| Box::new(Ureq::new()));
        let client = Some(Client { key, base: self.base, transport });
        let shared = Shared { client, secrets: self.secrets, mode, environments };
        Ok(Stripe { credits: self.credits, shared: Arc::new(shared) })
    }
}

impl<C> Stripe<C> {
    pub(super) fn client(&self) -> Result<&Client, StripeError> {
        self.shared.client.as_ref().ok_or(StripeError::KeyMissing)
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
