//! The overview: outstanding, given and spent credits, and entries that need attention.

use std::collections::BTreeMap;

use axum::response::Response;
use credits_runtime::catalogue::CatalogueData;
use credits_runtime::{AccountActivity, Category, DayActivity, DueItem, Timestamp};
use maud::{Markup, html};
use serde::Deserialize;

use super::entries;
use super::visit::{Asked, Page, Visit};
use crate::ledger::Ledger;
use crate::limits::ACTIVITY_DAYS_MAX;
use crate::parts::chart::{Bars, Series};
use crate::parts::tile::tile;
use crate::refusal::Refusal;
use crate::wording::{day, figure, short_time};

/// The entries, owners and grants in the lists of the page.
const LISTED: usize = 12;
/// The days of the figures in tiles.
const MONTH: usize = 30;
/// The ranges of the chart, in days.
const RANGES: [u32; 4] = [7, 30, 90, 365];
/// Days from which on a bar is a week.
const WEEKLY_FROM: u32 = 91;
/// Operations with a bar of their own.
const BARS_MAX: usize = 7;

#[derive(Deserialize)]
pub(super) struct Query {
    days: Option<u32>,
    asset: Option<String>,
}

pub(super) async fn page(visit: Visit, Asked(query): Asked<Query>) -> Response {
    visit.read(move |visit, ledger| read(visit, ledger, &query)).await
}

fn read(visit: &Visit, ledger: &Ledger, query: &Query) -> Result<Page, Refusal> {
    let credits = &ledger.credits;
    let catalogue = ledger.operations.catalogue();
    let asset = query.asset.as_deref().unwrap_or("credits");
    if !assets(&catalogue).contains(&asset.to_owned()) {
        return Err(Refusal::invalid("asset", asset, "name `credits` or an asset of the catalogue"));
    }
    let days = query.days.unwrap_or(30);
    if !(1..=ACTIVITY_DAYS_MAX).contains(&days) {
        let rule = format!("give 1 to {ACTIVITY_DAYS_MAX} days");
        return Err(Refusal::invalid("days", &days.to_string(), &rule));
    }
    let now = credits.now();
    let activity = credits.activity(days.max(60))?;
    let due = credits.due().until(now.after(std::time::Duration::from_hours(7 * 24))).page()?;
    let newest = credits.entries().limit(LISTED).page()?;
    let low = credits.low().asset(asset).limit(LISTED).page()?;
    let unresolved = credits.unresolved()?.len();
    let totals = credits.totals()?;
    // No wallet lost what a plan covered.
    let of_wallets = totals.iter().filter(|total| total.asset == asset && !total.is_covered);
    let outstanding: i128 = of_wallets.map(|total| total.amount).sum();
    let content = html! {
        (asset_tabs(visit, &catalogue, asset, days))
        @if unresolved > 0 {
            section.card role="status" {
                h2.warn { "Needs attention" }
                p { a href=(visit.root.to("money")) { (unresolved) " entries of billing" } " wait for a decision." }
            }
        }
        div.tiles {
            (tile("Outstanding", &figure(outstanding), "what owners have"))
            (month(&activity, asset, "Spent, 30 days", |account| account.is_spent))
            (month(&activity, asset, "Granted, 30 days", |account| account.is_granted))
            (month(&activity, asset, "Expired, 30 days", |account| account.is_expired))
            (coming(&due.items, asset, due.is_complete))
        }
        section.card {
            h2 { (if days >= WEEKLY_FROM { "Spent each week" } else { "Spent each day" }) ", by operation" }
            ul.tabs aria-label="Days" {
                @for range in RANGES {
                    @let days_text = range.to_string();
                    li { a href=(visit.root.with("", &[("days", &days_text), ("asset", asset)]))
                        aria-current=[(range == days).then_some("true")] { (range) " days" } }
                }
            }
            (chart(activity.get(activity.len().saturating_sub(days as usize)..).unwrap_or_default(), asset, &catalogue))
        }
        div.columns {
            section.card {
                h2 { "Latest entries" }
                (entries::table(visit, &newest.entries, now))
                p { a href=(visit.root.to("entries")) { "All entries" } }
            }
            div {
                section.card {
                    h2 { "Running low" }
                    @if low.owners.is_empty() { p.muted { "Nobody is below a threshold." } } @else {
                        table {
                            thead { tr { th scope="col" { "Owner" } th.figure scope="col" { "Balance" } } }
                            tbody { @for owner in &low.owners { tr {
                                td { (entries::owner_link(visit, owner.owner.as_str(), asset)) }
                                td.figure.warn { (figure(owner.balance.get())) }
                            } } }
                        }
                    }
                    @if low.next.is_some() {
                        p { a href=(visit.root.with("owners", &[("filter", "low"), ("asset", asset)])) { "All of them" } }
                    }
                }
                section.card { h2 { "Expiring next" } (expiring(visit, &due.items, asset, now)) }
            }
        }
    };
    Ok(Page::new("Overview", content))
}

