//! What is wrong with an operation.
//!
//! It does not know where a message is shown.

use super::{Message, did_you_mean, message};

// Costs.

pub(crate) fn rate_not_whole(number: &str, help: &str) -> Message {
    message(format!("`{number}` is not a whole number"), format!("write `{help}`"))
}

pub(crate) fn operation_without_costs(name: &str) -> Message {
    message(
        format!("the operation `{name}` does not say what it costs"),
        "add a line such as `costs 50.credits`",
    )
}

pub(crate) fn comma_in_sum() -> Message {
    message("a comma does not add costs", "write `+`")
}

pub(crate) fn rate_without_unit(number: &str, word: &str, unit: &str) -> Message {
    message(format!("`{word}` needs its unit in parentheses"), format!("write `{number}.{word}({unit})`"))
}

pub(crate) fn rate_otherwise(number: &str, word: &str, unit: &str) -> Message {
    message("this is not how a rate is written", format!("write `{number}.{word}({unit})`"))
}

pub(crate) fn not_a_rate(word: &str, nearest: Option<&str>) -> Message {
    let help = match word {
        "credit" | "credits" => format!("write `{word}_per(..)`, or remove the parentheses"),
        _ => format!("write `{}`", nearest.unwrap_or("credits_per")),
    };
    message(format!("`{word}` does not begin a rate"), help)
}

/// `3.credits_per(token, 1_000)`
pub(crate) fn batch_after_unit(written: &str, batch: &str) -> Message {
    message("a batch stands before its unit", format!("write `{batch}` for `{written}`"))
}

pub(crate) fn expected_unit(found: &str) -> Message {
    message(
        format!("expected a unit, found {found}"),
        "write what is counted, such as `page`, or a batch of it, such as `1_000.tokens`",
    )
}

pub(crate) fn built_in_plural(one: &str, plural: &str) -> Message {
    message(format!("the unit `{one}` has the plural `{plural}` already"), "remove the comma and the plural")
}

pub(crate) fn zero_rate() -> Message {
    message("a rate of zero charges nothing", "write what one costs, at least 1")
}

pub(crate) fn zero_batch(unit: &str) -> Message {
    message("a batch of zero has no price", format!("write how many {unit} a batch has"))
}

pub(crate) fn unit_twice(plural: &str) -> Message {
    message(
        format!("the cost counts {plural} twice"),
        "write one rate for both; the number would have to be given twice",
    )
}

pub(crate) fn dimension_twice(unit: &str, dimension: &str) -> Message {
    message(
        format!("`{unit}` measures {dimension}, which the cost counts already"),
        format!("write one rate of {dimension}"),
    )
}

pub(crate) fn expected_limit(found: &str) -> Message {
    message(format!("expected what is limited, found {found}"), "write a limit such as `limit pages <= 500`")
}

pub(crate) fn expected_number(found: &str, example: &str) -> Message {
    message(format!("expected a number, found {found}"), format!("write a number such as `{example}`"))
}

pub(crate) fn limit_without_at_most(field: &str, max: &str) -> Message {
    message("a limit is written with `<=`", format!("write `limit {field} <= {max}`"))
}

pub(crate) fn limit_with_unit(field: &str, number: Option<&str>) -> Message {
    let help = match number {
        Some(number) => format!("write `limit {field} <= {number}`"),
        None => format!("write the number of {field} alone"),
    };
    message(format!("`{field}` says already what is counted"), help)
}

pub(crate) fn two_limits(limit: &str) -> Message {
    message("each limit is a statement", format!("write `limit {limit}` on a line of its own"))
}

pub(crate) fn limit_reversed(number: &str, field: Option<&str>) -> Message {
    let help = match field {
        Some(field) => format!("write `limit {field} <= {number}`"),
        None => format!("write what is limited before the number: `limit .. <= {number}`"),
    };
    message(format!("expected what is limited, found `{number}`"), help)
}

pub(crate) fn limit_within_included(limit: &str, included: &str) -> Message {
    message(
        format!(
            "a limit of {limit} never leaves the {included} that are included, so that nothing is charged"
        ),
        "write a larger limit, or fewer behind `after`",
    )
}

pub(crate) fn least_above_greatest(least: &str, greatest: i64) -> Message {
    message(
        format!("`at_least` is {least}, more than the {greatest} that the operation can cost at most"),
        "write a smaller `at_least`, or the cost alone",
    )
}

pub(crate) fn most_below_least(most: &str, least: i64) -> Message {
    message(
        format!("`at_most` is {most}, less than the {least} that the operation costs at least"),
        "write a larger `at_most`, or the cost alone",
    )
}

