//! The dashboard: pages for the people who run an application. They need no JavaScript.

mod access;
mod administer;
mod app;
mod blocking;
mod catalogue;
mod entries;
mod entry;
mod instants;
mod ledger;
mod money;
mod overview;
mod owner;
mod owners;
mod refunds;
mod service;
mod visit;
mod what_if;

pub use access::Access;
pub use service::{Dashboard, dashboard, dashboard_without_pricing};
