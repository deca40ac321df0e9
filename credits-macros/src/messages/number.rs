//! Messages about a number or an amount.
//!
//! A help that has a number has the one that was written, or its value in another form.

use credits_core::AWARD_MAX;

use super::{Message, credits, grouped, message, one_of};

pub(crate) fn not_whole(number: &str, whole: &str) -> Message {
    let is_whole =
        number.split_once('.').is_some_and(|(_, decimals)| decimals.chars().all(|digit| digit == '0'));
    let help = match (thousands(number), is_whole) {
        (Some(thousands), true) => format!("write `{whole}`, or `{thousands}` for thousands"),
        (Some(thousands), false) => format!("write a whole number, or `{thousands}` for thousands"),
        (None, true) => format!("write `{whole}`"),
        (None, false) => "write a whole number".to_owned(),
    };
    message(format!("`{number}` is not a whole number"), help)
}

pub(crate) fn negative_number(number: &str) -> Message {
    message(format!("`-{number}` is below zero"), "write zero or more")
}

pub(crate) fn number_too_large(number: &str, max: i64) -> Message {
    message(
        format!("`{number}` is more than {}, the largest number there is here", grouped(max)),
        "write a smaller number",
    )
}

pub(crate) fn other_base(number: &str, value: Option<u64>) -> Message {
    let help = value.map_or_else(|| "write a decimal number".to_owned(), |value| format!("write `{value}`"));
    message(format!("`{number}` is not a decimal number"), help)
}

pub(crate) fn exponent(number: &str, expanded: Option<&str>) -> Message {
    let help =
        expanded.map_or_else(|| "write all its digits".to_owned(), |digits| format!("write `{digits}`"));
    message(format!("`{number}` has an exponent"), help)
}

pub(crate) fn number_suffix(number: &str, digits: &str) -> Message {
    message(format!("`{number}` has a suffix"), format!("write `{digits}`"))
}

/// `1K tokens`
pub(crate) fn thousands_in_suffix(number: &str, meant: &str, written: &str) -> Message {
    message(format!("`{number}` has a suffix"), format!("write `{meant}` for `{written}`"))
}

pub(crate) fn glued_word(digits: &str, word: &str) -> Message {
    message(format!("`{digits}{word}` needs a dot before `{word}`"), format!("write `{digits}.{word}`"))
}

pub(crate) fn swallowed_dot(digits: &str, word: &str) -> Message {
    message(
        format!("`{digits}.` is a number with a decimal point, because a space follows the dot"),
        format!("write `{digits}.{word}`"),
    )
}

pub(crate) fn missing_dot(number: &str, word: &str) -> Message {
    message(format!("`{number}` needs a dot before `{word}`"), format!("write `{number}.{word}`"))
}

pub(crate) fn missing_unit(number: &str, example: &str) -> Message {
    let number = number.strip_suffix('.').unwrap_or(number);
    let unit = example.rsplit('.').next().unwrap_or(example);
    let amount =
        if ["credit", "credits"].contains(&unit) { credits(number) } else { format!("{number}.{unit}") };
    message(format!("`{number}` does not say what it counts"), format!("write `{amount}`"))
}

/// `1_000/month` and `1_000.every(month)`
pub(crate) fn number_without_unit(number: &str, example: &str) -> Message {
    let unit = example.rsplit('.').next().unwrap_or(example);
    let amount = if unit == "credits" { credits(number) } else { format!("{number}.{unit}") };
    message(format!("`{number}` does not say what it counts"), format!("write `{amount}` for `{number}`"))
}

/// Without its unit a length could be several.
pub(crate) fn missing_unit_of(number: &str, example: &str) -> Message {
    let unit = example.rsplit('.').next().unwrap_or(example);
    let units = match unit {
        "days" | "months" if DAYS.contains(&number) => ["days"].as_slice(),
        "day" | "days" | "months" => &["days", "weeks", "months"],
        "hours" => &["minutes", "hours", "days"],
        "minutes" => &["seconds", "minutes", "hours"],
        _ => return missing_unit(number, example),
    };
    let meant: Vec<String> = units.iter().map(|unit| format!("{number}.{unit}")).collect();
    let meant: Vec<&str> = meant.iter().map(String::as_str).collect();
    message(format!("`{number}` does not say what it counts"), format!("write {}", one_of(&meant)))
}

/// Numbers that are lengths in days.
const DAYS: &[&str] = &["7", "14", "28", "30", "31", "60", "90", "180", "365"];

/// `15m`, where a unit or a period is expected; `meant` are the ways to write it out.
pub(crate) fn glued_abbreviation(text: &str, meant: &[String]) -> Message {
    let meant: Vec<&str> = meant.iter().map(String::as_str).collect();
    message(format!("`{text}` abbreviates its unit"), format!("write {}", one_of(&meant)))
}

pub(crate) fn two_numbers(one: &str, other: &str) -> Message {
    message(format!("`{one}` and `{other}` stand beside each other"), "write one number")
}

pub(crate) fn leading_dot(number: &str) -> Message {
    message(
        format!("`.{number}` begins with its decimal point"),
        format!("write `0.{number}` for money, and a whole number for anything else"),
    )
}

pub(crate) fn comma_in_number(number: &str) -> Message {
    message("a comma ends a number", format!("write `{number}`"))
}

