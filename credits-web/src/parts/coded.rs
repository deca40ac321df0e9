//! Messages: the parts between backticks are code.

use maud::{Markup, html};

/// A message of the ledger, such as ``link `cus_1` to its owner``.
pub(crate) fn coded(message: &str) -> Markup {
    let parts: Vec<&str> = message.split('`').collect();
    // An odd number of parts has every backtick in a pair.
    let is_paired = parts.len() % 2 == 1;
    html! {
        @if is_paired {
            @for (place, part) in parts.iter().enumerate() {
                @if place % 2 == 1 { code { bdi { (part) } } } @else { (part) }
            }
        } @else { bdi { (message) } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_between_backticks_are_code() {
        for (message, html) in [
            ("link `cus_<1>` to its owner", "link <code><bdi>cus_&lt;1&gt;</bdi></code> to its owner"),
            ("no code", "no code"),
            ("", ""),
            ("one ` alone", "<bdi>one ` alone</bdi>"),
        ] {
            assert_eq!(coded(message).into_string(), html);
        }
    }
}
