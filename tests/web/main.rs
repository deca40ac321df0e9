//! The web from outside: the dashboard, the API and the widgets, called without a socket unless a browser is needed.

mod access;
mod api;
mod catalogue;
mod demo;
mod entry;
mod forms;
mod ledger_page;
mod money;
mod mounting;
mod owner;
mod site;
mod what_if;
mod widgets;
