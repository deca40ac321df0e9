//! Whether the process runs, and whether its ledger can be read.

use axum::extract::State;
use axum::http::StatusCode;

use super::request::{Shared, read};
use crate::refusal::Refusal;

/// The process runs.
pub(super) async fn live() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// The ledger answers reads: it is open, and its file is there.
pub(super) async fn ready(State(settings): State<Shared>) -> Result<StatusCode, Refusal> {
    read(&settings, |ledger| Ok(ledger.credits.owners().limit(1).page()?)).await?;
    Ok(StatusCode::NO_CONTENT)
}
