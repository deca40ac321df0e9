//! A block of statements, whatever they are: keywords, recovery, unknown words.
//!
//! It does not know any statement's own shape.

use proc_macro2::{Delimiter, Span};

use super::tokens::Parser;
use crate::ast::{Keyword, Stated, Word};
use crate::diag::{Reported, Result};
use crate::messages;
use crate::vocab::{ItemWord, Vocabulary};

impl Parser<'_, '_> {
    /// Reads statements up to the end; `statement` reads what follows a keyword. The answer says whether a
    /// statement was lost.
    pub(super) fn statements<K: Vocabulary>(
        &mut self,
        item: ItemWord,
        mut statement: impl FnMut(&mut Self, K, Keyword) -> Result<()>,
    ) -> Option<Reported> {
        let mut lost = None;
        loop {
            let docs = self.trivia();
            if self.is_empty() {
                self.documents_something(&docs);
                return lost;
            }
            self.documents_no_statement(&docs);
            if let Some(reported) = self.conflict() {
                return Some(reported);
            }
            match self.keyword::<K>(item) {
                Ok((meaning, keyword)) => {
                    let (misspelt, reports) = (keyword.misspelt, self.diagnostics.count());
                    if statement(self, meaning, keyword).is_err() {
                        // Another statement was meant: only its keyword is wrong.
                        if let Some(misspelt) = misspelt {
                            self.diagnostics.forget_after(reports);
                            lost = Some(misspelt);
                        }
                        self.recover::<K>();
                    }
                }
                Err(reported) => {
                    lost = Some(reported);
                    self.recover::<K>();
                }
            }
        }
    }

    /// A keyword and its colon. A misspelt one is reported and then taken for the one that was meant.
    fn keyword<K: Vocabulary>(&mut self, item: ItemWord) -> Result<(K, Keyword)> {
        let Some(word) = self.word() else {
            let message = match self.peek_number() {
                Some(number) => messages::stray_number(item.word(), &number.text, &K::words()),
                None => messages::expected_statement(item.word(), &self.found(), &K::words()),
            };
            let reported = self.refuse(message);
            self.skip();
            return Err(reported);
        };
        self.keywords.push((Some(item.word()), word.clone()));
        let meaning = K::from_word(&word.text);
        if meaning.is_none()
            && let Some(setter) = self.ruby_setter::<K>(item, &word)
        {
            return setter
                .map(|(word, meaning, misspelt)| (meaning, Keyword { word, misspelt: Some(misspelt) }));
        }
        let (meaning, misspelt) = match meaning {
            Some(meaning) => (meaning, None),
            None => self.other_keyword::<K>(item, &word)?,
        };
        let is_refused_later = misspelt.is_none() && K::from_word(&word.text).is_none();
        if !is_refused_later {
            self.colon();
            self.sign_behind(&word);
        }
        Ok((meaning, Keyword { word, misspelt }))
    }

    /// `costs = 5.credits`, `costs => 5.credits` and `costs -> 5.credits`, read as they were meant.
    fn sign_behind(&mut self, keyword: &Word) {
        let place = self.here();
        // `->(params) { .. }` is a function of Ruby.
        let is_function = || {
            let after = self.cursor.punct().and_then(|(_, after)| after.punct()).map(|(_, after)| after);
            after.is_some_and(|after| after.group(Delimiter::Parenthesis).is_some())
        };
        let thin = || (self.arrow_ahead('-') && !is_function()).then_some("->");
        let arrow = self.arrow_ahead('=').then_some("=>").or_else(thin);
        if arrow.is_some() {
            self.skip();
            self.skip();
        }
        if !(arrow.is_some() || self.mark('=').is_some()) || self.once.equals.is_some() {
            return;
        }
        let message = match arrow {
            Some(arrow) => messages::arrow_behind(&keyword.text, arrow),
            None => messages::equals_sign(&keyword.text),
        };
        self.once.equals = Some(self.diagnostics.report(place, message));
    }

    /// Skips the rest of a broken statement.
    fn recover<K: Vocabulary>(&mut self) {
        while !self.is_empty() && !self.peek_mark(';') && !self.at_keyword::<K>() {
            self.skip();
        }
    }

    /// Whether a statement begins here or the block ends, so that nothing follows the statement before.
    pub(super) fn at_statement_end<K: Vocabulary>(&self) -> bool {
        self.is_empty() || self.peek_mark(';') || self.at_keyword::<K>()
    }

    /// Where something that is missing or wrong is reported: at the token before if the statement ends here.
    pub(super) fn place<K: Vocabulary>(&self) -> Span {
        if self.at_statement_end::<K>() { self.previous() } else { self.here() }
    }

    pub(super) fn at_keyword<K: Vocabulary>(&self) -> bool {
        self.peek_word().is_some_and(|word| K::from_word(&word.text).is_some())
    }

    /// Reads the rest of a statement and remembers it, also if it is broken.
    pub(super) fn stated<T>(
        &mut self,
        keyword: Keyword,
        statements: &mut Vec<Stated<T>>,
        rest: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<()> {
        let value = rest(self);
        let outcome = value.as_ref().map(drop).map_err(|reported| *reported);
        statements.push(Stated { keyword, value });
        outcome
    }
}
