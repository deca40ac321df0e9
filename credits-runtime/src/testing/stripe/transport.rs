//! The account's API: a transport without a network. It serves the account's objects, and keeps posted
//! sessions.
//!
//! It does not know how objects change.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use crate::stripe::{Request, Response, Transport};

/// The maximum number of members of a page; a request may set a lower one.
const PAGE_MAX: usize = 100;

/// A transport that serves an account: see [`Account::transport`](super::Account::transport).
#[derive(Clone, Debug)]
pub struct Served(pub(super) Arc<Mutex<Api>>);

impl Transport for Served {
    fn send(&self, request: &Request) -> Result<Response, Box<dyn Error + Send + Sync>> {
        let mut api = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (status, body) = api.answer(request);
        Ok(Response { status, body: body.to_string() })
    }

    /// No time passes.
    fn pause(&self, _: Duration) {}
}

/// The objects of the API.
#[derive(Debug, Default)]
pub(super) struct Api {
    /// Lists by path.
    pub(super) lists: BTreeMap<String, Vec<Value>>,
    /// Objects by path, in the state of their newest event.
    objects: BTreeMap<String, Value>,
    events: Vec<Value>,
    posted: Vec<Posted>,
    /// Payments by their id.
    pub(super) payments: BTreeMap<String, Refundable>,
    refunds: Vec<PostedRefund>,
    /// Refunds whose events were made.
    notified_refunds: usize,
    /// The account's time, in seconds since 1970.
    pub(super) now: i64,
    /// The status of refunds that are posted.
    pub(super) refund_status: &'static str,
}

/// The part of a payment that can be refunded, in minor units.
#[derive(Clone, Debug)]
pub(super) struct Refundable {
    pub(super) left: i64,
    pub(super) currency: String,
}

/// A refund that was posted.
#[derive(Clone, Debug)]
pub(super) struct PostedRefund {
    pub(super) id: String,
    key: Option<String>,
    body: String,
    pub(super) payment: String,
    pub(super) amount: i64,
    currency: String,
    pub(super) created: i64,
    pub(super) status: &'static str,
}

impl PostedRefund {
    fn json(&self) -> Value {
        json!({
            "id": self.id,
            "object": "refund",
            "amount": self.amount,
            "charge": format!("ch_{}", self.payment),
            "created": self.created,
            "currency": self.currency,
            "metadata": {},
            "payment_intent": self.payment,
            "reason": null,
            "status": self.status,
        })
    }
}

/// A session that was posted.
#[derive(Clone, Debug)]
pub(super) struct Posted {
    id: String,
    key: Option<String>,
    fields: Vec<(String, String)>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    Complete,
}

impl Posted {
    /// A field by its whole name.
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(other, _)| other == name).map(|(_, value)| &value[..])
    }

    /// Members of a field: `name[member]`.
    pub(super) fn map(&self, name: &str) -> BTreeMap<String, String> {
        let member = |field: &str| {
            let rest = field.strip_prefix(name)?.strip_prefix('[')?;
            Some(rest.strip_suffix(']')?.to_owned())
        };
        self.fields.iter().filter_map(|(field, value)| Some((member(field)?, value.clone()))).collect()
    }
}

impl Api {
    /// An API without objects, at a time in seconds since 1970.
    pub(super) fn at(now: i64) -> Self {
        Self { now, refund_status: "succeeded", ..Self::default() }
    }

    /// Stores an event, and its object in the new state.
    pub(super) fn keep(&mut self, object: &Value, event: Value) {
        let text = |name: &str| object.get(name).and_then(Value::as_str);
        if let (Some(kind), Some(id)) = (text("object"), text("id")) {
            let folder = match kind {
                "checkout.session" => "checkout/sessions".to_owned(),
                kind => format!("{kind}s"),
            };
            self.objects.insert(format!("/v1/{folder}/{id}"), object.clone());
        }
        self.events.push(event);
    }

    /// Takes a posted session that is still open, and marks it as complete.
    pub(super) fn take_posted(&mut self, id: &str) -> Option<Posted> {
        let posted = self.posted.iter_mut().find(|posted| posted.id == id && posted.state == State::Open)?;
        posted.state = State::Complete;
        Some(posted.clone())
    }

    fn answer(&mut self, request: &Request) -> (u16, Value) {
        let after_host = request.url.split_once("://").map_or(&request.url[..], |(_, rest)| rest);
        let path = after_host.find('/').and_then(|place| after_host.get(place..)).unwrap_or("/");
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        match (request.method, path) {
            ("POST", "/v1/checkout/sessions") => (200, self.begin(request)),
            ("POST", "/v1/refunds") => self.refund(request),
            ("POST", "/v1/billing_portal/sessions") => (
                200,
                json!({ "object": "billing_portal.session", "url": "https://billing.stripe.com/p/test" }),
            ),
            ("GET", "/v1/events") => {
                let since = parameter(query, "created[gte]").and_then(|since| since.parse::<i64>().ok());
                let is_since = |event: &&Value| {
                    let created = event.get("created").and_then(Value::as_i64);
                    since.is_none_or(|since| created.is_some_and(|created| created >= since))
                };
                let newest_first: Vec<Value> = self.events.iter().rev().filter(is_since).cloned().collect();
                (200, page(&newest_first, query))
            }
            ("GET", path) => match (self.lists.get(path), self.objects.get(path), self.begun(path)) {
                (Some(list), _, _) => (200, page(list, query)),
                (None, Some(object), _) => (200, object.clone()),
                (None, None, Some(session)) => (200, session),
                (None, None, None) => (404, refusal(path)),
            },
            (_, path) => (404, refusal(path)),
        }
    }

