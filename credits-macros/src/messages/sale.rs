//! Messages about a plan or a price.
//!
//! It does not know where a message is shown.

use super::{Message, message, one_of};
use crate::vocab::{self, FOR, UP_TO};

// Plans.

pub(crate) fn plan_without_gives(name: &str) -> Message {
    message(
        format!("the plan `{name}` does not say what it gives"),
        "add a line such as `gives 1_000.credits.every(month)`",
    )
}

pub(crate) fn trial_without_price(name: &str) -> Message {
    message(
        format!("the plan `{name}` has no price, so that no payment processor gives a trial of it"),
        "remove `trial_includes`, or add a line such as `stripe_price \"price_xyz\"`",
    )
}

pub(crate) fn in_advance_without_price(name: &str) -> Message {
    message(
        format!("the plan `{name}` has no price, so that nothing is given before it is paid for"),
        "remove `in_advance`",
    )
}

pub(crate) fn gives_once(number: &str, word: &str) -> Message {
    message(
        "a plan gives again and again, and this does not say how often",
        format!("write `{number}.{word}.every(month)`, or another period"),
    )
}

/// `interval "month"` behind what a plan gives
pub(crate) fn period_as_statement(keyword: &str, number: &str, word: &str, period: Option<&str>) -> Message {
    let period = period.unwrap_or("..");
    message(
        format!("`{keyword}` is not a statement of `subscription_plan`"),
        format!("write `{number}.{word}.every({period})`, which says how often"),
    )
}

/// `1_000.credits => month`
pub(crate) fn period_behind_sign(number: &str, word: &str, period: &str, behind: &str) -> Message {
    let blank = if behind.starts_with([',', ':']) { "" } else { " " };
    message(
        "this is not how a plan says how often it gives",
        format!("write `{number}.{word}.every({period})` for `{number}.{word}{blank}{behind}`"),
    )
}

pub(crate) fn every_otherwise(number: &str, word: &str, period: Option<&str>) -> Message {
    let help = match period {
        Some(period) => format!("write `{number}.{word}.every({period})`"),
        None => format!("write `{number}.{word}.every(..)`, with a period such as `month`"),
    };
    message("this is not how a plan says how often it gives", help)
}

/// `written` is all that stands before the amount.
pub(crate) fn every_first(word: &str, period: &str, amount: &str, written: &str) -> Message {
    let help = match amount {
        "" => format!("write the amount before it: `100.credits.every({period})`"),
        amount => format!("write `{amount}.every({period})` for `{written} {amount}`"),
    };
    message(format!("expected an amount, found `{word}`"), help)
}

pub(crate) fn rate_for_period(number: &str, word: &str, period: &str) -> Message {
    let stem = word.strip_suffix("_per").unwrap_or(word);
    message(
        format!("`gives` takes an amount, and `{word}` begins a rate"),
        format!("write `{number}.{stem}.every({period})`"),
    )
}

pub(crate) fn period_too_short(period: &str, min: &str) -> Message {
    message(
        format!("every {period} is more often than once a {min}, which is the limit"),
        format!("write `every({min})` or a longer period"),
    )
}

pub(crate) fn zero_period(unit: &str) -> Message {
    message("a period is longer than zero", format!("write how many {unit}"))
}

pub(crate) fn period_too_long(number: &str) -> Message {
    message(format!("`{number}` is more than 4_294_967_295, the longest period"), "write a smaller number")
}

pub(crate) fn expected_price(found: &str) -> Message {
    message(
        format!("expected a price at Stripe, found {found}"),
        "write `\"price_xyz\"`, or `month: \"price_xyz\"` for each period of billing",
    )
}

pub(crate) fn expected_processor_price(found: &str) -> Message {
    message(
        format!("expected a payment processor and its price, found {found}"),
        "write `paddle: \"pri_xyz\"`, or `paddle(month: \"pri_xyz\")` for each period of billing",
    )
}

pub(crate) fn price_without_processor(id: &str) -> Message {
    message(
        format!("the price `{id}` does not say which payment processor has it"),
        format!("write the processor and a colon, such as `paddle: \"{id}\"`"),
    )
}

pub(crate) fn stripe_as_processor(id: &str) -> Message {
    message("a price at Stripe has its own statement", format!("write `stripe_price {id}`"))
}

pub(crate) fn empty_processor_price() -> Message {
    message("the id of a price cannot be empty", "write the id that the payment processor shows")
}

