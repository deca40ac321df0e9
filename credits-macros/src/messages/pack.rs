//! Messages about a pack.
//!
//! It does not know where a message is shown.

use credits_core::AWARD_MAX;

use super::{Message, did_you_mean, message, one_of};

pub(crate) fn pack_without_gives(name: &str) -> Message {
    message(
        format!("the pack `{name}` does not say what it gives"),
        "add a line such as `gives 1_000.credits`",
    )
}

pub(crate) fn pack_without_costs(name: &str) -> Message {
    message(format!("the pack `{name}` does not say what it costs"), "add a line such as `costs 9.dollars`")
}

pub(crate) fn pack_gives_again() -> Message {
    message("a pack gives once", "write the amount alone, or declare a `subscription_plan`")
}

pub(crate) fn zero_price(word: &str) -> Message {
    message("a pack cannot be free", format!("write what it costs in {word}"))
}

pub(crate) fn pack_price_period(period: &str) -> Message {
    message(
        format!("a pack is paid for once, and `{period}` is a period"),
        "write the price alone, or under an environment",
    )
}

pub(crate) fn pack_paid_again() -> Message {
    message(
        "a pack is paid for once, and has no price for a period",
        "write the price alone, or declare a `subscription_plan`",
    )
}

pub(crate) fn pack_gives_too_much(gives: i64, bonus: i64) -> Message {
    message(
        format!("the pack gives {gives} + {bonus}, more than {AWARD_MAX}, the most that is given at once"),
        "lower the bonus or what the pack gives",
    )
}

pub(crate) fn pack_price_without_comma(number: &str) -> Message {
    message("a comma separates the prices of a pack", format!("write `, {number}`"))
}

pub(crate) fn pack_price_twice(currency: &str) -> Message {
    message(format!("the pack has two prices in {currency}"), format!("write one price in {currency}"))
}

pub(crate) fn other_currency(word: &str, meant: &str, own: &str) -> Message {
    message(
        format!("`{word}` means {meant}, and the pack is sold in {own}"),
        format!("write the price in `{own}`, or remove `currency {own}`"),
    )
}

pub(crate) fn operation_or_statement(word: &str) -> Message {
    message(
        format!("`{word}` behind `unlimited` is a statement of the plan and an operation of this pricing"),
        format!("write `unlimited;` for every operation, or give the operation `{word}` another name"),
    )
}

pub(crate) fn unknown_operation(name: &str, nearest: Option<&str>, known: &[&str]) -> Message {
    let help = match known {
        [] => "remove it; the pricing has no operations".to_owned(),
        known => did_you_mean(nearest, known),
    };
    message(format!("`{name}` is not an operation of this pricing"), help)
}

pub(crate) fn only_for_other_asset(name: &str, costs: &str, gives: &str) -> Message {
    message(
        format!("`{name}` costs {costs}, and the pack gives {gives}"),
        "remove it; nothing of the pack could be spent on it",
    )
}

pub(crate) fn only_for_free(names: &str, free: &str) -> Message {
    message(
        format!("{names} {free} nothing, so that the pack could never be spent"),
        "write operations that cost something",
    )
}

pub(crate) fn all_is_free(asset: &str) -> Message {
    message(
        format!("every operation costs 0 {asset}, so that the pack could never be spent"),
        "write what an operation costs, or sell no pack",
    )
}

pub(crate) fn asset_never_spent(asset: &str) -> Message {
    message(
        format!("no operation costs {asset}, so that the pack could never be spent"),
        format!("declare an operation that costs {asset}, or give what operations cost"),
    )
}

/// A warning: awards add up.
pub(crate) fn payable_by_nothing(operation: &str, least: i64, most: i64) -> Message {
    message(
        format!("`{operation}` costs at least {least}, and no plan or pack gives more than {most} at once"),
        "write a smaller cost, or sell more; `#![allow(deprecated)]` in the module allows it",
    )
}

pub(crate) fn price_too_low(written: &str, least: &str) -> Message {
    message(
        format!("`{written}` is less than {least}, the least that Stripe charges"),
        format!("write at least `{least}`"),
    )
}

pub(crate) fn price_too_high(written: &str, most: &str) -> Message {
    message(
        format!("`{written}` is more than {most}, the most that Stripe charges at once"),
        "write a smaller price",
    )
}

/// A price without its currency; `meant` are the forms in which it may be meant.
pub(crate) fn price_without_currency(number: &str, meant: &[String]) -> Message {
    let meant: Vec<&str> = meant.iter().map(String::as_str).collect();
    let help = match meant.as_slice() {
        [] => "write the number with its currency".to_owned(),
        meant => format!("write {}", one_of(meant)),
    };
    message(format!("`{number}` does not say what it counts"), help)
}

/// `unit_amount 900`; `meant` is the price with its currency.
pub(crate) fn minor_units(word: &str, written: &str, meant: Option<&str>) -> Message {
    let help = match meant {
        Some(meant) => format!("write `costs {meant}` for `{written}`"),
        None => "write `costs` and the price, with its currency".to_owned(),
    };
    message(format!("`{word}` is not a statement of `credit_pack`"), help)
}
