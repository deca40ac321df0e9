//! The pages that customers see: their credits, prices, history, and a button that costs something.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::sync::Arc;

use axum::Form;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{Html, IntoResponse, Redirect, Response};
use credits_runtime::stripe::Stripe;
use credits_runtime::{Error, Problem, RunError};
use credits_web::widgets;
use maud::{DOCTYPE, Markup, html};
use serde::Deserialize;
use tokio::task::spawn_blocking;

use super::pricing::{Credits, GenerateImageQuality, Operation, Pricing};

/// What every page needs.
#[derive(Clone)]
pub(crate) struct Studio {
    pub(crate) credits: Credits,
    /// The connection with Stripe, if there is a key.
    pub(crate) stripe: Option<Stripe<Pricing>>,
    /// Where the studio is, for the way back from a checkout.
    pub(crate) address: Arc<str>,
}

#[derive(Deserialize)]
pub(crate) struct Visitor {
    /// A real application takes it from its session.
    #[serde(default = "ada")]
    user: String,
    #[serde(default)]
    said: String,
}

fn ada() -> String {
    "ada".to_owned()
}

impl Visitor {
    fn owner(&self) -> String {
        format!("user:{}", self.user)
    }
}

/// The customer's page.
pub(crate) async fn home(
    State(studio): State<Studio>,
    Query(visitor): Query<Visitor>,
) -> Result<Response, Problem> {
    let page = spawn_blocking(move || drawn(&studio.credits, &visitor)).await;
    let page = page.map_err(|_| Problem::new(500, "internal_error", "the page could not be drawn"))??;
    // A page that is gone back to is drawn again, with another key.
    Ok(([(CACHE_CONTROL, "no-store")], Html(page.into_string())).into_response())
}

fn drawn(credits: &Credits, visitor: &Visitor) -> Result<Markup, Error> {
    let user = credits.wallet(visitor.owner());
    let draft = Operation::generate_image(GenerateImageQuality::Draft);
    let hd = Operation::generate_image(GenerateImageQuality::Hd);
    let prices = [("draft", user.estimate_credits_to(draft)?), ("hd", user.estimate_credits_to(hd)?)];
    Ok(html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "Studio" }
                link rel="stylesheet" href="studio.css";
            }
            body {
                header { h1 { "Studio" } p { (visitor.user) ": " (widgets::badge(&user)?) } }
                @if !visitor.said.is_empty() { p.said role="status" { (visitor.said) } }
                section {
                    h2 { "A new picture" }
                    form.row method="post" action="generate" {
                        input type="hidden" name="user" value=(visitor.user);
                        // A second click of this page's buttons is the same picture.
                        input type="hidden" name="key" value=(random_key());
                        input name="prompt" value="a lighthouse" aria-label="What it shows" maxlength="200";
                        @for (quality, price) in prices {
                            button name="quality" value=(quality) { (quality) ", " (price) " credits" }
                        }
                    }
                    (widgets::meter(&user)?)
                }
                section { h2 { "Credits" } (widgets::balance(&user)?) }
                section { h2 { "Prices" } (widgets::pricing(credits, "buy", &[("user", &visitor.user)])) }
                section { h2 { "History" } (widgets::history(&user, 15)?) }
            }
        }
    })
}

/// An idempotency key that no other page has. It is random, so that none comes back after a restart.
fn random_key() -> String {
    let digits = || RandomState::new().build_hasher().finish();
    format!("studio-{:016x}{:016x}", digits(), digits())
}

#[derive(Deserialize)]
pub(crate) struct Picture {
    user: String,
    /// The key of the page; a form without one is another picture each time.
    key: Option<String>,
    prompt: String,
    quality: String,
}

/// Paints a picture. It is charged only if the work succeeds, and once for its key.
pub(crate) async fn generate(State(studio): State<Studio>, Form(picture): Form<Picture>) -> Redirect {
    let quality =
        if picture.quality == "hd" { GenerateImageQuality::Hd } else { GenerateImageQuality::Draft };
    let user = studio.credits.wallet(format!("user:{}", picture.user));
    let mut work = user.spend_credits_on(Operation::generate_image(quality));
    if let Some(key) = &picture.key {
        work = work.key(key.as_str());
    }
    let said = match work.run_async(|| async { paint(&picture.prompt) }).await {
        Ok(painted) => painted,
        Err(RunError::AlreadyCharged(_)) => {
            "That picture is already painted, and was charged once.".to_owned()
        }
        // The message names what is missing and what to do.
        Err(error) => error.to_string(),
    };
    back(&picture.user, &said)
}

/// Work that fails is not charged.
fn paint(prompt: &str) -> io::Result<String> {
    if prompt.trim().is_empty() {
        return Err(io::Error::other("nothing to paint: say what it shows"));
    }
    Ok(format!("Here is {prompt}. (The studio only pretends to paint.)"))
}

#[derive(Deserialize)]
pub(crate) struct Sale {
    user: String,
    #[serde(default)]
    plan: String,
    #[serde(default)]
    pack: String,
}

/// Sends the buyer to a checkout at Stripe.
pub(crate) async fn buy(State(studio): State<Studio>, Form(sale): Form<Sale>) -> Redirect {
    let Some(stripe) = &studio.stripe else {
        let said = "A checkout at Stripe begins here once STRIPE_KEY has the secret key of a test account: sk_test_..";
        return back(&sale.user, said);
    };
    let visitor = form_urlencoded::Serializer::new(String::new()).append_pair("user", &sale.user).finish();
    let (owner, thanks) = (format!("user:{}", sale.user), format!("{}/?{visitor}", studio.address));
    let started = match (stripe.pack_checkout(&sale.pack, &owner), stripe.plan_checkout(&sale.plan, &owner)) {
        (Some(pack), _) => stripe.start_async(pack.success(thanks)).await,
        (None, Some(plan)) => stripe.start_async(plan.success(thanks)).await,
        (None, None) => return back(&sale.user, "There is no such offer."),
    };
    match started {
        Ok(session) => Redirect::to(&session.url),
        Err(error) => back(&sale.user, &error.to_string()),
    }
}

/// Stripe's webhooks.
pub(crate) async fn webhook(
    State(studio): State<Studio>,
    headers: HeaderMap,
    body: axum::body::Bytes,
) -> Response {
    match studio.stripe {
        Some(stripe) => stripe.receive_async(&headers, &body).await.into_response(),
        None => Problem::new(404, "stripe_missing", "the studio has no STRIPE_KEY").into_response(),
    }
}

pub(crate) async fn stylesheet() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/css")], concat!(include_str!("studio.css")).to_owned() + widgets::STYLESHEET)
}

fn back(user: &str, said: &str) -> Redirect {
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("user", user)
        .append_pair("said", said)
        .finish();
    Redirect::to(&format!("./?{query}"))
}
