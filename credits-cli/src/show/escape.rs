//! Text of others on a terminal: characters that would steer it, or turn the reading direction, are written as escapes.
//!
//! It does not know which text is whose: all output goes through it.

use std::borrow::Cow;
use std::fmt::Write;

/// The text with its control and bidirectional characters as JSON writes them, `\u001b`, but for ends of lines and tabs. JSON
/// stays the same JSON.
pub(crate) fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(steers) {
        return text.into();
    }
    let escaped = text.chars().fold(String::with_capacity(text.len()), |mut escaped, letter| {
        if steers(letter) {
            // A string takes every write.
            _ = write!(escaped, "\\u{:04x}", u32::from(letter));
        } else {
            escaped.push(letter);
        }
        escaped
    });
    escaped.into()
}

fn steers(letter: char) -> bool {
    let turns = matches!(
        letter,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
    );
    turns || letter.is_control() && !matches!(letter, '\n' | '\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_escaped() {
        for (text, shown) in [
            ("a\tb\n\u{e9} \u{5d0}", "a\tb\n\u{e9} \u{5d0}"),
            ("\u{1b}]0;title\u{7}", "\\u001b]0;title\\u0007"),
            ("a\rb\u{8}\u{7f}\u{9b}31m", "a\\u000db\\u0008\\u007f\\u009b31m"),
            ("\u{202e}txt\u{2069}", "\\u202etxt\\u2069"),
        ] {
            assert_eq!(escaped(text), shown);
        }
        let json = serde_json::json!({ "by": "\u{9b}2J \u{202e}" });
        let read: serde_json::Value = serde_json::from_str(&escaped(&json.to_string())).unwrap();
        assert_eq!(read, json);
    }
}