pub(crate) fn too_many_decimals(number: &str, currency: &str, places: u32, cut: &str) -> Message {
    let dropped = number.replace('_', "").len().saturating_sub(cut.replace('_', "").len());
    let is_same = number.bytes().rev().take(dropped).all(|digit| digit == b'0');
    let help = match (thousands(number), is_same) {
        (Some(thousands), true) => format!("write `{cut}`, or `{thousands}` for thousands"),
        (Some(thousands), false) => {
            format!("write at most {places} decimals, or `{thousands}` for thousands")
        }
        (None, true) => format!("write `{cut}`"),
        (None, false) => format!("write at most {places} decimals"),
    };
    message(format!("`{number}` has more than the {places} decimals of {currency}"), help)
}

pub(crate) fn no_decimals(number: &str, word: &str, cut: &str, main: Option<&str>) -> Message {
    let is_whole =
        number.split_once('.').is_some_and(|(_, decimals)| decimals.bytes().all(|digit| digit == b'0'));
    let help = match (main, is_whole) {
        (_, true) => format!("write `{cut}`"),
        (Some(main), false) => format!("write `{number}.{main}`, or a whole number of {word}"),
        (None, false) => format!("write a whole number of {word}"),
    };
    message(format!("`{number}` has decimals, and {word} have none"), help)
}

pub(crate) fn between_steps(number: &str, currency: &str, step: &str, accepted: &[String]) -> Message {
    let accepted: Vec<&str> = accepted.iter().map(String::as_str).collect();
    message(
        format!("`{number}` is not a multiple of {step}, the step between amounts of {currency} at Stripe"),
        format!("write {}", one_of(&accepted)),
    )
}

/// `1_500` for `1.500`, in which the dot may separate thousands.
fn thousands(number: &str) -> Option<String> {
    let (whole, decimals) = number.split_once('.')?;
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    (decimals.len() == 3 && whole.len() <= 3 && is_digits(whole) && is_digits(decimals) && whole != "0")
        .then(|| format!("{whole}_{decimals}"))
}

// Amounts.

pub(crate) fn expected_amount(found: &str, example: &str) -> Message {
    message(format!("expected an amount, found {found}"), format!("write an amount such as `{example}`"))
}

pub(crate) fn money_for_credits(word: &str, statement: &str) -> Message {
    message(format!("`{statement}` takes credits here, and `{word}` is money"), "write how many credits")
}

pub(crate) fn credits_for_money(word: &str) -> Message {
    message(
        format!("a pack is paid for with money, and `{word}` is not money"),
        "write the price in `dollars`, `euros` or another currency",
    )
}

pub(crate) fn rate_where_amount(number: &str, word: &str, statement: &str, is_empty: bool) -> Message {
    let is_rate = word.ends_with("_per");
    if is_empty && !is_rate {
        return empty_parentheses(number, word);
    }
    let begins = if is_rate { "begins a rate" } else { "has parentheses, as a rate has" };
    message(
        format!("`{statement}` takes an amount, and `{word}` {begins}"),
        "write how much it is in all, without parentheses",
    )
}

pub(crate) fn empty_parentheses(number: &str, word: &str) -> Message {
    message("an amount has no parentheses", format!("write `{number}.{word}`"))
}

/// A length of time, a size or a count where an amount is expected.
pub(crate) fn unit_for_credits(number: &str, word: &str, statement: &str) -> Message {
    let help = match statement {
        "trial_includes" => "how long a trial is stands at Stripe; write how many credits it gives",
        _ => "write how many credits",
    };
    message(format!("`{statement}` takes credits here, and `{number}.{word}` is none"), help)
}

pub(crate) fn not_a_length(word: &str) -> Message {
    message(
        format!("`{word}` is not a period"),
        "write how long: a number and `days`, `weeks`, `months` or another period",
    )
}

/// An abbreviation, or a word that is longer or shorter than the units of the language.
pub(crate) fn abbreviated_period(number: &str, word: &str, meant: &str) -> Message {
    message(
        format!("`{word}` is not how a period is written"),
        format!("write `{meant}` for `{number}.{word}`"),
    )
}

pub(crate) fn period_too_fine(number: &str, word: &str, in_seconds: Option<&str>) -> Message {
    let help = match in_seconds {
        Some(seconds) => format!("write `{seconds}` for `{number}.{word}`"),
        None => "write whole seconds".to_owned(),
    };
    message(format!("`{word}` is finer than the second, the shortest period"), help)
}

pub(crate) fn period_with_decimals(number: &str, finer: Option<&str>) -> Message {
    let help = match finer {
        Some(finer) => format!("write `{finer}`"),
        None => "write a whole number, or a shorter period".to_owned(),
    };
    message(format!("`{number}` is not a whole number"), help)
}

pub(crate) fn wrong_letter(word: &str, letter: char, meant: &str) -> Message {
    message(
        format!(
            "`{word}` is not a word of the language: its `{letter}`, U+{:04X}, only looks like an ASCII letter",
            u32::from(letter)
        ),
        format!("write `{meant}`"),
    )
}

pub(crate) fn zero_credits(statement: &str) -> Message {
    message(format!("`{statement}` needs at least one credit"), "write how many, at least one")
}

pub(crate) fn award_too_large(number: &str) -> Message {
    message(
        format!("`{number}` is more than {}, the most that is given at once", grouped(AWARD_MAX)),
        "write a smaller number; a plan whose subscribers pay nothing has the statement `unlimited`",
    )
}

pub(crate) fn expected_parenthesis(found: &str) -> Message {
    message(format!("expected `)`, found {found}"), "write one thing in the parentheses, and `)` behind it")
}
