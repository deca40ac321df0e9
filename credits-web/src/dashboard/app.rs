//! The routes of the dashboard, and what every one of them passes: access, same origin, the content policy.
//!
//! It does not know what the pages show.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use tower_http::set_header::SetResponseHeaderLayer;

use super::access::Access;
use super::service::Settings;
use super::visit::{Right, Visit};
use super::{entries, overview};
use crate::middleware::guarded;
use crate::mount::Root;
use crate::refusal::Refusal;
use crate::same_origin::is_cross_site;

/// No script, no frame, nothing from another site.
const CONTENT_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
                              frame-ancestors 'none'";

/// The line that opens the dashboard.
const CLOSED: &str = "the dashboard is closed: say who may see it, with `credits_web::dashboard(&credits).authorize(|request| \
                      Access::all(\"name\"))`";

const STYLE: &str = include_str!("../style.css");

pub(super) fn routes(settings: Settings) -> Router {
    let settings = Arc::new(settings);
    let pages = Router::new()
        .route("/", get(overview::page))
        .route("/entries", get(entries::page))
        .fallback(unknown)
        .layer(middleware::from_fn_with_state(settings, admitted))
        .route("/style.css", get(style));
    let policy = HeaderValue::from_static(CONTENT_POLICY);
    guarded(pages.layer(SetResponseHeaderLayer::overriding(CONTENT_SECURITY_POLICY, policy)))
}

/// Lets a request through if the application says so, with who is asking.
async fn admitted(State(settings): State<Arc<Settings>>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let Some(authorize) = &settings.authorize else {
        return Refusal::new(StatusCode::UNAUTHORIZED, "closed", CLOSED).into_response();
    };
    let (who, right) = match authorize(&parts) {
        Access::All { who } => (who, Right::All),
        Access::Read { who } => (who, Right::Read),
        Access::Denied => {
            let detail = "this account may not see the credits: sign in with another one";
            return Refusal::new(StatusCode::FORBIDDEN, "denied", detail).into_response();
        }
        Access::Login { url } => return Redirect::to(&url).into_response(),
    };
    let Some(root) = parts.extensions.get::<Root>().cloned() else {
        return Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", "no root").into_response();
    };
    let path = parts.uri.path().to_owned();
    let visit = Visit { settings: Arc::clone(&settings), root, who, right, path };
    if is_cross_site(&parts, &settings.origins) {
        let detail = "the form was sent from a page of another site: open the page here and send it again";
        return visit.refused(Refusal::new(StatusCode::FORBIDDEN, "cross_site", detail));
    }
    if right == Right::Read && !parts.method.is_safe() {
        let detail = "this account may read and not write: ask for `Access::all`";
        return visit.refused(Refusal::new(StatusCode::FORBIDDEN, "read_only", detail));
    }
    parts.extensions.insert(visit);
    next.run(Request::from_parts(parts, body)).await
}

async fn unknown(visit: Visit) -> Response {
    let detail = "there is no such page: begin with the overview";
    visit.refused(Refusal::new(StatusCode::NOT_FOUND, "page_unknown", detail))
}

async fn style() -> impl IntoResponse {
    let headers =
        [(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "public, max-age=31536000, immutable")];
    (headers, STYLE)
}

/// The version of the stylesheet in its address, so that caches may keep it.
pub(super) fn style_version() -> String {
    let mut hasher = DefaultHasher::new();
    STYLE.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}
