//! The JSON API: wallets, entries, operations, reports and administration for other programs.

mod administer;
mod authorization;
mod catalogue;
mod chain;
mod cross_origin;
mod entries;
mod estimate;
mod health;
mod hold;
mod owner_token;
mod reports;
mod request;
mod routes;
mod service;
mod shown;
mod stream;
mod tokens;
mod transfer;
mod unresolved;
mod wallet;
mod what_if;
mod write;

pub use owner_token::{OwnerSecret, OwnerSecretError};
pub use service::{Api, api};
pub use tokens::{Scope, TokenRecord, Tokens, TokensError};
