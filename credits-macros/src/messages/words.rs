//! Messages about words for people: display names, prices that are shown, and former names.
//!
//! It does not know where a message is shown.

use super::{Message, message};

/// `written` is all behind the keyword.
pub(crate) fn expected_display_name(found: &str, written: &str) -> Message {
    let is_plain = !written.is_empty() && !written.contains(['"', '`', '{']);
    let help = if is_plain {
        format!("write `named \"{written}\"`")
    } else {
        "write the name that people read, such as `named \"Large boost\"`".to_owned()
    };
    message(format!("`named` takes a text in quotes, found {found}"), help)
}

pub(crate) fn display_name_length(most: usize) -> Message {
    message(
        format!("a name for people has 1 to {most} characters on one line"),
        "write a short name, such as `\"Large boost\"`; a longer text stands in `///` above the item",
    )
}

/// `one` is the only text that was written.
pub(crate) fn asset_words(asset: &str, one: Option<&str>) -> Message {
    let help = match one {
        Some(one) => format!("add the word for several, such as in `asset {asset}, \"{one}\", \"{one}s\"`"),
        None => format!("write both in quotes, such as in `asset {asset}, \"magic gem\", \"magic gems\"`"),
    };
    message("an asset is named by the word for one and the word for several", help)
}

/// `period` is known where it was written otherwise, as `behind`.
pub(crate) fn plan_cost_without_period(written: &str, period: Option<&str>, behind: Option<&str>) -> Message {
    let help = match (period, behind) {
        (Some(period), Some(behind)) => format!("write `.per({period})` for `{behind}`"),
        _ => format!("write `{written}.per(month)`, with its period"),
    };
    message("a plan costs a price per billing period", help)
}

pub(crate) fn plan_cost_twice(currency: &str, period: &str) -> Message {
    message(
        format!("there are two prices in {currency} per {period}"),
        "keep one of them: a plan shows one price for each currency and billing period",
    )
}

pub(crate) fn formerly_itself(name: &str) -> Message {
    message(
        format!("`{name}` is the present name"),
        format!("leave `formerly {name}` out, or write the name that it had before"),
    )
}

pub(crate) fn formerly_in_use(kind: &str, former: &str, name: &str) -> Message {
    message(
        format!("`{former}` is no former name, because another `{kind}` has it"),
        format!("rename the other one, or remove `{former}` from the former names of `{name}`"),
    )
}

pub(crate) fn formerly_twice(former: &str) -> Message {
    message(
        format!("`{former}` is a former name already"),
        "keep one of them: its entries and credits go to one item",
    )
}
