//! The studio's web server: the pages of customers, the dashboard, the API and the socket, in one process.

use std::env::var;
use std::error::Error;
use std::io;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::routing::{get, post};
use credits_runtime::stripe::Stripe;
use credits_web::{Access, Scope, Tokens};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use super::pages::{self, Studio};
use super::pricing::{Credits, Pricing};

/// Serves until Ctrl-C.
pub(crate) fn serve(ledger: &Path) -> Result<(), Box<dyn Error>> {
    let credits = Credits::open(ledger)?;
    // Commands on this machine reach the open ledger through it.
    #[cfg(unix)]
    let _socket = credits_web::socket(&credits)?;
    let runtime = Runtime::new()?;
    runtime.block_on(async {
        let listener = listen().await?;
        let address = format!("http://{}", listener.local_addr()?);
        // A real application keeps its tokens in a file: `Tokens::file("studio.tokens")?`.
        let tokens = Tokens::in_memory();
        let token = tokens.create("demo", &[Scope::App, Scope::Read])?;
        let stripe = connected(&credits)?;
        let routes =
            routes(Studio { credits: credits.clone(), stripe, address: Arc::from(&*address) }, tokens);
        announce(&address, &token);
        axum::serve(listener, routes).with_graceful_shutdown(interrupted()).await?;
        Ok::<(), Box<dyn Error>>(())
    })?;
    credits.close()?;
    Ok(())
}

fn routes(studio: Studio, tokens: Tokens) -> Router {
    let credits = studio.credits.clone();
    let mut dashboard = credits_web::dashboard(&credits).title("Studio").authorize(admitted);
    if let Some(stripe) = studio.stripe.clone() {
        dashboard = dashboard.stripe(stripe);
    }
    Router::new()
        .route("/", get(pages::home))
        .route("/studio.css", get(pages::stylesheet))
        .route("/generate", post(pages::generate))
        .route("/buy", post(pages::buy))
        .route("/webhook", post(pages::webhook))
        .with_state(studio)
        .nest_service("/admin/credits", dashboard)
        .nest_service("/credits/api", credits_web::api(&credits).tokens(tokens))
}

/// Lets in the user `demo` with the password `demo`. A real application looks at its session.
fn admitted(request: &Parts) -> Access {
    // `demo:demo` in Base64.
    match request.headers.get(AUTHORIZATION).map(HeaderValue::as_bytes) {
        Some(b"Basic ZGVtbzpkZW1v") => Access::all("demo"),
        _ => Access::password("Studio"),
    }
}

/// Listens where `ADDRESS` says; without it on port 8080, or on a free port if that one is taken.
async fn listen() -> io::Result<TcpListener> {
    match var("ADDRESS") {
        Ok(address) => TcpListener::bind(address).await,
        Err(_) => match TcpListener::bind("127.0.0.1:8080").await {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => TcpListener::bind("127.0.0.1:0").await,
            listener => listener,
        },
    }
}

/// The connection with Stripe, if there is a key.
fn connected(credits: &Credits) -> Result<Option<Stripe<Pricing>>, Box<dyn Error>> {
    let Ok(key) = var("STRIPE_KEY") else { return Ok(None) };
    let mut stripe = credits.stripe(key);
    if let Ok(secret) = var("STRIPE_WEBHOOK_SECRET") {
        stripe = stripe.webhook_secret(secret);
    }
    Ok(Some(stripe.build()?))
}

fn announce(address: &str, token: &str) {
    println!();
    println!("  Studio      {address}/");
    println!("  Dashboard   {address}/admin/credits   (user demo, password demo)");
    println!("  Commands    cargo run --bin studio -- balance user:ada   (in another terminal)");
    println!("  API         export API={address}/credits/api");
    println!("              export TOKEN={token}");
    println!("              curl $API/wallets/user:ada -H \"Authorization: Bearer $TOKEN\"");
    println!("              curl $API/wallets/user:ada/spend -H \"Authorization: Bearer $TOKEN\" \\");
    println!(
        "                   -H 'Idempotency-Key: job-1' -d '{{ \"operation\": \"generate_image\", \"quality\": \"hd\" }}'"
    );
    println!();
    println!("Ctrl-C ends it.");
}

async fn interrupted() {
    if let Err(error) = tokio::signal::ctrl_c().await {
        eprintln!("Ctrl-C is not heard: {error}");
        std::future::pending::<()>().await;
    }
}
