//! The studio's web server: the pages of customers, the dashboard, the API and the socket, in one process.

use std::env::var;
use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::routing::{get, post};
use credits_runtime::stripe::Stripe;
use credits_web::{Access, Scope, Tokens};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use super::pages::{self, Studio};
use super::pricing::{Credits, Pricing};

/// Where it listens unless `ADDRESS` says otherwise.
const ADDRESS: &str = "127.0.0.1:8080";
/// Longest time for which the end waits for requests in progress.
const REQUESTS_WAIT_MAX: Duration = Duration::from_secs(5);

/// A server that has its address.
pub(crate) struct Server {
    runtime: Runtime,
    listener: TcpListener,
}

impl Server {
    pub(crate) fn bind() -> Result<Self, Box<dyn Error>> {
        let runtime = Runtime::new()?;
        let listener = runtime.block_on(listen())?;
        Ok(Self { runtime, listener })
    }

    /// Serves until Ctrl-C.
    pub(crate) fn serve(self, credits: &Credits) -> Result<(), Box<dyn Error>> {
        let Self { runtime, listener } = self;
        let served = runtime.block_on(served(credits, listener));
        // Requests in progress have had their time; downloads are cut off.
        runtime.shutdown_background();
        served?;
        credits.close()?;
        Ok(())
    }
}

async fn served(credits: &Credits, listener: TcpListener) -> Result<(), Box<dyn Error>> {
    let local = listener.local_addr()?;
    if !local.ip().is_loopback() {
        eprintln!(
            "warning: {local} is open to other machines, and everyone there is let in as demo with the password demo"
        );
    }
    let address = var("PUBLIC_ADDRESS").unwrap_or_else(|_| local_address(local));
    // A real application keeps its tokens in a file: `Tokens::file("studio.tokens")?`.
    let tokens = Tokens::in_memory();
    let token = tokens.create("demo", &[Scope::App, Scope::Read])?;
    let stripe = connected(credits)?;
    let address = address.trim_end_matches('/');
    let routes = routes(Studio { credits: credits.clone(), stripe, address: Arc::from(address) }, tokens);
    announce(address, &token);
    let served = axum::serve(listener, routes).with_graceful_shutdown(interrupted());
    tokio::select! {
        ended = served => ended?,
        () = given_up() => {}
    }
    Ok(())
}

/// The address at which a browser on this machine finds the studio.
fn local_address(local: SocketAddr) -> String {
    // No browser goes to the address that stands for all of them.
    if local.ip().is_unspecified() {
        format!("http://localhost:{}", local.port())
    } else {
        format!("http://{local}")
    }
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
        // Browsers ask for it by themselves.
        .route("/favicon.ico", get(|| async { StatusCode::NO_CONTENT }))
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
async fn listen() -> Result<TcpListener, Box<dyn Error>> {
    let chosen = var("ADDRESS").ok();
    let address = chosen.as_deref().unwrap_or(ADDRESS);
    match TcpListener::bind(address).await {
        Ok(listener) => Ok(listener),
        Err(error) if chosen.is_none() && error.kind() == io::ErrorKind::AddrInUse => {
            println!("{address} is taken, so the studio opens on another port.");
            Ok(TcpListener::bind("127.0.0.1:0").await?)
        }
        Err(error) => Err(format!("{address} cannot be bound ({error}): set ADDRESS to another one").into()),
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

/// Waits for Ctrl-C, and then for requests in progress.
async fn given_up() {
    interrupted().await;
    tokio::time::sleep(REQUESTS_WAIT_MAX).await;
}
