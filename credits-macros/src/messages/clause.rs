//! Messages about a clause of a cost: included units, choices, tiers.
//!
//! It does not know where a message is shown.

use super::{Message, message};

// Included units.

pub(crate) fn after_no_rate(clause: &str) -> Message {
    message(
        format!("only a rate has units that are included, and this is {clause}"),
        "write the rate before `after`, such as in `1.credit_per(minute) after 10.minutes`",
    )
}

/// `.after(10.minutes)`
pub(crate) fn after_otherwise(units: &str, written: &str) -> Message {
    let help = match units {
        "" => "write `after` and the included units, such as in `1.credit_per(minute) after 10.minutes`"
            .to_owned(),
        units => format!("write `after {units}` for `{written}`"),
    };
    message("`after` stands behind a rate without a sign", help)
}

pub(crate) fn after_zero(plural: &str) -> Message {
    message(format!("`after` zero {plural} includes nothing"), "write how many are included")
}

pub(crate) fn other_unit(word: &str, plural: &str) -> Message {
    message(
        format!("`{word}` is not the unit here, which is {plural}"),
        format!("write the number of {plural}"),
    )
}

pub(crate) fn inexact_unit(written: &str, one: &str, in_units: &str, plural: &str) -> Message {
    message(
        format!("{written} are {in_units} {plural}, which is not a whole number"),
        format!("write whole {plural}, or the rate per {one}"),
    )
}

// Choices.

pub(crate) fn expected_choice(found: &str) -> Message {
    message(
        format!("expected the name of a choice, found {found}"),
        "write such as `by quality { standard => 10.credits, hd => 25.credits }`",
    )
}

pub(crate) fn choice_without_options(choice: &str) -> Message {
    message(
        format!("`by {choice}` has nothing to choose from"),
        format!("list the options: `by {choice} {{ standard => 10.credits, hd => 25.credits }}`"),
    )
}

pub(crate) fn expected_choice_option(found: &str) -> Message {
    message(format!("expected an option, found {found}"), "write such as `hd => 25.credits`")
}

pub(crate) fn expected_arrow(key: &str, amount: &str) -> Message {
    let amount = if amount.is_empty() { ".." } else { amount };
    message(format!("an arrow stands between `{key}` and its price"), format!("write `{key} => {amount}`"))
}

pub(crate) fn options_together(one: &str, other: &str, amount: Option<&str>) -> Message {
    let help = match amount.filter(|amount| !amount.is_empty() && !other.is_empty()) {
        Some(amount) => {
            format!("write `{one} => {amount}, {other} => {amount}` for `{one} | {other} => {amount}`")
        }
        None => "write each option with its price".to_owned(),
    };
    message("each option has its price, found `|`", help)
}

pub(crate) fn choice_with_type(name: &str, ty: &str) -> Message {
    message(format!("the type of the choice `{name}` is generated"), format!("remove `: {ty}`"))
}

pub(crate) fn two_choices(name: &str, other: &str) -> Message {
    message("one name is chosen by", format!("write two choices: `by {name} {{ .. }} + by {other} {{ .. }}`"))
}

pub(crate) fn entry_without_comma(found: &str) -> Message {
    message("a comma separates prices", format!("write `,` before {found}"))
}

pub(crate) fn rate_of_entry(found: &str) -> Message {
    message(
        format!("a price of a list is an amount, found {found}"),
        "write the amount alone; that of a tier is for the batch of `tiers(..)`",
    )
}

pub(crate) fn option_twice(option: &str) -> Message {
    message(format!("the option `{option}` is written twice"), "remove one of them")
}

pub(crate) fn same_type(choice: &str, operation: &str, ty: &str) -> Message {
    message(
        format!("`{choice}` of `{operation}` becomes `{ty}` in Rust, as another choice does"),
        "rename one of them",
    )
}

// Tiers.

pub(crate) fn tiers_without_batch(example: &str) -> Message {
    message(
        "`tiers` does not say what the prices are for",
        format!("write how many units one price is for: `tiers({example})`"),
    )
}

/// Another word for tiers; those of `volume` are others.
pub(crate) fn tiers_otherwise(word: &str, is_volume: bool) -> Message {
    let help = if is_volume {
        "in `tiers` each batch costs what its own tier says; a price by the total is Rust, such as in `costs { .. }`"
    } else {
        "write `tiers`"
    };
    message(format!("`{word}` is not how tiers are written"), help)
}

pub(crate) fn tiers_without_block() -> Message {
    message(
        "`tiers` has no tiers",
        "write them in braces: `{ ..1_000_000.tokens => 2.credits, .. => 1.credit }`",
    )
}

pub(crate) fn expected_tier(found: &str) -> Message {
    message(
        format!("expected a tier, found {found}"),
        "write where it ends, such as `..1_000_000.tokens => 2.credits`, or `.. => 1.credit` for the last one",
    )
}

pub(crate) fn tier_from_somewhere(end: Option<&str>, price: &str) -> Message {
    let help = match end {
        Some(end) => format!("write `..{end}`"),
        None => format!("write `.. => {price}`"),
    };
    message("a tier begins where the one before it ends", help)
}

pub(crate) fn tier_end_in_words(word: &str, end: &str) -> Message {
    message(format!("`{word}` does not begin a tier"), format!("write `..{end}` for `{word} {end}`"))
}

pub(crate) fn last_tier_in_words(word: &str) -> Message {
    message(format!("expected a tier, found `{word}`"), "write `..` for the last tier")
}

pub(crate) fn no_end_in_words(word: &str) -> Message {
    message(format!("`{word}` ends no tier"), format!("write `..` for `..{word}`"))
}

pub(crate) fn tier_price_not_whole(number: &str, price: &str, batch: &str) -> Message {
    message(
        format!("`{number}` is not a whole number"),
        format!("write `tiers({batch})` and each price for that many, here `{price}`"),
    )
}

pub(crate) fn tier_inclusive() -> Message {
    message("the end of a tier is no part of it", "write `..` and the first number that is in the next tier")
}

pub(crate) fn tiers_without_open(last: &str) -> Message {
    message("the last tier has an end, and beyond it nothing has a price", format!("add `.. => {last}`"))
}

pub(crate) fn tier_after_open() -> Message {
    message(
        "this tier has no end, so that nothing is left for the next one",
        "write where it ends, or move it to the end",
    )
}

pub(crate) fn tiers_not_ascending(bound: &str, before: &str) -> Message {
    message(
        format!("this tier ends at {bound}, and the one before it at {before}"),
        "list the tiers in ascending order",
    )
}

pub(crate) fn previous_tier() -> Message {
    Message { problem: "the tier before it ends here".to_owned(), help: None }
}

pub(crate) fn tier_not_in_batches(bound: &str, batch: u64, nearest: u64, unit: &str) -> Message {
    message(
        format!("{bound} is not a multiple of {batch}, which the prices are for"),
        format!("write a multiple of {batch}; the next one is `{nearest}.{unit}`"),
    )
}
