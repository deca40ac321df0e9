//! The dashboard and the widgets in a real browser: serves the studio on loopback and runs `tests/browser/run.mjs`.
//!
//! It needs Chromium, node and the packages of `tests/browser`. Where one is missing it says so and checks nothing.

use std::env;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use axum::Router;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::Html;
use axum::routing::get;
use credits_web::widgets::{self, STYLESHEET};
use credits_web::{Access, Scope, Tokens};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::demo::{Credits, studio};

const CHROMIUM: &str = "/usr/bin/chromium";

/// The programs that the tests need.
struct Browser {
    chromium: PathBuf,
    scripts: PathBuf,
}

impl Browser {
    /// The programs, or why the tests cannot run.
    fn found() -> Result<Self, String> {
        let chromium = PathBuf::from(env::var_os("CREDITS_TEST_CHROMIUM").unwrap_or(CHROMIUM.into()));
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser");
        if !chromium.exists() {
            return Err(format!(
                "there is no `{}`: install chromium, or set CREDITS_TEST_CHROMIUM",
                chromium.display()
            ));
        }
        if Command::new("node").arg("--version").output().is_err() {
            return Err("there is no `node`: install Node.js 20 or newer".to_owned());
        }
        if ["playwright-core", "axe-core"]
            .iter()
            .any(|name| !scripts.join("node_modules").join(name).exists())
        {
            return Err("the packages are missing: run `npm ci --prefix tests/browser`".to_owned());
        }
        Ok(Self { chromium, scripts })
    }

    fn run(&self, url: &str, token: &str) {
        let mut node = Command::new("node");
        node.arg(self.scripts.join("run.mjs")).arg(url);
        node.env("CREDITS_TEST_CHROMIUM", &self.chromium).env("CREDITS_TEST_TOKEN", token);
        let output = node.output().unwrap();
        let text =
            [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
        assert!(output.status.success(), "{text}");
        say(&text);
    }
}

/// Writes a line past the test harness, which hides what a passing test prints.
fn say(text: &str) {
    let line = format!("{}\n", text.trim_end());
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}

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
    let browser = match Browser::found() {
        Ok(browser) => browser,
        Err(reason) => return say(&format!("the browser tests did not run: {reason}")),
    };
    let (credits, _clock) = studio();
    let tokens = Tokens::in_memory();
    let token = tokens.create("browser", &[Scope::Admin]).unwrap();
    let runtime = Runtime::new().unwrap();
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let routes = routes(&credits, tokens);
    runtime.spawn(async move { axum::serve(listener, routes).await });
    browser.run(&url, &token);
    credits.verify().unwrap();
}
