//! Metrics: what Prometheus reads of the API and of its ledger.
#![expect(clippy::cast_precision_loss, clippy::float_cmp, reason = "the figures are small whole numbers")]

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use credits_web::{Scope, Tokens};
use serde_json::{Value, json};

use crate::demo;
use crate::site::{Answer, Site};

/// The figure of a series.
fn figure(metrics: &Answer, series: &str) -> f64 {
    let found = metrics.body.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    found.unwrap_or_else(|| panic!("no {series} in {}", metrics.body)).parse().unwrap()
}

#[test]
fn requests_are_counted_by_route_and_class() {
    let (credits, _clock) = demo::studio();
    let tokens = Tokens::in_memory();
    let [read, app] = [Scope::Read, Scope::App].map(|scope| tokens.create("t", &[scope]).unwrap());
    let site = Site::of(Router::new().nest_service("/a/api", credits_web::api(&credits).tokens(tokens)));
    let call =
        |method: &str, path: &str, token: &str| site.call(method, path, token, None, &Value::Null).status;
    for owner in ["user%3Aada", "user%3Aben", "%FF"] {
        call("GET", &format!("/a/api/wallets/{owner}"), &read);
    }
    let spend = json!({ "operation": "paint" });
    site.call("POST", "/a/api/wallets/x/spend", &app, None, &spend).problem(404, "unknown_operation");
    call("GET", "/a/api/nothing/of/this", &read);
    call("PURGE", "/a/api/wallets", &read);
    call("GET", "/a/api/wallets", "uc_0_0");
    call("GET", "/a/api/wallets", &app);
    site.get("/a/api/wallets").problem(401, "token_missing");

    let metrics = site.call("GET", "/a/api/metrics", &read, None, &Value::Null);
    assert_eq!(metrics.status.as_u16(), 200);
    assert_eq!(metrics.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    for (labels, count) in [
        (r#"method="GET",route="/wallets/{owner}",status="2xx""#, 2.0),
        (r#"method="GET",route="/wallets/{owner}",status="4xx""#, 1.0),
        (r#"method="POST",route="/wallets/{owner}/spend",status="4xx""#, 1.0),
        (r#"method="GET",route="none",status="4xx""#, 1.0),
        (r#"method="other",route="none",status="4xx""#, 1.0),
        (r#"method="GET",route="/wallets",status="4xx""#, 3.0),
    ] {
        assert_eq!(figure(&metrics, &format!("credits_http_requests_total{{{labels}}}")), count, "{labels}");
    }
    let times = "credits_http_request_duration_seconds";
    let wallet = r#"method="GET",route="/wallets/{owner}""#;
    assert_eq!(figure(&metrics, &format!("{times}_count{{{wallet}}}")), 3.0);
    assert_eq!(figure(&metrics, &format!(r#"{times}_bucket{{{wallet},le="+Inf"}}"#)), 3.0);
    for code in ["token_missing", "token_invalid", "scope_missing"] {
        assert_eq!(figure(&metrics, &format!(r#"credits_http_tokens_refused_total{{code="{code}"}}"#)), 1.0);
    }
    assert!(!metrics.body.contains("user:ada") && !metrics.body.contains("PURGE"), "{}", metrics.body);
}

#[test]
fn the_ledger_shows_its_figures() {
    let (credits, _clock) = demo::studio();
    let tokens = Tokens::in_memory();
    let token = tokens.create("prometheus", &[Scope::Read]).unwrap();
    let site = Site::of(Router::new().fallback_service(credits_web::api(&credits).tokens(tokens)));
    let metrics = site.call("GET", "/metrics", &token, None, &Value::Null);
    let statistics = credits.statistics();
    for (series, count) in [
        ("credits_commands_total", statistics.commands),
        ("credits_commits_total", statistics.commits),
        ("credits_facts", statistics.facts),
        ("credits_queued_commands", 0),
        ("credits_largest_batch_commands", statistics.largest_batch),
        ("credits_file_bytes", 0),
    ] {
        assert_eq!(figure(&metrics, series), count as f64, "{series}");
    }
    for series in
        ["credits_commit_duration_seconds_total", "credits_opened_timestamp_seconds", "credits_memory_bytes"]
    {
        assert!(figure(&metrics, series) > 0.0, "{series}");
    }
    let wallets = credits.owners().page().unwrap().owners;
    let balance = |owner: &credits_runtime::Owner| credits.wallet(owner).balance().unwrap().get();
    let outstanding: i64 = wallets.iter().map(balance).sum();
    assert_eq!(figure(&metrics, r#"credits_outstanding{asset="credits"}"#), outstanding as f64);
    assert_eq!(figure(&metrics, r#"credits_outstanding{asset="gem"}"#), 28.0);
    let open = Site::of(Router::new().fallback_service(credits_web::api(&credits)));
    open.send(Request::get("/metrics").body(Body::empty()).unwrap()).problem(401, "closed");
}
