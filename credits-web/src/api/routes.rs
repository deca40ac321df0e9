//! The routes, in one table: method, path, callers, handler. The document of the API is made from the same table.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Method, StatusCode};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodRouter, get, post};

use super::authorization::{For, authorized};
use super::request::Shared;
use super::service::Settings;
use super::tokens::Scope::{App, Read};
use super::{
    administer, catalogue, chain, cross_origin, entries, estimate, health, hold, openapi, reports, stream,
    transfer, unresolved, wallet, what_if, write,
};
use crate::limits::TERMS_BYTES_MAX;
use crate::middleware::{guarded, timed};
use crate::refusal::Refusal;

/// A route of the API.
pub(super) struct Route {
    pub(super) method: Method,
    pub(super) path: &'static str,
    pub(super) callers: For,
    pub(super) handler: MethodRouter<Shared>,
    /// What it does, in one line.
    pub(super) summary: &'static str,
    pub(super) time: Time,
}

/// The time that a request may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Time {
    /// Up to `REQUEST_TIME_MAX`.
    Limited,
    /// As long as it takes: it reads the whole ledger, and some stream their responses.
    Unlimited,
}

impl Route {
    fn at_length(self) -> Self {
        Self { time: Time::Unlimited, ..self }
    }
}

fn route(
    (method, path): (Method, &'static str),
    callers: For,
    handler: MethodRouter<Shared>,
    summary: &'static str,
) -> Route {
    Route { method, path, callers, handler, summary, time: Time::Limited }
}

fn reads(path: &'static str, callers: For, handler: MethodRouter<Shared>, summary: &'static str) -> Route {
    route((Method::GET, path), callers, handler, summary)
}

fn writes(path: &'static str, callers: For, handler: MethodRouter<Shared>, summary: &'static str) -> Route {
    route((Method::POST, path), callers, handler, summary)
}

const READ: For = For::Tokens(&[Read]);
const READ_OR_APP: For = For::Tokens(&[Read, App]);
const APP: For = For::Tokens(&[App]);
const ADMIN: For = For::Tokens(&[]);
const EVERYONE: For = For::TokensAndOwners(&[Read, App]);

/// All routes.
pub(super) fn table() -> Vec<Route> {
    [health(), wallets(), administration(), reports(), of_the_ledger(), of_the_api()]
        .into_iter()
        .flatten()
        .collect()
}

fn health() -> Vec<Route> {
    vec![
        reads("/health/live", For::Anyone, get(health::live), "Whether the process runs."),
        reads("/health/ready", For::Anyone, get(health::ready), "Whether the ledger can be read."),
    ]
}

/// Reads of wallets, and the writes of the application.
fn wallets() -> Vec<Route> {
    let balance_at = "The balance of a wallet at an instant.";
    let estimate = "The price of an operation for an owner.";
    vec![
        reads("/wallets", READ, get(wallet::list), "The owners, by name."),
        reads("/wallets/{owner}", READ_OR_APP, get(wallet::one), "A wallet."),
        reads("/me", For::Owner, get(wallet::one), "The wallet of the token's owner."),
        reads("/wallets/{owner}/entries", READ_OR_APP, get(entries::history), "The history of a wallet."),
        reads("/me/entries", For::Owner, get(entries::history), "The history of the token's owner."),
        reads("/wallets/{owner}/balance_at/{instant}", READ, get(entries::balance_at), balance_at),
        reads("/me/balance_at/{instant}", For::Owner, get(entries::balance_at), balance_at),
        writes("/wallets/{owner}/estimate", APP, post(estimate::estimate), estimate),
        writes("/me/estimate", For::Owner, post(estimate::estimate), estimate),
        writes("/wallets/{owner}/spend", APP, post(write::spend), "Charges an operation."),
        writes("/wallets/{owner}/holds", APP, post(hold::open), "Sets the price of an operation aside."),
        writes("/wallets/{owner}/holds/{hold}/settle", APP, post(hold::settle), "Charges a hold."),
        writes("/wallets/{owner}/holds/{hold}/release", APP, post(hold::release), "Releases a hold."),
        writes("/wallets/{owner}/holds/{hold}/extend", APP, post(hold::extend), "Extends a hold."),
    ]
}

/// Writes of administrators.
fn administration() -> Vec<Route> {
    let revoke = "Takes the free part of a grant.";
    let reverse = "Returns the credits of a charge, in whole or in part.";
    let send_back = "Moves the credits of a transfer back.";
    vec![
        writes("/wallets/{owner}/give", ADMIN, post(administer::give), "Gives credits."),
        writes("/wallets/{owner}/deduct", ADMIN, post(administer::deduct), "Takes credits."),
        writes("/wallets/{owner}/adjust", ADMIN, post(administer::adjust), "Corrects the balance."),
        writes("/wallets/{owner}/grants/{grant}/revoke", ADMIN, post(administer::revoke), revoke),
        writes("/wallets/{owner}/charges/{charge}/reverse", ADMIN, post(administer::reverse), reverse),
        writes("/wallets/{owner}/transfers", ADMIN, post(transfer::send), "Moves credits to another owner."),
        writes("/wallets/{owner}/transfers/{transfer}/reverse", ADMIN, post(transfer::reverse), send_back),
    ]
}

/// Reads across wallets, and the list of what needs an administrator.
fn reports() -> Vec<Route> {
    vec![
        reads("/entries", READ, get(entries::newest), "The newest entries of all wallets."),
        reads("/entries/{number}", READ, get(entries::one), "An entry, with the sum of a charge."),
        reads("/activity", READ, get(reports::activity), "What was given and spent on each day."),
        reads("/totals", READ, get(reports::totals), "The sums by operation and category."),
        reads("/due", READ, get(reports::due), "Holds that lapse, grants that expire, billing that is due."),
        reads("/low", READ, get(reports::low), "Owners whose balance is below the threshold."),
        reads("/unresolved", READ, get(unresolved::list), "Entries that need an administrator."),
        writes(
            "/unresolved/link",
            ADMIN,
            post(unresolved::link),
            "Says whose an object of the processor is.",
        ),
        writes("/unresolved/dismiss", ADMIN, post(unresolved::dismiss), "Takes an entry off the list."),
        reads("/catalogue", EVERYONE, get(catalogue::catalogue), "Operations, plans and packs."),
        reads("/prices.md", EVERYONE, get(catalogue::prices), "The price list as Markdown."),
    ]
}

/// The ledger as a whole.
fn of_the_ledger() -> Vec<Route> {
    let what_if = post(what_if::what_if).layer(DefaultBodyLimit::max(TERMS_BYTES_MAX));
    vec![
        writes("/what_if", READ, what_if, "The ledger's charges under another price list.").at_length(),
        reads("/statistics", ADMIN, get(reports::statistics), "Counts and sizes of the ledger."),
        reads("/head", ADMIN, get(chain::head), "The head of the hash chain."),
        writes("/head/check", ADMIN, post(chain::check), "Compares an earlier head.").at_length(),
        writes("/verify", ADMIN, post(chain::verify), "Verifies the ledger.").at_length(),
        reads("/export", ADMIN, get(stream::export), "Every entry of every wallet.").at_length(),
        reads("/backup", ADMIN, get(stream::backup), "A backup of the ledger.").at_length(),
    ]
}

/// The API about itself, and the payment processor.
fn of_the_api() -> Vec<Route> {
    vec![
        reads("/openapi.json", EVERYONE, get(openapi::document), "This document."),
        #[cfg(feature = "stripe")]
        writes("/wallets/{owner}/checkouts", APP, post(super::stripe::start), "Begins a checkout at Stripe."),
        #[cfg(feature = "stripe")]
        writes("/me/checkouts", For::Owner, post(super::stripe::start), "Begins a checkout at Stripe."),
        #[cfg(feature = "stripe")]
        writes("/stripe", For::Anyone, post(super::stripe::receive), "Receives a webhook of Stripe's."),
        #[cfg(feature = "metrics")]
        reads(
            "/metrics",
            READ,
            get(super::metrics::text),
            "Figures of the API and the ledger for Prometheus.",
        ),
    ]
}

pub(super) fn router(settings: Settings) -> Router {
    let settings = Arc::new(settings);
    let routes = table().into_iter().fold(Router::new(), |routes, route| {
        let state = (Arc::clone(&settings), route.callers);
        let handler = match route.time {
            Time::Limited => route.handler.layer(from_fn(timed)),
            Time::Unlimited => route.handler,
        };
        // A route of the table takes one method; the same path may have several.
        let handler = handler.layer(from_fn_with_state(state, authorized));
        #[cfg(feature = "metrics")]
        let handler = handler.layer(from_fn_with_state(route.path, super::metrics::named));
        routes.route(route.path, handler)
    });
    #[cfg(feature = "metrics")]
    let metrics = settings.metrics.clone();
    let routes = routes.fallback(unknown).method_not_allowed_fallback(wrong_method);
    let routes = routes.layer(from_fn_with_state(Arc::clone(&settings), cross_origin::shared));
    let routes = guarded(routes.with_state(settings));
    #[cfg(feature = "metrics")]
    let routes = routes.layer(from_fn_with_state(metrics, super::metrics::measured));
    routes
}

async fn unknown() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "path_unknown", "there is no such path: openapi.json lists them")
}

async fn wrong_method() -> Refusal {
    let detail = "the path has no such method: openapi.json lists them";
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_route_is_one_method_of_one_path_with_a_summary() {
        let table = table();
        let paths: HashSet<(String, &str)> =
            table.iter().map(|route| (route.method.to_string(), route.path)).collect();
        assert_eq!(paths.len(), table.len());
        for Route { path, summary, callers, time, .. } in &table {
            assert!(path.starts_with('/') && !path.ends_with('/'), "{path}");
            assert!(summary.ends_with('.') && summary.len() < 80, "{path}: {summary}");
            // An owner's browser reads its own wallet, and nothing at length.
            assert!(!matches!(callers, For::Owner) || path.starts_with("/me"), "{path}");
            assert!(*time == Time::Limited || matches!(callers, For::Tokens(_)), "{path}");
        }
    }
}
