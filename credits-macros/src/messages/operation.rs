//! Messages about an operation.
//!
//! It does not know where a message is shown.

use super::{Message, message, one_of};

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
        _ => match (nearest, word.strip_suffix("_per")) {
            (Some(nearest), _) => format!("write `{nearest}`"),
            (None, Some(asset)) => format!("declare `asset {asset}`, or write how many credits"),
            (None, None) => "write `credits_per`".to_owned(),
        },
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
        "write the unit, such as `page`, or a batch of it, such as `1_000.tokens`",
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
    message(format!("expected a quantity, found {found}"), "write a limit such as `limit pages <= 500`")
}

pub(crate) fn expected_number(found: &str, example: &str) -> Message {
    message(format!("expected a number, found {found}"), format!("write a number such as `{example}`"))
}

pub(crate) fn limit_without_at_most(field: &str, max: &str) -> Message {
    message("a limit is written with `<=`", format!("write `limit {field} <= {max}`"))
}

pub(crate) fn limit_in_delimiters(limit: &str, written: &str) -> Message {
    message(
        "a limit stands without parentheses and braces",
        format!("write `limit {limit}` for `limit{written}`"),
    )
}

pub(crate) fn limit_with_unit(field: &str, number: Option<&str>) -> Message {
    let help = match number {
        Some(number) => format!("write `limit {field} <= {number}`"),
        None => format!("write the number of {field} alone"),
    };
    message(format!("`{field}` has its unit already"), help)
}

/// `max_pages 40`
pub(crate) fn limit_as_keyword(word: &str, written: &str, field: &str, number: &str) -> Message {
    message(
        format!("`{word}` is not a statement of `operation`"),
        format!("write `limit {field} <= {number}` for `{written}`"),
    )
}

/// `max_credits 40`
pub(crate) fn bound_as_keyword(word: &str, written: &str, amount: &str) -> Message {
    let is_number = !amount.contains(|letter: char| letter.is_alphabetic());
    let amount = if is_number { super::credits(amount) } else { amount.to_owned() };
    message(
        format!("`{word}` is not a statement of `operation`"),
        format!("write `at_most {amount}` for `{written}`"),
    )
}

pub(crate) fn two_limits(limit: &str) -> Message {
    message("each limit is a statement", format!("write `limit {limit}` on another line"))
}

pub(crate) fn limit_reversed(number: &str, field: Option<&str>) -> Message {
    let help = match field {
        Some(field) => format!("write `limit {field} <= {number}`"),
        None => format!("write the quantity before the number: `limit .. <= {number}`"),
    };
    message(format!("expected a quantity, found `{number}`"), help)
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
        known => match nearest {
            Some(nearest) => format!("write `{nearest}`"),
            None => format!("the operation counts {}: limit that, or add a rate of `{field}`", one_of(known)),
        },
    };
    message(format!("the operation does not count `{field}`"), help)
}

/// `limit hours <= 2` of minutes
pub(crate) fn limit_in_other_unit(field: &str, plural: &str, max: Option<&str>, written: &str) -> Message {
    let help = match max {
        Some(max) => format!("write `{plural} <= {max}` for `{written}`"),
        None => format!("write a limit of whole {plural}"),
    };
    message(format!("the operation counts {plural}, and not {field}"), help)
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
