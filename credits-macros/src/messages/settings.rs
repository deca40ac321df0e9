//! What is wrong with the settings or an asset.
//!
//! It does not know where a message is shown.

use super::{Message, message};

pub(crate) fn negative_balance_without_bound(found: &str) -> Message {
    message(
        format!("`allow_negative_balance` says how far, found {found}"),
        "write `allow_negative_balance up_to 500.credits`",
    )
}

pub(crate) fn threshold_twice(threshold: i64) -> Message {
    message(format!("the threshold {threshold} is listed twice"), "remove one of them")
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
