//! What other languages write before an item: `pub`, `export default`, `let scan = operation { .. }`.
//!
//! It does not know the blocks.

use proc_macro2::{Delimiter, TokenTree};

use super::chain::between;
use super::spelling::spelled;
use super::tokens::Parser;
use crate::ast::{Header, Word};
use crate::diag::Reported;
use crate::messages;
use crate::vocab::{ItemWord, Vocabulary};

/// Words before a declaration, in Rust and elsewhere.
const MODIFIERS: &[&str] = &[
    "abstract", "async", "class", "const", "create", "declare", "def", "default", "define", "enum", "export",
    "final", "fn", "func", "function", "let", "mod", "my", "new", "private", "pub", "public", "static",
    "struct", "trait", "type", "unsafe", "use", "val", "var",
];

/// Tokens between a name and the keyword of its item: `: Operation =`.
const HEADING_MAX: usize = 8;

impl Parser<'_, '_> {
    /// `pub operation` and `export default operation`: the error, and the item that is read nevertheless.
    pub(super) fn modified_item(&mut self, word: &Word) -> Option<(Reported, Option<ItemWord>)> {
        if !MODIFIERS.contains(&word.text.as_str()) {
            return None;
        }
        let start = (self.cursor, self.previous());
        let mut written = word.text.clone();
        loop {
            if let Some(inside) = self.group(Delimiter::Parenthesis) {
                written = format!("{written}({})", spelled(inside.cursor.token_stream()));
            }
            let next = self.word().map(|next| next.text).unwrap_or_default();
            if let Some(kind) = ItemWord::from_word(&next) {
                let reported = self.diagnostics.report(word.span, messages::modifier(&written));
                return Some((reported, Some(kind)));
            }
            if !MODIFIERS.contains(&next.as_str()) {
                break;
            }
            written = format!("{written} {next}");
        }
        self.back_to(start);
        None
    }

    /// `let scan = operation { .. }` and `scan: operation { .. }`, read as `operation scan { .. }`.
    pub(super) fn named_before_keyword(&mut self, docs: &[String]) -> Option<(ItemWord, Header)> {
        let (start, place) = (self.cursor, self.here());
        let mut name = self.peek_word()?;
        let mut cursor = self.cursor.ident().map(|(_, after)| after)?;
        while MODIFIERS.contains(&name.text.as_str()) || name.text == "mut" {
            let (next, after) = cursor.ident()?;
            (name, cursor) = (Word { text: next.to_string(), span: next.span() }, after);
        }
        if ItemWord::from_word(&name.text).is_some() {
            return None;
        }
        let mut has_sign = false;
        for _ in 0..HEADING_MAX {
            let (token, after) = cursor.token_tree()?;
            match token {
                TokenTree::Punct(mark) if [':', '='].contains(&mark.as_char()) => has_sign = true,
                TokenTree::Punct(mark) if ['>', '<', '&'].contains(&mark.as_char()) => {}
                TokenTree::Ident(word) => {
                    let is_before_block = has_sign && after.group(Delimiter::Brace).is_some();
                    if let Some(kind) = ItemWord::from_word(&word.to_string()).filter(|_| is_before_block) {
                        let written = spelled(between(start, after));
                        let message = messages::name_before_keyword(kind.word(), &name.text, &written);
                        let reported = self.diagnostics.report(place, message);
                        self.back_to((after, word.span()));
                        let end = name.span;
                        let header = Header { docs: docs.to_vec(), name, end, poisoned: Some(reported) };
                        return Some((kind, header));
                    }
                }
                _ => return None,
            }
            cursor = after;
        }
        None
    }
}