    /// A posted session without an event yet.
    fn begun(&self, path: &str) -> Option<Value> {
        let id = path.strip_prefix("/v1/checkout/sessions/")?;
        let posted = self.posted.iter().find(|posted| posted.id == id)?;
        let mode = posted.field("mode");
        Some(json!({
            "id": id, "object": "checkout.session", "mode": mode, "status": "open", "payment_status": "unpaid",
        }))
    }

    /// The refunds that were posted and have no events yet.
    pub(super) fn take_refunds(&mut self) -> Vec<PostedRefund> {
        let taken = self.refunds.get(self.notified_refunds..).unwrap_or_default().to_vec();
        self.notified_refunds = self.refunds.len();
        taken
    }

    /// Makes a refund, or returns the earlier one of the same idempotency key.
    fn refund(&mut self, request: &Request) -> (u16, Value) {
        let key = request.headers.iter().find(|(name, _)| *name == "Idempotency-Key");
        let key = key.map(|(_, key)| key.clone());
        if let Some(known) = self.refunds.iter().find(|known| key.is_some() && known.key == key) {
            if known.body == request.body {
                return (200, known.json());
            }
            let message = "Keys for idempotent requests can only be used with the same parameters.";
            return (400, json!({ "error": { "type": "idempotency_error", "message": message } }));
        }
        let field = |name: &str| parameter(&request.body, name);
        let payment = field("payment_intent").unwrap_or_default();
        let Some(found) = self.payments.get_mut(&payment) else { return (404, refusal(&payment)) };
        let amount = field("amount").and_then(|amount| amount.parse().ok()).unwrap_or(found.left);
        if amount < 1 || amount > found.left {
            let code = (found.left == 0).then_some("charge_already_refunded");
            let message =
                format!("Refund amount ({amount}) is greater than unrefunded amount ({}).", found.left);
            let error = json!({ "type": "invalid_request_error", "code": code, "message": message });
            return (400, json!({ "error": error }));
        }
        found.left -= amount;
        let refund = PostedRefund {
            id: format!("re_posted_{}", self.refunds.len() + 1),
            key,
            body: request.body.clone(),
            payment,
            amount,
            currency: found.currency.clone(),
            created: self.now,
            status: self.refund_status,
        };
        let made = refund.json();
        self.refunds.push(refund);
        (200, made)
    }

    /// Stores a session, or returns the earlier session of the same idempotency key.
    fn begin(&mut self, request: &Request) -> Value {
        let key = request.headers.iter().find(|(name, _)| *name == "Idempotency-Key");
        let key = key.map(|(_, key)| key.clone());
        let known = self.posted.iter().find(|posted| key.is_some() && posted.key == key);
        let id =
            known.map_or_else(|| format!("cs_test_{}", self.posted.len() + 1), |posted| posted.id.clone());
        if known.is_none() {
            let fields = form_urlencoded::parse(request.body.as_bytes()).into_owned().collect();
            self.posted.push(Posted { id: id.clone(), key, fields, state: State::Open });
        }
        let url = format!("https://checkout.stripe.com/c/pay/{id}");
        json!({ "id": id, "object": "checkout.session", "status": "open", "url": url })
    }
}

fn refusal(path: &str) -> Value {
    json!({ "error": { "type": "invalid_request_error", "message": format!("No such object: `{path}`") } })
}

fn parameter(query: &str, name: &str) -> Option<String> {
    form_urlencoded::parse(query.as_bytes())
        .find(|(other, _)| other == name)
        .map(|(_, value)| value.into_owned())
}

/// A page of a list, after the member that the query names.
fn page(list: &[Value], query: &str) -> Value {
    let limit =
        parameter(query, "limit").and_then(|limit| limit.parse().ok()).unwrap_or(10).clamp(1, PAGE_MAX);
    let after = parameter(query, "starting_after");
    let is_after = |member: &Value| member.get("id").and_then(Value::as_str) == after.as_deref();
    let from = match &after {
        None => 0,
        Some(_) => list.iter().position(is_after).map_or(list.len(), |place| place + 1),
    };
    let rest = list.get(from..).unwrap_or_default();
    let members: Vec<&Value> = rest.iter().take(limit).collect();
    json!({ "object": "list", "data": members, "has_more": rest.len() > limit })
}
