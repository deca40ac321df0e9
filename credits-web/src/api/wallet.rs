//! Reads of wallets.

use axum::Json;
use axum::extract::State;
use credits_runtime::billing::Subscription;
use credits_runtime::{
    Amount, GrantSummary, HoldSummary, Metadata, Owner, OwnersPage, Timestamp, WalletState,
};
use serde::{Deserialize, Serialize};

use super::request::{Asked, Audience, OfAsset, Shared, Subject, read};
use crate::limits::{PAGE_DEFAULT, PAGE_MAX};
use crate::refusal::Refusal;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Listed {
    prefix: Option<String>,
    after: Option<String>,
    limit: Option<usize>,
}

/// The owners, by name.
pub(super) async fn list(
    State(settings): State<Shared>,
    Asked(asked): Asked<Listed>,
) -> Result<Json<OwnersPage>, Refusal> {
    let limit = limit(asked.limit)?;
    let page = read(&settings, move |ledger| {
        let mut owners = ledger.credits.owners().limit(limit);
        if let Some(prefix) = asked.prefix {
            owners = owners.starting_with(prefix);
        }
        if let Some(after) = asked.after {
            owners = owners.after(after);
        }
        Ok(owners.page()?)
    });
    Ok(Json(page.await?))
}

/// The items of a page.
pub(super) fn limit(asked: Option<usize>) -> Result<usize, Refusal> {
    let limit = asked.unwrap_or(PAGE_DEFAULT);
    if (1..=PAGE_MAX).contains(&limit) {
        return Ok(limit);
    }
    Err(Refusal::invalid("limit", &limit.to_string(), "ask for 1 to 1000 items"))
}

/// A wallet: `GET /wallets/{owner}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Wallet {
    /// The owner.
    pub owner: Owner,
    /// The asset: `credits`, or the name of another one.
    pub asset: String,
    /// The available credits, with their unit.
    pub formatted: String,
    /// The ledger's time of the reading.
    pub at: Timestamp,
    /// The available credits: free ones that have not expired, less debt. Negative in debt.
    pub credits: Amount,
    /// The credits set aside by holds.
    pub held: Amount,
    /// The debt.
    pub debt: Amount,
    /// The available and the held credits together.
    pub balance: Amount,
    /// The open grants, in the order of their use.
    pub grants: Vec<GrantSummary>,
    /// The open holds.
    pub holds: Vec<HoldSummary>,
    /// The owner's subscriptions.
    pub subscriptions: Vec<Subscription>,
}

/// One wallet: its figures, open grants and holds, and the owner's subscriptions.
pub(super) async fn one(
    State(settings): State<Shared>,
    Subject(owner): Subject,
    audience: Audience,
    Asked(asset): Asked<OfAsset>,
) -> Result<Json<Wallet>, Refusal> {
    let wallet = read(&settings, move |ledger| {
        let asset = asset.name();
        let wallet = ledger.credits.wallet(&owner).of_asset_named(&asset);
        let mut state = wallet.read().wait()?;
        if audience == Audience::Owner {
            for hold in &mut state.holds {
                hold.metadata = Metadata::default();
            }
        }
        let (formatted, subscriptions) = (wallet.formatted(state.credits)?, wallet.subscriptions()?);
        let WalletState { at, credits, held, debt, balance, grants, holds, .. } = state;
        let owner = Owner::new(&owner)?;
        Ok(Wallet { owner, asset, formatted, at, credits, held, debt, balance, grants, holds, subscriptions })
    });
    Ok(Json(wallet.await?))
}