/// The names of all assets.
pub(super) fn assets(catalogue: &CatalogueData) -> Vec<String> {
    let others = catalogue.assets.iter().map(|asset| asset.name.clone());
    std::iter::once("credits".to_owned()).chain(others).collect()
}

/// Links to the same page for other assets, if there are any.
fn asset_tabs(visit: &Visit, catalogue: &CatalogueData, current: &str, days: u32) -> Markup {
    let (assets, days) = (assets(catalogue), days.to_string());
    html! {
        @if assets.len() > 1 {
            ul.tabs aria-label="Assets" {
                @for asset in &assets {
                    li { a href=(visit.root.with("", &[("days", &days), ("asset", asset)]))
                        aria-current=[(asset == current).then_some("true")] { (asset) } }
                }
            }
        }
    }
}

/// What kind of account it is.
struct Account {
    is_spent: bool,
    is_granted: bool,
    is_expired: bool,
    moved: i128,
}

/// Whether owners were given credits: a transfer moves those that others were given.
fn is_given(account: &AccountActivity) -> bool {
    let moves = [Category::TransferIn, Category::TransferOut];
    !account.is_operation
        && account.gained > 0
        && moves.iter().all(|category| category.name() != account.account)
}

/// The accounts of some days.
fn accounts<'a>(days: &'a [DayActivity], asset: &'a str) -> impl Iterator<Item = Account> + 'a {
    let accounts = days.iter().flat_map(|day| &day.accounts).filter(move |account| account.asset == asset);
    accounts.filter(|account| !account.is_covered).map(|account| {
        let is_expired = !account.is_operation && account.account == Category::Expired.name();
        Account {
            is_spent: account.is_operation,
            is_granted: is_given(account),
            is_expired,
            moved: if account.is_operation || is_expired {
                account.lost - account.gained
            } else {
                account.gained
            },
        }
    })
}

/// A tile with the sum of the last 30 days, and its change against those before.
fn month(days: &[DayActivity], asset: &str, name: &str, counts: impl Fn(&Account) -> bool) -> Markup {
    let sum = |days: &[DayActivity]| -> i128 {
        accounts(days, asset).filter(|account| counts(account)).map(|account| account.moved).sum()
    };
    let (earlier, last) = days.split_at(days.len().saturating_sub(MONTH));
    let earlier = earlier.get(earlier.len().saturating_sub(MONTH)..).unwrap_or_default();
    let (before, now) = (sum(earlier), sum(last));
    // A sum below zero, of more reversals than charges, has no percentage.
    let percent = now.saturating_sub(before).saturating_mul(100).checked_div(before).filter(|_| before > 0);
    let note = match percent {
        Some(0) => "as before".to_owned(),
        Some(percent) if percent > 0 => format!("{percent} % more than before"),
        Some(percent) => format!("{} % less than before", percent.unsigned_abs()),
        None => String::new(),
    };
    tile(name, &figure(now), &note)
}

