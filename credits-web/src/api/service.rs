//! The API as a service of the application's web server, and its options.

use std::convert::Infallible;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::http::Request;
use axum::response::Response;
use credits_runtime::generated::Pricing;
use credits_runtime::{Credits, Error};
use tokio::sync::Semaphore;
use tower::{BoxError, Service, ServiceExt};

use super::owner_token::OwnerSecret;
use super::routes;
use super::tokens::Tokens;
use crate::ledger::Ledger;
use crate::limits::LONG_REQUESTS_MAX;
use crate::mount;

/// The JSON API of a ledger: a service to mount with `nest_service`.
#[derive(Clone)]
#[must_use = "an API is reached when it is mounted, as with `Router::nest_service`"]
pub struct Api {
    settings: Settings,
    /// The routes, built by the first request.
    routes: Arc<OnceLock<Router>>,
}

/// What the application chose.
#[derive(Clone)]
pub(super) struct Settings {
    pub(super) ledger: Ledger,
    pub(super) tokens: Option<Tokens>,
    pub(super) owner_secret: Option<OwnerSecret>,
    pub(super) origins: Vec<String>,
    /// The user of this machine who calls, without a token: at the other end of the ledger's socket, or in this process.
    pub(super) peer: Option<u32>,
    #[cfg(feature = "stripe")]
    pub(super) stripe: Option<Arc<dyn super::stripe::Processor>>,
    /// The permits of requests that read the whole ledger.
    pub(super) long_requests: Arc<Semaphore>,
    #[cfg(feature = "metrics")]
    pub(super) metrics: super::metrics::Metrics,
}

impl Settings {
    /// Settings without which nobody gets in.
    pub(super) fn of(ledger: Ledger) -> Self {
        Self {
            ledger,
            tokens: None,
            owner_secret: None,
            origins: Vec::new(),
            long_requests: Arc::new(Semaphore::new(LONG_REQUESTS_MAX)),
            peer: None,
            #[cfg(feature = "stripe")]
            stripe: None,
            #[cfg(feature = "metrics")]
            metrics: super::metrics::Metrics::default(),
        }
    }
}

/// The API of a ledger, closed until [`tokens`](Api::tokens) or [`owner_secret`](Api::owner_secret) is called.
pub fn api<C: Pricing>(credits: &Credits<C>) -> Api {
    Api { settings: Settings::of(Ledger::of(credits)), routes: Arc::default() }
}

/// The API of a ledger that was opened [without its pricing](Credits::open_without_pricing): as [`api`], but operations are
/// only listed, under the newest terms that the ledger was opened with. A call of one is refused as 409 `pricing_missing`.
///
/// Errors: the ledger's.
pub fn api_without_pricing(credits: &Credits<()>) -> Result<Api, Error> {
    Ok(Api { settings: Settings::of(Ledger::without_pricing(credits)?), routes: Arc::default() })
}

impl Api {
    /// The tokens of the programs that may call it.
    pub fn tokens(mut self, tokens: Tokens) -> Self {
        self.settings.tokens = Some(tokens);
        self.rebuilt()
    }

    /// The secret of tokens for owners' browsers, which read `/me`.
    pub fn owner_secret(mut self, secret: OwnerSecret) -> Self {
        self.settings.owner_secret = Some(secret);
        self.rebuilt()
    }

    /// The origins whose pages may call it from a browser, such as `https://app.example.com`; none unless set. Their pages send a
    /// token, and a browser never adds cookies.
    pub fn origins(mut self, origins: impl IntoIterator<Item = impl Into<String>>) -> Self {
        // As browsers write them: in lower case, without a path.
        let written = |origin: String| origin.trim_end_matches('/').to_ascii_lowercase();
        self.settings.origins = origins.into_iter().map(Into::into).map(written).collect();
        self.rebuilt()
    }

    /// Lets every request in as this user of the machine, without a token: for a program that sends requests to it in its own
    /// process, as the command line does. Entries have it as `cli:uid=1000`, and failures of the ledger are reported in their
    /// own words, as on the ledger's socket. Never mount such an API in a web server.
    ///
    /// ```
    /// use tower::ServiceExt;
    /// # credits_runtime::usage_credits! { operation step { costs 1.credit } }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// let api = credits_web::api(&credits).for_local_user(1000);
    /// let request = axum::http::Request::get("/wallets/user:42").body(axum::body::Body::empty())?;
    /// assert_eq!(api.oneshot(request).await?.status(), 200);
    /// # Ok(())
    /// # }
    /// ```
    pub fn for_local_user(mut self, user: u32) -> Self {
        self.settings.peer = Some(user);
        self.rebuilt()
    }

    /// The connection with Stripe: checkouts begin at `POST /wallets/{owner}/checkouts` and `POST /me/checkouts`, and Stripe
    /// sends its webhooks to `POST /stripe`.
    ///
    /// ```no_run
    /// # credits_runtime::usage_credits! { operation step { costs 1.credit } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// let stripe = credits.stripe(std::env::var("STRIPE_SECRET_KEY")?);
    /// let stripe = stripe.webhook_secret(std::env::var("STRIPE_WEBHOOK_SECRET")?).build()?;
    /// let api = credits_web::api(&credits).stripe(stripe);
    /// # drop(api);
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "stripe")]
    pub fn stripe<C: Pricing>(mut self, stripe: credits_runtime::stripe::Stripe<C>) -> Self {
        self.settings.stripe = Some(Arc::new(stripe));
        self.rebuilt()
    }

    fn rebuilt(self) -> Self {
        Self { routes: Arc::default(), ..self }
    }
}

impl<B> Service<Request<B>> for Api
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let routes = self.routes.get_or_init(|| routes::router(self.settings.clone())).clone();
        Box::pin(routes.oneshot(mount::located(request.map(Body::new))))
    }
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api").field("tokens", &self.settings.tokens).finish_non_exhaustive()
    }
}
