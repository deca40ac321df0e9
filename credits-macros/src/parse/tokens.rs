//! The tokens of a definition, one after another, with the place of the next one.
//!
//! It does not know the language.

use proc_macro2::{Delimiter, Ident, Literal, Spacing, Span, TokenTree};
use syn::buffer::{Cursor, TokenBuffer};
use syn::ext::IdentExt;

use crate::ast::{Text, Word};
use crate::diag::{Diagnostics, Reported};
use crate::messages::Message;
use crate::vocab::{ItemWord, Vocabulary};

/// Where the tokens of a parser end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Close {
    /// At the closing delimiter, or at the end of the definition.
    Delimiter,
    /// At the word `end`, as in Ruby.
    WordEnd,
}

/// A habit of another language, which is one error however often it shows.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Once {
    /// Commas between statements.
    pub(super) comma: Option<Reported>,
    /// Equals signs behind keywords.
    pub(super) equals: Option<Reported>,
}

/// A position in the tokens of a definition or of one of its groups.
pub(super) struct Parser<'t, 'd> {
    pub(super) cursor: Cursor<'t>,
    pub(super) diagnostics: &'d mut Diagnostics,
    /// The keywords that were read, with the item that a statement is in.
    pub(super) keywords: &'d mut Vec<(Option<&'static str>, Word)>,
    /// Errors that are reported once in a block.
    pub(super) once: Once,
    close: Close,
    /// The closing delimiter; none at the end of the definition.
    end: Option<Span>,
    previous: Span,
}

