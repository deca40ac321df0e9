//! Every message of the macro: the problem, then the remedy.
//!
//! Lower case, no full stop, the user's word in backticks, and `help:` on its own line. A message does not know
//! where it is shown.

mod clause;
mod foreign;
mod number;
mod operation;
mod pack;
mod rust;
mod sale;
mod settings;
mod statement;
mod words;

use std::fmt;

pub(crate) use clause::*;
pub(crate) use foreign::*;
pub(crate) use number::*;
pub(crate) use operation::*;
pub(crate) use pack::*;
pub(crate) use rust::*;
pub(crate) use sale::*;
pub(crate) use settings::*;
pub(crate) use statement::*;
pub(crate) use words::*;

use crate::inflect;

/// A problem and its remedy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    problem: String,
    help: Option<String>,
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem)?;
        self.help.iter().try_for_each(|help| write!(f, "\nhelp: {help}"))
    }
}

fn message(problem: impl Into<String>, help: impl Into<String>) -> Message {
    Message { problem: problem.into(), help: Some(help.into()) }
}

/// `write `nearest``, or the list of what there is.
fn did_you_mean(nearest: Option<&str>, known: &[&str]) -> String {
    match nearest {
        Some(nearest) => format!("write `{nearest}`"),
        None => format!("write {}", one_of(known)),
    }
}

/// `a`, `b` or `c`
fn one_of(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

/// `50.credits`, as the user wrote the number.
fn credits(number: &str) -> String {
    let word = if number == "1" { "credit" } else { "credits" };
    format!("{number}.{word}")
}

/// `10_000`
fn grouped(number: i64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| str::from_utf8(group).ok()).collect();
    groups.join("_")
}

// Words.

pub(crate) fn expected_name(kind: &str, found: &str) -> Message {
    message(
        format!("expected the name of the `{kind}`, found {found}"),
        format!("write a name after `{kind}`"),
    )
}

pub(crate) fn name_in_quotes(name: &str) -> Message {
    message("a name is written without quotes", format!("write `{name}`"))
}

pub(crate) fn name_in_parentheses(kind: &str, name: &str, written: &str) -> Message {
    message("a name stands without parentheses", format!("write `{kind} {name}` for `{written}`"))
}

pub(crate) fn mark_in_name(marks: &str, name: &str) -> Message {
    message(format!("a name has no {marks}"), format!("write `{name}`"))
}

pub(crate) fn reserved_name(name: &str) -> Message {
    message(
        format!("`{name}` cannot be a name, because Rust or the generated code needs it"),
        "write another name",
    )
}

pub(crate) fn expected_block(kind: &str, name: &str, found: &str, cost: Option<&str>) -> Message {
    let head = [kind, name].join(" ");
    let inside = cost.map_or_else(|| "..".to_owned(), |cost| format!("costs {cost}"));
    message(
        format!("`{kind}` needs a block, found {found}"),
        format!("write its statements in braces: `{} {{ {inside} }}`", head.trim_end()),
    )
}

pub(crate) fn ruby_block() -> Message {
    message("`do` does not open a block", "write `{` for `do` and `}` for `end`")
}

pub(crate) fn ruby_comment() -> Message {
    message("`#` does not begin a comment", "write `//`")
}

pub(crate) fn attribute(name: &str) -> Message {
    message(
        format!("the attribute `{name}` has no effect in a pricing"),
        "remove it; only documentation, `/// ..`, is copied to the generated items",
    )
}

pub(crate) fn expected_path(found: &str) -> Message {
    message(
        format!("expected the path of a crate or module, found {found}"),
        "write a path that is the same everywhere, such as `my_runtime`, or one that begins with `crate::`",
    )
}

pub(crate) fn unknown_currency(code: &str, nearest: Option<&str>) -> Message {
    message(
        format!("`{code}` is not a currency"),
        did_you_mean(nearest, &["usd", "eur", "gbp"])
            + &another(nearest, "another ISO 4217 code in lower case"),
    )
}