/// Tiles of held credits and of credits that expire within seven days.
fn coming(due: &[DueItem], asset: &str, is_complete: bool) -> Markup {
    let (mut held, mut holds, mut expiring, mut grants) = (0_i128, 0_u64, 0_i128, 0_u64);
    for item in due {
        match item {
            DueItem::HoldLapses { asset: of, amount, .. } if of == asset => {
                (held, holds) = (held + i128::from(amount.get()), holds + 1);
            }
            DueItem::GrantExpires { asset: of, amount, .. } if of == asset => {
                (expiring, grants) = (expiring + i128::from(amount.get()), grants + 1);
            }
            _ => {}
        }
    }
    let (least, of) = if is_complete { ("", "in") } else { ("at least ", "in at least") };
    let counted = |count: u64, one: &str| format!("{of} {count} {one}{}", if count == 1 { "" } else { "s" });
    html! {
        (tile("Set aside", &format!("{least}{}", figure(held)), &counted(holds, "open hold")))
        (tile("Expiring, 7 days", &format!("{least}{}", figure(expiring)), &counted(grants, "grant")))
    }
}

fn expiring(visit: &Visit, due: &[DueItem], asset: &str, now: Timestamp) -> Markup {
    let grants = due.iter().filter_map(|item| match item {
        DueItem::GrantExpires { owner, asset: of, amount, at, .. } if of == asset => {
            Some((owner, amount, at))
        }
        _ => None,
    });
    let grants: Vec<_> = grants.take(LISTED).collect();
    html! {
        @if grants.is_empty() { p.muted { "Nothing expires within 7 days." } } @else {
            table {
                thead { tr {
                    th scope="col" { "Owner" } th scope="col" { "When" } th.figure scope="col" { "Amount" }
                } }
                tbody { @for (owner, amount, at) in grants { tr {
                    td { (entries::owner_link(visit, owner.as_str(), asset)) }
                    td { (short_time(*at, now)) }
                    td.figure { (figure(amount.get())) }
                } } }
            }
        }
    }
}

/// Spent credits by operation, and the line of granted credits.
fn chart(days: &[DayActivity], asset: &str, catalogue: &CatalogueData) -> Markup {
    let width = if days.len() >= WEEKLY_FROM as usize { 7 } else { 1 };
    // The last interval ends today, so that the first one may be short.
    let first = days.len() % width;
    let mut intervals: Vec<&[DayActivity]> = Vec::new();
    let (short, rest) = days.split_at(first);
    intervals.extend((!short.is_empty()).then_some(short));
    intervals.extend(rest.chunks(width));
    let mut spent: BTreeMap<&str, Vec<i128>> = BTreeMap::new();
    let mut granted = vec![0_i128; intervals.len()];
    for (place, interval) in intervals.iter().enumerate() {
        for account in interval.iter().flat_map(|day| &day.accounts) {
            if account.asset != asset || account.is_covered {
                continue;
            }
            if account.is_operation {
                let figures = spent.entry(&account.account).or_insert_with(|| vec![0; intervals.len()]);
                if let Some(figure) = figures.get_mut(place) {
                    *figure += account.lost - account.gained;
                }
            } else if let Some(figure) = granted.get_mut(place).filter(|_| is_given(account)) {
                *figure += account.gained;
            }
        }
    }
    let named = |name: &str| {
        let known = catalogue.operations.iter().find(|operation| operation.name == name);
        known.map_or(name, |operation| operation.named.as_str()).to_owned()
    };
    let mut bars: Vec<Series> = spent
        .into_iter()
        .map(|(name, figures)| Series { name: named(name), figures: drawn(figures) })
        .collect();
    bars.sort_by_key(|series| std::cmp::Reverse(series.figures.iter().sum::<i128>()));
    merge_the_rest(&mut bars);
    let names = intervals.iter().filter_map(|interval| interval.first().map(|first| day(first.day)));
    Bars {
        label: "Credits spent by operation, and granted, over time",
        interval: if width == 7 { "Week from" } else { "Day" },
        intervals: names.collect(),
        stacked: bars,
        line: Series { name: "granted".to_owned(), figures: granted },
    }
    .draw()
}

