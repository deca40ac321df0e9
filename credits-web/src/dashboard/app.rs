//! The routes of the dashboard, and what every one of them passes: access, same origin, the content policy.
//!
//! It does not know what the pages show.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use tower_http::set_header::SetResponseHeaderLayer;

use super::access::Access;
use super::service::Settings;
use super::visit::{Right, Visit};
use super::{administer, catalogue, entries, entry, ledger, money, overview, owner, owners, what_if};
use crate::limits::TERMS_BYTES_MAX;
use crate::middleware::{guarded, timeout};
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
        .route("/entry", get(entry::page))
        .route("/owner", get(owner::page))
        .route("/owner/{form}", get(administer::opened).post(administer::send))
        .route("/owners", get(owners::page))
        .route("/catalogue", get(catalogue::page))
        .route("/money", get(money::page))
        .route("/money/link", get(money::decide::before_link).post(money::decide::link))
        .route("/money/dismiss", get(money::decide::before_dismissal).post(money::decide::dismiss))
        .route(
            what_if::PATH,
            get(what_if::page).post(what_if::compare).layer(DefaultBodyLimit::max(TERMS_BYTES_MAX)),
        )
        .route("/ledger", get(ledger::page))
        .route("/ledger/verify", post(ledger::verify))
        .route("/ledger/backup", get(ledger::download::backup))
        .route("/ledger/export", get(ledger::download::export))
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
        Access::Password { realm } => return ask_for_password(&realm),
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
    // A comparison of price lists is sent as a form because it is long; it changes nothing.
    if right == Right::Read && !parts.method.is_safe() && visit.path != what_if::PATH {
        let detail = "this account may read and not write: ask for `Access::all`";
        return visit.refused(Refusal::new(StatusCode::FORBIDDEN, "read_only", detail));
    }
    parts.extensions.insert(visit.clone());
    let answer = tokio::time::timeout(settings.time_max, next.run(Request::from_parts(parts, body))).await;
    answer.unwrap_or_else(|_| {
        visit.refused(timeout("go back and send the same form again, which is carried out once"))
    })
}

/// The response after which a browser asks for a name and a password.
fn ask_for_password(realm: &str) -> Response {
    let realm: String =
        realm.chars().filter(|letter| matches!(letter, ' '..='~') && !"\"\\".contains(*letter)).collect();
    let detail = "the name or the password is missing or wrong: sign in";
    let refusal = Refusal::new(StatusCode::UNAUTHORIZED, "password_wrong", detail);
    let challenge = format!("Basic realm=\"{realm}\", charset=\"UTF-8\"");
    ([(WWW_AUTHENTICATE, challenge)], refusal).into_response()
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
