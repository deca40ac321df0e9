//! What stands between items and statements: documentation, attributes, separators, and comments in Ruby.
//!
//! It does not know what an item is.

use proc_macro2::{Delimiter, Span};

use super::tokens::Parser;
use crate::messages;

impl Parser<'_, '_> {
    /// Steps over separators, comments and attributes; returns the lines of documentation.
    pub(super) fn trivia(&mut self) -> Vec<String> {
        let mut docs = Vec::new();
        loop {
            if let Some(comma) = self.mark(',') {
                self.diagnostics.report(comma, messages::comma_between());
            } else if let Some(hash) = self.mark('#') {
                self.after_hash(hash, &mut docs);
            } else if self.mark(';').is_none() {
                return docs;
            }
        }
    }

    fn after_hash(&mut self, hash: Span, docs: &mut Vec<String>) {
        self.mark('!');
        if let Some(mut attribute) = self.group(Delimiter::Bracket) {
            attribute.attribute(docs);
        } else {
            self.diagnostics.report(hash, messages::ruby_comment());
            self.skip_line(hash);
        }
    }

    /// The inside of `#[..]`: a line of documentation, or an attribute that has no meaning here.
    fn attribute(&mut self, docs: &mut Vec<String>) {
        let place = self.here();
        let name = self.word().map_or_else(|| self.found(), |word| word.text);
        let line = if name == "doc" && self.mark('=').is_some() { self.text() } else { None };
        match line {
            Some(line) => docs.push(line.value),
            None => drop(self.diagnostics.report(place, messages::attribute(&name))),
        }
    }

    fn skip_line(&mut self, start: Span) {
        while !self.cursor.eof() && self.here().start().line == start.start().line {
            self.skip();
        }
    }
}
