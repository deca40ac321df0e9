//! Stripe: checkouts, and the webhooks that tell of payments.
//!
//! It does not know what a payment gives.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use credits_runtime::Problem;
use credits_runtime::catalogue::PlanSpec;
use credits_runtime::generated::Pricing;
use credits_runtime::stripe::{Checkout, Stripe, WebhookRequest, WebhookResponse};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::authorization::Caller;
use super::request::{Sent, Shared, Subject, Writer};
use super::tokens::hexadecimal;
use crate::refusal::Refusal;

/// The most of one pack that a checkout sells, and the most seats of a plan.
const QUANTITY_MAX: u64 = 999_999;

type Later<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A connection with Stripe of any application.
pub(super) trait Processor: Send + Sync {
    /// Receives a webhook.
    fn receive(&self, headers: &HeaderMap, body: &[u8]) -> Later<WebhookResponse>;
    /// Begins a checkout of an owner, and returns the address of its page.
    fn start(
        &self,
        owner: &str,
        sale: Sale,
        key: Option<String>,
    ) -> Result<Later<Result<String, Problem>>, Refusal>;
}

impl<C: Pricing> Processor for Stripe<C> {
    fn receive(&self, headers: &HeaderMap, body: &[u8]) -> Later<WebhookResponse> {
        let (stripe, headers, body) = (self.clone(), headers.clone(), body.to_vec());
        Box::pin(async move { stripe.receive_async(&headers, &body).await })
    }

    fn start(
        &self,
        owner: &str,
        sale: Sale,
        key: Option<String>,
    ) -> Result<Later<Result<String, Problem>>, Refusal> {
        let checkout = self.checkout(owner, sale, key)?;
        let stripe = self.clone();
        Ok(Box::pin(async move { Ok(stripe.start_async(checkout).await?.url) }))
    }
}

/// What a checkout sells, and where its buyer returns to.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sale {
    pack: Option<String>,
    plan: Option<String>,
    period: Option<String>,
    quantity: Option<u64>,
    success: String,
    cancel: Option<String>,
}

/// A checkout of the application's own types.
trait Sells {
    fn checkout(&self, owner: &str, sale: Sale, key: Option<String>) -> Result<Checkout, Refusal>;
}

impl<C: Pricing> Sells for Stripe<C> {
    fn checkout(&self, owner: &str, sale: Sale, key: Option<String>) -> Result<Checkout, Refusal> {
        let Sale { pack, plan, period, quantity, success, cancel } = sale;
        macro_rules! with_options {
            ($checkout:expr) => {{
                let mut checkout = $checkout.success(success).quantity(quantity.unwrap_or(1));
                if let Some(cancel) = cancel {
                    checkout = checkout.cancel(cancel);
                }
                match key {
                    Some(key) => checkout.key(key),
                    None => checkout,
                }
            }};
        }
        match (pack, plan) {
            (Some(pack), None) => {
                if let Some(period) = period {
                    return Err(Refusal::invalid("period", &period, "leave it out, a pack is paid once"));
                }
                let checkout = self.pack_checkout(&pack, owner).ok_or_else(|| unknown("pack", &pack))?;
                Ok(with_options!(checkout).into())
            }
            (None, Some(name)) => {
                let mut checkout = self.plan_checkout(&name, owner).ok_or_else(|| unknown("plan", &name))?;
                let plan = C::CATALOGUE.plans.iter().find(|plan| plan.name == name);
                if let (Some(period), Some(plan)) = (period, plan) {
                    checkout = checkout.period(declared(plan, &period)?);
                }
                Ok(with_options!(checkout).into())
            }
            (Some(pack), Some(_)) => Err(Refusal::invalid("pack", &pack, "leave it or `plan` out")),
            (None, None) => Err(Refusal::invalid("pack", "", "name a `pack` or a `plan` of the catalogue")),
        }
    }
}

fn unknown(kind: &str, name: &str) -> Refusal {
    let name: String = name.chars().take(80).collect();
    let detail = format!("there is no {kind} `{name}`: GET /catalogue lists them");
    Refusal::new(StatusCode::NOT_FOUND, &format!("{kind}_unknown"), detail)
}

/// The period of this text, of those that a plan has prices for: `month`, `year`.
fn declared(plan: &PlanSpec, text: &str) -> Result<credits_runtime::catalogue::Period, Refusal> {
    let mut periods = plan.stripe_prices.iter().filter_map(|price| price.period);
    periods.clone().find(|period| period.to_string() == text).ok_or_else(|| {
        let first =
            periods.next().map(|first| format!("give one that the plan is billed by, such as `{first}`"));
        Refusal::invalid("period", text, first.as_deref().unwrap_or("leave it out, the plan has one price"))
    })
}

/// The page of a checkout.
#[derive(Serialize)]
pub(super) struct Page {
    url: String,
}

/// Begins a checkout.
pub(super) async fn start(
    State(settings): State<Shared>,
    Extension(caller): Extension<Caller>,
    Subject(owner): Subject,
    writer: Writer,
    Sent(sale): Sent<Sale>,
) -> Result<Response, Refusal> {
    let processor = settings.stripe.as_ref().ok_or_else(unconnected)?;
    let quantity = sale.quantity.unwrap_or(1);
    if !(1..=QUANTITY_MAX).contains(&quantity) {
        return Err(Refusal::invalid("quantity", &quantity.to_string(), "sell 1 to 999999"));
    }
    if matches!(caller, Caller::Owner(_)) {
        let addresses = [("success", Some(&sale.success)), ("cancel", sale.cancel.as_ref())];
        for (field, address) in addresses {
            address.map_or(Ok(()), |address| check_address(field, address))?;
        }
    }
    let key = writer.key.map(|key| key_of(&owner, &key)).transpose()?;
    let url = processor.start(&owner, sale, key)?.await?;
    Ok((StatusCode::CREATED, Json(Page { url })).into_response())
}

fn unconnected() -> Refusal {
    let detail = "the API is not connected with Stripe: connect it, with `.stripe(stripe)`";
    Refusal::new(StatusCode::NOT_FOUND, "stripe_missing", detail)
}

/// An owner's browser chooses the page to return to, which must not be one that the network can read.
fn check_address(field: &str, address: &str) -> Result<(), Refusal> {
    let uri: Option<Uri> = address.parse().ok();
    let parts = uri.as_ref().and_then(|uri| Some((uri.scheme_str()?, uri.host()?)));
    match parts {
        Some(("https", host)) if !host.is_empty() => Ok(()),
        Some(("http", "localhost" | "127.0.0.1" | "[::1]")) => Ok(()),
        _ => {
            Err(Refusal::invalid(field, address, "give an address with https, or with http on this machine"))
        }
    }
}

/// The key at Stripe, where keys of all owners share one room.
fn key_of(owner: &str, key: &str) -> Result<String, Refusal> {
    if !(1..=255).contains(&key.len()) {
        return Err(Refusal::invalid("Idempotency-Key", key, "send 1 to 255 bytes"));
    }
    let digest = Sha256::new().chain_update(owner.len().to_be_bytes()).chain_update(owner).chain_update(key);
    Ok(format!("credits-{}", hexadecimal(&digest.finalize())))
}

/// Receives a webhook.
pub(super) async fn receive(State(settings): State<Shared>, request: WebhookRequest) -> Response {
    let Some(processor) = settings.stripe.as_ref().map(Arc::clone) else {
        return unconnected().into_response();
    };
    processor.receive(request.headers(), request.body()).await.into_response()
}
