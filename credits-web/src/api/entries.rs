//! Reads of entries: a wallet's history, the newest of all wallets, one by its number, and balances of the past.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use credits_runtime::{
    Amount, Category, Cursor, Entry, Explanation, FactNumber, History, OwnedEntry, Owner, Timestamp,
};
use serde::{Deserialize, Serialize};

use super::request::{Asked, Named, OfAsset, Shared, Subject, read};
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

/// A page of a wallet's entries.
#[derive(Serialize)]
pub(super) struct HistoryEntries {
    entries: Vec<ShownEntry>,
    next: Option<Cursor>,
    previous: Option<Cursor>,
}

/// A page of entries of all wallets.
#[derive(Serialize)]
pub(super) struct NewestEntries {
    entries: Vec<ShownOwnedEntry>,
    next: Option<Cursor>,
}

/// An entry in words too.
#[derive(Serialize)]
pub(super) struct ShownEntry {
    #[serde(flatten)]
    entry: Entry,
    description: String,
    formatted_amount: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<Explained>,
}

/// An entry with its owner.
#[derive(Serialize)]
pub(super) struct ShownOwnedEntry {
    owner: Owner,
    #[serde(flatten)]
    entry: ShownEntry,
}

/// The sum of a charge, as one line and in its parts.
#[derive(Serialize)]
pub(super) struct Explained {
    text: String,
    #[serde(flatten)]
    explanation: Explanation,
}

impl From<Explanation> for Explained {
    fn from(explanation: Explanation) -> Self {
        Self { text: explanation.to_string(), explanation }
    }
}

impl ShownEntry {
    fn of(entry: Entry, explain: Option<Flag>) -> Self {
        let explanation = Flag::is_set(explain).then(|| entry.explanation().map(Explained::from)).flatten();
        let (description, formatted_amount) = (entry.description(), entry.formatted_amount());
        Self { entry, description, formatted_amount, explanation }
    }
}

impl ShownOwnedEntry {
    fn of(owned: OwnedEntry, explain: Option<Flag>) -> Self {
        Self { owner: owned.owner, entry: ShownEntry::of(owned.entry, explain) }
    }
}

/// A page of a wallet's history.
pub(super) async fn history(
    State(settings): State<Shared>,
    Subject(owner): Subject,
    Asked(asked): Asked<HistoryQuery>,
) -> Result<Json<HistoryEntries>, Refusal> {
    let (limit, explain) = (limit(asked.limit)?, asked.explain);
    let page = read(&settings, move |ledger| {
        let asset = asked.asset.as_deref().unwrap_or("credits");
        let history = ledger.credits.wallet(&owner).of_asset_named(asset).credit_history().limit(limit);
        Ok(filtered(history, asked)?.page()?)
    });
    let page = page.await?;
    let entries = page.entries.into_iter().map(|entry| ShownEntry::of(entry, explain)).collect();
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
    let (limit, explain) = (limit(asked.limit)?, asked.explain);
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
    Ok(Json(ShownOwnedEntry::of(found.ok_or_else(unknown)?, Some(Flag::Set))))
}

#[derive(Deserialize)]
pub(super) struct Past {
    instant: String,
}

/// The balance of a wallet at an instant.
#[derive(Serialize)]
pub(super) struct PastBalance {
    at: Timestamp,
    balance: Amount,
    formatted: String,
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
