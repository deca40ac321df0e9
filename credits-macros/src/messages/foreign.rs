//! Messages about the words and signs of other systems and languages.
//!
//! It does not know the words; they are in [`crate::foreign`].

use super::{Message, credits, message};

pub(crate) fn foreign_statement(word: &str, item: &str, help: &str) -> Message {
    message(format!("`{word}` is not a statement of `{item}`"), help)
}

pub(crate) fn foreign_item(word: &str, help: &str) -> Message {
    message(format!("`{word}` is not an item of a pricing"), help)
}

pub(crate) fn foreign_file(language: &str, kind: &str, name: &str) -> Message {
    message(
        format!("this is {language}, and a pricing consists of items"),
        format!("write each item in its form, the first as `{kind} {name} {{ .. }}`"),
    )
}

pub(crate) fn merge_conflict() -> Message {
    message("this line is of a merge conflict", "resolve the conflict, and remove its marks")
}

pub(crate) fn ruby_setter(object: &str, word: &str, value: &str, statement: &str) -> Message {
    let help = match statement {
        "" => "write the statement alone, without an object before it".to_owned(),
        statement => format!("write `{statement}` for `{object}.{word} {value}`"),
    };
    message(format!("`{object}.{word} = ..` is a setter of Ruby"), help)
}

pub(crate) fn ruby_params(name: &str) -> Message {
    message(
        "`params` is Ruby; a condition sees the parameters that are declared",
        format!("declare `with {name}: String`, and write `{name}` in the condition"),
    )
}

// Instead of an amount.

pub(crate) fn amount_in_quotes(text: &str, amount: Option<&str>) -> Message {
    let help = match amount {
        Some(amount) => format!("write `{amount}`"),
        None => "write the number and its unit, without quotes".to_owned(),
    };
    message(format!("an amount or a period is written without quotes, found `\"{text}\"`"), help)
}

pub(crate) fn currency_sign(number: Option<&str>) -> Message {
    let help = match number {
        Some(number) => format!("write `{number}.dollars`"),
        None => "write `dollars` behind the number".to_owned(),
    };
    message("`$` is not how a price is written", help)
}

pub(crate) fn leading_plus(rest: &str, example: &str) -> Message {
    let help = match rest {
        "" => format!("write an amount such as `{example}`"),
        _ => "remove `+`".to_owned(),
    };
    message("expected an amount, found `+`", help)
}

pub(crate) fn amount_in_parentheses(inside: &str, example: &str) -> Message {
    let help = match inside {
        "" => format!("write an amount such as `{example}`"),
        inside => format!("write `{inside}`"),
    };
    message("an amount stands without parentheses", help)
}

pub(crate) fn bound_as_function(function: &str, bound: &str, rates: &str, amounts: &str) -> Message {
    let help = match (rates, amounts) {
        ("", _) | (_, "") => format!("write the cost, and a line `{bound}` with the amount"),
        (rates, amounts) => format!("write `costs {rates}`, and on another line `{bound} {amounts}`"),
    };
    message(format!("a cost has no function `{function}`"), help)
}

pub(crate) fn cost_as_function(function: &str) -> Message {
    message(format!("an amount is not computed by `{function}`"), "write the amount or the rate alone")
}

pub(crate) fn choice_as_match(word: &str, choice: &str) -> Message {
    message(
        format!("`{word}` is not how a cost depends on a choice"),
        format!("write `by {choice} {{ .. }}`, without a parameter `{choice}`"),
    )
}

pub(crate) fn condition_as_amount(word: &str) -> Message {
    message(
        format!("expected an amount, found `{word}`"),
        "write Rust in braces: `{ if .. { .. } else { .. } }`",
    )
}

pub(crate) fn word_for_none(word: &str, example: &str) -> Message {
    let unit = example.rsplit('.').next().unwrap_or(example);
    let help = match unit {
        "dollars" => "a pack has a price in money; free credits are given by the application".to_owned(),
        "credit" => format!("write `{}`", credits("0")),
        unit => format!("write `0.{unit}`"),
    };
    message(format!("expected an amount, found `{word}`"), help)
}

pub(crate) fn word_for_unlimited(word: &str) -> Message {
    message(
        format!("expected a number of credits, found `{word}`"),
        "write how many; operations that cost a plan's subscribers nothing stand behind `unlimited`",
    )
}

pub(crate) fn word_before_number(word: &str, amount: &str, written: &str) -> Message {
    message(format!("expected an amount, found `{word}`"), format!("write `{amount}` for `{written}`"))
}

pub(crate) fn share(number: &str) -> Message {
    message(format!("`{number}%` is a share, and no amount"), "write the number of credits that it comes to")
}

// Behind an amount.

pub(crate) fn arithmetic(sign: char, written: &str, result: Option<&str>) -> Message {
    let help = match result {
        Some(result) => format!("write `{result}` for `{written}`"),
        None => "write what it comes to as one number".to_owned(),
    };
    message(format!("nothing is computed from an amount, found `{sign}`"), help)
}

pub(crate) fn taken_off() -> Message {
    message(
        "costs are added, and nothing is taken off",
        "write the difference; units that a rate includes stand behind it, with `after`",
    )
}

pub(crate) fn times_word(number: &str, word: &str, counted: &str) -> Message {
    let rate = crate::vocab::rate_word(number, word);
    message(
        "nothing is computed from an amount, found `*`",
        format!("write `{number}.{rate}({counted})` for `{number}.{word} * {counted}`, or Rust in braces"),
    )
}

pub(crate) fn rate_times_quantity(rate: &str, counted: &str) -> Message {
    message(
        "a rate is multiplied by its quantity already",
        format!("write `{rate}` for `{rate} * {counted}`"),
    )
}

pub(crate) fn sum_in_words() -> Message {
    message("costs are added with `+`", "write `+`")
}

pub(crate) fn clauses_without_plus(clause: &str) -> Message {
    message("`+` stands between two costs", format!("write `+ {clause}`"))
}

/// `100.credits.once`
pub(crate) fn behind_amount(word: &str, amount: &str) -> Message {
    message(
        format!("`.{word}` has no meaning behind an amount"),
        format!("write `{amount}` for `{amount}.{word}`"),
    )
}

// Periods.

pub(crate) fn period_path(written: &str, period: Option<&str>) -> Message {
    let help = match period {
        Some(period) => format!("write `{period}` for `{written}`"),
        None => "write a number and its unit, such as `30.days`".to_owned(),
    };
    message("a period is written in words, not as a value of Rust", help)
}

pub(crate) fn behind_length(word: &str, written: &str) -> Message {
    message(
        format!("a length is counted from the purchase or the end, and `.{word}` has no meaning"),
        format!("write `{written}`"),
    )
}
