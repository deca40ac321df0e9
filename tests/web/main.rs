//! The web from outside: the dashboard, the API and the widgets, called without a socket unless a browser is needed.

mod access;
mod api;
mod demo;
mod metrics;
mod mounting;
mod site;
#[cfg(unix)]
mod socket;
