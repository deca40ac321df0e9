//! Entries of billing that need an administrator: listing, linking and dismissing them.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use credits_runtime::Owner;
use credits_runtime::billing::{ObjectId, Unresolved};
use serde::{Deserialize, Serialize};

use super::request::{Asked, Sent, Shared, Writer, read};
use super::wallet::limit;
use super::write::done;
use crate::refusal::Refusal;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UnresolvedQuery {
    limit: Option<usize>,
}

/// The first entries that need an administrator, and their number: `GET /unresolved`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UnresolvedPage {
    /// The first of them.
    pub unresolved: Vec<ShownUnresolved>,
    /// The number of all.
    pub count: usize,
}

/// An entry that needs an administrator, with what resolves it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ShownUnresolved {
    /// The key to dismiss it by.
    /// The key to dismiss it by; `None` if it cannot be dismissed.
    pub key: Option<String>,
    /// What resolves it.
    pub remedy: String,
    /// The entry.
    pub entry: Unresolved,
}

/// The entries that need an administrator.
pub(super) async fn list(
    State(settings): State<Shared>,
    Asked(UnresolvedQuery { limit: items }): Asked<UnresolvedQuery>,
) -> Result<Json<UnresolvedPage>, Refusal> {
    let items = limit(items)?;
    let page = read(&settings, move |ledger| {
        let all = ledger.credits.unresolved()?;
        let count = all.len();
        let shown = |entry: Unresolved| ShownUnresolved { key: entry.key(), remedy: entry.remedy(), entry };
        Ok(UnresolvedPage { unresolved: all.into_iter().take(items).map(shown).collect(), count })
    });
    Ok(Json(page.await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Linking {
    object: ObjectId,
    owner: Owner,
}

/// Says whose an object at the payment processor is.
pub(super) async fn link(
    State(settings): State<Shared>,
    writer: Writer,
    Sent(Linking { object, owner }): Sent<Linking>,
) -> Result<Response, Refusal> {
    let received = settings.ledger.credits.link(object.clone(), &owner).await?;
    // A link has no metadata.
    tracing::info!(by = writer.by, %object, %owner, "an object was linked");
    Ok(done(&received, !received.is_new))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Dismissal {
    key: String,
    owner: Option<Owner>,
}

/// Takes an entry off the list.
pub(super) async fn dismiss(
    State(settings): State<Shared>,
    writer: Writer,
    Sent(Dismissal { key, owner }): Sent<Dismissal>,
) -> Result<Response, Refusal> {
    let shown = key.clone();
    let received = read(&settings, move |ledger| {
        let all = ledger.credits.unresolved()?;
        let is_it =
            |entry: &&Unresolved| entry.key().as_ref() == Some(&key) && entry.owner() == owner.as_ref();
        let entry = all.iter().find(is_it).ok_or_else(|| unknown(&key))?;
        Ok(ledger.credits.dismiss(entry)?)
    });
    let received = received.await?;
    // A dismissal has no metadata.
    tracing::info!(by = writer.by, key = shown, "an unresolved entry was dismissed");
    Ok(done(&received, !received.is_new))
}

fn unknown(key: &str) -> Refusal {
    let key: String = key.chars().take(80).collect();
    let detail = format!(
        "no entry of this owner has the key `{key}`: send `key` and `owner` as GET /unresolved lists them"
    );
    Refusal::new(StatusCode::NOT_FOUND, "unresolved_unknown", detail)
}
