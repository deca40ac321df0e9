//! Estimates: what a call would cost an owner.

use axum::Json;
use axum::extract::State;
use credits_runtime::{Amount, CoveredBy, OperationCall};
use serde::Serialize;

use super::catalogue::MEMBERS;
use super::request::{Sent, Shared, Subject, read};
use super::shown::Explained;
use crate::ledger::Estimate;
use crate::refusal::Refusal;

/// The price of a call before it is charged.
#[derive(Serialize)]
pub(super) struct Estimated {
    price: Amount,
    affordable: bool,
    covered_by: Option<CoveredBy>,
    explanation: Explained,
}

impl From<Estimate> for Estimated {
    fn from(estimate: Estimate) -> Self {
        let Estimate { price, affordable, covered_by, explanation } = estimate;
        Self { price, affordable, covered_by, explanation: explanation.into() }
    }
}

/// The price of an operation for an owner. The body of a spend or hold is one of an estimate too.
pub(super) async fn estimate(
    State(settings): State<Shared>,
    Subject(owner): Subject,
    Sent(mut call): Sent<OperationCall>,
) -> Result<Json<Estimated>, Refusal> {
    call.inputs.retain(|name, _| !MEMBERS.contains(&name.as_str()));
    let estimate = read(&settings, move |ledger| Ok(ledger.operations.estimate(&owner, &call)?));
    Ok(Json(estimate.await?.into()))
}
