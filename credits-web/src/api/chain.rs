//! The hash chain: its head, the comparison with an earlier one, and the verification of the whole ledger.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use credits_runtime::{Error, FactNumber, Head, LedgerErrorKind, Verified};
use serde::{Deserialize, Serialize};

use super::request::{Sent, Shared, read, read_at_length};
use crate::refusal::Refusal;

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
    Ok(Json(ShownHead { head, last_fact: head.last_fact() }))
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
    let checked = read_at_length(&settings, move |ledger| {
        ledger.credits.check_head(&head).map_err(|error| spoken(error, StatusCode::CONFLICT))
    });
    checked.await?;
    Ok(Json(AgreedHead { agrees: true, last_fact: head.last_fact() }))
}

/// Verifies everything.
pub(super) async fn verify(State(settings): State<Shared>) -> Result<Json<Verified>, Refusal> {
    let verified = read_at_length(&settings, |ledger| {
        ledger.credits.verify().map_err(|error| spoken(error, StatusCode::INTERNAL_SERVER_ERROR))
    });
    Ok(Json(verified.await?))
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
