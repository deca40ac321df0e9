//! The hash chain: its head, the comparison with an earlier one, and the verification of the whole ledger.

use std::io::{self, Write};

use axum::Json;
use axum::extract::State;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use credits_runtime::{Error, FactNumber, Head, LedgerErrorKind};
use serde::{Deserialize, Serialize};

use super::request::{Sent, Shared, permit, read, read_at_length};
use crate::refusal::Refusal;
use crate::streamed::{Parts, streamed};

/// The head of the hash chain: `GET /head`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ShownHead {
    /// The head, to keep elsewhere.
    pub head: Head,
    /// The last fact that it covers.
    pub last_fact: FactNumber,
}

/// The head of the hash chain, to keep elsewhere.
pub(super) async fn head(State(settings): State<Shared>) -> Result<Json<ShownHead>, Refusal> {
    let head = read(&settings, |ledger| Ok(ledger.credits.head()?)).await?;
    let last_fact = head.last_fact();
    Ok(Json(ShownHead { head, last_fact }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EarlierHead {
    head: Head,
}

/// A head that the ledger's chain goes through: `POST /head/check`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AgreedHead {
    /// Always true: a head that disagrees is a problem.
    pub agrees: bool,
    /// The last fact that the head covers.
    pub last_fact: FactNumber,
}

/// Compares an earlier head with the ledger.
pub(super) async fn check(
    State(settings): State<Shared>,
    Sent(EarlierHead { head }): Sent<EarlierHead>,
) -> Result<Json<AgreedHead>, Refusal> {
    let last_fact = head.last_fact();
    let checked = read_at_length(&settings, move |ledger| {
        ledger.credits.check_head(&head).map_err(|error| spoken(error, StatusCode::CONFLICT))
    });
    checked.await?;
    Ok(Json(AgreedHead { agrees: true, last_fact }))
}

/// Verifies everything. A client that accepts lines of JSON gets one for each part of the way, and the result as the last one.
pub(super) async fn verify(State(settings): State<Shared>, headers: HeaderMap) -> Result<Response, Refusal> {
    if accepts_lines(&headers) {
        return verified_in_lines(&settings).await;
    }
    let verified = read_at_length(&settings, |ledger| ledger.credits.verify().map_err(unsound));
    Ok(Json(verified.await?).into_response())
}

/// The type of lines of JSON.
pub(super) const LINES: &str = "application/jsonl";
/// Lines of progress of a verification.
const LINES_MAX: u64 = 100;

fn accepts_lines(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|range| {
        range.split(';').next().is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case(LINES))
    })
}

/// The verification with its progress: up to `LINES_MAX` lines, and the counts or the problem.
async fn verified_in_lines(settings: &Shared) -> Result<Response, Refusal> {
    let permit = permit(settings)?;
    // A ledger that cannot be read is refused before the response begins.
    read(settings, |ledger| Ok(ledger.credits.head()?)).await?;
    let credits = settings.ledger.credits.clone();
    let lines = streamed(move |parts| {
        let mut shown = 0;
        let mut sent = Ok(());
        let verified = credits.verify_with(|progress| {
            let part = progress.facts.saturating_mul(LINES_MAX) / progress.of.max(1);
            // A client that has gone ends the lines; the verification goes on under its permit.
            if part > shown && sent.is_ok() {
                shown = part;
                sent = line(parts, &progress);
            }
        });
        drop(permit);
        // A contradiction is logged, also if nobody reads it.
        let verified = verified.map_err(unsound);
        sent?;
        match verified {
            Ok(verified) => line(parts, &verified),
            Err(refusal) => line(parts, &refusal.0),
        }
    });
    Ok(([(CONTENT_TYPE, LINES)], lines).into_response())
}

/// Sends a line at once.
fn line(parts: &mut Parts, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *parts, value)?;
    parts.write_all(b"\n")?;
    parts.flush()
}

fn unsound(error: Error) -> Refusal {
    spoken(error, StatusCode::INTERNAL_SERVER_ERROR)
}

/// A contradiction in its own words. An administrator who looks for one is told, while other requests are not.
fn spoken(error: Error, status: StatusCode) -> Refusal {
    let code = match &error {
        Error::Ledger(error) if error.kind() == LedgerErrorKind::Damaged => "damaged",
        Error::Ledger(error) if error.kind() == LedgerErrorKind::HeadDisagrees => "head_disagrees",
        _ => return error.into(),
    };
    tracing::error!(%error, "the ledger contradicts itself or an earlier head");
    Refusal::new(status, code, error.to_string())
}
