//! Tokens as their author would write them, to be quoted in a help.
//!
//! It does not know what they mean.

use proc_macro2::{Delimiter, Spacing, TokenTree};

/// The tokens with the usual blanks between them.
pub(super) fn spelled(tokens: impl IntoIterator<Item = TokenTree>) -> String {
    let mut text = String::new();
    let mut is_tight = true;
    for token in tokens {
        let (shown, tight_before, tight_after) = match token {
            TokenTree::Group(group) => {
                let inside = spelled(group.stream());
                match group.delimiter() {
                    Delimiter::Brace if inside.is_empty() => ("{}".to_owned(), false, false),
                    Delimiter::Brace => (format!("{{ {inside} }}"), false, false),
                    Delimiter::Parenthesis => (format!("({inside})"), ends_in_word(&text), false),
                    Delimiter::Bracket => (format!("[{inside}]"), ends_in_word(&text), false),
                    Delimiter::None => (inside, false, false),
                }
            }
            TokenTree::Punct(punct) => {
                let mark = punct.as_char();
                let is_joint = punct.spacing() == Spacing::Joint;
                let is_range = mark == '.' && is_joint && !ends_in_word(&text);
                let closes =
                    matches!(mark, '.' | ',' | ';' | '?' | '!') && !(is_range || text.ends_with("=>"));
                let is_path = mark == ':' && (is_joint || text.ends_with(':'));
                let opens = matches!(mark, '.' | '!' | '&' | '#' | '\'' | '$') || is_path;
                let is_symbol = mark == ':' && !ends_in_word(&text);
                (mark.to_string(), closes || (mark == ':' && !is_symbol), opens || is_joint || is_symbol)
            }
            token => (token.to_string(), false, false),
        };
        // `.. => 1.credit`
        let is_open_end = shown == "=" && text.ends_with("..");
        if is_open_end || !(text.is_empty() || is_tight || tight_before) {
            text.push(' ');
        }
        text.push_str(&shown);
        is_tight = tight_after;
    }
    text
}

fn ends_in_word(text: &str) -> bool {
    text.ends_with(|last: char| last.is_alphanumeric() || matches!(last, '_' | '"' | ')' | '!' | ']'))
}

#[cfg(test)]
mod tests {
    use super::spelled;

    #[test]
    fn tokens_are_spelled_as_they_were_written() {
        for text in [
            "10_000.credits.every(month)",
            "prompt.len() <= 1_000, \"prompt too long\"",
            ":stripe, \"price_xyz\"",
            "..1_000.tokens => 2.credits, .. => 1.credit",
            "std::collections::HashMap",
            "{ pages * 2 + 5 }",
            "minutes: u32",
            "env!(\"PRICE\")",
        ] {
            let tokens: proc_macro2::TokenStream = text.parse().unwrap();
            assert_eq!(spelled(tokens), text);
        }
    }
}
