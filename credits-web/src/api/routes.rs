//! The routes, in one table: method, path, callers, handler. The document of the API is made from the same table.

use std::sync::Arc;

use axum::Router;
use axum::http::{Method, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, get, post};

use super::authorization::{For, authorized};
use super::request::Shared;
use super::service::Settings;
use super::tokens::Scope::{App, Read};
use super::{health, wallet, write};
use crate::middleware::guarded;
use crate::refusal::Refusal;

/// A route of the API.
pub(super) struct Route {
    pub(super) method: Method,
    pub(super) path: &'static str,
    pub(super) callers: For,
    pub(super) handler: MethodRouter<Shared>,
}

/// All routes.
pub(super) fn table() -> Vec<Route> {
    const READ: For = For::Tokens(&[Read]);
    const READ_OR_APP: For = For::Tokens(&[Read, App]);
    const APP: For = For::Tokens(&[App]);
    let route = |method: Method, path, callers, handler| Route { method, path, callers, handler };
    let reads = |path, callers, handler| route(Method::GET, path, callers, handler);
    let writes = |path, callers, handler| route(Method::POST, path, callers, handler);
    let mut routes = vec![
        reads("/health/live", For::Anyone, get(health::live)),
        reads("/health/ready", For::Anyone, get(health::ready)),
        reads("/wallets", READ, get(wallet::list)),
        reads("/wallets/{owner}", READ_OR_APP, get(wallet::one)),
        reads("/me", For::Owner, get(wallet::one)),
        writes("/wallets/{owner}/spend", APP, post(write::spend)),
    ];
    #[cfg(feature = "metrics")]
    routes.push(reads("/metrics", READ, get(super::metrics::text)));
    routes
}

pub(super) fn router(settings: Settings) -> Router {
    let settings = Arc::new(settings);
    let routes = table().into_iter().fold(Router::new(), |routes, route| {
        let state = (Arc::clone(&settings), route.callers);
        // A route of the table takes one method; the same path may have several.
        let handler = route.handler.layer(from_fn_with_state(state, authorized));
        #[cfg(feature = "metrics")]
        let handler = handler.layer(from_fn_with_state(route.path, super::metrics::named));
        routes.route(route.path, handler)
    });
    #[cfg(feature = "metrics")]
    let metrics = settings.metrics.clone();
    let routes = routes.fallback(unknown).method_not_allowed_fallback(wrong_method).with_state(settings);
    let routes = guarded(routes);
    #[cfg(feature = "metrics")]
    let routes = routes.layer(from_fn_with_state(metrics, super::metrics::measured));
    routes
}

async fn unknown() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "path_unknown", "there is no such path: openapi.json lists them")
}

async fn wrong_method() -> Refusal {
    let detail = "the path has no such method: openapi.json lists them";
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
}
