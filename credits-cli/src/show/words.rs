//! Figures, instants and lists as people read them.

use credits_runtime::{Amount, Timestamp};
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// `2026-11-27 16:20`, in UTC.
pub(crate) fn time(at: Timestamp) -> String {
    civil(at).strftime("%Y-%m-%d %H:%M").to_string()
}

/// `2026-11-27`, in UTC.
pub(crate) fn day(at: Timestamp) -> String {
    civil(at).strftime("%Y-%m-%d").to_string()
}

fn civil(at: Timestamp) -> DateTime {
    Offset::UTC.to_datetime(at.into())
}

/// `1,250`, `-5`.
pub(crate) fn figure(amount: impl Into<i128>) -> String {
    let amount = amount.into();
    let digits = amount.unsigned_abs().to_string();
    let mut text = String::from(if amount < 0 { "-" } else { "" });
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

/// `1 entry`, `3 entries`.
pub(crate) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", figure(number), if number == 1 { one } else { many })
}

/// `a, b and c`.
pub(crate) fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// The size of a file: `1.6 MB`.
pub(crate) fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1_000 {
        return format!("{bytes} bytes");
    }
    let (mut tenths, mut unit) = (u128::from(bytes) / 100, 0);
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
    fn words_of_figures_and_instants() {
        for (amount, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (-1_234_567, "-1,234,567")] {
            assert_eq!(figure(amount), text);
        }
        assert_eq!((change(Amount::new(5)), change(Amount::new(-5))), ("+5".to_owned(), "-5".to_owned()));
        let at: Timestamp = "2026-11-27T16:20:05+01:00".parse().unwrap();
        assert_eq!((time(at), day(at)), ("2026-11-27 15:20".to_owned(), "2026-11-27".to_owned()));
        let names = ["a", "b", "c"].map(str::to_owned);
        assert_eq!([0, 1, 2, 3].map(|count| list(&names[..count])), ["", "a", "a and b", "a, b and c"]);
        for (size, text) in [(999, "999 bytes"), (1_650_000, "1.6 MB"), (1_000_000_000, "1.0 GB")] {
            assert_eq!(bytes(size), text);
        }
    }
}
