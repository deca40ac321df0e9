//! The dashboard and the JSON API of an image studio, in the studio's own web server.
//!
//! Lessons: mounting both, deciding who may see what, tokens for other programs and for owners' browsers, widgets on a page
//! of one's own.
//!
//! ```sh
//! cargo run --bin dashboard
//! ```
//!
//! It prints the addresses, and a request to copy. The ledger is in memory unless `LEDGER` names a file.
#![expect(clippy::print_stdout, reason = "a program on the command line talks")]

use std::env::var;
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::HeaderValue;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::response::Html;
use axum::routing::get;
use credits_runtime::{Error, Problem, Rejection, usage_credits};
use credits_web::{Access, OwnerSecret, Scope, Tokens, widgets};

usage_credits! {
    settings { low_balance_threshold 50.credits }

    /// For people who try it.
    subscription_plan hobby { gives 300.credits.every(month) }

    credit_pack boost { gives 1_000.credits costs 9.dollars }

    /// One picture of a text.
    operation generate_image { costs by quality { draft => 5.credits, hd => 25.credits } }
    operation generate_video {
        costs 100.credits + 10.credits_per(second)
        limit seconds <= 600
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let credits = match var("LEDGER") {
        Ok(path) => Credits::open(path)?,
        Err(_) => Credits::in_memory()?,
    };
    fill(&credits).await?;

    // A real application keeps its tokens in a file, and the secret with its other secrets.
    let tokens = Tokens::in_memory();
    let token = tokens.create("worker", &[Scope::Read, Scope::App])?;
    let secret = OwnerSecret::new("replace me by 32 random bytes...")?;
    let browser = secret.token("user:ada", credits.now().after(Duration::from_mins(15)))?;

    let app = Router::new()
        .route("/{owner}", get(page))
        .with_state(credits.clone())
        .nest_service("/admin/credits", credits_web::dashboard(&credits).title("Studio").authorize(admitted))
        .nest_service("/credits/api", credits_web::api(&credits).tokens(tokens).owner_secret(secret));

    let listener =
        tokio::net::TcpListener::bind(var("ADDRESS").unwrap_or("127.0.0.1:8080".to_owned())).await?;
    let address = listener.local_addr()?;
    println!("dashboard   http://demo:demo@{address}/admin/credits");
    println!("a page      http://{address}/user:ada");
    println!(
        "the API     curl http://{address}/credits/api/wallets/user:ada/spend -H 'authorization: Bearer {token}' \\"
    );
    println!(
        "                 -H 'idempotency-key: 1' -d '{{ \"operation\": \"generate_image\", \"quality\": \"hd\" }}'"
    );
    println!("a browser   curl http://{address}/credits/api/me -H 'authorization: Bearer {browser}'");
    axum::serve(listener, app).await?;
    Ok(())
}

/// Lets in the user `demo` with the password `demo`. A real application looks at its session.
fn admitted(request: &Parts) -> Access {
    // `demo:demo` in Base64.
    match request.headers.get(AUTHORIZATION).map(HeaderValue::as_bytes) {
        Some(b"Basic ZGVtbzpkZW1v") => Access::all("demo"),
        _ => Access::password("Studio"),
    }
}

/// A page of the application with widgets on it. They read the ledger, so they run where a thread may block.
async fn page(State(credits): State<Credits>, Path(owner): Path<String>) -> Result<Html<String>, Problem> {
    let wallet = credits.wallet(owner);
    tokio::task::block_in_place(|| {
        let (badge, history) = (widgets::badge(&wallet)?, widgets::history(&wallet, 10)?);
        Ok(Html(format!("<!doctype html><title>Studio</title><p>You have {badge}.</p>{history}")))
    })
}

/// Some owners with credits and charges.
async fn fill(credits: &Credits) -> Result<(), Error> {
    for (place, name) in ["ada", "ben", "chen", "dora"].into_iter().enumerate() {
        let owner = format!("user:{name}");
        let wallet = credits.wallet(&owner);
        wallet.give_credits(120).reason("signup").key("welcome").now().await?;
        if place == 0 {
            credits.subscribe(&owner, Plan::Hobby).complimentary().now().await?;
        }
        let video = Operation::generate_video(Duration::from_millis(650 + 100 * place as u64));
        match wallet.spend_credits_on(video).key("first-video").now().await {
            Ok(_) | Err(Error::Rejected(Rejection::InsufficientCredits { .. })) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
