//! Reads of entries: a wallet's history, the newest of all wallets, one by its number, and balances of the past.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use credits_runtime::{Amount, Category, Cursor, FactNumber, History, Timestamp};
use serde::{Deserialize, Serialize};

use super::request::{Asked, Audience, Named, OfAsset, Shared, Subject, read};
use super::shown::{Explain, ShownEntry, ShownOwnedEntry};
use super::wallet::limit;
use crate::refusal::Refusal;

/// An option that its name alone sets: `?explain`.
#[derive(Clone, Copy, Deserialize)]
enum Flag {
    #[serde(rename = "", alias = "true")]
    Set,
    #[serde(rename = "false")]
    Unset,
}

impl Flag {
    fn is_set(flag: Option<Self>) -> bool {
        matches!(flag, Some(Self::Set))
    }
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Order {
    #[default]
    NewestFirst,
    OldestFirst,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HistoryQuery {
    asset: Option<String>,
    after: Option<String>,
    before: Option<String>,
    limit: Option<usize>,
    order: Option<Order>,
    category: Option<String>,
    operation: Option<String>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    key: Option<String>,
    with_shortfall: Option<Flag>,
    explain: Option<Flag>,
}

/// A page of a wallet's entries: `GET /wallets/{owner}/entries`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HistoryEntries {
    /// The entries.
    pub entries: Vec<ShownEntry>,
    /// The cursor to continue `after`; `None` after the last page.
    pub next: Option<Cursor>,
    /// The cursor to read the page `before` this one; `None` before the first.
    pub previous: Option<Cursor>,
}

/// A page of entries of all wallets, newest first: `GET /entries`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NewestEntries {
    /// The entries.
    pub entries: Vec<ShownOwnedEntry>,
    /// The cursor to continue `before`; `None` after the oldest entry.
    pub next: Option<Cursor>,
}

fn explained(flag: Option<Flag>) -> Explain {
    if Flag::is_set(flag) { Explain::Charges } else { Explain::Nothing }
}

/// A page of a wallet's history.
pub(super) async fn history(
    State(settings): State<Shared>,
    Subject(owner): Subject,
    audience: Audience,
    Asked(asked): Asked<HistoryQuery>,
) -> Result<Json<HistoryEntries>, Refusal> {
    let (limit, explain) = (limit(asked.limit)?, explained(asked.explain));
    let page = read(&settings, move |ledger| {
        let asset = asked.asset.as_deref().unwrap_or("credits");
        let history = ledger.credits.wallet(&owner).of_asset_named(asset).credit_history().limit(limit);
        Ok(filtered(history, asked)?.page()?)
    });
    let page = page.await?;
    let entries = page.entries.into_iter().map(|entry| ShownEntry::of(entry, explain, audience)).collect();
    Ok(Json(HistoryEntries { entries, next: page.next, previous: page.previous }))
}

/// A query of entries with the filters of a request.
fn filtered(history: History, asked: HistoryQuery) -> Result<History, Refusal> {
    let cursor = |text: Option<String>| text.map(|text| text.parse::<Cursor>()).transpose();
    let mut history = match (cursor(asked.after)?, cursor(asked.before)?) {
        (Some(_), Some(before)) => {
            return Err(Refusal::invalid("before", &before.to_string(), "leave it or `after` out"));
        }
        (after, None) => history.after(after),
        (None, before) => history.before(before),
    };
    if matches!(asked.order, Some(Order::OldestFirst)) {
        history = history.oldest_first();
    }
    if let Some(category) = asked.category {
        history = history.category(Category::from(category.as_str()));
    }
    if let Some(operation) = asked.operation {
        history = history.operation(operation);
    }
    if let Some(since) = asked.since {
        history = history.since(since);
    }
    if let Some(until) = asked.until {
        history = history.until(until);
    }
    if Flag::is_set(asked.with_shortfall) {
        history = history.with_shortfall();
    }
    Ok(match asked.key {
        Some(key) => history.key(key),
        None => history,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewestQuery {
    before: Option<String>,
    limit: Option<usize>,
    explain: Option<Flag>,
}

/// The newest entries of all wallets.
pub(super) async fn newest(
    State(settings): State<Shared>,
    Asked(asked): Asked<NewestQuery>,
) -> Result<Json<NewestEntries>, Refusal> {
    let (limit, explain) = (limit(asked.limit)?, explained(asked.explain));
    let before = asked.before.map(|text| text.parse::<Cursor>()).transpose()?;
    let page =
        read(&settings, move |ledger| Ok(ledger.credits.entries().limit(limit).before(before).page()?));
    let page = page.await?;
    let entries = page.entries.into_iter().map(|entry| ShownOwnedEntry::of(entry, explain)).collect();
    Ok(Json(NewestEntries { entries, next: page.next }))
}

#[derive(Deserialize)]
pub(super) struct NumberedEntry {
    number: String,
}

/// One entry, with the sum of a charge.
pub(super) async fn one(
    State(settings): State<Shared>,
    Named(NumberedEntry { number }): Named<NumberedEntry>,
) -> Result<Json<ShownOwnedEntry>, Refusal> {
    let number: FactNumber = number.parse()?;
    let found = read(&settings, move |ledger| Ok(ledger.credits.entry(number)?)).await?;
    let unknown = || {
        let detail = format!("there is no entry {number}: use the `number` of an entry of the history");
        Refusal::new(StatusCode::NOT_FOUND, "entry_unknown", detail)
    };
    Ok(Json(ShownOwnedEntry::of(found.ok_or_else(unknown)?, Explain::Charges)))
}

#[derive(Deserialize)]
pub(super) struct Past {
    instant: String,
}

/// The balance of a wallet at an instant: `GET /wallets/{owner}/balance_at/{instant}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PastBalance {
    /// The instant.
    pub at: Timestamp,
    /// The balance.
    pub balance: Amount,
    /// The balance with its unit.
    pub formatted: String,
}

/// The balance of a wallet at an instant.
pub(super) async fn balance_at(
    State(settings): State<Shared>,
    Subject(owner): Subject,
    Named(Past { instant }): Named<Past>,
    Asked(asset): Asked<OfAsset>,
) -> Result<Json<PastBalance>, Refusal> {
    let at: Timestamp = instant.parse()?;
    let balance = read(&settings, move |ledger| {
        let wallet = ledger.credits.wallet(&owner).of_asset_named(&asset.name());
        let balance = wallet.balance_at(at)?;
        Ok(PastBalance { at, balance, formatted: wallet.formatted(balance)? })
    });
    Ok(Json(balance.await?))
}
