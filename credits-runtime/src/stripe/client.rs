//! The client: requests to Stripe over any transport, sent again when that is safe.

use std::time::Duration;

use serde_json::Value;

/// The version of Stripe's API that requests are made in.
pub(super) const API_VERSION: &str = "2025-09-30.clover";
/// How often a request is sent at most.
const ATTEMPTS_MAX: u32 = 4;
/// How long to wait before a request is sent again: at first; twice as long each time after.
const PAUSE_FIRST: Duration = Duration::from_millis(250);

/// A request to Stripe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The whole address.
    pub url: String,
    /// Names and values, the secret key among them.
    pub headers: Vec<(&'static str, String)>,
    /// Of a `POST`, in `application/x-www-form-urlencoded`.
    pub body: String,
}

/// An answer of Stripe's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// Of HTTP.
    pub status: u16,
    /// In JSON.
    pub body: String,
}

/// What carries requests: ureq, unless [`StripeBuilder::transport`](super::StripeBuilder::transport) names another.
pub trait Transport: Send + Sync + 'static {
    /// Sends a request and waits for the answer, whatever its status; an error if there is none.
    fn send(&self, request: &Request) -> Result<Response, Box<dyn std::error::Error + Send + Sync>>;

    /// Waits before a request is sent again.
    fn pause(&self, time: Duration) {
        std::thread::park_timeout(time);
    }
}

/// Why Stripe could not be asked, or did not do it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StripeError {
    /// There is no key to ask with.
    #[error("no secret key was given: name one with `.secret_key(\"sk_..\")`")]
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
    Refused {
        /// Of HTTP.
        status: u16,
        /// In Stripe's words.
        message: String,
    },
    /// Nobody answered.
    #[error("Stripe could not be reached: {0}")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// An answer that cannot be read.
    #[error("Stripe's answer cannot be read: {0}")]
    Unreadable(String),
    /// The ledger could not do its part.
    #[error(transparent)]
    Ledger(#[from] crate::error::Error),
}

/// Requests with a key.
pub(super) struct Client {
    pub(super) key: String,
    pub(super) base: String,
    pub(super) transport: Box<dyn Transport>,
}

impl Client {
    pub(super) fn get(&self, path: &str, query: &[(String, String)]) -> Result<Value, StripeError> {
        let mark = if query.is_empty() { "" } else { "?" };
        let url = format!("{}{path}{mark}{}", self.base, form(query));
        self.ask(&Request { method: "GET", url, headers: self.headers(), body: String::new() })
    }

    /// Sent again under the same key it is done once.
    pub(super) fn post(
        &self,
        path: &str,
        fields: &[(String, String)],
        idempotency_key: &str,
    ) -> Result<Value, StripeError> {
        let mut headers = self.headers();
        headers.push(("Idempotency-Key", idempotency_key.to_owned()));
        headers.push(("Content-Type", "application/x-www-form-urlencoded".to_owned()));
        let url = format!("{}{path}", self.base);
        self.ask(&Request { method: "POST", url, headers, body: form(fields) })
    }

    fn headers(&self) -> Vec<(&'static str, String)> {
        vec![("Authorization", format!("Bearer {}", self.key)), ("Stripe-Version", API_VERSION.to_owned())]
    }

    fn ask(&self, request: &Request) -> Result<Value, StripeError> {
        let mut pause = PAUSE_FIRST;
        for attempt in 1.. {
            let answered = self.transport.send(request);
            // Busy, in conflict with itself, or down: the same again may do.
            let may_pass =
                answered.as_ref().map_or(true, |answer| matches!(answer.status, 409 | 429 | 500..=599));
            if !may_pass || attempt >= ATTEMPTS_MAX {
                return read(answered.map_err(StripeError::Unreachable)?);
            }
            self.transport.pause(pause);
            pause = pause.saturating_mul(2);
        }
        Err(StripeError::Unreadable("nothing".to_owned()))
    }
}

fn read(answer: Response) -> Result<Value, StripeError> {
    let Response { status, body } = answer;
    let value: Result<Value, _> = serde_json::from_str(&body);
    if (200..300).contains(&status) {
        return value.map_err(|error| StripeError::Unreadable(error.to_string()));
    }
    let message = value.ok().and_then(|value| Some(value.pointer("/error/message")?.as_str()?.to_owned()));
    Err(StripeError::Refused { status, message: message.unwrap_or_else(|| "without a reason".to_owned()) })
}

fn form(fields: &[(String, String)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// Requests through ureq.
pub(super) struct Ureq(ureq::Agent);

/// How long Stripe may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// Bytes of an answer.
const ANSWER_BYTES_MAX: u64 = 16 * 1_024 * 1_024;

impl Ureq {
    pub(super) fn new() -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(ANSWER_WITHIN))
            .http_status_as_error(false)
            .build();
        Self(config.into())
    }
}

impl Transport for Ureq {
    fn send(&self, request: &Request) -> Result<Response, Box<dyn std::error::Error + Send + Sync>> {
        let mut built = ureq::http::Request::builder().method(request.method).uri(&request.url);
        for (name, value) in &request.headers {
            built = built.header(*name, value);
        }
        let mut answer = self.0.run(built.body(request.body.clone())?)?;
        let status = answer.status().as_u16();
        let body = answer.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_string()?;
        Ok(Response { status, body })
    }
}
