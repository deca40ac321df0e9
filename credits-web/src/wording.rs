//! Instants and figures as people read them.
//!
//! It does not know pages.

use credits_runtime::{Amount, Timestamp};
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// `27 Nov 2026, 16:20`, in UTC.
pub(crate) fn time(at: Timestamp) -> String {
    civil(at).strftime("%-d %b %Y, %H:%M").to_string()
}

/// `27 Nov 16:20`, in UTC; with the year if it is not this one.
pub(crate) fn short_time(at: Timestamp, now: Timestamp) -> String {
    let (then, now) = (civil(at), civil(now));
    let form = if then.year() == now.year() { "%-d %b %H:%M" } else { "%-d %b %Y, %H:%M" };
    then.strftime(form).to_string()
}

/// `27 Nov`, in UTC.
pub(crate) fn day(at: Timestamp) -> String {
    civil(at).strftime("%-d %b").to_string()
}

/// `27 Nov 2026`, in UTC.
pub(crate) fn day_of_year(at: Timestamp) -> String {
    civil(at).strftime("%-d %b %Y").to_string()
}

fn civil(at: Timestamp) -> DateTime {
    Offset::UTC.to_datetime(at.into())
}

/// `1,250`, with a minus sign for an amount below zero.
pub(crate) fn figure(amount: impl Into<i128>) -> String {
    let amount = amount.into();
    let digits = amount.unsigned_abs().to_string();
    let mut text = String::from(if amount < 0 { "\u{2212}" } else { "" });
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `+1,250`, `-5`: a change of a balance.
pub(crate) fn change(amount: Amount) -> String {
    let sign = if amount.is_positive() { "+" } else { "" };
    format!("{sign}{}", figure(amount.get()))
}

/// The size of a file: `1.6 MB`.
pub(crate) fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1_000 {
        return format!("{bytes} bytes");
    }
    let mut tenths = u128::from(bytes) / 100;
    let mut unit = 0;
    while tenths >= 10_000 && unit + 1 < UNITS.len() {
        tenths /= 1_000;
        unit += 1;
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS.get(unit).unwrap_or(&"TB"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_a_comma_every_three_digits() {
        for (amount, text) in [
            (0, "0"),
            (7, "7"),
            (999, "999"),
            (1_000, "1,000"),
            (-1_234_567, "\u{2212}1,234,567"),
            (i128::from(i64::MIN), "\u{2212}9,223,372,036,854,775,808"),
        ] {
            assert_eq!(figure(amount), text);
        }
        assert_eq!(change(Amount::new(5)), "+5");
        assert_eq!(change(Amount::new(-5)), "\u{2212}5");
    }

    #[test]
    fn sizes_have_three_digits_or_four() {
        for (size, text) in [
            (999, "999 bytes"),
            (1_000, "1.0 kB"),
            (1_650_000, "1.6 MB"),
            (999_949_999, "999.9 MB"),
            (1_000_000_000, "1.0 GB"),
            (u64::MAX, "18446744.0 TB"),
        ] {
            assert_eq!(bytes(size), text);
        }
    }

    #[test]
    fn times_are_in_utc() {
        let at: Timestamp = "2026-11-27T16:20:05+01:00".parse().unwrap();
        assert_eq!(time(at), "27 Nov 2026, 15:20");
        assert_eq!(short_time(at, at), "27 Nov 15:20");
        assert_eq!(short_time(at, "2027-01-01T00:00:00Z".parse().unwrap()), "27 Nov 2026, 15:20");
        assert_eq!((day(at).as_str(), day_of_year(at).as_str()), ("27 Nov", "27 Nov 2026"));
    }
}
