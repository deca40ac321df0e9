//! The cycles of a plan within a billing period: from its start, counted in UTC as Stripe does, Jan 31, Feb 28, Mar 31.

use credits_runtime::Timestamp;
use credits_runtime::billing::{Interval, Length, LengthUnit};
use jiff::{SignedDuration, Span, civil::DateTime, tz::Offset};

/// Cycles of one billing period that are counted.
const CYCLES_MAX: i64 = 10_000;

/// The starts of the cycles that have begun by now.
pub(super) fn begun(period: Interval, every: Length, now: Timestamp) -> Vec<Timestamp> {
    let last = now.min(period.end);
    let starts = (0..CYCLES_MAX).map_while(|number| nth(period.start, every, number));
    starts
        .take_while(|start| *start == period.start || (*start <= now && *start < last.max(period.start)))
        .collect()
}

/// The start of a cycle by its number.
fn nth(start: Timestamp, every: Length, number: i64) -> Option<Timestamp> {
    let count = number.checked_mul(every.count.into())?;
    let at = jiff::Timestamp::from(start);
    let seconds = |unit: i64| at.checked_add(SignedDuration::from_secs(count.checked_mul(unit)?)).ok();
    let months = |unit: i64| {
        let date: DateTime = Offset::UTC.to_datetime(at);
        let span = Span::new().try_months(count.checked_mul(unit)?).ok()?;
        Offset::UTC.to_timestamp(date.checked_add(span).ok()?).ok()
    };
    let at = match every.unit {
        LengthUnit::Second => seconds(1),
        LengthUnit::Minute => seconds(60),
        LengthUnit::Hour => seconds(3_600),
        LengthUnit::Day => seconds(86_400),
        LengthUnit::Week => seconds(604_800),
        LengthUnit::Month => months(1),
        LengthUnit::Quarter => months(3),
        LengthUnit::Year => months(12),
    };
    Timestamp::try_from(at?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        format!("{text}T00:00:00Z").parse().unwrap()
    }

    #[test]
    fn cycles_are_counted_from_the_start_of_the_period() {
        let month = Length { count: 1, unit: LengthUnit::Month };
        let year = Interval { start: at("2026-01-31"), end: at("2027-01-31") };
        assert_eq!(begun(year, month, at("2026-04-29")), ["2026-01-31", "2026-02-28", "2026-03-31"].map(at));
        // The cycle of the next period is of its invoice.
        let one = Interval { start: at("2026-01-15"), end: at("2026-02-15") };
        assert_eq!(begun(one, month, at("2026-02-20")), [at("2026-01-15")]);
        let weeks = Length { count: 2, unit: LengthUnit::Week };
        assert_eq!(begun(one, weeks, at("2026-02-01")), ["2026-01-15", "2026-01-29"].map(at));
    }
}
