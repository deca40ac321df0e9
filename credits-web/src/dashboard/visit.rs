//! One request of the dashboard: who is asking, what they may do, and the frame around every page.
//!
//! It does not know what a page shows.

use std::sync::Arc;

use axum::Form;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{Html, IntoResponse, Redirect, Response};
use maud::{DOCTYPE, Markup, html};
use serde::de::DeserializeOwned;

use super::app::style_version;
use super::service::Settings;
use crate::ledger::Ledger;
use crate::mount::Root;
use crate::refusal::Refusal;

/// What a visitor may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Right {
    /// See pages and send forms.
    All,
    /// See pages.
    Read,
}

/// A request that was let in.
#[derive(Clone)]
pub(super) struct Visit {
    pub(super) settings: Arc<Settings>,
    /// Where the pages are, as seen from this one.
    pub(super) root: Root,
    /// The person, as the application names them.
    pub(super) who: String,
    pub(super) right: Right,
    /// The path of the page.
    pub(super) path: String,
}

/// What a page shows.
pub(super) struct Page {
    pub(super) title: String,
    pub(super) content: Markup,
}

impl Page {
    pub(super) fn new(title: impl Into<String>, content: Markup) -> Self {
        Self { title: title.into(), content }
    }
}

/// The query of a page's address. One that cannot be read is refused as a page.
pub(super) struct Asked<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(asked)) => Ok(Self(asked)),
            Err(rejection) => Err(refused(parts, rejection.into())),
        }
    }
}

/// The fields of a form. One that cannot be read is refused as a page.
pub(super) struct Sent<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Sent<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        match Form::<T>::from_request(Request::from_parts(parts.clone(), body), state).await {
            Ok(Form(sent)) => Ok(Self(sent)),
            Err(rejection) => Err(refused(&parts, rejection.into())),
        }
    }
}

fn refused(parts: &Parts, refusal: Refusal) -> Response {
    match parts.extensions.get::<Visit>() {
        Some(visit) => visit.refused(refusal),
        None => refusal.into_response(),
    }
}

/// The pages in the navigation, by path and title.
const PAGES: [(&str, &str); 6] = [
    ("", "Overview"),
    ("owners", "Owners"),
    ("catalogue", "Catalogue"),
    ("money", "Money"),
    ("what-if", "What if"),
    ("ledger", "Ledger"),
];

impl Visit {
    /// Whether forms are shown.
    pub(super) fn may_write(&self) -> bool {
        self.right == Right::All
    }

    /// The name that is written on entries: `dashboard:ada@example.com`.
    pub(super) fn by(&self) -> String {
        format!("dashboard:{}", self.who)
    }

    /// A whole page.
    pub(super) fn page(&self, title: &str, content: &Markup) -> Response {
        Html(self.frame(title, content).into_string()).into_response()
    }

    /// A page that is read from the ledger, on a thread that may block.
    pub(super) async fn read(
        self,
        read: impl FnOnce(&Self, &Ledger) -> Result<Page, Refusal> + Send + 'static,
    ) -> Response {
        let visit = self.clone();
        let reading = tokio::task::spawn_blocking(move || read(&visit, &visit.settings.ledger));
        match reading.await {
            Ok(Ok(Page { title, content })) => self.page(&title, &content),
            Ok(Err(refusal)) => self.refused(refusal),
            Err(error) => {
                tracing::error!(%error, path = self.path, "a page panicked");
                let detail = "the server failed, and the request was not at fault";
                self.refused(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", detail))
            }
        }
    }

    /// Reads the ledger on a thread that may block.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Ledger) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let settings = Arc::clone(&self.settings);
        tokio::task::spawn_blocking(move || read(&settings.ledger)).await.unwrap_or_else(|error| {
            tracing::error!(%error, path = self.path, "a read panicked");
            let detail = "the server failed, and the request was not at fault";
            Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", detail))
        })
    }

    /// A problem as a page.
    pub(super) fn refused(&self, refusal: Refusal) -> Response {
        let (status, problem) = (refusal.status(), refusal.0);
        let content = html! {
            section.card role="alert" {
                p { bdi { (problem.detail) } }
                p.muted { (status.as_u16()) " " code { (problem.code) } }
                p { a href=(self.root.to("")) { "To the overview" } }
            }
        };
        let page = (status, Html(self.frame(&problem.title, &content).into_string()));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            let seconds = crate::limits::RETRY_AFTER_SECONDS.to_string();
            return ([("retry-after", seconds)], page).into_response();
        }
        page.into_response()
    }

    /// Sends the browser to a page, after a form.
    pub(super) fn see(&self, path: &str, query: &[(&str, &str)]) -> Response {
        Redirect::to(&self.root.with(path, query)).into_response()
    }

    fn frame(&self, title: &str, content: &Markup) -> Markup {
        let Settings { title: name, stylesheet, .. } = &*self.settings;
        let current = self.path.trim_start_matches('/').split('/').next().unwrap_or_default();
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (title) " - " (name) }
                    link rel="stylesheet" href=(self.root.with("style.css", &[("v", &style_version())]));
                    @if let Some(own) = stylesheet { link rel="stylesheet" href=(own); }
                }
                body {
                    a.skip href="#content" { "Skip to the content" }
                    header.top {
                        div.bar {
                            a.name href=(self.root.to("")) { (name) }
                            nav aria-label="Pages" {
                                @for (path, title) in PAGES {
                                    @let is_current = path == current || (path == "owners" && current == "owner");
                                    a href=(self.root.to(path)) aria-current=[is_current.then_some("page")] { (title) }
                                }
                            }
                            form.find action=(self.root.to("owners")) role="search" {
                                input type="search" name="prefix" aria-label="Find an owner"
                                    placeholder="Find an owner" maxlength="255";
                                button { "Find" }
                            }
                        }
                    }
                    main id="content" tabindex="-1" {
                        h1 { bdi { (title) } }
                        (content)
                    }
                    footer { "Times are in UTC. Signed in as " bdi { (self.who) } @if !self.may_write() { ", to read" } "." }
                }
            }
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visit {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let missing = || Refusal::new(StatusCode::UNAUTHORIZED, "closed", "nobody was let in");
        parts.extensions.get::<Self>().cloned().ok_or_else(missing)
    }
}