impl<'t, 'd> Parser<'t, 'd> {
    /// At the first token of a definition.
    pub(super) fn new(
        buffer: &'t TokenBuffer,
        diagnostics: &'d mut Diagnostics,
        keywords: &'d mut Vec<(Option<&'static str>, Word)>,
    ) -> Self {
        let cursor = buffer.begin();
        Self {
            cursor,
            diagnostics,
            keywords,
            once: Once::default(),
            close: Close::Delimiter,
            end: None,
            previous: Span::call_site(),
        }
    }

    /// The inside of the next token, if it is a group of this kind; steps over the group.
    pub(super) fn group(&mut self, delimiter: Delimiter) -> Option<Parser<'t, '_>> {
        let (cursor, span, after) = self.cursor.group(delimiter)?;
        self.cursor = after;
        self.previous = span.close();
        let (end, previous) = (Some(span.close()), span.open());
        let (diagnostics, keywords) = (&mut *self.diagnostics, &mut *self.keywords);
        let once = Once::default();
        Some(Parser { cursor, diagnostics, keywords, once, close: Close::Delimiter, end, previous })
    }

    /// The tokens up to the word `end`.
    pub(super) fn until_word_end(&mut self) -> Parser<'t, '_> {
        let (cursor, end, previous) = (self.cursor, self.end, self.previous);
        let (diagnostics, keywords) = (&mut *self.diagnostics, &mut *self.keywords);
        let once = Once::default();
        Parser { cursor, diagnostics, keywords, once, close: Close::WordEnd, end, previous }
    }

    /// Whether nothing is left.
    pub(super) fn is_empty(&self) -> bool {
        let closes = |word: Word| word.text == "end" || ItemWord::from_word(&word.text).is_some();
        self.cursor.eof() || (self.close == Close::WordEnd && self.peek_word().is_some_and(closes))
    }

    /// The next token's place; after the last one, the closing delimiter.
    pub(super) fn here(&self) -> Span {
        match self.cursor.token_tree() {
            Some((TokenTree::Group(group), _)) => group.span_open(),
            Some((token, _)) => token.span(),
            None => self.end.unwrap_or(self.previous),
        }
    }

    /// The place of the token just read.
    pub(super) fn previous(&self) -> Span {
        self.previous
    }

    /// Steps back to a place that was left, given with the token before it.
    pub(super) fn back_to(&mut self, (cursor, previous): (Cursor<'t>, Span)) {
        self.cursor = cursor;
        self.previous = previous;
    }

    /// The closing delimiter, or the last token where there is none.
    pub(super) fn end(&self) -> Span {
        self.end.unwrap_or(self.previous)
    }

    /// The next token as a message quotes it.
    pub(super) fn found(&self) -> String {
        match self.cursor.token_tree() {
            Some((TokenTree::Group(group), _)) => match group.delimiter() {
                Delimiter::Brace => "`{`".to_owned(),
                Delimiter::Parenthesis => "`(`".to_owned(),
                Delimiter::Bracket => "`[`".to_owned(),
                Delimiter::None => format!("`{group}`"),
            },
            Some((token, _)) => format!("`{token}`"),
            None => "the end".to_owned(),
        }
    }

    /// Reports at the next token.
    pub(super) fn refuse(&mut self, message: Message) -> Reported {
        let here = self.here();
        self.diagnostics.report(here, message)
    }

    /// Steps over one token or group.
    pub(super) fn skip(&mut self) {
        if let Some((token, after)) = self.cursor.token_tree() {
            self.previous = match &token {
                TokenTree::Group(group) => group.span_close(),
                _ => token.span(),
            };
            self.cursor = after;
        }
    }

    /// The next token, if it is a word.
    pub(super) fn peek_word(&self) -> Option<Word> {
        self.cursor.ident().map(|(ident, _)| word(&ident))
    }

    /// The next token, if it is a word; steps over it.
    pub(super) fn word(&mut self) -> Option<Word> {
        let (ident, after) = self.cursor.ident()?;
        self.cursor = after;
        self.previous = ident.span();
        Some(word(&ident))
    }

    /// Like [`Self::peek_word`], with its `r#`.
    pub(super) fn peek_ident(&self) -> Option<Ident> {
        self.cursor.ident().map(|(ident, _)| ident)
    }

    /// Like [`Self::word`], with its `r#`.
    pub(super) fn ident(&mut self) -> Option<Ident> {
        let (ident, after) = self.cursor.ident()?;
        self.cursor = after;
        self.previous = ident.span();
        Some(ident)
    }

    /// A bare word or a symbol: `month` or `:month`.
    pub(super) fn symbol(&mut self) -> Option<Word> {
        if self.peek_word().is_none() {
            let (_, after) = self.cursor.punct().filter(|(punct, _)| punct.as_char() == ':')?;
            after.ident()?;
            self.cursor = after;
        }
        self.word()
    }

    /// Whether the next token is this mark.
    pub(super) fn peek_mark(&self, mark: char) -> bool {
        self.cursor.punct().is_some_and(|(punct, _)| punct.as_char() == mark)
    }

    /// The next token, if it is this mark; steps over it.
    pub(super) fn mark(&mut self, mark: char) -> Option<Span> {
        let (punct, after) = self.cursor.punct().filter(|(punct, _)| punct.as_char() == mark)?;
        self.cursor = after;
        self.previous = punct.span();
        Some(punct.span())
    }

    /// A colon after a keyword; the `::` of a path is none.
    pub(super) fn colon(&mut self) -> Option<Span> {
        let (punct, _) = self.cursor.punct()?;
        let is_path = punct.spacing() == Spacing::Joint && self.peek_path_separator();
        if is_path { None } else { self.mark(':') }
    }

    /// Whether an arrow with this shaft comes next: `=>` or `->`.
    pub(super) fn arrow_ahead(&self, shaft: char) -> bool {
        let after = self.cursor.punct().filter(|(punct, _)| punct.as_char() == shaft).map(|(_, after)| after);
        after.and_then(Cursor::punct).is_some_and(|(punct, _)| punct.as_char() == '>')
    }

    /// Whether `::` comes next.
    pub(super) fn peek_path_separator(&self) -> bool {
        let colon = |cursor: Cursor<'t>| {
            cursor.punct().filter(|(punct, _)| punct.as_char() == ':').map(|(_, after)| after)
        };
        colon(self.cursor).and_then(colon).is_some()
    }

    /// The next token, if it is a literal.
    pub(super) fn peek_literal(&self) -> Option<Literal> {
        self.cursor.literal().map(|(literal, _)| literal)
    }

    /// The next token, if it is a string; steps over it.
    pub(super) fn text(&mut self) -> Option<Text> {
        let (literal, after) = self.cursor.literal()?;
        let syn::Lit::Str(text) = syn::Lit::new(literal) else { return None };
        self.cursor = after;
        self.previous = text.span();
        Some(Text { value: text.value(), span: text.span() })
    }
}

fn word(ident: &Ident) -> Word {
    Word { text: ident.unraw().to_string(), span: ident.span() }
}
