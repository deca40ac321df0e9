//! Writes of the application: spends.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use credits_runtime::OperationCall;
use serde::Serialize;

use super::request::{Sent, Shared, Subject, Writer, take};
use crate::refusal::Refusal;

/// The response of a write: 201, and whether an earlier request made it.
pub(super) fn written(value: &impl Serialize, replayed: bool) -> Response {
    let mut response = (StatusCode::CREATED, Json(value)).into_response();
    if replayed {
        let value = axum::http::HeaderValue::from_static("true");
        response.headers_mut().insert("idempotency-replayed", value);
    }
    response
}

/// Charges an operation.
pub(super) async fn spend(
    State(settings): State<Shared>,
    Subject(owner): Subject,
    writer: Writer,
    Sent(mut call): Sent<OperationCall>,
) -> Result<Response, Refusal> {
    let metadata = take(&mut call, "metadata", "send an object")?;
    let receipt = settings.ledger.operations.spend(&owner, &call, writer.options(metadata)?).await?;
    Ok(written(&receipt, receipt.replayed))
}
