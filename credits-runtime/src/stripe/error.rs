//! Errors of the connection with Stripe, and what Stripe says when it refuses.

use serde_json::Value;

use super::background::WAITING_MAX;
use super::lists::LIST_MEMBERS_MAX;

/// Why Stripe could not be asked, or did not do it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StripeError {
    /// There is no key to ask with.
    #[error("no secret key was given: pass one to `credits.stripe(\"sk_..\")`")]
    KeyMissing,
    /// A key that is none of Stripe's.
    #[error(
        "the key is no secret key of Stripe's: it begins with `sk_live_`, `sk_test_`, `rk_live_` or `rk_test_`"
    )]
    KeyInvalid,
    /// A webhook's secret that signs nothing.
    #[error("a webhook's secret is empty: copy it from the endpoint, it begins with `whsec_`")]
    SecretEmpty,
    /// The key is of a mode that no environment of the pricing is for.
    #[error(
        "the key is for {mode} and the pricing's environments are {environments}: declare `{mode}`, or use the other key"
    )]
    EnvironmentUnknown {
        /// `live` or `test`.
        mode: &'static str,
        /// What is declared.
        environments: String,
    },
    /// A plan without a price for what was asked.
    #[error("`{item}` has no Stripe price for {wanted}: it has {known}")]
    PriceMissing {
        /// Which plan or pack.
        item: String,
        /// Which period or environment.
        wanted: String,
        /// What it has.
        known: String,
    },
    /// A pack without a price in the currency of its checkout.
    #[error("`{pack}` has no price in {currency}: it has {declared}")]
    CurrencyUndeclared {
        /// Which pack.
        pack: String,
        /// ISO 4217, in lower case.
        currency: String,
        /// The currencies it has prices in.
        declared: String,
    },
    /// An option that the checkout decides itself.
    #[error("`{option}` is decided by the checkout: leave it out")]
    OptionProtected {
        /// Which option.
        option: String,
    },
    /// Stripe says no.
    #[error("Stripe refused with status {status}: {message}")]
    #[non_exhaustive]
    Refused {
        /// Of HTTP.
        status: u16,
        /// In Stripe's words.
        message: Box<str>,
        /// Stripe's `error.type`, such as `card_error` or `invalid_request_error`.
        kind: Option<Box<str>>,
        /// Stripe's `error.code`, such as `resource_missing`.
        code: Option<Box<str>>,
        /// The card issuer's reason, such as `insufficient_funds`.
        decline_code: Option<Box<str>>,
        /// The parameter that the refusal is about.
        param: Option<Box<str>>,
        /// The id of the payment intent that the refusal is about.
        payment_intent: Option<Box<str>>,
        /// The id of the charge that the refusal is about.
        charge: Option<Box<str>>,
    },
    /// Stripe did not answer.
    #[error("Stripe could not be reached: {0}")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// An answer that cannot be read.
    #[error("Stripe's answer cannot be read: {0}")]
    Unreadable(String),
    /// A list at Stripe that is longer than a delivery may have.
    #[error("the list `{path}` has more than {LIST_MEMBERS_MAX} members: apply what it says by hand")]
    #[non_exhaustive]
    ListTooLong {
        /// The list, by its path in Stripe's API.
        path: String,
    },
    /// As many requests to Stripe are waiting for a thread as may; this one was not sent.
    #[error("{WAITING_MAX} requests to Stripe are waiting: send this one again later")]
    Busy,
    /// The ledger could not do its part.
    #[error(transparent)]
    Ledger(#[from] crate::error::Error),
}

impl StripeError {
    /// A refusal, from the body of the answer.
    pub(super) fn refused(status: u16, body: Option<&Value>) -> Self {
        let error = body.and_then(|body| body.get("error"));
        let text = |name: &str| Some(Box::from(error?.get(name)?.as_str()?));
        // An object is named by its id or shown as a whole.
        let object = |name: &str| {
            let object = error?.get(name)?;
            Some(Box::from(object.get("id").unwrap_or(object).as_str()?))
        };
        Self::Refused {
            status,
            message: text("message").unwrap_or_else(|| Box::from("without a reason")),
            kind: text("type"),
            code: text("code"),
            decline_code: text("decline_code"),
            param: text("param"),
            payment_intent: object("payment_intent"),
            charge: object("charge"),
        }
    }

    /// Whether the same request will have the same answer, however often it is sent.
    ///
    /// A key that Stripe does not accept (401, 403) is put right by an operator, a conflict (409) or too many requests
    /// (429) pass by themselves.
    pub(super) fn is_final(&self) -> bool {
        match self {
            Self::Refused { status, .. } => {
                (400..500).contains(status) && !matches!(status, 401 | 403 | 409 | 429)
            }
            Self::ListTooLong { .. } => true,
            _ => false,
        }
    }
}
