//! The web from outside: the dashboard, the API and the widgets, called without a socket unless a browser is needed.

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
