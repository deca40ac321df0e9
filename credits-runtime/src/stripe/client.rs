//! The client: requests to Stripe over any transport, sent again when that is safe.
//!
//! It does not know the meaning of a request.

use std::fmt;
use std::time::Duration;

use serde_json::Value;

use super::error::StripeError;
use super::secret::{REDACTED, Secret};

/// The version of Stripe's API that requests are made in.
pub(super) const API_VERSION: &str = "2025-09-30.clover";
/// The maximum number of attempts to send a request.
const ATTEMPTS_MAX: u32 = 4;
/// The pause before the second attempt; it doubles before each further one.
const PAUSE_FIRST: Duration = Duration::from_millis(250);
/// The header with the secret key.
const AUTHORIZATION: &str = "Authorization";

/// A request to Stripe. `Debug` shows its headers without the secret key.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The whole address.
    pub url: String,
    /// Names and values, the secret key among them.
    pub headers: Vec<(&'static str, String)>,
    /// The body of a `POST`, in `application/x-www-form-urlencoded`.
    pub body: String,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { method, url, headers, body } = self;
        let shown = headers.iter().map(|(name, value)| {
            let is_secret = name.eq_ignore_ascii_case(AUTHORIZATION);
            (*name, if is_secret { REDACTED } else { value })
        });
        let headers = shown.collect::<Vec<_>>();
        let mut shown = f.debug_struct("Request");
        shown
            .field("method", method)
            .field("url", url)
            .field("headers", &headers)
            .field("body", body)
            .finish()
    }
}

/// A response of Stripe's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The body, in JSON.
    pub body: String,
}

/// Sends requests to Stripe. It is ureq unless [`StripeBuilder::transport`](super::StripeBuilder::transport)
/// sets another.
pub trait Transport: Send + Sync + 'static {
    /// Sends a request and returns the response, of any status. An error means that no response arrived.
    fn send(&self, request: &Request) -> Result<Response, Box<dyn std::error::Error + Send + Sync>>;

    /// Waits before a request is sent again.
    fn pause(&self, time: Duration) {
        std::thread::park_timeout(time);
    }
}

/// Makes requests with the secret key.
pub(super) struct Client {
    pub(super) key: Secret,
    pub(super) base: String,
    pub(super) transport: Box<dyn Transport>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("key", &self.key).field("base", &self.base).finish_non_exhaustive()
    }
}

impl Client {
    /// Reads an object of this account, or of a connected one.
    pub(super) fn get(
        &self,
        path: &str,
        query: &[(String, String)],
        account: Option<&str>,
    ) -> Result<Value, StripeError> {
        let mark = match (query.is_empty(), path.contains('?')) {
            (true, _) => "",
            (false, true) => "&",
            (false, false) => "?",
        };
        let url = format!("{}{path}{mark}{}", self.base, form(query));
        let mut headers = self.headers();
        headers.extend(account.map(|account| ("Stripe-Account", account.to_owned())));
        self.ask(&Request { method: "GET", url, headers, body: String::new() })
    }

    /// Makes a change, once for each idempotency key.
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
        let authorization = format!("Bearer {}", self.key.expose());
        vec![(AUTHORIZATION, authorization), ("Stripe-Version", API_VERSION.to_owned())]
    }

    fn ask(&self, request: &Request) -> Result<Value, StripeError> {
        let mut pause = PAUSE_FIRST;
        for attempt in 1.. {
            let answered = self.transport.send(request);
            // Stripe is busy or down, or an earlier attempt is in progress: the same request may succeed
            // later.
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
    Err(StripeError::refused(status, value.ok().as_ref()))
}

fn form(fields: &[(String, String)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// Requests through ureq.
pub(super) struct Ureq(ureq::Agent);

/// The timeout of a request with its response.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// The maximum number of bytes of a response.
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
