//! The web from outside: the dashboard, the API and the widgets, called without a socket unless a browser is needed.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

mod access;
mod api;
mod demo;
mod mounting;
mod site;