pub(crate) fn prices_in_delimiters(prices: &str, written: &str) -> Message {
    let prices = if prices.is_empty() { "\"price_xyz\"" } else { prices };
    message(
        "the prices of `stripe_price` stand without parentheses and braces",
        format!("write `stripe_price {prices}` for `stripe_price {written}`"),
    )
}

/// `id: "price_xyz"`
pub(crate) fn key_of_id(key: &str, has_colon: bool, id: &str) -> Message {
    let colon = if has_colon { ":" } else { "" };
    message(format!("an id has no key `{key}`"), format!("write `\"{id}\"` for `{key}{colon} \"{id}\"`"))
}

/// `"price_xyz" month`; `written` is all behind the id.
pub(crate) fn price_before_period(id: &str, period: Option<&str>, written: &str) -> Message {
    let help = match period {
        Some(period) => format!("write `{period}: {id}` for `{id} {written}`"),
        None => format!("write the period before the id: `month: {id}`"),
    };
    message("the period of a price stands before its id", help)
}

pub(crate) fn price_without_quotes(id: &str) -> Message {
    message("the id of a price is written in quotes", format!("write `\"{id}\"`"))
}

pub(crate) fn price_without_colon(period: &str) -> Message {
    message(format!("`{period}` needs a colon before its price"), format!("write `{period}:`"))
}

pub(crate) fn price_without_comma(period: &str) -> Message {
    message("a comma separates prices", format!("write `, {period}:`"))
}

pub(crate) fn price_without_period(id: &str) -> Message {
    message(
        "an item with several prices says what each is for",
        format!("write `month: {id}`, or another period or environment"),
    )
}

pub(crate) fn empty_price() -> Message {
    message("the id of a price cannot be empty", "write the id that Stripe shows, such as `\"price_xyz\"`")
}

pub(crate) fn list_ends_in_comma() -> Message {
    message("a comma continues a list, and nothing follows", "remove the comma")
}

pub(crate) fn price_period_twice(period: &str) -> Message {
    message(format!("there are two prices for `{period}`"), "remove one of them")
}

pub(crate) fn price_id_twice(id: &str) -> Message {
    message(format!("the price `{id}` is declared twice"), "write the id of another price")
}

/// An id at Stripe that is not of a price.
pub(crate) fn id_of_another(id: &str, what: &str) -> Message {
    message(
        format!("`{id}` is the id of {what}, and not of a price"),
        "write the id of the price, which begins with `price_`",
    )
}

/// An address; the id of the price may be a part of it.
pub(crate) fn address_as_price(address: &str, id: Option<&str>) -> Message {
    let help = match id {
        Some(id) => format!("write `\"{id}\"`"),
        None => "write the id of the price, which begins with `price_`".to_owned(),
    };
    message(format!("`{address}` is an address, and not the id of a price"), help)
}

pub(crate) fn amount_as_price(amount: &str) -> Message {
    message(
        format!("`{amount}` is an amount, and not the id of a price"),
        "write the id of the price at Stripe, which begins with `price_`",
    )
}

pub(crate) fn placeholder_as_price(text: &str) -> Message {
    message(
        format!("`{text}` is not the id of a price: nothing is filled in"),
        "write the id as Stripe shows it, or the path of a constant",
    )
}

pub(crate) fn secret_as_price(id: &str) -> Message {
    let whole = "whsec_".len();
    let shown: String =
        id.chars().take(if id.starts_with("whsec_") { whole } else { "sk_live_".len() }).collect();
    message(
        format!("`{shown}..` is a key of the account, and not the id of a price"),
        "write the id of the price; a secret key that was in source is replaced at Stripe",
    )
}

pub(crate) fn blank_in_price(trimmed: Option<&str>) -> Message {
    let help = match trimmed {
        Some(trimmed) => format!("write `\"{trimmed}\"`"),
        None => "write the id as Stripe shows it".to_owned(),
    };
    message("the id of a price has no blanks", help)
}

pub(crate) fn macro_for_price(call: &str) -> Message {
    message(
        "the id of a price is a text or a constant, and no macro",
        format!("declare `const PRICE: &str = {call};` above `usage_credits!`, and write `PRICE`"),
    )
}

// Terms of plans.

pub(crate) fn other_asset(number: &str, word: &str, statement: &str, expected: &str) -> Message {
    message(
        format!("`{statement}` is counted in {expected} here, and `{number}.{word}` is something else"),
        format!("write how many {expected}"),
    )
}

