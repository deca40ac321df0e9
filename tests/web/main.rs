//! The web from outside: the dashboard, the API and the widgets, called without a socket unless a browser is needed.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

mod access;
mod api;
mod browser;
mod catalogue;
mod cross_origin;
mod demo;
mod entry;
mod extremes;
mod forms;
mod ledger_page;
mod metrics;
mod money;
mod mounting;
mod openapi;
mod overview;
mod owner;
mod refunds;
mod schemathesis;
mod site;
#[cfg(unix)]
mod socket;
mod stripe;
mod what_if;
mod widgets;
