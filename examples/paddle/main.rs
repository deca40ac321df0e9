//! A web service that is paid through Paddle: another payment processor is one translator.
//!
//! Lessons: prices at another processor, its signatures, and its webhooks as billing events. `translate.rs` is the
//! translator; `signature.rs` checks that a webhook is Paddle's.
//!
//! ```sh
//! PADDLE_WEBHOOK_SECRET=pdl_ntfset_.. cargo run --bin paddle
//! ```
#![expect(clippy::print_stdout, reason = "a program on the command line talks")]

mod signature;
#[cfg(test)]
mod tests;
mod translate;

use std::env::var;
use std::error::Error;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use credits_runtime::{Clock as _, SystemClock, Timestamp, usage_credits};

use crate::translate::Refused;

usage_credits! {
    /// For everyone, without a payment processor.
    subscription_plan free {
        gives 20.credits.every(month)
    }
    subscription_plan studio {
        processor_price paddle(month: "pri_studio_month", year: "pri_studio_year")
        gives 1_000.credits.every(month)
    }
    credit_pack booster {
        processor_price paddle: "pri_booster"
        gives 500.credits
        costs 9.dollars
    }
    operation upscale { costs 20.credits }
}

#[derive(Clone)]
struct App {
    credits: Credits,
    secret: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let credits = Credits::open(var("LEDGER").unwrap_or_else(|_| "paddle.redb".to_owned()))?;
    let secret = var("PADDLE_WEBHOOK_SECRET").map_err(|_| "set PADDLE_WEBHOOK_SECRET")?;
    let app = Router::new().route("/paddle", post(webhook)).with_state(App { credits, secret });
    let listener =
        tokio::net::TcpListener::bind(var("ADDRESS").unwrap_or("127.0.0.1:8080".to_owned())).await?;
    println!("listening on {}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}

async fn webhook(State(app): State<App>, headers: HeaderMap, body: Bytes) -> (StatusCode, String) {
    let signature = headers.get("paddle-signature").map(axum::http::HeaderValue::as_bytes);
    let now = SystemClock.now();
    respond(receive(&app, signature, &body, now).await)
}

/// The response decides whether Paddle sends a webhook again: it does so for every status but 200.
fn respond(received: Result<(), Refused>) -> (StatusCode, String) {
    match received {
        Ok(()) => (StatusCode::OK, String::new()),
        Err(refused @ Refused::Signature) => (StatusCode::UNAUTHORIZED, refused.to_string()),
        Err(refused @ Refused::Unreadable(_)) => (StatusCode::BAD_REQUEST, refused.to_string()),
        Err(refused @ Refused::Ledger(_)) => (StatusCode::SERVICE_UNAVAILABLE, refused.to_string()),
    }
}

/// Receives a webhook. Paddle may send it again and out of order: billing events merge in any order.
async fn receive(app: &App, signature: Option<&[u8]>, body: &[u8], now: Timestamp) -> Result<(), Refused> {
    if !signature::is_paddles(&app.secret, signature, body, now) {
        return Err(Refused::Signature);
    }
    for event in translate::events(body)? {
        match app.credits.receive(event).await {
            Ok(_) => {}
            Err(error) => return Err(Refused::Ledger(error)),
        }
    }
    Ok(())
}
