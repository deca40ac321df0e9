//! The HTTP API of an AI image studio.
//!
//! Lessons: operations from JSON, async work that is charged once for each idempotency key, errors as problem responses,
//! and a history in pages.
//!
//! ```sh
//! cargo run --bin studio_api
//! curl -X POST localhost:8080/wallets/ann
//! curl localhost:8080/generate -H 'x-user: ann' -H 'idempotency-key: 1' \
//!      -d '{ "operation": "paint", "prompt": "a lighthouse", "quality": "hd" }'
//! ```
#![expect(clippy::print_stdout, reason = "a program on the command line talks")]

use std::collections::HashMap;
use std::env::var;

use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use credits_runtime::{
    Cursor, FactNumber, HistoryPage, OperationCall, Problem, Receipt, Rejection, usage_credits,
};
use serde_json::{Value, json};
use tokio::task::block_in_place;

usage_credits! {
    subscription_plan studio { stripe_price "price_studio" gives 1_000.credits.every(month) }
    operation paint {
        costs by quality { standard => 10.credits, hd => 25.credits }
        with prompt: String
        validate prompt.len() <= 200, "a prompt has at most 200 bytes"
    }
    operation upscale { costs 5.credits + 2.credits_per(megapixel) limit megapixels <= 40 }
}

/// The response of a route: its value, or the problem that an error converts into.
type Answer<T> = Result<Json<T>, Problem>;
type App = State<Credits>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let credits = Credits::open(var("LEDGER").unwrap_or_else(|_| "studio.redb".to_owned()))?;
    let app = Router::new()
        .route("/generate", post(generate))
        .route("/estimate", post(estimate))
        .route("/prices", get(prices))
        .route("/entries/{number}", get(entry))
        .route("/wallets/{owner}", post(join).get(wallet))
        .route("/wallets/{owner}/entries", get(entries))
        .with_state(credits);
    let address = var("ADDRESS").unwrap_or("127.0.0.1:8080".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("listening on {}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}

/// Runs an operation. A request that is repeated under its key gets the receipt of the first one.
async fn generate(State(credits): App, headers: HeaderMap, call: OperationCall) -> Answer<Receipt> {
    // The session of a real application names the user.
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let operation = Operation::from_json(&call.operation, &call.inputs)?;
    let user = credits.wallet(header("x-user"));
    let spend = user.spend_credits_on(operation.clone()).key(header("idempotency-key"));
    let receipt = spend.run_async_for_receipt(|charge| async move {
        charge.metadata(json!({ "picture": picture(operation).await? }));
        Ok::<_, std::io::Error>(())
    });
    Ok(Json(receipt.await?))
}

/// The work of the studio. A real one waits here for its model.
async fn picture(operation: Operation) -> std::io::Result<&'static str> {
    tokio::task::yield_now().await;
    match operation {
        Operation::Paint { prompt, .. } if prompt.is_empty() => {
            Err(std::io::Error::other("gpu-7: empty tensor"))
        }
        Operation::Paint { .. } | Operation::Upscale { .. } => Ok("picture-1.png"),
    }
}

async fn estimate(call: OperationCall) -> Answer<Value> {
    Ok(Json(json!({ "cost": Operation::from_json(&call.operation, &call.inputs)?.cost()? })))
}

async fn join(State(credits): App, Path(owner): Path<String>) -> Answer<Receipt> {
    Ok(Json(credits.wallet(owner).give_credits(60).reason("signup").key("welcome").now().await?))
}

// Reads may go to the file, so they run where a thread may block.
async fn wallet(State(credits): App, Path(owner): Path<String>) -> Answer<Value> {
    let wallet = credits.wallet(owner);
    block_in_place(|| {
        let state = wallet.read().wait()?;
        let (credits, subscriptions) = (wallet.formatted(state.credits)?, wallet.subscriptions()?);
        Ok(Json(json!({ "credits": credits, "state": state, "subscriptions": subscriptions })))
    })
}

async fn entries(
    State(credits): App,
    Path(owner): Path<String>,
    query: Query<HashMap<String, String>>,
) -> Answer<HistoryPage> {
    let after: Option<Cursor> = query.get("after").map(|text| text.parse()).transpose()?;
    Ok(Json(block_in_place(|| credits.wallet(owner).credit_history().limit(5).after(after).page())?))
}

async fn entry(State(credits): App, Path(number): Path<String>) -> Answer<Value> {
    let entry: FactNumber = number.parse()?;
    let found = block_in_place(|| credits.entry(entry))?.ok_or(Rejection::EntryUnknown { entry })?;
    Ok(Json(json!({ "entry": found, "explanation": found.entry.explanation() })))
}

async fn prices() -> impl IntoResponse {
    ([("content-type", "text/markdown; charset=utf-8")], Pricing::price_list())
}
