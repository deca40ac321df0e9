//! Days and instants as fields of forms have them, and as pages show them. All are in UTC.
//!
//! It does not know which field it reads.

use credits_runtime::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;

use crate::refusal::Refusal;

/// The rule of a field with a day.
const DAY: &str = "write a day as in 2026-01-31";
/// The rule of a field with an instant.
const INSTANT: &str = "write an instant in UTC as in 2026-01-31T12:00, or a day as in 2026-01-31";

/// The first instant of a day.
pub(super) fn start_of_day(field: &str, text: &str) -> Result<Timestamp, Refusal> {
    let refused = || Refusal::invalid(field, text, DAY);
    at(Date::strptime("%Y-%m-%d", text).map_err(|_| refused())?).ok_or_else(refused)
}

/// The first instant after a day.
pub(super) fn end_of_day(field: &str, text: &str) -> Result<Timestamp, Refusal> {
    let refused = || Refusal::invalid(field, text, DAY);
    let day = Date::strptime("%Y-%m-%d", text).map_err(|_| refused())?;
    day.tomorrow().ok().and_then(at).ok_or_else(refused)
}

/// An instant: with a zone, without one in UTC, or the end of a day.
pub(super) fn instant(field: &str, text: &str) -> Result<Timestamp, Refusal> {
    if let Ok(instant) = text.parse() {
        return Ok(instant);
    }
    if Date::strptime("%Y-%m-%d", text).is_ok() {
        return end_of_day(field, text);
    }
    let civil = text.contains(['T', 't', ' ']).then(|| text.parse::<DateTime>().ok()).flatten();
    civil.and_then(in_utc).ok_or_else(|| Refusal::invalid(field, text, INSTANT))
}

fn at(day: Date) -> Option<Timestamp> {
    in_utc(day.to_datetime(Time::midnight()))
}

fn in_utc(civil: DateTime) -> Option<Timestamp> {
    Timestamp::try_from(Offset::UTC.to_timestamp(civil).ok()?).ok()
}

/// The last day before an instant: `13 Dec`, with the year if it is not this one.
pub(super) fn last_day(end: Timestamp, now: Timestamp) -> String {
    let civil = |at: Timestamp| Offset::UTC.to_datetime(at.into());
    let (last, now) = (civil(end.before(std::time::Duration::from_micros(1))), civil(now));
    last.strftime(if last.year() == now.year() { "%-d %b" } else { "%-d %b %Y" }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_instants_are_read_in_utc() {
        let read = |read: fn(&str, &str) -> Result<Timestamp, Refusal>, text: &str| {
            read("since", text).map(|at| at.to_string()).map_err(|refusal| refusal.0.detail)
        };
        for (text, start, end, exact) in [
            ("2026-12-31", "2026-12-31T00:00:00Z", "2027-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
            ("2028-02-28", "2028-02-28T00:00:00Z", "2028-02-29T00:00:00Z", "2028-02-29T00:00:00Z"),
        ] {
            assert_eq!(read(start_of_day, text).unwrap(), start);
            assert_eq!(read(end_of_day, text).unwrap(), end);
            assert_eq!(read(instant, text).unwrap(), exact);
        }
        assert_eq!(read(instant, "2026-11-26T11:30").unwrap(), "2026-11-26T11:30:00Z");
        assert_eq!(read(instant, "2026-11-26T11:30:00+01:00").unwrap(), "2026-11-26T10:30:00Z");
        for text in
            ["", "x", "2026-02-30", "1969-12-30", "9999-12-31", "2026-1-", "26.11.2026", "2026-11-26T25:00"]
        {
            assert!(read(instant, text).unwrap_err().contains(&format!("`since` is `{text}`")), "{text}");
            assert!(read(end_of_day, text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_expiry_is_named_by_its_last_day() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let now = at("2026-11-26T11:30:00Z");
        assert_eq!(last_day(at("2026-12-14T00:00:00Z"), now), "13 Dec");
        assert_eq!(last_day(at("2026-12-13T11:14:00Z"), now), "13 Dec");
        assert_eq!(last_day(at("2027-01-02T00:00:00Z"), now), "1 Jan 2027");
    }
}
