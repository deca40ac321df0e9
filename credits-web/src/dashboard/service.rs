//! The dashboard as a service of the application's web server, and its options.
//!
//! It does not know what the pages show.

use std::convert::Infallible;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::http::Request;
use axum::http::request::Parts;
use axum::response::Response;
use credits_runtime::generated::Pricing;
use credits_runtime::{Credits, Error};
use tower::{BoxError, Service, ServiceExt};

use super::access::{Access, Authorize};
use super::app;
use super::ledger::LongWork;
use super::refunds::RefundDesk;
use crate::ledger::Ledger;
use crate::limits::REQUEST_TIME_MAX;
use crate::mount;

/// The dashboard of a ledger: a service to mount with `nest_service`.
#[derive(Clone)]
#[must_use = "a dashboard is seen when it is mounted, as with `Router::nest_service`"]
pub struct Dashboard {
    settings: Settings,
    /// The routes, built by the first request.
    routes: Arc<OnceLock<Router>>,
}

/// What the application chose.
#[derive(Clone)]
pub(super) struct Settings {
    pub(super) ledger: Ledger,
    pub(super) authorize: Option<Authorize>,
    pub(super) title: String,
    pub(super) stylesheet: Option<String>,
    pub(super) origins: Vec<String>,
    /// The processor that returns money.
    pub(super) refunds: Option<RefundDesk>,
    /// Longest time of a request.
    pub(super) time_max: Duration,
    /// Verifications and downloads of the whole ledger.
    pub(super) long_work: Arc<LongWork>,
}

/// The dashboard of a ledger, closed until [`authorize`](Dashboard::authorize) is called.
pub fn dashboard<C: Pricing>(credits: &Credits<C>) -> Dashboard {
    of(Ledger::of(credits))
}

/// The dashboard of a ledger that was opened [without its pricing](Credits::open_without_pricing): as [`dashboard`], without
/// the calculator of prices.
///
/// Errors: the ledger's.
pub fn dashboard_without_pricing(credits: &Credits<()>) -> Result<Dashboard, Error> {
    Ok(of(Ledger::without_pricing(credits)?))
}

fn of(ledger: Ledger) -> Dashboard {
    let settings = Settings {
        ledger,
        authorize: None,
        title: "Credits".to_owned(),
        stylesheet: None,
        origins: Vec::new(),
        refunds: None,
        time_max: REQUEST_TIME_MAX,
        long_work: Arc::default(),
    };
    Dashboard { settings, routes: Arc::default() }
}

impl Dashboard {
    /// Decides for each request who is asking and what they may do. Without it every request is answered with 401.
    ///
    /// The request has what the application's own layers put into its extensions, such as the user of a session.
    pub fn authorize(mut self, decide: impl Fn(&Parts) -> Access + Send + Sync + 'static) -> Self {
        self.settings.authorize = Some(Arc::new(decide));
        self.rebuilt()
    }

    /// The title of the pages; `Credits` unless set.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.settings.title = title.into();
        self.rebuilt()
    }

    /// The address of a stylesheet of the application's own, on the same site, which is used after the dashboard's.
    pub fn stylesheet(mut self, url: impl Into<String>) -> Self {
        self.settings.stylesheet = Some(url.into());
        self.rebuilt()
    }

    /// Other origins whose pages may send forms, such as `https://admin.example.com` in front of a proxy that changes
    /// `Host`.
    pub fn origins(mut self, origins: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.settings.origins = origins.into_iter().map(Into::into).collect();
        self.rebuilt()
    }

    /// Connects the dashboard with Stripe, so that those who may do everything can refund purchases on the page of their owner.
    #[cfg(feature = "stripe")]
    pub fn stripe<C: Pricing>(mut self, stripe: credits_runtime::stripe::Stripe<C>) -> Self {
        self.settings.refunds =
            Some(RefundDesk::of(Arc::new(stripe), self.settings.ledger.credits.ledger_id()));
        self.rebuilt()
    }

    fn rebuilt(self) -> Self {
        Self { routes: Arc::default(), ..self }
    }
}

impl<B> Service<Request<B>> for Dashboard
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
        let routes = self.routes.get_or_init(|| app::routes(self.settings.clone())).clone();
        Box::pin(routes.oneshot(mount::located(request.map(Body::new))))
    }
}

impl fmt::Debug for Dashboard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dashboard").field("title", &self.settings.title).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;
    use http_body_util::channel::Channel;

    use super::*;

    credits_runtime::usage_credits! { operation step { costs 1.credit } }

    #[tokio::test]
    async fn a_request_that_takes_too_long_is_refused_with_a_page() {
        let credits = Credits::in_memory().unwrap();
        let mut dashboard = super::dashboard(&credits).authorize(|_| Access::all("ada"));
        dashboard.settings.time_max = Duration::ZERO;
        // The rest of the form never arrives.
        let (_sender, body) = Channel::<Bytes>::new(1);
        let form = Request::post("/owner/give").header("content-type", "application/x-www-form-urlencoded");
        let answer = dashboard.oneshot(form.body(body).unwrap()).await.unwrap();
        assert_eq!(answer.status().as_u16(), 503);
        assert_eq!(answer.headers()["retry-after"], "1");
        let page = answer.into_body().collect().await.unwrap().to_bytes();
        let page = String::from_utf8(page.to_vec()).unwrap();
        assert!(page.contains("<h1>") && page.contains("send the same form again"), "{page}");
    }
}
