//! Messages about the place of an item, a statement or an option.
//!
//! It does not know where a message is shown.

use super::{Message, did_you_mean, message, one_of};

pub(crate) fn second_definition(first: usize) -> Message {
    message(
        format!("a module has one `usage_credits!`, and line {first} has it"),
        "move these items there, or give them a module of their own: `mod other { .. }`",
    )
}

pub(crate) fn expected_item(found: &str, known: &[&str]) -> Message {
    message(format!("{found} begins no item"), format!("remove it, or begin an item: {}", one_of(known)))
}

pub(crate) fn unknown_item(word: &str, nearest: Option<&str>, known: &[&str]) -> Message {
    message(format!("`{word}` is not an item of a pricing"), did_you_mean(nearest, known))
}

pub(crate) fn comma_between() -> Message {
    message("no comma separates items or statements", "leave out the commas between them, or write `;`")
}

pub(crate) fn equals_sign(keyword: &str) -> Message {
    message(format!("`{keyword}` takes no equals sign"), "leave out the equals signs behind keywords")
}

pub(crate) fn arrow_behind(keyword: &str, arrow: &str) -> Message {
    message(format!("`{keyword}` takes no arrow"), format!("remove `{arrow}`"))
}

pub(crate) fn expected_statement(item: &str, found: &str, known: &[&str]) -> Message {
    message(
        format!("{found} begins no statement of `{item}`"),
        format!("write a statement: {}", one_of(known)),
    )
}

pub(crate) fn unknown_statement(word: &str, item: &str, nearest: Option<&str>, known: &[&str]) -> Message {
    message(format!("`{word}` is not a statement of `{item}`"), did_you_mean(nearest, known))
}

/// `expire_after never`
pub(crate) fn no_length(keyword: &str, word: &str) -> Message {
    let help = match keyword {
        "expire_after" | "expires_after" => {
            format!("credits that never expire have no line `{keyword}`: leave `{keyword} {word}` out")
        }
        "for" => "write `rollover` alone: without a bound all credits are kept".to_owned(),
        _ => format!("write how long, such as in `{keyword} 400.days`"),
    };
    message(format!("`{word}` is not a period"), help)
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

pub(crate) fn no_word_in_quotes() -> Message {
    message("a word stands here, without quotes", "write letters, digits and `_`")
}

/// A number that belongs to no statement.
pub(crate) fn stray_number(item: &str, number: &str, known: &[&str]) -> Message {
    message(
        format!("`{number}` begins no statement of `{item}`"),
        format!("write what it is for before it: {}", one_of(known)),
    )
}

pub(crate) fn dangling_docs() -> Message {
    message("this documentation has nothing behind it", "write `//` for a comment")
}

pub(crate) fn docs_of_statement() -> Message {
    message("a statement and the settings have no documentation", "write `//` for a comment")
}

pub(crate) fn docs_of_entry() -> Message {
    message("an option or a tier has no documentation and no attributes", "write `//` for a comment")
}

pub(crate) fn inner_docs() -> Message {
    message(
        "`//!` documents nothing in a pricing",
        "write `//` for a comment, or `///` for the item behind it",
    )
}

pub(crate) fn space_in_name(name: &str) -> Message {
    message("a name has no blanks", format!("write `{name}`"))
}

pub(crate) fn parameter_list(params: &str) -> Message {
    let help = match params {
        "" => "leave the parentheses out".to_owned(),
        params => format!(
            "declare parameters in the block, `with {params}`, and count with rates: `costs 1.credit_per(minute)`"
        ),
    };
    message("an operation has no list of parameters behind its name", help)
}

pub(crate) fn item_in_block(kind: &str, item: &str) -> Message {
    message(
        format!("`{kind}` begins an item, and the block of the `{item}` is still open"),
        format!("write it outside the block: `}}` stands before `{kind}`"),
    )
}

pub(crate) fn loose_setting(word: &str, rest: &str) -> Message {
    let setting = [word, rest].join(" ");
    message(
        format!("`{word}` is a setting, and stands outside the settings"),
        format!("write `settings {{ {} }}`", setting.trim_end()),
    )
}

pub(crate) fn loose_statement(word: &str, holders: &[&str]) -> Message {
    message(
        format!("`{word}` is a statement of {}, and stands outside a block", one_of(holders)),
        "write it in the braces of the item that it belongs to",
    )
}

pub(crate) fn statement_chained(written: &str, statement: &str) -> Message {
    message("a statement is no method of an amount", format!("write `{statement}` for `{written}`"))
}

/// `pub`, `export default`
pub(crate) fn modifier(words: &str) -> Message {
    let help = format!("remove `{words}`");
    if words.starts_with("pub") {
        return message("an item has no visibility; all generated items are public", help);
    }
    message(format!("`{words}` has no meaning before an item"), help)
}

pub(crate) fn name_before_keyword(kind: &str, name: &str, written: &str) -> Message {
    message(
        format!("the name of an item stands behind `{kind}`"),
        format!("write `{kind} {name}` for `{written}`"),
    )
}
