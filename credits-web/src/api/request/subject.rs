//! Whose wallet a request is about, and who reads the response.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use credits_runtime::Wallet;

use super::Shared;
use super::address::Asked;
use crate::api::authorization::Caller;
use crate::refusal::Refusal;

/// The owner that a request is about: of the path, or of an owner token.
pub(in crate::api) struct Subject(pub(in crate::api) String);

#[derive(serde::Deserialize)]
struct OfOwner {
    owner: String,
}

impl FromRequestParts<Shared> for Subject {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &Shared) -> Result<Self, Refusal> {
        if let Some(Caller::Owner(owner)) = parts.extensions.get() {
            return Ok(Self(owner.clone()));
        }
        let Path(OfOwner { owner }) = Path::from_request_parts(parts, state).await?;
        Ok(Self(owner))
    }
}

/// Who reads a response. An owner does not see what the application notes for itself: metadata, which has the names of
/// administrators, and idempotency keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::api) enum Audience {
    Application,
    Owner,
}

impl FromRequestParts<Shared> for Audience {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Shared) -> Result<Self, Infallible> {
        let is_owner = matches!(parts.extensions.get(), Some(Caller::Owner(_)));
        Ok(if is_owner { Self::Owner } else { Self::Application })
    }
}

/// The wallet that a write is for: of the [`Subject`], and of the asset that the query names.
pub(in crate::api) struct Account {
    pub(in crate::api) owner: String,
    pub(in crate::api) wallet: Wallet<()>,
}

/// The asset of a wallet.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct OfAsset {
    asset: Option<String>,
}

impl OfAsset {
    /// Its name; `credits` unless the query has another one.
    pub(in crate::api) fn name(self) -> String {
        self.asset.unwrap_or_else(|| "credits".to_owned())
    }
}

impl FromRequestParts<Shared> for Account {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &Shared) -> Result<Self, Refusal> {
        let Subject(owner) = Subject::from_request_parts(parts, state).await?;
        let Asked(asset): Asked<OfAsset> = Asked::from_request_parts(parts, state).await?;
        let wallet = state.ledger.credits.wallet(&owner).of_asset_named(&asset.name());
        Ok(Self { owner, wallet })
    }
}
