//! The web from outside: the dashboard, the API and the widgets, called without a socket unless a browser is needed.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

mod access;
mod api;
mod cross_origin;
mod demo;
mod metrics;
mod mounting;
mod openapi;
mod schemathesis;
mod site;
#[cfg(unix)]
mod socket;
mod stripe;
