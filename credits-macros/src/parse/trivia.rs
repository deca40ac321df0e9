//! What stands between items and statements: documentation, attributes, separators, and comments in Ruby.
//!
//! It does not know what an item is.

use proc_macro2::{Delimiter, Span};

use super::tokens::Parser;
use crate::messages;

/// Documentation, and where its last line stands.
#[derive(Default)]
pub(super) struct Docs {
    pub(super) lines: Vec<String>,
    place: Option<Span>,
}

impl Parser<'_, '_> {
    /// Steps over separators, comments and attributes; returns the documentation.
    pub(super) fn trivia(&mut self) -> Docs {
        let mut docs = Docs::default();
        loop {
            if let Some(comma) = self.mark(',') {
                self.comma_between(comma);
            } else if let Some(hash) = self.mark('#') {
                self.after_hash(hash, &mut docs);
            } else if self.mark(';').is_none() {
                return docs;
            }
        }
    }

    /// A comma between statements is reported once in a block.
    pub(super) fn comma_between(&mut self, comma: Span) {
        if self.once.comma.is_none() {
            self.once.comma = Some(self.diagnostics.report(comma, messages::comma_between()));
        }
    }

    /// At the end, where documentation has nothing behind it.
    pub(super) fn documents_something(&mut self, docs: &Docs) {
        if let Some(place) = docs.place {
            self.diagnostics.report(place, messages::dangling_docs());
        }
    }

    /// Before a statement or the settings, of which nothing is generated that it could document.
    pub(super) fn documents_no_statement(&mut self, docs: &Docs) {
        if let Some(place) = docs.place {
            self.diagnostics.report(place, messages::docs_of_statement());
        }
    }

    fn after_hash(&mut self, hash: Span, docs: &mut Docs) {
        let is_inner = self.mark('!').is_some();
        let Some(mut attribute) = self.group(Delimiter::Bracket) else {
            self.diagnostics.report(hash, messages::ruby_comment());
            self.skip_line(hash);
            return;
        };
        if is_inner && attribute.peek_is("doc") {
            attribute.diagnostics.report(hash, messages::inner_docs());
        } else {
            attribute.attribute(docs);
        }
    }

    /// The inside of `#[..]`: a line of documentation, or an attribute that has no meaning here.
    fn attribute(&mut self, docs: &mut Docs) {
        let place = self.here();
        let name = self.word().map_or_else(|| self.found(), |word| word.text);
        let line = if name == "doc" && self.mark('=').is_some() { self.text() } else { None };
        match line {
            Some(line) => {
                docs.lines.push(line.value);
                docs.place = Some(line.span);
            }
            None => drop(self.diagnostics.report(place, messages::attribute(&name))),
        }
    }

    fn skip_line(&mut self, start: Span) {
        while !self.cursor.eof() && self.here().start().line == start.start().line {
            self.skip();
        }
    }
}
