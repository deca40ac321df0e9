//! Writes an order to the ledger, with the person who asked for it.

use credits_runtime::{FactNumber, HoldId, Wallet};
use serde_json::json;

use super::order::{Deed, Order};
use crate::ledger::Ledger;
use crate::refusal::Refusal;

/// The result of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Done {
    /// The owner's entry.
    Entry(FactNumber),
    /// The hold is closed, which makes no entry.
    Released(HoldId),
}

/// Writes an order. One that was written before under its key is not written again.
pub(super) async fn write(ledger: &Ledger, order: Order, by: String) -> Result<Done, Refusal> {
    let Order { owner, asset, key, reason, deed } = order;
    let wallet: Wallet<()> = ledger.credits.wallet(&owner).of_asset_named(&asset);
    let metadata = json!({ "by": by });
    let number = match deed {
        Deed::Give { amount, expires_at, is_promotional } => {
            let mut give = wallet.give_credits(amount).reason(reason).key(key).metadata(metadata);
            if let Some(at) = expires_at {
                give = give.expires_at(at);
            }
            let give = if is_promotional { give.promotional() } else { give };
            give.now().await?.entry.number
        }
        Deed::Take { amount, with_debt } => {
            let take = wallet.deduct_credits(amount, reason).key(key).metadata(metadata);
            let take = if with_debt { take.with_debt() } else { take };
            take.now().await?.entry.number
        }
        Deed::Transfer { amount, to, with_promotional } => {
            let receiver = ledger.credits.wallet(&to).of_asset_named(&asset);
            // A transfer has no reason of its own.
            let metadata = json!({ "by": by, "reason": reason });
            let transfer = wallet.transfer_to(&receiver, amount).key(key).metadata(metadata);
            let transfer = if with_promotional { transfer.including_promotional() } else { transfer };
            transfer.now().await?.sent.number
        }
        Deed::Revoke { grant } => {
            wallet.revoke_grant(grant, reason).key(key).metadata(metadata).now().await?.entry.number
        }
        Deed::Release { hold } => {
            wallet.release(hold).await?;
            // The ledger keeps neither metadata nor a key with the end of a hold.
            tracing::info!(%hold, owner, by, "a hold was released by hand");
            return Ok(Done::Released(hold));
        }
        Deed::Reverse { charge, amount } => {
            let reverse = wallet.reverse_charge(charge).reason(reason).key(key).metadata(metadata);
            let reverse = match amount {
                Some(amount) => reverse.amount(amount),
                None => reverse,
            };
            reverse.now().await?.entry.number
        }
    };
    Ok(Done::Entry(number))
}
