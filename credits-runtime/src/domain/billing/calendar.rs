//! The calendar: counts cycles from an anchor in UTC, as payment processors do: Jan 31, Feb 28, Mar 31.
//!
//! It does not know where the anchor of a cycle lies.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use minicbor::{Decode, Encode};

use super::terms::{Length, LengthUnit};
use crate::domain::time::Timestamp;

/// The origin from which cycles are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Anchor {
    /// The start of the first cycle.
    #[n(0)]
    pub at: Timestamp,
    /// Day of the month on which monthly cycles start; a shorter month uses its last day.
    #[n(1)]
    pub day: i8,
}

impl Anchor {
    /// The anchor at an instant, with its day of the month.
    pub fn new(at: Timestamp) -> Self {
        Self { at, day: date_time(at).map_or(1, DateTime::day) }
    }

    /// Moves the anchor to another instant. It keeps its day of the month if the instant falls on that day,
    /// or on the last day of a month without it.
    #[must_use]
    pub fn moved_to(self, at: Timestamp) -> Self {
        let is_on_the_day =
            date_time(at).is_some_and(|date| date.day() == self.day.min(date.date().days_in_month()));
        if is_on_the_day { Self { at, ..self } } else { Self::new(at) }
    }

    /// The instant `times` lengths after the anchor, or before it if `times` is negative; at most
    /// [`Timestamp::MAX`], at least [`Timestamp::MIN`].
    pub fn plus(self, length: Length, times: i64) -> Timestamp {
        let count = i64::from(length.count).saturating_mul(times);
        match length.unit {
            LengthUnit::Second => self.after(1, count),
            LengthUnit::Minute => self.after(60, count),
            LengthUnit::Hour => self.after(3_600, count),
            LengthUnit::Day => self.after(86_400, count),
            LengthUnit::Week => self.after(604_800, count),
            LengthUnit::Month => self.months(count),
            LengthUnit::Quarter => self.months(count.saturating_mul(3)),
            LengthUnit::Year => self.months(count.saturating_mul(12)),
        }
    }

    fn after(self, seconds: i64, count: i64) -> Timestamp {
        let microseconds = seconds.saturating_mul(count).saturating_mul(1_000_000);
        Timestamp::from_microseconds(self.at.microseconds().saturating_add(microseconds))
    }

    fn months(self, count: i64) -> Timestamp {
        let end = if count < 0 { Timestamp::MIN } else { Timestamp::MAX };
        self.checked_months(count).unwrap_or(end)
    }

    fn checked_months(self, count: i64) -> Option<Timestamp> {
        let at = date_time(self.at)?;
        let months = i64::from(at.year()).checked_mul(12)?.checked_add(i64::from(at.month()))?;
        let months = months.checked_sub(1)?.checked_add(count)?;
        let (year, month) = (months.checked_div_euclid(12)?, months.checked_rem_euclid(12)?.checked_add(1)?);
        let first = Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, 1).ok()?;
        let date = Date::new(first.year(), first.month(), self.day.min(first.days_in_month())).ok()?;
        let moved = TimeZone::UTC.to_timestamp(date.to_datetime(at.time())).ok()?;
        let instant = Timestamp::from_microseconds(moved.as_microsecond());
        (instant.microseconds() == moved.as_microsecond()).then_some(instant)
    }
}

/// The instant one length after `instant`.
pub fn after(instant: Timestamp, length: Length) -> Timestamp {
    Anchor::new(instant).plus(length, 1)
}

fn date_time(at: Timestamp) -> Option<DateTime> {
    let at = jiff::Timestamp::from_microsecond(at.microseconds()).ok()?;
    Some(TimeZone::UTC.to_datetime(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn months(from: &str, count: u32) -> Vec<String> {
        let anchor = Anchor::new(from.parse().unwrap());
        let month = Length { count, unit: LengthUnit::Month };
        (1..=4).map(|times| anchor.plus(month, times).to_string()).collect()
    }

    #[test]
    fn months_are_counted_to_the_day_of_the_anchor() {
        let ends = ["2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"];
        assert_eq!(months("2026-01-31T10:00:00Z", 1), ends.map(|day| format!("{day}T10:00:00Z")));
        let leap = ["2028-02-29", "2028-03-30", "2028-04-30", "2028-05-30"];
        assert_eq!(months("2028-01-30T00:00:00Z", 1), leap.map(|day| format!("{day}T00:00:00Z")));
        let years = ["2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"];
        assert_eq!(months("2024-02-29T00:00:00Z", 12), years.map(|day| format!("{day}T00:00:00Z")));
    }

    #[test]
    fn time_ends_where_the_ledgers_does() {
        let anchor = Anchor::new(Timestamp::MAX);
        let year = Length { count: 1, unit: LengthUnit::Year };
        assert_eq!(anchor.plus(year, 1), Timestamp::MAX);
        assert_eq!(Anchor::new(Timestamp::MIN).plus(year, -1), Timestamp::MIN);
    }
}
