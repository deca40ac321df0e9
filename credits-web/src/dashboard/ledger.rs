//! The ledger itself: its sizes, the head of its chain, its verification, and downloads.

pub(super) mod download;
mod verification;

use std::sync::Arc;

use axum::http::HeaderValue;
use axum::http::header::REFRESH;
use axum::response::{IntoResponse, Redirect, Response};
use credits_runtime::{Credits, Error, Head, LedgerErrorKind, Statistics, Verified, VerifyProgress};
use maud::{Markup, html};
use serde::Deserialize;

pub(super) use self::verification::LongWork;
use self::verification::{Ended, Verification};
use super::visit::{Asked, Page, Visit};
use crate::limits::RESULT_WAIT_MAX;
use crate::parts::tile::tile;
use crate::refusal::Refusal;
use crate::wording::{bytes, figure, time};

/// Seconds after which the page is loaded again while a verification runs.
const REFRESH_SECONDS: &str = "3";

#[derive(Deserialize)]
pub(super) struct Query {
    head: Option<String>,
}

/// The page. Its query is the form that compares an earlier head.
pub(super) async fn page(visit: Visit, Asked(query): Asked<Query>) -> Response {
    let verification = visit.settings.long_work.verification();
    let is_running = verification.running_since.is_some();
    // A comparison reads the chain up to its head.
    let permit = match query.head.as_ref().map(|_| visit.settings.long_work.permit()).transpose() {
        Ok(permit) => permit,
        Err(refusal) => return visit.refused(refusal),
    };
    let page = visit.read(move |visit, ledger| {
        let _permit = permit;
        let credits = &ledger.credits;
        let content = html! {
            (sizes(&credits.ledger_id(), &credits.statistics()))
            (verified(visit, &verification))
            (chain(visit, credits, query.head.as_deref())?)
            (downloads(visit))
        };
        Ok(Page::new("Ledger", content))
    });
    let mut response = page.await;
    if is_running {
        // The header does as the element `meta` would, for browsers without scripts.
        response.headers_mut().insert(REFRESH, HeaderValue::from_static(REFRESH_SECONDS));
    }
    response
}

/// Starts a verification unless one runs, and waits a little for its result.
pub(super) async fn verify(visit: Visit) -> Response {
    let (credits, work) = (visit.settings.ledger.credits.clone(), Arc::clone(&visit.settings.long_work));
    if work.start(credits.now()) {
        let verification = tokio::spawn(async move {
            let (reader, watched) = (credits.clone(), Arc::clone(&work));
            let verify = move || reader.verify_with(|progress| watched.progress(progress));
            let result = match tokio::task::spawn_blocking(verify).await {
                Ok(result) => result.map_err(|error| error.to_string()),
                Err(error) => Err(format!("the verification panicked: {error}")),
            };
            if let Err(error) = &result {
                tracing::error!(error, "a verification failed");
            }
            work.end(credits.now(), result);
        });
        // A verification that takes longer goes on, and the page is loaded again until it ends.
        drop(tokio::time::timeout(RESULT_WAIT_MAX, verification).await);
    }
    Redirect::to(&format!("{}#verify", visit.root.to("ledger"))).into_response()
}

fn sizes(id: &str, statistics: &Statistics) -> Markup {
    let Statistics { facts, commits, queued, checkpoints, file_bytes, log_bytes, memory_bytes, .. } =
        *statistics;
    let file = if file_bytes == 0 { "in memory".to_owned() } else { bytes(file_bytes) };
    let checkpointed = statistics.checkpointed_at.map_or_else(|| "none yet".to_owned(), time);
    html! {
        div.tiles {
            (tile("Facts", &figure(facts), "in the journal"))
            (tile("Commits", &figure(commits), "since it was opened"))
            (tile("Waiting commands", &figure(queued as u64), "in the queue now"))
            (tile("Memory", &bytes(memory_bytes), "for wallets, keys and rows"))
            (tile("File", &file, &format!("and {} in the log", bytes(log_bytes))))
        }
        section.card {
            h2 { "This ledger" }
            table.terms {
                thead { tr { th scope="col" { "Figure" } th scope="col" { "Value" } } }
                tbody {
                    tr { th scope="row" { "Id" } td { code { (id) } } }
                    tr { th scope="row" { "Opened" } td { (time(statistics.opened_at)) } }
                    tr { th scope="row" { "Commands with a reply" } td { (figure(statistics.commands)) } }
                    tr { th scope="row" { "Largest batch" } td { (figure(statistics.largest_batch)) } }
                    tr { th scope="row" { "Checkpoints" } td { (figure(checkpoints)) } }
                    tr { th scope="row" { "Last commit in the file" } td { (checkpointed) } }
                }
            }
        }
    }
}

fn verified(visit: &Visit, verification: &Verification) -> Markup {
    html! {
        section.card id="verify" {
            h2 { "Verification" }
            p.muted {
                "It derives every record from the journal again and compares it with the stored one. It takes about a second \
                 for a million entries, and the ledger stays in use."
            }
            @if let Some(since) = verification.running_since {
                p role="status" {
                    "Running since " (time(since))
                    @if let Some(VerifyProgress { facts, of, .. }) = verification.progress {
                        ": " (figure(facts)) " of " (figure(of)) " facts"
                    }
                    ". This page is loaded again until it ends."
                }
            }
            @if let Some(last) = &verification.last { (ended(last)) }
            @if visit.may_write() && verification.running_since.is_none() {
                form method="post" action=(visit.root.to("ledger/verify")) { button { "Verify now" } }
            }
        }
    }
}

