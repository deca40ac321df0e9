//! Estimates: what a call would cost an owner.

use axum::Json;
use axum::extract::State;
use credits_runtime::{Amount, CoveredBy, OperationCall};
use serde::{Deserialize, Serialize};

use super::catalogue::MEMBERS;
use super::request::{Sent, Shared, Subject, read};
use super::shown::Explained;
use crate::ledger::Estimate;
use crate::refusal::Refusal;

/// The price of a call before it is charged: `POST /wallets/{owner}/estimate`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Estimated {
    /// The price.
    pub price: Amount,
    /// Whether the owner can pay it now, or a plan covers it.
    pub affordable: bool,
    /// The plan because of which it costs nothing.
    pub covered_by: Option<CoveredBy>,
    /// The sum.
    pub explanation: Explained,
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
