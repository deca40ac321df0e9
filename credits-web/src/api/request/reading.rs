//! Reads of the ledger, on threads that may block.

use std::sync::Arc;

use axum::http::StatusCode;
use tokio::sync::OwnedSemaphorePermit;

use crate::api::service::Settings;
use crate::ledger::Ledger;
use crate::limits::LONG_REQUESTS_MAX;
use crate::refusal::Refusal;

/// Reads the whole ledger, for as long as it takes, on a thread that may block. Only some requests may at one time: the
/// permit is held until the read ends, also if the client has gone.
pub(in crate::api) async fn read_at_length<T: Send + 'static>(
    settings: &Settings,
    work: impl FnOnce(&Ledger) -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    let permit = permit(settings)?;
    read(settings, move |ledger| {
        let result = work(ledger);
        drop(permit);
        result
    })
    .await
}

/// The permit of a request that reads the whole ledger.
pub(in crate::api) fn permit(settings: &Settings) -> Result<OwnedSemaphorePermit, Refusal> {
    Arc::clone(&settings.long_requests).try_acquire_owned().map_err(|_| {
        let detail = format!(
            "{LONG_REQUESTS_MAX} requests read the whole ledger at present, the most there may be: try again later"
        );
        Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail)
    })
}

/// Reads the ledger on a thread that may block.
pub(in crate::api) async fn read<T: Send + 'static>(
    settings: &Settings,
    read: impl FnOnce(&Ledger) -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    let ledger = settings.ledger.clone();
    tokio::task::spawn_blocking(move || read(&ledger)).await.unwrap_or_else(|error| {
        tracing::error!(%error, "a read panicked");
        let detail = "the server failed, and the request was not at fault";
        Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", detail))
    })
}
