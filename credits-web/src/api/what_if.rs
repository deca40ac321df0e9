//! What if: the ledger's charges under another price list.

use axum::Json;
use axum::extract::State;
use credits_runtime::catalogue::CatalogueData;
use credits_runtime::{Timestamp, WhatIfReport};
use serde::Deserialize;

use super::request::{Sent, Shared, read_at_length};
use crate::refusal::Refusal;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OtherTerms {
    terms: CatalogueData,
    since: Option<Timestamp>,
}

/// Compares the charges since an instant with their prices under other terms.
pub(super) async fn what_if(
    State(settings): State<Shared>,
    Sent(OtherTerms { terms, since }): Sent<OtherTerms>,
) -> Result<Json<WhatIfReport>, Refusal> {
    let since = since.unwrap_or(Timestamp::MIN);
    let report = read_at_length(&settings, move |ledger| Ok(ledger.credits.what_if(&terms, since).run()?));
    Ok(Json(report.await?))
}
