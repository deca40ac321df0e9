//! Numeric literals, and how Rust's lexer reads an amount.
//!
//! `10_000.credits` is a number, a dot and a word; but `50credits` is one literal with a suffix, `50. credits` is
//! the float `50.` and a word, and `10,000.credits` is a list.

use proc_macro2::Span;
use syn::buffer::Cursor;

use super::tokens::Parser;
use crate::ast::{Number, Text};
use crate::diag::{Reported, Result};
use crate::messages;

impl<'t> Parser<'t, '_> {
    /// The next token, if it is a number.
    pub(super) fn peek_number(&self) -> Option<Number> {
        let literal = self.peek_literal()?;
        let text = literal.to_string();
        let numeric = text.trim_start_matches('-').starts_with(|first: char| first.is_ascii_digit());
        numeric.then(|| Number { text, span: literal.span() })
    }

    /// The next token, if it is a string.
    pub(super) fn text_ahead(&mut self) -> Option<Text> {
        let cursor = self.cursor;
        let text = self.text();
        self.cursor = cursor;
        text
    }

    /// Refuses what follows the argument of a call.
    pub(super) fn nothing_more(&mut self) -> Result<()> {
        if self.is_empty() {
            return Ok(());
        }
        let message = messages::expected_parenthesis(&self.found());
        Err(self.refuse(message))
    }

    /// A number that may go on after commas: `,000` after `10`, or `,99` after `49`. It is reported and then
    /// read as it was meant.
    pub(super) fn thousands(&mut self, mut number: Number) -> (Number, Option<Reported>) {
        let mut first = None;
        while let Some((literal, comma, after)) = self.group_of_digits() {
            let is_thousands = literal.split('.').next().is_some_and(|digits| digits.len() == 3);
            // `1.000,50`
            let has_dots = number.text.split_once('.').is_some_and(|(_, digits)| digits.len() == 3);
            if has_dots && !is_thousands {
                number.text = number.text.replace('.', "_");
            }
            number.text.push(if is_thousands { '_' } else { '.' });
            number.text.push_str(&literal);
            first = first.or(Some(comma));
            self.cursor = after;
        }
        let reported =
            first.map(|comma| self.diagnostics.report(comma, messages::comma_in_number(&number.text)));
        (number, reported)
    }

    /// `,000`, or `000` behind a blank.
    fn group_of_digits(&self) -> Option<(String, Span, Cursor<'t>)> {
        if let Some((literal, after)) = self.cursor.literal() {
            let text = literal.to_string();
            let is_thousands = text.len() == 3 && text.bytes().all(|digit| digit.is_ascii_digit());
            return is_thousands.then(|| (text, literal.span(), after));
        }
        let (comma, after) = self.cursor.punct().filter(|(punct, _)| punct.as_char() == ',')?;
        let (literal, after) = after.literal()?;
        let text = literal.to_string();
        let is_group = text.split('.').next().is_some_and(|digits| digits.len() == 3) || !text.contains('.');
        let is_number = text.starts_with(|first: char| first.is_ascii_digit());
        (is_group && is_number).then(|| (text, comma.span(), after))
    }
}

/// Splits `50credits` into the number and the word that is glued to it.
pub(super) fn split_suffix(text: &str) -> Option<(&str, &str)> {
    let is_radix = text.len() > 1 && text.starts_with('0') && !text.starts_with("0.");
    let is_part = |letter: char| letter.is_ascii_digit() || letter == '_' || letter == '.';
    let start = text.find(|letter| !is_part(letter))?;
    let (number, suffix) = text.split_at_checked(start)?;
    let looks_like_radix = is_radix && suffix.starts_with(['x', 'o', 'b']);
    (!looks_like_radix).then_some((number, suffix))
}
