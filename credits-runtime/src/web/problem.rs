//! Problems: the bodies of error responses, in the shape of RFC 9457.
//!
//! The one translation of errors for HTTP. It does not know where a rejection comes from; the statuses of rejections are
//! those of [`Rejection::http_status`].

use std::fmt::Display;

use serde::{Deserialize, Serialize};

use crate::domain::category::spoken;
use crate::domain::ids::FactNumberError;
use crate::domain::rejection::Rejection;
use crate::error::{Error, LedgerError, LedgerErrorKind};
use crate::generated::{InputError, JsonObject};
use crate::service::history::CursorError;
use crate::service::spend::RunError;
#[cfg(feature = "stripe")]
use crate::stripe::StripeError;

/// The body of an error response, of the type [`Problem::CONTENT_TYPE`]: `title`, `status`, `code`, `detail`, and the fields
/// of the rejection behind it. With the feature `axum` it is a response of axum 0.8.
///
/// Every error that a handler meets converts into it, so a handler that returns `Result<_, Problem>` ends its calls in `?`.
///
/// | error | status |
/// |---|---|
/// | [`Rejection`] | [`Rejection::http_status`], with its code, message and fields |
/// | [`InputError`] | [`InputError::http_status`], with its code, message and fields |
/// | [`CursorError`] | 422 `cursor_invalid` |
/// | [`FactNumberError`] | 404 `entry_unknown` |
/// | [`LedgerError`] that may pass: a full queue or disk, a closed or read-only ledger, an unknown outcome | 503 |
/// | other [`LedgerError`] | 500 `internal_error` |
/// | [`RunError::AlreadyCharged`] | 409 `already_charged` |
/// | [`RunError::Work`] | 500 `work_failed` |
/// | [`RunError::Unsettled`] | 503 `unsettled` |
/// | `StripeError`, feature `stripe` | 402 `card_declined`, 404 `unknown_to_processor`, 422 for a choice of the buyer's, 502 or 503 for a failure of Stripe's, 500 for a mistake of the application |
///
/// A failure of the ledger, or of work, is logged with `tracing` and does not appear in the body.
///
/// ```
/// # credits_runtime::usage_credits! { operation upscale { costs 20.credits } }
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use credits_runtime::{Problem, Receipt};
///
/// fn upscale(user: &Wallet) -> Result<Receipt, Problem> {
///     Ok(user.spend_credits_on(Operation::upscale()).now().wait()?)
/// }
///
/// let user = Credits::in_memory()?.wallet("user:42");
/// let problem = upscale(&user).unwrap_err();
/// assert_eq!((problem.status, problem.code.as_str()), (402, "insufficient_credits"));
/// assert_eq!(problem.fields["missing"], 20);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{detail}")]
#[non_exhaustive]
pub struct Problem {
    /// The code in words: `Insufficient credits`.
    pub title: String,
    /// The status of the response.
    pub status: u16,
    /// The stable code, for programs.
    pub code: String,
    /// The message: value, rule and remedy.
    pub detail: String,
    /// Data of the rejection, such as `needed` and `available`.
    #[serde(flatten)]
    pub fields: JsonObject,
}

impl Problem {
    /// The type of the body.
    pub const CONTENT_TYPE: &'static str = "application/problem+json";

    /// A problem of the application, in the same shape as those of the ledger.
    ///
    /// ```
    /// use credits_runtime::Problem;
    /// let problem = Problem::new(401, "signed_out", "no session cookie: sign in");
    /// assert_eq!(problem.title, "Signed out");
    /// ```
    pub fn new(status: u16, code: &str, detail: impl Into<String>) -> Self {
        let fields = JsonObject::new();
        Self { title: spoken(code), status, code: code.to_owned(), detail: detail.into(), fields }
    }

    /// With the fields of a value that serialises as its code and its fields.
    fn with_fields(self, value: &impl Serialize) -> Self {
        let Ok(serde_json::Value::Object(mut fields)) = serde_json::to_value(value) else { return self };
        fields.remove("code");
        Self { fields, ..self }
    }
}

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        Self::new(rejection.http_status(), rejection.code(), rejection.to_string()).with_fields(&rejection)
    }
}

impl From<InputError> for Problem {
    fn from(error: InputError) -> Self {
        Self::new(error.http_status(), error.code(), error.to_string()).with_fields(&error)
    }
}

impl From<CursorError> for Problem {
    fn from(error: CursorError) -> Self {
        Self::new(422, "cursor_invalid", error.to_string())
    }
}

impl From<FactNumberError> for Problem {
    fn from(error: FactNumberError) -> Self {
        Self::new(404, "entry_unknown", error.to_string())
    }
}

