//! The JSON API: wallets, entries, operations, reports and administration for other programs.

mod administer;
mod authorization;
mod catalogue;
mod chain;
mod cross_origin;
mod documented;
mod entries;
mod estimate;
mod health;
mod hold;
mod local;
#[cfg(feature = "metrics")]
mod metrics;
mod openapi;
mod owner_token;
mod reports;
mod request;
pub mod responses;
mod routes;
mod service;
mod shown;
#[cfg(all(unix, feature = "socket"))]
mod socket;
mod stream;
#[cfg(feature = "stripe")]
mod stripe;
mod tokens;
mod transfer;
mod unresolved;
mod wallet;
mod what_if;
mod write;

pub use owner_token::{OwnerSecret, OwnerSecretError};
pub use service::{Api, api, api_without_pricing};
#[cfg(all(unix, feature = "socket"))]
pub use socket::{Socket, SocketError, socket, socket_without_pricing};
pub use tokens::{Scope, TokenRecord, Tokens, TokensError};
