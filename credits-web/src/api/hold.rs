//! Holds: opening, settling, releasing and extending them.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use credits_runtime::generated::JsonObject;
use credits_runtime::{HoldId, OperationCall, Timestamp};
use serde::{Deserialize, Serialize};

use super::request::{Account, Named, Sent, Shared, Subject, Writer, number, of_members, take};
use super::write::{done, written};
use crate::ledger::Later;
use crate::refusal::Refusal;

/// The number of a hold in the path.
#[derive(Deserialize)]
pub(super) struct OfHold {
    hold: String,
}

impl OfHold {
    fn id(&self) -> Result<HoldId, Refusal> {
        number("hold", &self.hold).map(HoldId::new)
    }
}

/// Sets the price of an operation aside.
pub(super) async fn open(
    State(settings): State<Shared>,
    Subject(owner): Subject,
    writer: Writer,
    Sent(mut call): Sent<OperationCall>,
) -> Result<Response, Refusal> {
    const RULE: &str = "send the seconds until it lapses, as an integer";
    let metadata = take(&mut call, "metadata", "send an object")?;
    let seconds: Option<u64> = take(&mut call, "limit_seconds", RULE)?;
    let seconds = seconds.ok_or_else(|| Refusal::invalid("limit_seconds", "", RULE))?;
    let (limit, options) = (Duration::from_secs(seconds), writer.options(metadata)?);
    let has_key = options.key.is_some();
    let hold = settings.ledger.operations.hold(&owner, &call, limit, options);
    // A client that lost its connection sends the request again and finds its hold open. Without a key it cannot find it,
    // and the hold is released with the request.
    let hold = if has_key { finished(hold).await? } else { hold.await? };
    Ok(written(&hold, hold.replayed))
}

/// The result of a write that goes on when its client has gone.
async fn finished<T: Send + 'static>(write: Later<T>) -> Result<T, Refusal> {
    let result = tokio::spawn(write).await.map_err(|error| {
        tracing::error!(%error, "a write panicked");
        let detail = "the server failed, and the request was not at fault";
        Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", detail)
    });
    Ok(result??)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settlement {
    amount: Option<i64>,
    metadata: Option<JsonObject>,
}

/// Charges a hold: what it set aside, another amount, or the price of an operation.
pub(super) async fn settle(
    State(settings): State<Shared>,
    Account { owner, wallet }: Account,
    Named(hold): Named<OfHold>,
    writer: Writer,
    Sent(members): Sent<JsonObject>,
) -> Result<Response, Refusal> {
    let hold = hold.id()?;
    let settled = if members.contains_key("operation") {
        let mut call: OperationCall = of_members(members)?;
        let metadata = writer.metadata(take(&mut call, "metadata", "send an object")?)?;
        settings.ledger.operations.settle_for(&owner, hold, &call, metadata).await?
    } else {
        let Settlement { amount, metadata } = of_members(members)?;
        let settle = match amount {
            Some(amount) => wallet.settle_amount(hold, amount),
            None => wallet.settle(hold),
        };
        settle.metadata(writer.metadata(metadata)?).await?
    };
    Ok(done(&settled, settled.replayed))
}

/// A body without members.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

/// The end of a hold without a charge: `POST /wallets/{owner}/holds/{hold}/release`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReleasedHold {
    /// The hold.
    pub id: HoldId,
    /// Whether an earlier request released it.
    pub replayed: bool,
}

/// Releases a hold.
pub(super) async fn release(
    Account { owner, wallet }: Account,
    Named(hold): Named<OfHold>,
    writer: Writer,
    Sent(Nothing {}): Sent<Nothing>,
) -> Result<Response, Refusal> {
    let id = hold.id()?;
    let released = wallet.release(id).await?;
    // A release has no metadata.
    tracing::info!(by = writer.by, owner, hold = id.get(), "a hold was released");
    Ok(done(&ReleasedHold { id, replayed: released.replayed }, released.replayed))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Extension {
    by_seconds: u64,
}

/// A hold that lapses later.
#[derive(Serialize)]
struct ExtendedHold {
    id: HoldId,
    until: Timestamp,
    replayed: bool,
}

/// Extends a hold.
pub(super) async fn extend(
    Account { owner, wallet }: Account,
    Named(hold): Named<OfHold>,
    writer: Writer,
    Sent(Extension { by_seconds }): Sent<Extension>,
) -> Result<Response, Refusal> {
    let (id, by) = (hold.id()?, Duration::from_secs(by_seconds));
    let (until, replayed) = match writer.key {
        Some(key) => {
            let extended = wallet.extend_hold_once(id, by, key).await?;
            (extended.until, extended.replayed)
        }
        None => (wallet.extend_hold(id, by).await?, false),
    };
    // An extension has no metadata.
    tracing::info!(by = writer.by, owner, hold = id.get(), %until, "a hold was extended");
    Ok(done(&ExtendedHold { id, until, replayed }, replayed))
}