impl From<LedgerError> for Problem {
    fn from(error: LedgerError) -> Self {
        use LedgerErrorKind as Kind;
        tracing::error!(kind = ?error.kind(), %error, "a request failed because the ledger did");
        match error.kind() {
            Kind::QueueFull => {
                Self::new(503, "queue_full", "too many requests are waiting: send this one again later")
            }
            Kind::NotDone => Self::new(503, "not_done", "nothing was changed: send the request again later"),
            Kind::OutcomeUnknown => Self::new(
                503,
                "outcome_unknown",
                "the request may have been carried out: send it again later under the same idempotency key",
            ),
            Kind::Closed | Kind::FileGone | Kind::Locked | Kind::ReadOnly | Kind::Stopped => {
                Self::new(503, "unavailable", "credits are not available at present: try again later")
            }
            Kind::Damaged
            | Kind::Empty
            | Kind::HandlerBlocked
            | Kind::HeadDisagrees
            | Kind::Io
            | Kind::LogDisagrees
            | Kind::LogMissing
            | Kind::NameClash
            | Kind::NewerVersion
            | Kind::NotALedger
            | Kind::PlanChanged
            | Kind::SharedElsewhere
            | Kind::Unlockable
            | Kind::Unsupported => {
                Self::new(500, "internal_error", "the server failed, and the request was not at fault")
            }
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Rejected(rejection) => rejection.into(),
            Error::Ledger(error) => error.into(),
        }
    }
}

impl<E: Display, T> From<RunError<E, T>> for Problem {
    fn from(error: RunError<E, T>) -> Self {
        match error {
            RunError::AlreadyCharged(_) => Self::new(409, "already_charged", error.to_string()),
            RunError::Rejected(rejection) => rejection.into(),
            RunError::Ledger(error) => error.into(),
            RunError::Work(error) => {
                tracing::error!(%error, "a request failed because its work did");
                Self::new(500, "work_failed", "the work failed, and nothing was charged: try again later")
            }
            RunError::Unsettled { hold, error, .. } => {
                tracing::error!(%hold, %error, "work was done and not charged");
                let detail = "the work was done, and its charge failed: send the request again later under the same \
                              idempotency key";
                Self::new(503, "unsettled", detail)
            }
        }
    }
}

/// A wrong choice of a buyer's or an administrator's is 422 with its message, and a declined card 402 with Stripe's message. A
/// refund that is refused is 409, and one that is made and not booked 502. Everything else is logged and does not appear in the
/// body: 404 for an address of Stripe's API that has nothing, such as a session; 503 for a failure that may pass; 502 for another
/// refusal or answer of Stripe's; 500 for a mistake of the application.
#[cfg(feature = "stripe")]
impl From<StripeError> for Problem {
    fn from(error: StripeError) -> Self {
        let code = match error {
            StripeError::Ledger(error) => return error.into(),
            StripeError::PriceMissing { .. } => "price_missing",
            StripeError::PeriodNotDeclared { .. } => "period_not_declared",
            StripeError::CurrencyUndeclared { .. } => "currency_undeclared",
            StripeError::SessionInvalid { .. } => "session_invalid",
            StripeError::RefundAmount { .. } => "refund_amount_invalid",
            StripeError::NotRefundable { .. } => return Self::new(409, "not_refundable", error.to_string()),
            StripeError::RefundKeyReused => return Self::new(409, "refund_key_reused", error.to_string()),
            StripeError::RefundRefused { .. } => return Self::new(409, "refund_refused", error.to_string()),
            StripeError::RefundUnbooked { .. } => {
                tracing::error!(%error, source = std::error::Error::source(&error), "a refund is not booked");
                return Self::new(502, "refund_unbooked", error.to_string());
            }
            StripeError::Refused { ref kind, ref message, .. } if kind.as_deref() == Some("card_error") => {
                return Self::new(402, "card_declined", &**message);
            }
            StripeError::Refused { status: 404, .. } => {
                tracing::error!(%error, "a request named what Stripe does not have");
                return Self::new(404, "unknown_to_processor", "the payment processor does not have it");
            }
            StripeError::Busy
            | StripeError::Unreachable(_)
            | StripeError::Refused { status: 409 | 429 | 500.., .. } => {
                tracing::error!(%error, "a request to Stripe failed");
                let detail = "the payment processor cannot be reached: send the request again later";
                return Self::new(503, "processor_unavailable", detail);
            }
            StripeError::Refused { .. } | StripeError::Unreadable(_) | StripeError::ListTooLong { .. } => {
                tracing::error!(%error, "a request to Stripe failed");
                return Self::new(
                    502,
                    "processor_failed",
                    "the payment processor failed: send the request again later",
                );
            }
            StripeError::KeyMissing
            | StripeError::KeyInvalid
            | StripeError::SecretEmpty
            | StripeError::EnvironmentUnknown { .. }
            | StripeError::OptionProtected { .. }
            | StripeError::ReturnPageMissing { .. } => {
                tracing::error!(%error, "a request to Stripe was not sent");
                return Self::new(
                    500,
                    "internal_error",
                    "the server failed, and the request was not at fault",
                );
            }
        };
        Self::new(422, code, error.to_string())
    }
}
