//! Errors of the connection with Stripe, and the fields of its refusals.
//!
//! It does not know which requests are made.

use serde_json::Value;

use super::background::WAITING_MAX;
use super::lists::LIST_MEMBERS_MAX;

/// Failure of a request to Stripe, of its preparation, or of the ledger's part in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StripeError {
    /// No secret key was given.
    #[error("no secret key was given: pass one to `credits.stripe(\"sk_..\")`")]
    KeyMissing,
    /// The key is no secret key of Stripe's.
    #[error(
        "the key is no secret key of Stripe's: it begins with `sk_live_`, `sk_test_`, `rk_live_` or `rk_test_`"
    )]
    KeyInvalid,
    /// A webhook's secret is empty.
    #[error("a webhook's secret is empty: copy it from the endpoint, it begins with `whsec_`")]
    SecretEmpty,
    /// No environment of the pricing is for the key's mode.
    #[error(
        "the key is for {mode} and the pricing's environments are {environments}: declare `{mode}`, or use the other key"
    )]
    EnvironmentUnknown {
        /// `live` or `test`.
        mode: &'static str,
        /// The declared environments.
        environments: String,
    },
    /// A plan or pack has no Stripe price for the period or environment.
    #[error("`{item}` has no Stripe price for {wanted}: it has {known}")]
    PriceMissing {
        /// The plan or pack.
        item: String,
        /// The environment and period.
        wanted: String,
        /// Its prices.
        known: String,
    },
    /// A period was chosen for a plan that has one price, without a period.
    #[error("`{plan}` has one Stripe price, whose period stands at Stripe: leave `.period(..)` out")]
    PeriodNotDeclared {
        /// The plan.
        plan: String,
    },
    /// A pack has no price in the currency of its checkout.
    #[error("`{pack}` has no price in {currency}: it has {declared}")]
    CurrencyUndeclared {
        /// The pack.
        pack: String,
        /// ISO 4217, in lower case.
        currency: String,
        /// The currencies of its prices.
        declared: String,
    },
    /// An option sets a parameter that the checkout decides itself.
    #[error("`{option}` is decided by the checkout: leave it out")]
    OptionProtected {
        /// The option.
        option: String,
    },
    /// A checkout has no page for the buyer after the payment.
    #[error(
        "the checkout of `{item}` has no page to return to: add `.success(\"https://..\")`, where Stripe sends the buyer \
         after the payment"
    )]
    ReturnPageMissing {
        /// The plan or pack.
        item: &'static str,
    },
    /// The id of a session is no id of Stripe's.
    #[error(
        "`{session}` is no id of a checkout session: pass the one in the address that the buyer returns to, `cs_..`"
    )]
    SessionInvalid {
        /// Beginning of the id.
        session: String,
    },
    /// A purchase has no payment that can be refunded from here.
    #[error(
        "`{purchase}` has no payment to refund: nothing was paid for it, or an invoice or a connected account sold it; refund it at Stripe"
    )]
    NotRefundable {
        /// The purchase, by its session.
        purchase: String,
    },
    /// A refund of nothing, or of more than was paid.
    #[error("the refund is {amount} of {paid} minor units: refund 1 to {paid}")]
    RefundAmount {
        /// The amount of the refund.
        amount: i64,
        /// The paid amount.
        paid: i64,
    },
    /// The key of a refund belongs to another one.
    #[error(
        "the key was used for another refund, which may have been made: look at the purchase, and take another key for another refund"
    )]
    RefundKeyReused,
    /// Stripe has made a refund, and the ledger could not take its credits.
    #[error(
        "the refund {refund} was made, and its credits could not be taken: its webhook takes them, or the same refund sent again under its key"
    )]
    RefundUnbooked {
        /// The refund's id at Stripe.
        refund: String,
        /// Failure of the ledger, or of reading the refund.
        source: Box<StripeError>,
    },
    /// Stripe refused a refund, such as one of more than is left of the payment.
    #[error("Stripe refused the refund: {message}")]
    #[non_exhaustive]
    RefundRefused {
        /// Stripe's message.
        message: Box<str>,
        /// Stripe's `error.code`, such as `charge_already_refunded`.
        code: Option<Box<str>>,
    },
    /// Stripe refused the request.
    #[error("Stripe refused with status {status}: {message}")]
    #[non_exhaustive]
    Refused {
        /// The HTTP status.
        status: u16,
        /// Stripe's message.
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
    /// No response came from Stripe.
    #[error("Stripe could not be reached: {0}")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A response cannot be read.
    #[error("an object of Stripe's cannot be read: {0}")]
    Unreadable(String),
    /// A list at Stripe has more members than the limit of 10,000.
    #[error("the list `{path}` has more than {LIST_MEMBERS_MAX} members: apply what it says by hand")]
    #[non_exhaustive]
    ListTooLong {
        /// The list, by its path in Stripe's API.
        path: String,
    },
    /// The limit of 1,024 requests that wait for a thread is reached; this one was not sent.
    #[error("{WAITING_MAX} requests to Stripe are waiting: send this one again later")]
    Busy,
    /// The ledger failed, or rejected the command.
    #[error(transparent)]
    Ledger(#[from] crate::error::Error),
}

impl StripeError {
    /// A refusal, from the body of the response.
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

    /// Whether the same request would fail again at any later time.
    ///
    /// An operator can replace a key that Stripe does not accept (401, 403); a conflict (409) or too many
    /// requests (429) pass by themselves.
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
