//! Calls from browsers: pages of the origins that the application names may call the API, and no others.
//!
//! A token is sent by the page itself, never by the browser, so that no cookies are allowed. It does not know tokens.

use axum::extract::{Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::request::Shared;

/// Lets pages of known origins read the response, and answers their browsers' question before a call.
pub(super) async fn shared(State(settings): State<Shared>, request: Request, next: Next) -> Response {
    let origin = request
        .headers()
        .get(ORIGIN)
        .filter(|origin| settings.origins.iter().any(|known| known.as_bytes() == origin.as_bytes()));
    let origin = origin.cloned();
    let is_question = request.method() == Method::OPTIONS
        && origin.is_some()
        && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = if is_question { permission() } else { next.run(request).await };
    if !settings.origins.is_empty() {
        response.headers_mut().append(VARY, HeaderValue::from_static("origin"));
    }
    if let Some(origin) = origin {
        let readable = HeaderValue::from_static("idempotency-replayed, retry-after");
        response.headers_mut().insert(ACCESS_CONTROL_EXPOSE_HEADERS, readable);
        response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
    response
}

fn permission() -> Response {
    let headers = [
        (ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"),
        (ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type, idempotency-key"),
        (ACCESS_CONTROL_MAX_AGE, "600"),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}
