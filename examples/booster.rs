//! A web service that sells a subscription together with booster packs, through Stripe.
//!
//! Lessons: checkouts, webhooks, packs beside a plan, and an owner's balance, subscriptions and purchases.
//!
//! ```sh
//! STRIPE_SECRET_KEY=sk_test_.. STRIPE_WEBHOOK_SECRET=whsec_.. cargo run --bin booster
//! ```
#![expect(clippy::print_stdout, reason = "a program on the command line talks")]

use std::env::var;
use std::error::Error;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use credits_runtime::catalogue::PeriodUnit::Month;
use credits_runtime::stripe::{
    SellPack as _, SellPlan as _, Session, Stripe, StripeError, WebhookRequest, WebhookResponse,
};
use credits_runtime::usage_credits;
use serde_json::{Value, json};

usage_credits! {
    settings { low_balance_threshold 50.credits }
    /// Enough for most months.
    subscription_plan studio {
        stripe_price month: "price_studio_monthly", year: "price_studio_yearly"
        gives 1_000.credits.every(month)
    }
    /// For the others. What a subscription gives is used first, because it expires.
    credit_pack booster {
        stripe_price "price_booster"
        gives 500.credits
        bonus 50.credits
        costs 9.dollars
    }
    /// One picture.
    operation upscale { costs 20.credits }
}

#[derive(Clone)]
struct App {
    credits: Credits,
    stripe: Stripe<Pricing>,
}

/// An error response: its status and its message.
type Refused = (StatusCode, Json<Value>);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let credits = Credits::open(var("LEDGER").unwrap_or_else(|_| "booster.redb".to_owned()))?;
    credits.on_low_balance_reached(|event| {
        println!("{} has {} credits left: offer a booster", event.owner, event.balance_after);
    })?;
    credits.on_credit_pack_purchased(|event| {
        println!(
            "{} bought {}: {} credits and {} on top",
            event.owner, event.pack, event.credits, event.bonus
        );
    })?;
    credits.on_subscription_changed(|event| {
        println!("{} has a subscription: {:?}", event.owner, event.state.status);
    })?;
    let set =
        |name: &str| var(name).map_err(|_| format!("set {name}: docs/recipes/stripe.md tells where it is"));
    let stripe = credits.stripe(set("STRIPE_SECRET_KEY")?);
    let stripe = stripe.webhook_secret(set("STRIPE_WEBHOOK_SECRET")?).build()?;
    let app = Router::new()
        .route("/stripe", post(webhook))
        .route("/{owner}/credits", get(balance))
        .route("/{owner}/subscribe", post(subscribe))
        .route("/{owner}/boost", post(boost))
        .route("/{owner}/upscale", post(upscale))
        .with_state(App { credits, stripe });
    let listener =
        tokio::net::TcpListener::bind(var("ADDRESS").unwrap_or("127.0.0.1:8080".to_owned())).await?;
    println!("listening on {}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}

/// Endpoint of Stripe's webhooks.
async fn webhook(State(app): State<App>, request: WebhookRequest) -> WebhookResponse {
    app.stripe.receive_async(request.headers(), request.body()).await
}

async fn balance(State(app): State<App>, Path(owner): Path<String>) -> Result<Json<Value>, Refused> {
    let wallet = app.credits.wallet(owner);
    let shown = || {
        Ok::<_, credits_runtime::Error>(json!({
            "credits": wallet.credits()?,
            "subscriptions": wallet.subscriptions()?,
            "purchases": wallet.purchases()?,
        }))
    };
    shown().map(Json).map_err(|error| refused(StatusCode::BAD_REQUEST, &error.to_string()))
}

async fn subscribe(State(app): State<App>, Path(owner): Path<String>) -> Result<Json<Value>, Refused> {
    let checkout = Plan::Studio.checkout(owner).period(Month);
    let checkout = checkout.success("https://example.com/welcome").cancel("https://example.com/plans");
    page(app.stripe.start_async(checkout).await)
}

async fn boost(State(app): State<App>, Path(owner): Path<String>) -> Result<Json<Value>, Refused> {
    let checkout = Pack::Booster.checkout(owner);
    let checkout = checkout.success("https://example.com/thanks").cancel("https://example.com/packs");
    page(app.stripe.start_async(checkout).await)
}

/// Response of a checkout: the page to send the buyer to.
fn page(started: Result<Session, StripeError>) -> Result<Json<Value>, Refused> {
    match started {
        Ok(session) => Ok(Json(json!({ "url": session.url }))),
        Err(error) => Err(refused(StatusCode::BAD_GATEWAY, &error.to_string())),
    }
}

async fn upscale(State(app): State<App>, Path(owner): Path<String>) -> Result<Json<Value>, Refused> {
    let wallet = app.credits.wallet(owner);
    let work = || async { Ok::<_, std::io::Error>("a larger picture") };
    match wallet.spend_credits_on(Operation::Upscale).run_async(work).await {
        Ok(picture) => Ok(Json(json!({ "picture": picture }))),
        Err(error) => Err(refused(StatusCode::PAYMENT_REQUIRED, &error.to_string())),
    }
}

fn refused(status: StatusCode, why: &str) -> Refused {
    (status, Json(json!({ "error": why })))
}
