//! Messages about the settings or an asset.
//!
//! It does not know where a message is shown.

use super::{Message, message};

/// `written` is all behind the keyword.
pub(crate) fn negative_balance_without_bound(found: &str, amount: Option<&str>, written: &str) -> Message {
    let help = match amount {
        Some(amount) => {
            let is_number = !amount.contains(|letter: char| letter.is_alphabetic());
            let amount = if is_number { super::credits(amount) } else { amount.to_owned() };
            format!("write `allow_negative_balance up_to {amount}` for `allow_negative_balance {written}`")
        }
        None => "write how far, such as `allow_negative_balance up_to 500.credits`".to_owned(),
    };
    message(format!("`allow_negative_balance` says how far, found {found}"), help)
}

pub(crate) fn expected_credit_names(words: &[String]) -> Message {
    let quoted = |word: &String| format!("\"{}\"", word.trim_matches(['"', ':']));
    let help = match words {
        [one, many] if !one.is_empty() && !many.is_empty() => format!("{}, {}", quoted(one), quoted(many)),
        _ => "\"token\", \"tokens\"".to_owned(),
    };
    message(
        "`credits_named` takes the word for one credit and the word for several",
        format!("write `credits_named {help}`"),
    )
}

pub(crate) fn asset_without_comma(one: &str, many: &str) -> Message {
    message("a comma separates an asset from its plural", format!("write `asset {one}, {many}`"))
}

pub(crate) fn one_option(statement: &str, word: &str, other: &str) -> Message {
    let help = match statement {
        "currency" => {
            format!("write `currency {word}`; a pack that is sold in another names it: `currency {other}`")
        }
        _ => format!("write `{statement} {word}` or `{statement} {other}`"),
    };
    message(format!("`{statement}` takes one word"), help)
}

pub(crate) fn and_in_list(and: &str, name: &str) -> Message {
    message(format!("a comma separates the names of a list, found `{and}`"), format!("write `, {name}`"))
}

pub(crate) fn list_in_brackets(statement: &str, list: &str) -> Message {
    message("a list stands without brackets", format!("write `{statement} {list}`"))
}

pub(crate) fn path_for_word(path: &str, word: &str) -> Message {
    message(format!("`{path}` is a path of Rust, and a word stands here"), format!("write `{word}`"))
}

pub(crate) fn flag_denied(keyword: &str) -> Message {
    message(format!("`{keyword}` says yes by standing here"), format!("leave the line `{keyword}` out"))
}

pub(crate) fn number_otherwise(found: &str, number: &str) -> Message {
    message(format!("expected a number, found {found}"), format!("write `{number}`"))
}

pub(crate) fn threshold_twice(threshold: i64) -> Message {
    message(format!("the threshold {threshold} is listed twice"), "list it once")
}

pub(crate) fn list_without_comma(name: &str) -> Message {
    message("a comma separates the names of a list", format!("write `, {name}`"))
}

pub(crate) fn name_twice(name: &str) -> Message {
    message(format!("`{name}` is listed twice"), "remove one of them")
}

pub(crate) fn built_in_category(name: &str) -> Message {
    message(
        format!("`{name}` is a category of the ledger already"),
        "remove it, or write a name of the application's own",
    )
}

pub(crate) fn length_too_long(shorter: (&str, &str), longer: (&str, &str)) -> Message {
    message(
        format!("`{}` is {}, longer than `{}`, which is {}", shorter.0, shorter.1, longer.0, longer.1),
        format!("write a shorter `{}`, or a longer `{}`", shorter.0, longer.0),
    )
}

pub(crate) fn asset_word_taken(word: &str) -> Message {
    message(
        format!("`{word}` means something after a number already"),
        "write another name for the asset, or another plural after a comma",
    )
}
