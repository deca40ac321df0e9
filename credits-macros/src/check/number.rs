//! Numbers: what a numeric literal is worth.
//!
//! Every number of the language is at most 2^63 - 1. It does not know units.

use credits_core::Fraction;
use proc_macro2::Span;

use crate::ast::{Amount, Number};
use crate::diag::{Diagnostics, Result};
use crate::exact;
use crate::messages::{self, Message};

/// The digits of a literal in decimal notation, without underscores.
struct Digits {
    whole: String,
    decimals: Option<String>,
}

/// A whole number from 0 to 2^63 - 1.
pub(super) fn whole(number: &Number, minus: Option<Span>, diagnostics: &mut Diagnostics) -> Result<i64> {
    decimal(number, minus, 0, messages::not_whole, diagnostics)
}

/// The whole number of an amount.
pub(super) fn whole_amount(amount: &Amount, diagnostics: &mut Diagnostics) -> Result<i64> {
    whole(&amount.number, amount.minus, diagnostics)
}

/// A number in units of 10 to the power of `-places`: 49.99 is 4,999 with two places. `too_fine` is given the
/// literal and the same number cut to the places.
pub(super) fn decimal(
    number: &Number,
    minus: Option<Span>,
    places: usize,
    too_fine: impl FnOnce(&str, &str) -> Message,
    diagnostics: &mut Diagnostics,
) -> Result<i64> {
    if let Some(minus) = minus {
        return Err(diagnostics.report(minus, messages::negative_number(&number.text)));
    }
    let refused = match digits(&number.text) {
        Err(message) => message,
        Ok(Digits { whole, decimals }) => {
            let decimals = decimals.unwrap_or_default();
            if decimals.len() > places {
                too_fine(&number.text, &cut(&whole, &decimals, places))
            } else {
                match format!("{whole}{decimals:0<places$}").parse::<i64>() {
                    Ok(value) => return Ok(value),
                    Err(_) => messages::number_too_large(&number.text, largest(places)),
                }
            }
        }
    };
    Err(diagnostics.report(number.span, refused))
}

/// A number as the language writes it: `10_000`.
pub(super) fn grouped(number: u64) -> String {
    exact::whole(Fraction::whole(i128::from(number))).unwrap_or_else(|| number.to_string())
}

/// The largest whole number whose units of 10 to the power of `-places` fit.
pub(super) fn largest(places: usize) -> i64 {
    (0..places).fold(i64::MAX, |largest, _| largest / 10)
}

fn cut(whole: &str, decimals: &str, places: usize) -> String {
    match decimals.get(..places) {
        Some(kept) if places > 0 => format!("{whole}.{kept}"),
        _ => whole.to_owned(),
    }
}

fn digits(text: &str) -> core::result::Result<Digits, Message> {
    let plain = text.replace('_', "");
    if let Some(number) = plain.strip_prefix('-') {
        return Err(messages::negative_number(number));
    }
    if let Some(message) = other_base(text, &plain) {
        return Err(message);
    }
    let end = plain.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(plain.len());
    let (number, rest) = plain.split_at_checked(end).unwrap_or((&plain, ""));
    if rest.starts_with(['e', 'E']) {
        return Err(messages::exponent(text, expanded(number, rest).as_deref()));
    }
    match rest {
        "" => {}
        "k" | "K" => return Err(messages::number_suffix(text, &thousands(number, "1_000"))),
        "m" | "M" => return Err(messages::number_suffix(text, &thousands(number, "1_000_000"))),
        _ => return Err(messages::number_suffix(text, number)),
    }
    Ok(match number.split_once('.') {
        Some((whole, decimals)) => Digits { whole: whole.to_owned(), decimals: Some(decimals.to_owned()) },
        None => Digits { whole: number.to_owned(), decimals: None },
    })
}

/// `1.5k` is 1_500.
fn thousands(number: &str, times: &str) -> String {
    exact::result(number, '*', times, 0).unwrap_or_else(|| number.to_owned())
}

/// `0x32`, `0o62` and `0b110010` are all 50.
fn other_base(text: &str, plain: &str) -> Option<Message> {
    let (digits, radix) = [("0x", 16), ("0o", 8), ("0b", 2)]
        .into_iter()
        .find_map(|(prefix, radix)| plain.strip_prefix(prefix).map(|digits| (digits, radix)))?;
    let value = u64::from_str_radix(digits, radix).ok();
    Some(messages::other_base(text, value))
}

/// `1e3` is 1000.
fn expanded(number: &str, exponent: &str) -> Option<String> {
    let zeros: usize = exponent.trim_start_matches(['e', 'E', '+']).parse().ok()?;
    let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
    let zeros = zeros.checked_sub(decimals.len()).filter(|zeros| *zeros <= 18)?;
    let digits = format!("{whole}{decimals}{}", "0".repeat(zeros));
    let digits = digits.trim_start_matches('0');
    (!digits.is_empty()).then(|| digits.to_owned())
}
