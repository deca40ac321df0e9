//! Messages about Rust in an operation: parameters, costs in braces, validations.
//!
//! It does not know where a message is shown.

use super::{Message, message};

// Parameters.

pub(crate) fn expected_param(found: &str) -> Message {
    message(
        format!("expected a parameter, found {found}"),
        "write its name and its type, such as `with prompt: String`",
    )
}

pub(crate) fn param_without_type(name: &str) -> Message {
    message(
        format!("the parameter `{name}` has no type"),
        format!("write `with {name}: String`, or another type"),
    )
}

/// `with pages u32`
pub(crate) fn param_without_colon(name: &str, ty: Option<&str>) -> Message {
    let Some(ty) = ty else { return param_without_type(name) };
    let meant = crate::foreign::rust_type(ty).unwrap_or(ty);
    message(
        format!("a colon separates the parameter `{name}` from its type"),
        format!("write `{name}: {meant}` for `{name} {ty}`"),
    )
}

pub(crate) fn not_a_type(name: &str) -> Message {
    message(
        format!("this is not a type that `{name}` can have"),
        format!("write a Rust type, such as `with {name}: String`"),
    )
}

pub(crate) fn borrowed_param(name: &str) -> Message {
    message(
        format!("the parameter `{name}` is borrowed, and an operation owns its parameters"),
        format!("write `with {name}: String`, or another type without `&`"),
    )
}

pub(crate) fn keyword_param(name: &str) -> Message {
    message(
        format!("`{name}` is a keyword, which Rust cannot use as a name"),
        format!("write `r#{name}`, or another name"),
    )
}

pub(crate) fn field_twice(name: &str, what: &str) -> Message {
    message(format!("`{name}` is {what} of the operation already"), "rename one of them")
}

// Rust.

pub(crate) fn expected_rust() -> Message {
    message("the braces hold nothing", "write Rust that comes to whole credits, such as `{ pages * 2 + 5 }`")
}

pub(crate) fn not_an_expression() -> Message {
    message("this is not an expression in Rust", "correct it from here on")
}

/// `and` for `&&`
pub(crate) fn operator_otherwise(written: &str, meant: &str) -> Message {
    message(format!("`{written}` is no operator of Rust"), format!("write `{meant}` for `{written}`"))
}

/// `not n > 5`
pub(crate) fn negation_otherwise(word: &str, rest: &str) -> Message {
    message(format!("`{word}` is no operator of Rust"), format!("write `!({rest})` for `{word} {rest}`"))
}

/// `n < 5.credits` in a condition; only an amount of credits or of an asset is its number.
pub(crate) fn amount_in_condition(number: &str, word: &str, is_priced: bool) -> Message {
    let help = if is_priced {
        format!("write `{number}` for `{number}.{word}`")
    } else {
        "write the number alone, in the unit of the parameter".to_owned()
    };
    message(format!("a condition is Rust, in which `{number}.{word}` is no amount"), help)
}

pub(crate) fn amount_in_rust(number: &str, word: &str) -> Message {
    let help = match word {
        "credit" | "credits" => {
            format!("write `{number}` for `{number}.{word}`, or the amount without braces")
        }
        _ => "write the number alone, or the amount without braces".to_owned(),
    };
    message(format!("in braces stands Rust, in which `{number}.{word}` is no amount"), help)
}

pub(crate) fn quantity_in_costs(plural: &str) -> Message {
    message(
        format!("`{plural}` is a quantity, which Rust in braces does not see"),
        format!(
            "declare a parameter of another name, such as `with number_of_{plural}: u32`, or write a rate"
        ),
    )
}

pub(crate) fn not_seen_in_costs(name: &str) -> Message {
    message(
        format!("costs do not see `{name}`, because a charge records integers, `bool` and choices alone"),
        "declare a parameter of one of these types, and compute it before the call",
    )
}

pub(crate) fn quantity_in_validate(plural: &str) -> Message {
    message(
        format!("`{plural}` is a quantity, which `validate` does not see"),
        format!("write `limit {plural} <= ..` instead"),
    )
}

// Validations.

pub(crate) fn expected_condition() -> Message {
    message(
        "`validate` has no condition",
        "write it in Rust, such as `validate prompt.len() <= 1_000, \"prompt too long\"`",
    )
}

pub(crate) fn ruby_lambda() -> Message {
    message(
        "a condition is no function",
        "declare the parameters, such as `with prompt: String`, and write the condition alone: `validate prompt.len() <= 1_000, \"prompt too long\"`",
    )
}

pub(crate) fn validate_without_message() -> Message {
    message("`validate` has no message", "write a message after the condition: `, \"prompt too long\"`")
}

pub(crate) fn validate_without_comma(text: &str, sign: Option<&str>) -> Message {
    let help = match sign {
        Some(sign) => format!("write `, \"{text}\"` for `{sign} \"{text}\"`"),
        None => format!("write `, \"{text}\"`"),
    };
    message("a comma separates the condition from its message", help)
}

pub(crate) fn empty_message() -> Message {
    message("the message is empty", "write the reason, such as `\"prompt too long\"`")
}

pub(crate) fn foreign_type(ty: &str, meant: &str) -> Message {
    message(format!("`{ty}` is not a type of Rust that a parameter can have"), format!("write `{meant}`"))
}

pub(crate) fn borrowed_within(name: &str) -> Message {
    message(
        format!("the parameter `{name}` borrows, and an operation owns its parameters"),
        format!("write `with {name}: String`, or another type without a lifetime"),
    )
}

pub(crate) fn message_first(text: &str, condition: &str) -> Message {
    let condition = if condition.is_empty() { "prompt.len() <= 1_000" } else { condition };
    message("the condition stands before its message", format!("write `validate {condition}, \"{text}\"`"))
}

pub(crate) fn message_is_no_text(word: &str) -> Message {
    message(
        format!("the message is a text in quotes, and `{word}` is none"),
        "write a text: it is the same for every call",
    )
}

pub(crate) fn validate_in_parentheses(inside: &str) -> Message {
    message("`validate` is no function, and takes no parentheses", format!("write `validate {inside}`"))
}

pub(crate) fn limit_of_param(name: &str, max: &str) -> Message {
    message(
        format!("`{name}` is a parameter, and limits are for quantities"),
        format!("write `validate {name} <= {max}, \"..\"`"),
    )
}