fn ended(Ended { since, until, result }: &Ended) -> Markup {
    let seconds = until.since(*since).as_secs();
    html! {
        @match result {
            Ok(Verified { facts, frames, wallets, grants, keys, .. }) => p role="status" {
                strong.good { "Sound" } ": " (figure(*facts)) " facts in " (figure(*frames)) " frames, "
                (figure(*wallets)) " wallets, " (figure(*grants)) " grants and " (figure(*keys)) " keys agree."
            },
            Err(problem) => p role="alert" { strong.bad { "Not sound" } ": " (problem) },
        }
        p.muted { "Ended " (time(*until)) ", after " (figure(seconds)) " s." }
    }
}

/// The head to note, and the result for a head that was noted before.
fn chain(visit: &Visit, credits: &Credits<()>, noted: Option<&str>) -> Result<Markup, Refusal> {
    let head = credits.head()?;
    let noted = noted.map(str::trim).filter(|text| !text.is_empty());
    let checked = noted.map(|text| checked(credits, text)).transpose()?;
    Ok(html! {
        section.card id="head" {
            h2 { "Head of the chain" }
            p { "Keep it elsewhere: it shows later that no fact up to " (head.last_fact()) " was changed." }
            p { code.copied { (head) } }
            form.stacked action={ (visit.root.to("ledger")) "#head" } {
                label for="noted" { "A head that was noted before" }
                input id="noted" name="head" value=(noted.unwrap_or_default()) autocomplete="off" spellcheck="false";
                button { "Compare" }
            }
            @match checked {
                Some(Ok(last_fact)) => p role="status" {
                    strong.good { "It agrees" } ": no fact up to " (last_fact) " was changed since."
                },
                Some(Err(problem)) => p role="alert" { strong.bad { "It does not agree" } ": " (problem) },
                None => {}
            }
        }
    })
}

/// The last fact of a head that agrees, or the contradiction.
fn checked(credits: &Credits<()>, noted: &str) -> Result<Result<String, String>, Refusal> {
    let Ok(head) = noted.parse::<Head>() else {
        let rule = "give a head as this page shows it: the id, a number and 64 digits, with colons between";
        return Err(Refusal::invalid("head", noted, rule));
    };
    match credits.check_head(&head) {
        Ok(()) => Ok(Ok(head.last_fact().to_string())),
        Err(Error::Ledger(error))
            if matches!(error.kind(), LedgerErrorKind::HeadDisagrees | LedgerErrorKind::Damaged) =>
        {
            Ok(Err(error.to_string()))
        }
        Err(error) => Err(error.into()),
    }
}

fn downloads(visit: &Visit) -> Markup {
    html! {
        section.card {
            h2 { "Downloads" }
            ul {
                @if visit.may_write() {
                    li { a href=(visit.root.to("ledger/backup")) { "Backup" } ": a ledger file of all that is committed now." }
                }
                li { a href=(visit.root.with("ledger/export", &[("format", "csv")])) { "Entries as CSV" } }
                li { a href=(visit.root.with("ledger/export", &[("format", "jsonl")])) { "Entries as lines of JSON" }
                    ", with the sum of every charge." }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::{Method, Request};
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    use super::super::service::Settings;
    use super::super::{Access, app};
    use super::*;
    use crate::ledger::Ledger;
    use crate::mount;

    mod shop {
        credits_runtime::usage_credits! { operation step { costs 1.credit } }
    }

    #[tokio::test]
    async fn the_page_is_loaded_again_while_a_verification_runs() {
        let credits = shop::Credits::in_memory().unwrap();
        let settings = Settings {
            ledger: Ledger::of(&credits),
            authorize: Some(Arc::new(|_| Access::all("ada"))),
            title: String::new(),
            stylesheet: None,
            time_max: crate::limits::REQUEST_TIME_MAX,
            origins: Vec::new(),
            refunds: None,
            long_work: Arc::default(),
        };
        let (work, routes) = (Arc::clone(&settings.long_work), app::routes(settings));
        let send = async |method: Method, path: &str| {
            let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
            let response = routes.clone().oneshot(mount::located(request)).await.unwrap();
            let refresh = response.headers().get(REFRESH).cloned();
            let body = response.into_body().collect().await.unwrap().to_bytes();
            (refresh, String::from_utf8(body.to_vec()).unwrap())
        };
        work.start(credits.now());
        // A second one is not started.
        send(Method::POST, "/ledger/verify").await;
        assert!(work.verification().running_since.is_some() && work.verification().last.is_none());
        let (refresh, page) = send(Method::GET, "/ledger").await;
        assert_eq!(refresh.as_ref().map(HeaderValue::as_bytes), Some(REFRESH_SECONDS.as_bytes()));
        assert!(page.contains("Running since") && !page.contains("Verify now"));
        let verify = credits.verify_with(|progress| work.progress(progress));
        let facts = verify.unwrap().facts;
        let (_, page) = send(Method::GET, "/ledger").await;
        assert!(page.contains(&format!(": {facts} of {facts} facts. This page")), "{page}");

        work.end(credits.now(), Err("fact <7> is not as it was".to_owned()));
        let (refresh, page) = send(Method::GET, "/ledger").await;
        assert_eq!(refresh, None);
        assert!(page.contains("Not sound") && page.contains("fact &lt;7&gt;") && page.contains("Verify now"));
    }
}
