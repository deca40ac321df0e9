//! The dashboard: pages for the people who run an application. They need no JavaScript.

mod access;
mod app;
mod blocking;
mod catalogue;
mod entries;
mod ledger;
mod money;
mod overview;
mod service;
mod visit;
mod what_if;

pub use access::Access;
pub use service::{Dashboard, dashboard};
