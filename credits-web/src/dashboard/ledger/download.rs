//! Downloads of the dashboard: the backup of the ledger and the export of its entries.

use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::super::visit::{Asked, Visit};
use crate::download::{self, Format};
use crate::refusal::Refusal;

#[derive(Deserialize)]
pub(in crate::dashboard) struct Query {
    format: Format,
}

/// Every entry of every wallet.
pub(in crate::dashboard) async fn export(visit: Visit, Asked(Query { format }): Asked<Query>) -> Response {
    match visit.settings.long_work.permit() {
        Ok(permit) => download::export(visit.settings.ledger.credits.clone(), format, permit),
        Err(refusal) => visit.refused(refusal),
    }
}

/// A backup of the ledger, for people who may write.
pub(in crate::dashboard) async fn backup(visit: Visit) -> Response {
    if !visit.may_write() {
        let detail = "this account may read pages and not take the ledger with it: ask for `Access::all`";
        return visit.refused(Refusal::new(StatusCode::FORBIDDEN, "read_only", detail));
    }
    let permit = match visit.settings.long_work.permit() {
        Ok(permit) => permit,
        Err(refusal) => return visit.refused(refusal),
    };
    let made = download::backup(visit.settings.ledger.credits.clone(), permit).await;
    made.unwrap_or_else(|refusal| visit.refused(refusal))
}
