//! Every message of the macro: what is wrong, then what to write.
//!
//! Lower case, no full stop, the user's word in backticks, and `help:` on its own line. A message does not know
//! where it is shown.

mod operation;
mod sale;
mod settings;

use std::fmt;

use credits_core::AWARD_MAX;

pub(crate) use operation::*;
pub(crate) use sale::*;
pub(crate) use settings::*;

/// What is wrong, and what to write instead.
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

// Numbers.

pub(crate) fn not_whole(number: &str, whole: &str) -> Message {
    let is_whole =
        number.split_once('.').is_some_and(|(_, decimals)| decimals.chars().all(|digit| digit == '0'));
    let help = match whole.replace('_', "").parse::<u64>() {
        Ok(whole) if is_whole => format!("write `{whole}`"),
        Ok(0) | Err(_) => "write `1`".to_owned(),
        Ok(whole) => format!("write `{whole}` or `{}`", whole.saturating_add(1)),
    };
    message(format!("`{number}` is not a whole number"), help)
}

pub(crate) fn negative_number(number: &str) -> Message {
    message(format!("`-{number}` is below zero"), "remove `-`")
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
    message(format!("`{number}` does not say what it counts"), format!("write `{number}.{unit}`"))
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
    message(format!("`{number}` has more than the {places} decimals of {currency}"), format!("write `{cut}`"))
}

pub(crate) fn no_decimals(number: &str, word: &str, cut: &str) -> Message {
    message(format!("`{number}` has decimals, and {word} have none"), format!("write `{cut}`"))
}

pub(crate) fn between_steps(number: &str, currency: &str, step: &str, accepted: &[String]) -> Message {
    let accepted: Vec<&str> = accepted.iter().map(String::as_str).collect();
    message(
        format!("`{number}` is not a multiple of {step}, the step between amounts of {currency} at Stripe"),
        format!("write {}", one_of(&accepted)),
    )
}

// Words.

pub(crate) fn expected_item(found: &str, known: &[&str]) -> Message {
    message(format!("{found} begins no item"), format!("remove it, or begin an item: {}", one_of(known)))
}

pub(crate) fn unknown_item(word: &str, nearest: Option<&str>, known: &[&str]) -> Message {
    message(format!("`{word}` is not an item of a pricing"), did_you_mean(nearest, known))
}

pub(crate) fn expected_name(kind: &str, found: &str) -> Message {
    message(
        format!("expected the name of the `{kind}`, found {found}"),
        format!("write a name after `{kind}`"),
    )
}

pub(crate) fn name_in_quotes(name: &str) -> Message {
    message("a name is written without quotes", format!("write `{name}`"))
}

pub(crate) fn hyphen_in_name(name: &str) -> Message {
    message("a name has no hyphens", format!("write `{name}`"))
}

pub(crate) fn reserved_name(name: &str) -> Message {
    message(
        format!("`{name}` cannot be a name, because Rust or the generated code needs it"),
        "write another name",
    )
}

pub(crate) fn expected_block(kind: &str, name: &str, found: &str) -> Message {
    let head = [kind, name].join(" ");
    message(
        format!("`{kind}` needs a block, found {found}"),
        format!("write its statements in braces: `{} {{ .. }}`", head.trim_end()),
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
        "remove it; only documentation, `/// ..`, is copied to what is generated",
    )
}

pub(crate) fn comma_between() -> Message {
    message("no comma separates items or statements", "remove it, or write `;`")
}

pub(crate) fn equals_sign(keyword: &str) -> Message {
    message(format!("`{keyword}` takes no equals sign"), "remove `=`")
}

pub(crate) fn expected_statement(item: &str, found: &str, known: &[&str]) -> Message {
    message(
        format!("{found} begins no statement of `{item}`"),
        format!("remove it, or begin a statement: {}", one_of(known)),
    )
}

pub(crate) fn unknown_statement(word: &str, item: &str, nearest: Option<&str>, known: &[&str]) -> Message {
    message(format!("`{word}` is not a statement of `{item}`"), did_you_mean(nearest, known))
}

pub(crate) fn missing_option(example: &str) -> Message {
    message("this statement chooses nothing", format!("write it out, such as `{example}`"))
}

pub(crate) fn expected_option(found: &str, example: &str) -> Message {
    message(format!("expected a word, found {found}"), format!("write a word, such as in `{example}`"))
}

pub(crate) fn option_in_quotes(option: &str) -> Message {
    message("this word is written without quotes", format!("write `{option}`"))
}

pub(crate) fn expected_credit_names() -> Message {
    message(
        "`credits_named` takes the word for one credit and the word for several",
        "write `credits_named \"token\", \"tokens\"`",
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

pub(crate) fn not_credits(word: &str, nearest: &str) -> Message {
    message(format!("`{word}` is not a word for credits"), format!("write `{nearest}`"))
}

pub(crate) fn unknown_money(word: &str, nearest: Option<&str>) -> Message {
    message(
        format!("`{word}` is not a word for money"),
        did_you_mean(nearest, &["dollars", "euros", "pounds", "yen", "cents"])
            + &another(nearest, "a currency code such as `chf`"),
    )
}

pub(crate) fn no_cents(currency: &str) -> Message {
    message(
        format!("the currency of the settings is {currency}, which has no cents"),
        format!("write the price in `{currency}`"),
    )
}

pub(crate) fn misspelt_unit(word: &str, meant: &str) -> Message {
    message(format!("`{word}` is almost the unit `{meant}`"), format!("write `{meant}`"))
}

/// `, or ..` after a list of examples, nothing after one suggestion.
fn another(nearest: Option<&str>, what: &str) -> String {
    if nearest.is_some() { String::new() } else { format!(", or {what}") }
}

// Amounts.

pub(crate) fn expected_amount(found: &str, example: &str) -> Message {
    message(format!("expected an amount, found {found}"), format!("write an amount such as `{example}`"))
}

pub(crate) fn money_for_credits(word: &str, statement: &str) -> Message {
    message(
        format!("`{statement}` takes credits here, and `{word}` is money"),
        "write an amount of credits, such as `100.credits`",
    )
}

pub(crate) fn credits_for_money(word: &str) -> Message {
    message(
        format!("a pack is paid for with money, and `{word}` is not money"),
        "write a price such as `9.dollars`",
    )
}

pub(crate) fn rate_where_amount(number: &str, word: &str, statement: &str) -> Message {
    message(
        format!("`{statement}` takes an amount, and `{word}` begins a rate"),
        format!("write `{}`", credits(number)),
    )
}

pub(crate) fn zero_credits(statement: &str) -> Message {
    message(
        format!("`{statement}` needs at least one credit"),
        format!("write how many, such as `{statement} 100.credits`"),
    )
}

pub(crate) fn award_too_large(number: &str) -> Message {
    message(
        format!("`{number}` is more than {}, the most that is given at once", grouped(AWARD_MAX)),
        "write a smaller number; if `unlimited` is meant, let the operations cost `0.credits`",
    )
}

pub(crate) fn expected_parenthesis(found: &str) -> Message {
    message(format!("expected `)`, found {found}"), "remove what follows, up to the `)`")
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
