//! Transfers between wallets, and their reversal.

use axum::extract::State;
use axum::response::Response;
use credits_runtime::generated::JsonObject;
use credits_runtime::{Timestamp, TransferId};
use serde::Deserialize;

use super::request::{Account, Asked, Named, OfAsset, Sent, Shared, Writer, number, with_options};
use super::write::written;
use crate::refusal::Refusal;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sending {
    to: String,
    amount: i64,
    category: Option<String>,
    expires_at: Option<Timestamp>,
    #[serde(default)]
    including_promotional: bool,
    metadata: Option<JsonObject>,
}

/// Moves credits to another owner's wallet of the same asset.
pub(super) async fn send(
    State(settings): State<Shared>,
    Account { wallet, .. }: Account,
    Asked(asset): Asked<OfAsset>,
    writer: Writer,
    Sent(sending): Sent<Sending>,
) -> Result<Response, Refusal> {
    let receiver = settings.ledger.credits.wallet(&sending.to).of_asset_named(&asset.name());
    let options = writer.options(sending.metadata)?;
    let mut transfer = with_options!(wallet.transfer_to(&receiver, sending.amount), options);
    if let Some(category) = sending.category {
        transfer = transfer.category(category.as_str());
    }
    if let Some(expires_at) = sending.expires_at {
        transfer = transfer.expires_at(expires_at);
    }
    if sending.including_promotional {
        transfer = transfer.including_promotional();
    }
    let transferred = transfer.now().await?;
    Ok(written(&transferred, transferred.replayed))
}

/// The number of a transfer in the path.
#[derive(Deserialize)]
pub(super) struct OfTransfer {
    transfer: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reversal {
    #[serde(default)]
    as_far_as_possible: bool,
    #[serde(default)]
    with_debt: bool,
    metadata: Option<JsonObject>,
}

/// Moves the credits of a transfer back. The ledger does so once, whatever the idempotency key is.
pub(super) async fn reverse(
    Account { wallet, .. }: Account,
    Named(OfTransfer { transfer }): Named<OfTransfer>,
    writer: Writer,
    Sent(sent): Sent<Reversal>,
) -> Result<Response, Refusal> {
    let transfer = TransferId::new(number("transfer", &transfer)?);
    let reverse = wallet.reverse_transfer(transfer).metadata(writer.metadata(sent.metadata)?);
    let reverse = match (sent.as_far_as_possible, sent.with_debt) {
        (true, true) => {
            return Err(Refusal::invalid("with_debt", "true", "leave it or `as_far_as_possible` out"));
        }
        (true, false) => reverse.as_far_as_possible(),
        (false, true) => reverse.with_debt(),
        (false, false) => reverse,
    };
    let reversed = reverse.now().await?;
    Ok(written(&reversed, reversed.replayed))
}
