//! Numbers in helps: the number that was written, in another form and never another number.
//!
//! It does not know where a help is shown.

use credits_core::{BUILT_IN_UNITS, Fraction, PERIOD_UNITS, PeriodUnit};

/// The value of a literal in decimal notation, without a suffix.
pub(crate) fn value(text: &str) -> Option<Fraction> {
    let plain = text.replace('_', "");
    let (whole, decimals) = plain.split_once('.').unwrap_or((&plain, ""));
    let digits = [whole, decimals].concat();
    if whole.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let scale = 10_i128.checked_pow(u32::try_from(decimals.len()).ok()?)?;
    Fraction::new(digits.parse().ok()?, scale)
}

/// A whole value as a literal: `10_000`.
pub(crate) fn whole(value: Fraction) -> Option<String> {
    (value.denominator() == 1 && !value.is_negative()).then(|| {
        let digits = value.numerator().to_string();
        let groups: Vec<&str> =
            digits.as_bytes().rchunks(3).rev().filter_map(|group| str::from_utf8(group).ok()).collect();
        groups.join("_")
    })
}

/// A value with at most this many decimals as a literal: `19.98`.
pub(crate) fn with_decimals(value: Fraction, places: u32) -> Option<String> {
    let scale = 10_i128.checked_pow(places)?;
    let scaled = value.checked_mul(Fraction::whole(scale))?;
    if scaled.denominator() != 1 || scaled.is_negative() {
        return None;
    }
    let (units, rest) = (scaled.numerator().checked_div(scale)?, scaled.numerator().checked_rem(scale)?);
    let units = whole(Fraction::whole(units))?;
    Some(if rest == 0 { units } else { format!("{units}.{rest:0>width$}", width = places as usize) })
}

/// The value of two literals with `+`, `-`, `*` or `/` between them.
pub(crate) fn computed(one: Fraction, sign: char, other: &str) -> Option<Fraction> {
    let other = value(other)?;
    match sign {
        '+' => one.checked_add(other),
        '-' => one.checked_sub(other),
        '*' => one.checked_mul(other),
        '/' => one.checked_div(other),
        _ => None,
    }
}

/// The value of two literals with a sign between them, if it has no more than this many decimals.
pub(crate) fn result(one: &str, sign: char, other: &str, places: u32) -> Option<String> {
    with_decimals(computed(value(one)?, sign, other)?, places)
}

/// How many of one unit a number of another is: 600 seconds for 10 minutes. Units of time, size and periods that
/// have one length.
pub(crate) fn converted(number: &str, from: &str, to: &str) -> Option<Fraction> {
    let (from, from_time) = base(from)?;
    let (to, to_time) = base(to)?;
    if from_time != to_time {
        return None;
    }
    value(number)?.checked_mul(Fraction::new(from, to)?)
}

/// The length of a unit in microseconds, or its size in bytes, and whether it is a length.
fn base(word: &str) -> Option<(i128, bool)> {
    const MICROSECONDS: i128 = 1_000_000;
    let fine =
        FINE.iter().find(|(words, _)| words.contains(&word)).map(|(_, a_second)| MICROSECONDS / a_second);
    if let Some(fine) = fine {
        return Some((fine, true));
    }
    if let Some(unit) = BUILT_IN_UNITS.iter().find(|unit| unit.words.contains(&word)) {
        let is_time = unit.unit.dimension == credits_core::Dimension::Time;
        return Some((i128::from(unit.unit.base), is_time));
    }
    let (unit, ..) = PERIOD_UNITS.iter().find(|(_, one, many, _)| word == *one || word == *many)?;
    let has_one_length = !matches!(unit, PeriodUnit::Month | PeriodUnit::Quarter | PeriodUnit::Year);
    has_one_length.then(|| (i128::from(unit.seconds_min()).saturating_mul(MICROSECONDS), true))
}

/// Parts of a second, and how many of them it has.
const FINE: &[(&[&str], i128)] = &[
    (&["ms", "msec", "msecs", "milli", "millis", "millisecond", "milliseconds"], 1_000),
    (&["us", "usec", "usecs", "micros", "microsecond", "microseconds"], 1_000_000),
];

/// How many of this unit a second has, if it is finer than one.
pub(crate) fn parts_of_a_second(word: &str) -> Option<i128> {
    FINE.iter().find(|(words, _)| words.contains(&word)).map(|(_, parts)| *parts)
}

#[cfg(test)]
mod tests {
    use super::{converted, result, whole};

    #[test]
    fn a_number_in_another_unit_is_the_same_or_none() {
        for (number, from, to, expected) in [
            ("10", "minutes", "seconds", Some("600")),
            ("2", "gb", "mb", Some("2_048")),
            ("1.5", "hours", "minutes", Some("90")),
            ("90", "seconds", "minutes", None),
            ("2", "weeks", "days", Some("14")),
            ("1", "month", "days", None),
            ("3", "minutes", "mb", None),
            ("3", "pages", "minutes", None),
        ] {
            let found = converted(number, from, to).and_then(whole);
            assert_eq!(found.as_deref(), expected, "{number} {from} in {to}");
        }
    }

    #[test]
    fn arithmetic_of_literals_is_exact() {
        for (one, sign, other, expected) in [
            ("10", '*', "3", Some("30")),
            ("1_000", '*', "1.5", Some("1_500")),
            ("9.99", '*', "2", Some("19.98")),
            ("10", '/', "4", Some("2.50")),
            ("10", '/', "3", None),
            ("3", '-', "5", None),
            ("10", '%', "3", None),
        ] {
            assert_eq!(result(one, sign, other, 2).as_deref(), expected, "{one} {sign} {other}");
        }
    }
}
