//! Instants as Rails writes them in SQLite and PostgreSQL: UTC without an offset, `2026-01-31 12:00:00.123456`.

use credits_runtime::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// A time in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Instant {
    At(Timestamp),
    /// After every instant of the ledger.
    TooFar,
}

/// Reads a time; `None` if it is none, or before 1970.
pub(super) fn read(text: &str) -> Option<Instant> {
    if text == "infinity" {
        return Some(Instant::TooFar);
    }
    let at = match text.parse::<jiff::Timestamp>() {
        Ok(at) => at,
        Err(_) => match text.trim_end_matches(" UTC").parse::<DateTime>() {
            Ok(at) => match Offset::UTC.to_timestamp(at) {
                Ok(instant) => instant,
                Err(_) => return (at.year() > 0).then_some(Instant::TooFar),
            },
            Err(_) => return is_far(text).then_some(Instant::TooFar),
        },
    };
    match Timestamp::try_from(at) {
        Ok(at) if at < Timestamp::MAX => Some(Instant::At(at)),
        _ => (at.as_second() > 0).then_some(Instant::TooFar),
    }
}

/// Whether a text begins with a year of five digits, as PostgreSQL writes them.
fn is_far(text: &str) -> bool {
    let year = text.split('-').next().unwrap_or_default();
    year.len() > 4 && year.chars().all(|digit| digit.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_both_databases_write_them() {
        let at = |text: &str| Some(Instant::At(text.parse().unwrap()));
        for (text, read_as) in [
            ("2026-01-31 12:00:00.123456", at("2026-01-31T12:00:00.123456Z")),
            ("2026-01-31 12:00:00", at("2026-01-31T12:00:00Z")),
            ("2026-01-31T12:00:00Z", at("2026-01-31T12:00:00Z")),
            ("2026-01-31 12:00:00 UTC", at("2026-01-31T12:00:00Z")),
            ("2026-01-31 14:00:00+02", at("2026-01-31T12:00:00Z")),
            ("infinity", Some(Instant::TooFar)),
            ("9999-12-31 23:59:59", Some(Instant::TooFar)),
            ("12026-01-31 12:00:00", Some(Instant::TooFar)),
            ("1969-12-31 23:59:59", None),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(read(text), read_as, "{text}");
        }
    }
}
