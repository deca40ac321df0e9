//! What every request passes: its limits, and the headers of every response.
//!
//! It does not know routes, nor who is asking.

use std::any::Any;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header::{CACHE_CONTROL, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::limits::{BODY_BYTES_MAX, REQUEST_TIME_MAX};
use crate::refusal::Refusal;

/// Routes with the limits of requests and the headers of responses. The time of each is limited by its caller.
pub(crate) fn guarded(routes: Router) -> Router {
    routes
        .layer(CatchPanicLayer::custom(panicked))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(header(CACHE_CONTROL, "no-store"))
        .layer(header(X_CONTENT_TYPE_OPTIONS, "nosniff"))
        // Not `no-referrer`, with which browsers send `Origin: null` even to the page's own site.
        .layer(header(REFERRER_POLICY, "same-origin"))
}

fn header(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

/// Answers a request that takes too long with a problem.
#[cfg(feature = "api")]
pub(crate) async fn timed(request: axum::extract::Request, next: axum::middleware::Next) -> Response {
    let answer = tokio::time::timeout(REQUEST_TIME_MAX, next.run(request)).await;
    answer.unwrap_or_else(|_| timeout("send it again later under the same idempotency key").into_response())
}

/// The problem of a request that took too long. A write that is cut off may have been done: its idempotency key tells.
pub(crate) fn timeout(remedy: &str) -> Refusal {
    let seconds = REQUEST_TIME_MAX.as_secs();
    let detail = format!("the request took longer than {seconds} s, and may have been carried out: {remedy}");
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "timeout", detail)
}

#[expect(clippy::needless_pass_by_value, reason = "the signature that the layer calls")]
fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let message = panic.downcast_ref::<String>().map(String::as_str);
    let message = message.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
    tracing::error!(message, "a request panicked");
    let detail = "the server failed, and the request was not at fault";
    Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", detail).into_response()
}
