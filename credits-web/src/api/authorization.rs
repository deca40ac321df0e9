//! Who calls, and whether a route is for them.
//!
//! It does not know what routes do.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::local;
use super::service::Settings;
use super::tokens::Scope;
use crate::refusal::Refusal;

/// The callers of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum For {
    /// Anybody.
    Anyone,
    /// Tokens with one of these scopes, or `admin`.
    Tokens(&'static [Scope]),
    /// Owner tokens.
    Owner,
    /// Both kinds of tokens.
    TokensAndOwners(&'static [Scope]),
}

/// Who called, once it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    /// A program, by the label of its token.
    Token(String),
    /// An owner's browser.
    Owner(String),
    /// A command on this machine, by the number of its user.
    User(u32),
}

impl Caller {
    /// The name that is written on entries: `token:worker`.
    pub(super) fn by(&self) -> String {
        match self {
            Self::Token(label) => format!("token:{label}"),
            Self::Owner(owner) => format!("owner:{owner}"),
            Self::User(user) => format!("cli:uid={user}"),
        }
    }
}

/// The line that opens the API.
const CLOSED: &str = "the API is closed: give it tokens, with `credits_web::api(&credits).tokens(Tokens::file(\"credits.tokens\")?)`";

/// Lets a request through to a route if its token may, with who calls.
pub(super) async fn authorized(
    State((settings, callers)): State<(Arc<Settings>, For)>,
    mut request: Request,
    next: Next,
) -> Response {
    let caller = match (callers, settings.peer) {
        (For::Anyone, _) => return next.run(request).await,
        (For::Owner, _) => owner(&settings, &request),
        (For::Tokens(_) | For::TokensAndOwners(_), Some(user)) => Ok(Caller::User(user)),
        (For::TokensAndOwners(_), None) if bearer(&request).is_ok_and(|token| token.starts_with("uo_")) => {
            owner(&settings, &request)
        }
        (For::Tokens(scopes) | For::TokensAndOwners(scopes), None) => token(&settings, &request, scopes),
    };
    match caller {
        Ok(caller) => {
            let is_local = matches!(caller, Caller::User(_));
            request.extensions_mut().insert(caller);
            let response = next.run(request).await;
            if is_local { local::spoken(response) } else { response }
        }
        Err(refusal) => {
            #[cfg(feature = "metrics")]
            settings.metrics.refused(&refusal);
            let is_unknown = refusal.status() == StatusCode::UNAUTHORIZED;
            if is_unknown {
                tracing::warn!(code = refusal.0.code, path = request.uri().path(), "a token was refused");
            }
            let mut response = refusal.into_response();
            if is_unknown {
                response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            response
        }
    }
}

/// The bearer token of a request.
fn bearer(request: &Request) -> Result<&str, Refusal> {
    let missing = || {
        let detail = "the request has no token: send `Authorization: Bearer <token>`";
        Refusal::new(StatusCode::UNAUTHORIZED, "token_missing", detail)
    };
    let value = request.headers().get(AUTHORIZATION).ok_or_else(missing)?;
    let (scheme, token) = value.to_str().ok().and_then(|text| text.split_once(' ')).ok_or_else(missing)?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(token.trim()) } else { Err(missing()) }
}

fn invalid() -> Refusal {
    let detail = "the token is unknown, revoked or expired: ask for a new one";
    Refusal::new(StatusCode::UNAUTHORIZED, "token_invalid", detail)
}

fn token(settings: &Settings, request: &Request, scopes: &[Scope]) -> Result<Caller, Refusal> {
    let closed = || Refusal::new(StatusCode::UNAUTHORIZED, "closed", CLOSED);
    let tokens = settings.tokens.as_ref().ok_or_else(closed)?;
    let found = tokens.find(bearer(request)?).map_err(|error| {
        tracing::error!(%error, "tokens cannot be read");
        let detail = "the tokens cannot be read at present: try again later";
        Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "tokens_unavailable", detail)
    })?;
    let record = found.ok_or_else(invalid)?;
    let may = |scope: &Scope| *scope == Scope::Admin || scopes.contains(scope);
    if !record.scopes.iter().any(may) {
        let needed: Vec<&str> = scopes.iter().map(|scope| scope.name()).collect();
        let needed = if needed.is_empty() { "admin".to_owned() } else { needed.join("` or `") };
        let detail = format!("this token may not do that: use one with the scope `{needed}`");
        return Err(Refusal::new(StatusCode::FORBIDDEN, "scope_missing", detail));
    }
    Ok(Caller::Token(record.label))
}

fn owner(settings: &Settings, request: &Request) -> Result<Caller, Refusal> {
    let closed = || {
        let detail = "owner tokens are not accepted: give the API a secret, with `.owner_secret(OwnerSecret::new(..)?)`";
        Refusal::new(StatusCode::UNAUTHORIZED, "closed", detail)
    };
    let secret = settings.owner_secret.as_ref().ok_or_else(closed)?;
    let owner = secret.owner(bearer(request)?, settings.ledger.credits.now());
    owner.map(Caller::Owner).ok_or_else(invalid)
}
