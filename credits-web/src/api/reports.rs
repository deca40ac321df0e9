//! Reports on all wallets: activity by day, totals, what is due, low balances, figures of the ledger.

use axum::Json;
use axum::extract::State;
use credits_runtime::{
    AccountTotal, DayActivity, DuePage, LowBalancesPage, Rejection, Statistics, Timestamp,
};
use serde::{Deserialize, Serialize};

use super::request::{Asked, Shared, read};
use super::wallet::limit;
use crate::ledger::Ledger;
use crate::limits::{ACTIVITY_DAYS_DEFAULT, ACTIVITY_DAYS_MAX};
use crate::refusal::Refusal;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Days {
    days: Option<u32>,
}

/// The activity of days: `GET /activity`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ActivityReport {
    /// The days, oldest first.
    pub days: Vec<DayActivity>,
}

/// Given and spent credits of each of the last days.
pub(super) async fn activity(
    State(settings): State<Shared>,
    Asked(Days { days }): Asked<Days>,
) -> Result<Json<ActivityReport>, Refusal> {
    let days = days.unwrap_or(ACTIVITY_DAYS_DEFAULT);
    if !(1..=ACTIVITY_DAYS_MAX).contains(&days) {
        return Err(Refusal::invalid("days", &days.to_string(), "ask for 1 to 366 days"));
    }
    let days = read(&settings, move |ledger| Ok(ledger.credits.activity(days)?)).await?;
    Ok(Json(ActivityReport { days }))
}

/// The sums of all entries: `GET /totals`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TotalsReport {
    /// A sum for each asset and counter-account.
    pub totals: Vec<AccountTotal>,
}

/// The sum of all entries by operation and category.
pub(super) async fn totals(State(settings): State<Shared>) -> Result<Json<TotalsReport>, Refusal> {
    let totals = read(&settings, |ledger| Ok(ledger.credits.totals()?)).await?;
    Ok(Json(TotalsReport { totals }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DueQuery {
    until: Option<Timestamp>,
    limit: Option<usize>,
}

/// Holds that lapse, grants that expire, and billing that is due.
pub(super) async fn due(
    State(settings): State<Shared>,
    Asked(DueQuery { until, limit: items }): Asked<DueQuery>,
) -> Result<Json<DuePage>, Refusal> {
    let items = limit(items)?;
    let page = read(&settings, move |ledger| {
        let due = ledger.credits.due().limit(items);
        Ok(until.map_or(due, |until| ledger.credits.due().limit(items).until(until)).page()?)
    });
    Ok(Json(page.await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LowQuery {
    asset: Option<String>,
    prefix: Option<String>,
    after: Option<String>,
    limit: Option<usize>,
}

/// The owners whose balance is below the highest threshold.
pub(super) async fn low(
    State(settings): State<Shared>,
    Asked(asked): Asked<LowQuery>,
) -> Result<Json<LowBalancesPage>, Refusal> {
    let items = limit(asked.limit)?;
    let page = read(&settings, move |ledger| {
        let mut low = ledger.credits.low().limit(items);
        if let Some(asset) = asked.asset {
            low = low.asset(&known_asset(ledger, asset)?);
        }
        if let Some(prefix) = asked.prefix {
            low = low.starting_with(prefix);
        }
        if let Some(after) = asked.after {
            low = low.after(after);
        }
        Ok(low.page()?)
    });
    Ok(Json(page.await?))
}

fn known_asset(ledger: &Ledger, asset: String) -> Result<String, Refusal> {
    let is_declared = || ledger.operations.catalogue().assets.iter().any(|known| known.name == asset);
    if asset == "credits" || is_declared() {
        Ok(asset)
    } else {
        Err(Rejection::AssetUnknown { asset }.into())
    }
}

/// The figures of the ledger: `GET /statistics`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LedgerFigures {
    /// The id of the ledger.
    pub ledger: String,
    /// The ledger's time.
    pub now: Timestamp,
    /// Counts and sizes.
    #[serde(flatten)]
    pub statistics: Statistics,
}

/// Counts and sizes of the ledger.
pub(super) async fn statistics(State(settings): State<Shared>) -> Json<LedgerFigures> {
    let credits = &settings.ledger.credits;
    let (ledger, now, statistics) = (credits.ledger_id(), credits.now(), credits.statistics());
    Json(LedgerFigures { ledger, now, statistics })
}
