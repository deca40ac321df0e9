//! The balance over time: a line of 60 days, and the balance of any instant.

use std::time::Duration;

use maud::{Markup, html};

use super::Subject;
use crate::dashboard::instants::instant;
use crate::parts::chart::{Line, Series};
use crate::parts::field::{Field, Kind, hidden};
use crate::refusal::Refusal;
use crate::wording::{day, time};

/// The days of the line.
const DAYS: usize = 60;

/// The line with its table, and the field for an instant.
pub(super) fn draw(subject: &Subject<'_>, as_of: &str) -> Result<Markup, Refusal> {
    Ok(html! {
        h2 { "Balance, " (DAYS) " days" }
        (line(subject)?)
        form.filters action=(subject.visit.root.to("owner")) {
            (hidden("name", subject.owner)) (hidden("asset", subject.asset))
            (Field {
                name: "as_of",
                label: "Balance at an instant, in UTC",
                value: as_of,
                kind: Kind::Instant,
                is_required: true,
                is_refused: false,
            }.draw())
            button.quiet { "Show" }
        }
        @if !as_of.is_empty() {
            @let at = instant("as_of", as_of)?;
            p role="status" {
                "Balance at " (time(at)) ": " strong { (subject.wallet.formatted(subject.wallet.balance_at(at)?)?) }
                @if at > subject.now() { ", as it is now" }
            }
        }
    })
}

fn line(subject: &Subject<'_>) -> Result<Markup, Refusal> {
    let now = subject.now();
    let from = now.before(Duration::from_hours(24 * DAYS as u64));
    let points = subject.wallet.credit_history().balances(from, now, DAYS + 1)?;
    let mut intervals: Vec<String> = points.iter().map(|point| day(point.at)).collect();
    if let Some(last) = intervals.last_mut() {
        "now".clone_into(last);
    }
    let figures = points.iter().map(|point| i128::from(point.balance.get())).collect();
    let series = Series { name: "Balance".to_owned(), figures };
    let label = "The balance of each day, set aside credits included";
    Ok(Line { label, interval: "Day", intervals, series }.draw())
}