pub(crate) fn tier_unreached(start: &str, limit: &str, plural: &str) -> Message {
    message(
        format!("this tier begins at {start} {plural}, and the limit is {limit}"),
        "write a larger limit, or end the tiers before it",
    )
}

pub(crate) fn option_unreached(option: &str, costs: i64, most: i64) -> Message {
    message(
        format!("the option `{option}` costs at least {costs}, more than the {most} of `at_most`"),
        "write a larger `at_most`, or a smaller price",
    )
}

pub(crate) fn units_as_bound(keyword: &str, written: &str, limit: Option<&str>) -> Message {
    let help = match limit {
        Some(limit) => format!("write `limit {limit}` for `{keyword} {written}`"),
        None => "write how many credits".to_owned(),
    };
    message(format!("`{keyword}` bounds the cost, in credits, and `{written}` is none"), help)
}

pub(crate) fn unknown_limit(field: &str, nearest: Option<&str>, known: &[&str]) -> Message {
    let help = match known {
        [] => format!("write a rate of {field}, or no limit"),
        known => did_you_mean(nearest, known),
    };
    message(format!("the operation does not count `{field}`"), help)
}

pub(crate) fn limit_twice(field: &str) -> Message {
    message(format!("`{field}` is limited twice"), "remove one of the limits")
}

pub(crate) fn zero_limit(field: &str) -> Message {
    message(
        format!("a limit of zero {field} allows nothing"),
        "write the largest number allowed, such as `500`",
    )
}

pub(crate) fn cost_overflows(operation: &str, sum: &str) -> Message {
    message(
        format!("`{operation}` can cost {sum}, more than 9223372036854775807 credits"),
        "lower the limit or the cost",
    )
}

pub(crate) fn mixed_assets(asset: &str, other: &str) -> Message {
    message(
        format!("one cost cannot be in {asset} and in {other}"),
        "write all of it in one of them, or declare two operations",
    )
}

pub(crate) fn first_asset(asset: &str) -> Message {
    Message { problem: format!("it is in {asset} because of this"), help: None }
}

pub(crate) fn bounds_crossed(least: &str, most: &str) -> Message {
    message(
        format!("`at_least` is {least}, more than the {most} of `at_most`"),
        "write a smaller `at_least`, or a larger `at_most`",
    )
}

pub(crate) fn other_bound(keyword: &str) -> Message {
    Message { problem: format!("`{keyword}` was written here"), help: None }
}

// Included units.

pub(crate) fn after_no_rate(clause: &str) -> Message {
    message(
        format!("only a rate has units that are included, and this is {clause}"),
        "write the rate before `after`, such as in `1.credit_per(minute) after 10.minutes`",
    )
}

pub(crate) fn after_zero(plural: &str) -> Message {
    message(format!("`after` zero {plural} includes nothing"), "write how many are included")
}

pub(crate) fn other_unit(word: &str, plural: &str) -> Message {
    message(
        format!("`{word}` is not what is counted here, which is {plural}"),
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
        format!("expected what is chosen, found {found}"),
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
    message("each option has a price of its own, found `|`", help)
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

// Meta.

pub(crate) fn meta_in_braces() -> Message {
    message("the entries of `meta` stand without braces", "write `meta category: \"ai\"`")
}

pub(crate) fn expected_meta_key(found: &str) -> Message {
    message(format!("expected a key, found {found}"), "write a key and its value, such as `category: \"ai\"`")
}

pub(crate) fn meta_without_colon(key: &str, mark: &str, value: &str) -> Message {
    let help = match (mark, value) {
        ("", "") => format!("write `{key}: \"..\"`"),
        ("", value) => format!("write `{key}: {value}`"),
        (mark, _) => format!("write `:` for `{mark}`"),
    };
    message(format!("the key `{key}` needs a colon before its value"), help)
}

pub(crate) fn meta_number(number: &str) -> Message {
    message(format!("`{number}` is not a whole number"), format!("write it as text: `\"{number}\"`"))
}

pub(crate) fn expected_meta_value(key: &str, found: &str) -> Message {
    message(
        format!("expected the value of `{key}`, found {found}"),
        "write a text in quotes, a whole number, `true` or `false`",
    )
}

pub(crate) fn meta_without_quotes(word: &str) -> Message {
    message(format!("`{word}` is a text without quotes"), format!("write `\"{word}\"`"))
}

pub(crate) fn statement_in_list(keyword: &str) -> Message {
    message(
        format!("a comma continues the list, and `{keyword}` begins a statement"),
        "leave out the commas between statements",
    )
}

pub(crate) fn key_twice(key: &str) -> Message {
    message(format!("the key `{key}` is written twice"), "remove one of them")
}
