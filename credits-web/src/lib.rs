//! Usage credits on the web: a dashboard for the people who run an application, a JSON API for its other programs, and
//! widgets for its own pages. All are mounted in the application's web server; nothing here opens a port.
//!
//! ```no_run
//! use axum::Router;
//! use credits_runtime::usage_credits;
//! use credits_web::{Access, Tokens};
//!
//! usage_credits! {
//!     operation generate_image { costs 5.credits }
//! }
//!
//! # struct User { email: String, is_admin: bool }
//! # fn session(_: &axum::http::request::Parts) -> Option<User> { None }
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let credits = Credits::open("studio.redb")?;
//! let dashboard = credits_web::dashboard(&credits).authorize(|request| match session(request) {
//!     Some(user) if user.is_admin => Access::all(user.email),
//!     Some(user) => Access::read(user.email),
//!     None => Access::login("/login"),
//! });
//! let api = credits_web::api(&credits).tokens(Tokens::file("credits.tokens")?);
//! let app: Router =
//!     Router::new().nest_service("/admin/credits", dashboard).nest_service("/credits/api", api);
//! # drop(app);
//! # Ok(())
//! # }
//! ```
//!
//! Commands of the same user on the same machine need no port and no token: `socket` serves the API on `<ledger>.sock` beside
//! the ledger's file, on Unix.
//!
//! Both are services, so `nest_service` mounts them at any path. Until access is configured they answer every request with
//! 401 and the line to write.

#[cfg(feature = "api")]
mod api;
#[cfg(feature = "dashboard")]
mod dashboard;
#[cfg(any(feature = "api", feature = "dashboard"))]
mod download;
mod ledger;
pub mod limits;
mod middleware;
mod mount;
#[cfg(any(feature = "dashboard", feature = "widgets"))]
mod parts;
mod refusal;
mod same_origin;
#[cfg(any(feature = "api", feature = "dashboard"))]
mod streamed;
#[cfg(feature = "widgets")]
pub mod widgets;
mod wording;

#[cfg(feature = "api")]
pub use api::{
    Api, OwnerSecret, OwnerSecretError, Scope, TokenRecord, Tokens, TokensError, api, api_without_pricing,
    responses,
};
#[cfg(all(unix, feature = "socket"))]
pub use api::{Socket, SocketError, socket, socket_without_pricing};
#[cfg(feature = "dashboard")]
pub use dashboard::{Access, Dashboard, dashboard, dashboard_without_pricing};

/// Compiles the code of the guide to the web.
#[cfg(all(doctest, feature = "api", feature = "dashboard", feature = "widgets"))]
#[doc = include_str!("../../docs/recipes/web.md")]
struct Guide;
