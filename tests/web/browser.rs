//! The dashboard and the widgets in a real browser: serves the studio on loopback and runs `tests/browser/run.mjs`.
//!
//! It needs Chromium, node and the packages of `tests/browser`. Where one is missing it says so and checks nothing.

use axum::Router;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::Html;
use axum::routing::get;
use credits_web::widgets::{self, STYLESHEET};
use credits_web::{Access, Scope, Tokens};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::demo::{Credits, studio};

#[path = "../browser/programs.rs"]
mod programs;

use programs::Browser;

/// A page of the application with every widget.
fn page_of_widgets(credits: &Credits) -> String {
    let wallet = credits.wallet("user:ada");
    let newest = wallet.credit_history().limit(1).page().unwrap().entries.remove(0);
    let widgets = [
        widgets::badge(&wallet),
        widgets::badge(&credits.wallet("nobody")),
        widgets::balance(&wallet),
        widgets::meter(&wallet),
        widgets::history(&wallet, 10),
        widgets::grants(&wallet),
        Ok(widgets::receipt(&newest)),
        Ok(widgets::pricing(credits, "buy", &[])),
    ];
    let content: String = widgets.map(|widget| format!("<section>{}</section>", widget.unwrap())).concat();
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Widgets</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><link rel=\"stylesheet\" href=\"widgets.css\"></head>\
         <body><main><h1>Widgets</h1>{content}</main></body></html>"
    )
}

fn routes(credits: &Credits, tokens: Tokens) -> Router {
    let dashboard = credits_web::dashboard(credits).title("Studio");
    let widgets = page_of_widgets(credits);
    let style = format!("body {{ background: Canvas }} section {{ margin-bottom: 1rem }} {STYLESHEET}");
    let policy = [(CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'self'; form-action 'self'")];
    Router::new()
        .nest_service("/admin/credits", dashboard.clone().authorize(|_| Access::all("ada@example.com")))
        .nest_service("/read/credits", dashboard.authorize(|_| Access::read("ben@example.com")))
        .nest_service("/credits/api", credits_web::api(credits).tokens(tokens))
        .route("/widgets", get(|| async move { (policy, Html(widgets)) }))
        .route("/widgets.css", get(|| async move { ([(CONTENT_TYPE, "text/css")], style) }))
        // A browser asks for it by itself.
        .route("/favicon.ico", get(|| async {}))
}

#[test]
fn the_dashboard_works_in_a_browser() {
    let Some(browser) = Browser::find() else { return };
    let (credits, _clock) = studio();
    let tokens = Tokens::in_memory();
    let token = tokens.create("browser", &[Scope::Admin]).unwrap();
    let runtime = Runtime::new().unwrap();
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let routes = routes(&credits, tokens);
    runtime.spawn(async move { axum::serve(listener, routes).await });
    browser.run("run.mjs", &url, &token);
    credits.verify().unwrap();
}
