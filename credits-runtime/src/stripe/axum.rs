//! axum: an extractor for webhooks and the response to them. Feature `axum`.
//!
//! It does not know the content of a delivery; [`receive_async`](super::Stripe::receive_async) does.

use std::fmt;

use axum_core::extract::rejection::{FailedToBufferBody, StringRejection};
use axum_core::extract::{DefaultBodyLimit, FromRequest, Request};
use axum_core::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};

use super::receive::WebhookResponse;
use crate::domain::limits::WEBHOOK_BYTES_MAX;

/// A webhook as an argument of a handler of axum 0.8: its headers, and its unchanged body.
///
/// The body may have up to [`WEBHOOK_BYTES_MAX`](crate::limits::WEBHOOK_BYTES_MAX) bytes; a
/// [`DefaultBodyLimit`] of the router does not apply. A larger body, and one that is not UTF-8, is refused
/// with 400; one that breaks off, with 500. The server limits the time that a client may take to send it.
///
/// ```
/// # credits_runtime::usage_credits! { operation upscale { costs 20.credits } }
/// use axum::Router;
/// use axum::extract::State;
/// use axum::routing::post;
/// use credits_runtime::stripe::{WebhookResponse, Stripe, WebhookRequest};
///
/// async fn webhook(State(stripe): State<Stripe<Pricing>>, request: WebhookRequest) -> WebhookResponse {
///     stripe.receive_async(request.headers(), request.body()).await
/// }
///
/// fn router(stripe: Stripe<Pricing>) -> Router {
///     Router::new().route("/stripe", post(webhook)).with_state(stripe)
/// }
/// # fn main() {}
/// ```
#[derive(Clone)]
pub struct WebhookRequest {
    headers: HeaderMap,
    body: String,
}

impl WebhookRequest {
    /// Every header, the signature among them, as [`receive_async`](super::Stripe::receive_async) takes them.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The unchanged body: the signature is over these bytes.
    pub fn body(&self) -> &[u8] {
        self.body.as_bytes()
    }
}

impl fmt::Debug for WebhookRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The signature is as good as a password for five minutes, and the body is about a customer.
        f.debug_struct("WebhookRequest").field("bytes", &self.body.len()).finish_non_exhaustive()
    }
}

impl<S: Send + Sync> FromRequest<S> for WebhookRequest {
    type Rejection = WebhookResponse;

    async fn from_request(mut request: Request, state: &S) -> Result<Self, WebhookResponse> {
        let headers = std::mem::take(request.headers_mut());
        DefaultBodyLimit::max(WEBHOOK_BYTES_MAX).apply(&mut request);
        let body = String::from_request(request, state).await.map_err(|rejection| {
            tracing::warn!(%rejection, "a webhook is refused: its body cannot be read");
            match rejection {
                StringRejection::FailedToBufferBody(FailedToBufferBody::UnknownBodyError(_)) => {
                    WebhookResponse::LATER
                }
                _ => WebhookResponse::REFUSED,
            }
        })?;
        Ok(Self { headers, body })
    }
}

impl IntoResponse for WebhookResponse {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, self.body).into_response()
    }
}
