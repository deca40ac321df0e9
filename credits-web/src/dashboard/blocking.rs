//! Work of forms that may block, such as a comparison of the whole ledger, on a thread for it.

use axum::http::StatusCode;

use crate::ledger::Ledger;
use crate::refusal::Refusal;

/// Runs work on the ledger on a thread that may block.
pub(super) async fn run<T: Send + 'static>(
    ledger: &Ledger,
    work: impl FnOnce(&Ledger) -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    let ledger = ledger.clone();
    tokio::task::spawn_blocking(move || work(&ledger)).await.unwrap_or_else(|error| {
        tracing::error!(%error, "the work of a form panicked");
        let detail = "the server failed, and the request was not at fault";
        Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", detail))
    })
}