pub(crate) fn two_rollover_bounds(first: &str) -> Message {
    message(format!("`{first}` bounds what rolls over already"), "write `up_to` or `for`, not both")
}

pub(crate) fn rollover_without_bound(amount: &str) -> Message {
    let is_length = amount.split('.').nth(1).is_some_and(|word| vocab::period_words().contains(&word));
    let bound = if is_length { FOR } else { UP_TO };
    message("a bound of what rolls over has its word", format!("write `rollover {bound} {amount}`"))
}

pub(crate) fn other_rollover_bound(word: &str, written: &str, meant: &str) -> Message {
    message(
        format!("`{word}` does not bound what rolls over by `{written}`"),
        format!("write `{meant}` for `{word}`"),
    )
}

pub(crate) fn bound_otherwise(word: &str, bound: &str) -> Message {
    message(format!("`{word}` is not how a rollover is bounded"), format!("write `{bound}`"))
}

/// `rollover, up_to 500.credits`
pub(crate) fn comma_before_bound(policy: &str, bound: &str, written: &str) -> Message {
    message("no comma stands before a bound", format!("write `{policy} {bound}` for `{policy}{written}`"))
}

/// `rollover forever`
pub(crate) fn unbounded_rollover(word: &str) -> Message {
    message(
        format!("`{word}` is not how a rollover is bounded"),
        format!("write `rollover` for `rollover {word}`: without a bound all credits are kept"),
    )
}

pub(crate) fn bound_of_expiry(word: &str) -> Message {
    message(
        format!("`{word}` bounds what rolls over, and these credits expire"),
        "write `rollover` for `expire`",
    )
}

pub(crate) fn version_zero() -> Message {
    message("the first version is 1", "write `version 1`, or a later one")
}

pub(crate) fn version_too_large(number: &str) -> Message {
    message(format!("`{number}` is more than 4_294_967_295, the last version"), "write a smaller number")
}

pub(crate) fn nothing_given(keyword: &str) -> Message {
    message(
        format!("`{keyword}` has no meaning for a plan that gives nothing"),
        "remove it, or write what the plan gives",
    )
}

pub(crate) fn not_in_advance(every: &str, billed: &str) -> Message {
    message(
        format!("the plan gives for {} at once, and {} is paid for at a time", a(every), a(billed)),
        "add a line `in_advance` to give credits before they are paid for, or write a shorter period",
    )
}

pub(crate) fn needlessly_in_advance(every: &str) -> Message {
    message(format!("nothing is given in advance: each payment is for {} or longer", a(every)), "remove it")
}

pub(crate) fn flag_with_value(keyword: &str, found: &str) -> Message {
    message(format!("`{keyword}` says it all, found {found}"), format!("write `{keyword}` alone"))
}

/// `a month`, `3 months`
fn a(period: &str) -> String {
    let is_one = period.starts_with(|first: char| first.is_alphabetic());
    if is_one { format!("a {period}") } else { period.to_owned() }
}

// Prices in environments.

pub(crate) fn unknown_price_key(word: &str, nearest: Option<&str>) -> Message {
    let help = match nearest {
        Some(nearest) => format!("write `{nearest}`"),
        None => {
            format!("write a period such as `month`, or declare `environments {word}, ..` in the settings")
        }
    };
    message(format!("`{word}` is neither a period nor an environment"), help)
}

pub(crate) fn no_environments(word: &str) -> Message {
    message(
        format!("the pricing declares no environment `{word}`"),
        format!("add `environments {word}, ..` to the settings"),
    )
}

pub(crate) fn price_without_environment(environments: &[&str]) -> Message {
    let first = environments.first().copied().unwrap_or_default();
    message(
        format!("the price says not whether it is for {}", one_of(environments)),
        format!("write `{first}:` before it, and one for each other environment"),
    )
}

pub(crate) fn period_without_environment(period: &str, environments: &[&str]) -> Message {
    let first = environments.first().copied().unwrap_or_default();
    message(
        format!("the price says not whether it is for {}", one_of(environments)),
        format!("write `{first}({period}: ..)`, and one for each other environment"),
    )
}

pub(crate) fn price_missing(item: &str, environment: &str, period: Option<&str>) -> Message {
    let period = period.map_or_else(String::new, |period| format!(" for {}", a(period)));
    message(
        format!("`{item}` has no price in `{environment}`{period}, which it has elsewhere"),
        format!("add one under `{environment}`"),
    )
}
