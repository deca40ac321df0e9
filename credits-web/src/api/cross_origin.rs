//! Pages of other origins: which of them may call the API from a browser, and what for.
//!
//! It does not know tokens: a preflight has none, and is answered before a token is asked for.

use std::time::Duration;

use axum::Router;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, RETRY_AFTER};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method};
use tower_http::cors::{AllowOrigin, CorsLayer};

/// How long a browser remembers a preflight.
const REMEMBERED: Duration = Duration::from_mins(10);

/// Routes that pages of these origins may call. Without any, a browser is told nothing, and so keeps such pages out.
pub(super) fn cross_origin(origins: &[String], routes: Router) -> Router {
    if origins.is_empty() {
        return routes;
    }
    let origins: Vec<String> =
        origins.iter().map(|origin| origin.trim_end_matches('/').to_ascii_lowercase()).collect();
    let is_allowed = move |origin: &HeaderValue, request: &Parts| {
        is_for_browsers(request.uri.path())
            && origins.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes())
    };
    let replayed = HeaderName::from_static("idempotency-replayed");
    // Without credentials: a browser then sends no cookies, and a token is sent by the page alone.
    let layer = CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(is_allowed))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([AUTHORIZATION, CONTENT_TYPE, HeaderName::from_static("idempotency-key")])
        .expose_headers([RETRY_AFTER, replayed])
        .max_age(REMEMBERED);
    routes.layer(layer)
}

/// What a page shows of its owner; reports and administration are for servers.
fn is_for_browsers(path: &str) -> bool {
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    ["me", "wallets", "catalogue", "prices.md"].contains(&first)
}