/// The figures of bars: an interval with more reversals than charges has none.
fn drawn(figures: Vec<i128>) -> Vec<i128> {
    figures.into_iter().map(|figure| figure.max(0)).collect()
}

/// Joins the operations beyond the colours of the chart.
fn merge_the_rest(bars: &mut Vec<Series>) {
    if bars.len() <= BARS_MAX + 1 {
        return;
    }
    let rest = bars.split_off(BARS_MAX);
    let length = rest.first().map_or(0, |series| series.figures.len());
    let sum = |place| rest.iter().filter_map(|series: &Series| series.figures.get(place)).sum();
    bars.push(Series { name: format!("{} others", rest.len()), figures: (0..length).map(sum).collect() });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Days on which one operation was charged and reversed.
    fn days(figures: &[(i64, i64)]) -> Vec<DayActivity> {
        let day = |(lost, gained): &(i64, i64)| {
            let account = serde_json::json!({
                "asset": "credits", "account": "step", "is_operation": true, "is_covered": false,
                "gained": gained, "lost": lost, "entries": 1,
            });
            let day = serde_json::json!({ "day": "2026-11-26T00:00:00Z", "accounts": [account] });
            serde_json::from_value(day).unwrap()
        };
        figures.iter().map(day).collect()
    }

    fn catalogue() -> CatalogueData {
        credits_runtime::usage_credits! { operation step { costs 1.credit } }
        Pricing::catalog()
    }

    #[test]
    fn a_bar_of_several_days_has_their_sum() {
        let mut week = vec![(0, 0); 91];
        week[84..].copy_from_slice(&[(5, 0), (0, 10), (7, 0), (0, 0), (1, 0), (0, 0), (0, 0)]);
        let page = chart(&days(&week), "credits", &catalogue()).into_string();
        assert!(page.contains("<td class=\"figure\">3</td>"), "{page}");
        // More came back than was spent.
        let page = chart(&days(&[(5, 10)]), "credits", &catalogue()).into_string();
        assert!(!page.contains("\u{2212}5"), "{page}");
    }

    #[test]
    fn transfers_are_no_grants() {
        let account = |name: &str, gained: i64| {
            serde_json::json!({
                "asset": "credits", "account": name, "is_operation": false, "is_covered": false,
                "gained": gained, "lost": 0, "entries": 1,
            })
        };
        let accounts = [account("bonus", 30), account("transfer_in", 500), account("transfer_out", 40)];
        let day = serde_json::json!({ "day": "2026-11-26T00:00:00Z", "accounts": accounts });
        let days: Vec<DayActivity> = vec![serde_json::from_value(day).unwrap()];
        let tile = month(&days, "credits", "Granted", |account| account.is_granted).into_string();
        assert!(tile.contains(">30<"), "{tile}");
        let page = chart(&days, "credits", &catalogue()).into_string();
        assert!(page.contains("<td class=\"figure\">30</td>"), "{page}");
    }

    #[test]
    fn a_sum_below_zero_has_no_percentage() {
        let mut figures = vec![(0, 10); 30];
        figures.extend([(5, 0); 30]);
        let tile = |days: &[DayActivity]| month(days, "credits", "Spent", |account| account.is_spent);
        let page = tile(&days(&figures)).into_string();
        assert!(page.contains(">150<") && !page.contains('%'), "{page}");
        for figure in &mut figures[..30] {
            *figure = (2, 0);
        }
        assert!(tile(&days(&figures)).into_string().contains("150 % more than before"));
    }
}
