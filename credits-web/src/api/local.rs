//! Callers on this machine with the right to the ledger's file: a failure of the ledger is reported to them in its own words,
//! and not only to the log.
//!
//! It does not know which routes there are.

use axum::response::{IntoResponse, Response};
use credits_runtime::LedgerErrorKind as Kind;

use crate::refusal::{Failure, Refusal};

/// The response for a caller on this machine.
pub(super) fn spoken(response: Response) -> Response {
    let Some(Failure(error)) = response.extensions().get() else { return response };
    Refusal::new(response.status(), code(error.kind()), error.to_string()).into_response()
}

/// The code of a failure; that of every caller for a failure that it describes.
fn code(kind: Kind) -> &'static str {
    match kind {
        Kind::Damaged => "damaged",
        Kind::HeadDisagrees => "head_disagrees",
        Kind::Io => "io",
        Kind::QueueFull => "queue_full",
        Kind::NotDone => "not_done",
        Kind::OutcomeUnknown => "outcome_unknown",
        Kind::Closed | Kind::FileGone | Kind::Locked | Kind::ReadOnly | Kind::Stopped => "unavailable",
        _ => "internal_error",
    }
}