pub(crate) fn unknown_option(word: &str, what: &str, nearest: Option<&str>, known: &[&str]) -> Message {
    message(format!("`{word}` does not say {what}"), did_you_mean(nearest, known))
}

pub(crate) fn expected_period() -> Message {
    message("expected a period", "write `every(month)` or `every(3.months)`")
}

pub(crate) fn unknown_period(word: &str, nearest: Option<&str>) -> Message {
    let known = ["day", "week", "month", "quarter", "year"];
    message(format!("`{word}` is not a period"), did_you_mean(nearest, &known))
}

pub(crate) fn not_credits(word: &str, nearest: Option<&str>) -> Message {
    let help = match nearest {
        Some(nearest) => format!("write `{nearest}`"),
        None => format!("declare `asset {word}`, or write how many credits"),
    };
    message(format!("`{word}` is not a word for credits"), help)
}

pub(crate) fn unknown_money(word: &str, nearest: Option<&str>) -> Message {
    message(
        format!("`{word}` is not a word for money"),
        did_you_mean(nearest, &["dollars", "euros", "pounds", "yen", "cents"])
            + &another(nearest, "a currency code such as `chf`"),
    )
}

/// `900.pence`
pub(crate) fn hundredths(number: &str, word: &str, price: &str) -> Message {
    message(format!("`{word}` is not a word for money"), format!("write `{price}` for `{number}.{word}`"))
}

pub(crate) fn no_cents(currency: &str) -> Message {
    message(
        format!("the currency of the settings is {currency}, which has no cents"),
        format!("write the price in `{currency}`"),
    )
}

pub(crate) fn misspelt_unit(word: &str, meant: &str, number: Option<&str>) -> Message {
    message(format!("`{word}` is almost the unit `{meant}`"), unit_behind(number, word, meant))
}

pub(crate) fn abbreviated_unit(word: &str, meant: &str, number: Option<&str>) -> Message {
    message(format!("`{word}` abbreviates the unit `{meant}`"), unit_behind(number, word, meant))
}

/// `write `hour`` alone, and with a number `write `10.hours` for `10.hr``.
fn unit_behind(number: Option<&str>, word: &str, meant: &str) -> String {
    match number {
        Some(number) => format!("write `{number}.{}` for `{number}.{word}`", inflect::counted(number, meant)),
        None => format!("write `{meant}`"),
    }
}

pub(crate) fn unit_too_fine(word: &str, rate: &str) -> Message {
    message(
        format!("`{word}` is finer than the second, the smallest unit of time"),
        format!("write `{rate}`"),
    )
}

/// `, or ..` after a list of examples, nothing after one suggestion.
fn another(nearest: Option<&str>, what: &str) -> String {
    if nearest.is_some() { String::new() } else { format!(", or {what}") }
}

// Doubles.

pub(crate) fn item_twice(kind: &str, name: &str) -> Message {
    message(format!("the {kind} `{name}` is declared twice"), "rename one of them")
}

pub(crate) fn same_variant(name: &str, other: &str, variant: &str) -> Message {
    message(format!("`{name}` and `{other}` both become `{variant}` in Rust"), "rename one of them")
}

pub(crate) fn same_marker(name: &str, other: &str, marker: &str) -> Message {
    message(
        format!("the units `{name}` and `{other}` both become `{marker}` in Rust"),
        format!("write `{other}` for both, or rename one of them"),
    )
}

pub(crate) fn first_item(name: &str) -> Message {
    Message { problem: format!("`{name}` was first declared here"), help: None }
}

pub(crate) fn statement_twice(keyword: &str) -> Message {
    message(format!("`{keyword}` is written twice"), "remove one of them")
}

pub(crate) fn first_statement(keyword: &str) -> Message {
    Message { problem: format!("`{keyword}` was first written here"), help: None }
}

pub(crate) fn plural_twice(one: &str, many: &str) -> Message {
    message(
        format!("`{one}` has another plural than `{many}` already"),
        "write the same plural in both places",
    )
}
