//! Responses that are as long as the ledger: exports and backups.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::request::{Asked, Shared, permit, read};
use crate::download::{self, Format};
use crate::refusal::Refusal;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExportQuery {
    format: Option<Format>,
}

/// Every entry of every wallet.
pub(super) async fn export(
    State(settings): State<Shared>,
    Asked(ExportQuery { format }): Asked<ExportQuery>,
) -> Result<Response, Refusal> {
    let permit = permit(&settings)?;
    // A ledger that cannot be read is told before the response begins.
    read(&settings, |ledger| Ok(ledger.credits.head()?)).await?;
    Ok(download::export(settings.ledger.credits.clone(), format.unwrap_or_default(), permit))
}

/// A backup of the ledger.
pub(super) async fn backup(State(settings): State<Shared>) -> Result<Response, Refusal> {
    let permit = permit(&settings)?;
    download::backup(settings.ledger.credits.clone(), permit).await
}
