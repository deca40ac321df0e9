//! The web from outside: the dashboard, the API and the widgets, called without a socket unless a browser is needed.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

mod access;
mod api;
mod browser;
mod catalogue;
mod demo;
mod entry;
mod extremes;
mod forms;
mod ledger_page;
mod money;
mod mounting;
mod owner;
mod site;
mod what_if;
mod widgets;
