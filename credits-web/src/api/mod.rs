//! The JSON API: wallets, entries, operations, reports and administration for other programs.

mod authorization;
mod health;
#[cfg(feature = "metrics")]
mod metrics;
mod owner_token;
mod request;
mod routes;
mod service;
#[cfg(all(unix, feature = "socket"))]
mod socket;
mod tokens;
mod wallet;
mod write;

pub use owner_token::{OwnerSecret, OwnerSecretError};
pub use service::{Api, api};
#[cfg(all(unix, feature = "socket"))]
pub use socket::{Socket, SocketError, socket};
pub use tokens::{Scope, TokenRecord, Tokens, TokensError};
