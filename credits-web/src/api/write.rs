//! Responses of writes, and the write of the application: the spend.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use credits_runtime::OperationCall;
use serde::Serialize;

use super::request::{Sent, Shared, Subject, Writer, take};
use crate::refusal::Refusal;

/// The response of a write: 201, and whether an earlier request made it.
pub(super) fn written(value: &impl Serialize, replayed: bool) -> Response {
    marked(StatusCode::CREATED, value, replayed)
}

/// The response of a write that makes nothing new, such as the end of a hold: 200, and whether an earlier request did it.
pub(super) fn done(value: &impl Serialize, replayed: bool) -> Response {
    marked(StatusCode::OK, value, replayed)
}

fn marked(status: StatusCode, value: &impl Serialize, replayed: bool) -> Response {
    let mut response = (status, Json(value)).into_response();
    if replayed {
        response.headers_mut().insert("idempotency-replayed", HeaderValue::from_static("true"));
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
