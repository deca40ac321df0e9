//! Metrics: counts and times of requests, and the ledger's figures, in the text format of Prometheus.
//!
//! It does not know what routes do, nor who may read the figures.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use credits_runtime::{AccountTotal, Statistics};
use prometheus_client::encoding::prometheus_text;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use tokio::time::Instant;

use super::request::{Shared, read};
use crate::refusal::Refusal;

/// Upper bounds of the histogram of times, in seconds; the last one is the time limit of a request.
const TIMES: [f64; 13] = [0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// The route of a request that matched none.
const NO_ROUTE: &str = "none";

type Label = (&'static str, &'static str);

/// Counts of one API since it was made. Clones share them.
#[derive(Clone, Debug)]
pub(super) struct Metrics {
    requests: Family<[Label; 3], Counter>,
    times: Family<[Label; 2], Histogram, fn() -> Histogram>,
    refused: Family<[(&'static str, String); 1], Counter>,
}

impl Default for Metrics {
    fn default() -> Self {
        let times: fn() -> Histogram = || Histogram::new(TIMES);
        Self {
            requests: Family::default(),
            times: Family::new_with_constructor(times),
            refused: Family::default(),
        }
    }
}

impl Metrics {
    /// Counts a request that was refused because of its token.
    pub(super) fn refused(&self, refusal: &Refusal) {
        self.refused.get_or_create(&[("code", refusal.0.code.clone())]).inc();
    }

    fn answered(&self, method: &'static str, route: &'static str, status: StatusCode, time: Duration) {
        let labels = [("method", method), ("route", route)];
        self.times.get_or_create(&labels).observe(time.as_secs_f64());
        let [method, route] = labels;
        self.requests.get_or_create(&[method, route, ("status", class(status))]).inc();
    }
}

/// The route of a request, which the layer of the route fills in for the one that measures.
#[derive(Clone, Default)]
struct MatchedRoute(Arc<OnceLock<&'static str>>);

/// Names the route for [`measured`].
pub(super) async fn named(State(route): State<&'static str>, request: Request, next: Next) -> Response {
    if let Some(MatchedRoute(matched)) = request.extensions().get() {
        // A request has one route.
        _ = matched.set(route);
    }
    next.run(request).await
}

/// Counts a request, and measures the time until its response begins.
pub(super) async fn measured(State(metrics): State<Metrics>, mut request: Request, next: Next) -> Response {
    let (began, method) = (Instant::now(), method(&request));
    let matched = MatchedRoute::default();
    request.extensions_mut().insert(matched.clone());
    let response = next.run(request).await;
    let route = matched.0.get().copied().unwrap_or(NO_ROUTE);
    metrics.answered(method, route, response.status(), began.elapsed());
    response
}

/// The method, of those that a route has: a client may invent others, and each is a series of its own.
fn method(request: &Request) -> &'static str {
    let known = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"];
    known.into_iter().find(|known| request.method().as_str() == *known).unwrap_or("other")
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        100..200 => "1xx",
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        _ => "5xx",
    }
}

/// All figures.
pub(super) async fn text(State(settings): State<Shared>) -> Result<Response, Refusal> {
    let (statistics, totals) =
        read(&settings, |ledger| Ok((ledger.credits.statistics(), ledger.credits.totals()?))).await?;
    let mut registry = Registry::with_prefix("credits");
    requests(&mut registry, &settings.metrics);
    ledger(&mut registry, &statistics);
    outstanding(&mut registry, &totals);
    let mut text = String::new();
    prometheus_text::encode(&mut text, &registry).map_err(|fmt::Error| {
        let detail = "the server failed, and the request was not at fault";
        Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", detail)
    })?;
    Ok(([(CONTENT_TYPE, prometheus_text::CONTENT_TYPE)], text).into_response())
}

fn requests(registry: &mut Registry, metrics: &Metrics) {
    let Metrics { requests, times, refused } = metrics.clone();
    registry.register("http_requests", "Responses of the API, by route and class of status", requests);
    let name = "http_request_duration";
    registry.register_with_unit(name, "Time until the response begins, by route", Unit::Seconds, times);
    registry.register("http_tokens_refused", "Requests refused because of their token, by code", refused);
}

fn ledger(registry: &mut Registry, statistics: &Statistics) {
    let Statistics { opened_at, facts, commits, commit_microseconds, commands, largest_batch, .. } =
        statistics;
    let Statistics { queued, checkpoints, file_bytes, log_bytes, memory_bytes, .. } = statistics;
    let mut counter = |name: &str, help: &str, count: &u64| {
        registry.register(name, help, ConstCounter::new(*count));
    };
    counter("commands", "Commands with a reply since the ledger was opened", commands);
    counter("commits", "Durable commits since the ledger was opened", commits);
    counter("checkpoints", "Checkpoints since the ledger was opened", checkpoints);
    let commit_time = Duration::from_micros(*commit_microseconds).as_secs_f64();
    let help = "Time that commits took since the ledger was opened";
    registry.register_with_unit("commit_duration", help, Unit::Seconds, ConstCounter::new(commit_time));
    let opened = opened_at.since(credits_runtime::Timestamp::MIN).as_secs_f64();
    let help = "When the ledger was opened, since 1970";
    registry.register_with_unit("opened_timestamp", help, Unit::Seconds, ConstGauge::new(opened));
    let mut gauge = |name: &str, help: &str, figure: u64| {
        registry.register(name, help, ConstGauge::new(figure));
    };
    gauge("queued_commands", "Commands that wait for the writer now", *queued as u64);
    gauge(
        "largest_batch_commands",
        "The most commands of one batch since the ledger was opened",
        *largest_batch,
    );
    gauge("facts", "Facts in the journal", *facts);
    gauge("file_bytes", "Bytes of the ledger's file", *file_bytes);
    gauge("log_bytes", "Bytes of commits in the log that the file lacks", *log_bytes);
    gauge("memory_bytes", "Bytes of memory for wallets, keys and rows, about", *memory_bytes);
}

/// The balances of all wallets, by asset: the sum of the accounts that wallets gained from and lost to.
fn outstanding(registry: &mut Registry, totals: &[AccountTotal]) {
    let outstanding = Family::<[(&'static str, String); 1], Gauge>::default();
    for total in totals.iter().filter(|total| !total.is_covered) {
        let amount =
            i64::try_from(total.amount).unwrap_or(if total.amount < 0 { i64::MIN } else { i64::MAX });
        let gauge = outstanding.get_or_create_owned(&[("asset", total.asset.clone())]);
        gauge.set(gauge.get().saturating_add(amount));
    }
    registry.register("outstanding", "Balances of all wallets, by asset", outstanding);
}
