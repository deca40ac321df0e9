//! What follows the keyword of many statements: a word, a list of words, a length of time, nothing.
//!
//! It does not know which words there are.

use super::tokens::Parser;
use crate::ast::{Number, Period, Text, Word};
use crate::diag::Result;
use crate::messages;
use crate::vocab::Vocabulary;

impl Parser<'_, '_> {
    /// A word or symbol that chooses something. `K` are the keywords that begin the next statement.
    pub(super) fn option<K: Vocabulary>(&mut self, example: &str) -> Result<Word> {
        self.chooses_something::<K>(example)?;
        if let Some(word) = self.symbol() {
            return Ok(word);
        }
        if let Some(text) = self.text() {
            return self.quoted(text);
        }
        let message = messages::expected_option(&self.found(), example);
        Err(self.refuse(message))
    }

    /// A word in quotes, read as it was meant.
    pub(super) fn quoted(&mut self, text: Text) -> Result<Word> {
        let reported = self.diagnostics.report(text.span, messages::option_in_quotes(&text.value));
        let is_word = syn::parse_str::<syn::Ident>(&text.value).is_ok();
        if is_word { Ok(Word { text: text.value, span: text.span }) } else { Err(reported) }
    }

    /// Words with commas between them.
    pub(super) fn words<K: Vocabulary>(&mut self, example: &str) -> Result<Vec<Word>> {
        let mut words = self.list_of::<K, _>(|parser| parser.option::<K>(example))?;
        // `test live`, read as it was meant.
        while let Some(word) = self.peek_word().filter(|_| !self.at_statement_end::<K>()) {
            self.diagnostics.report(word.span, messages::list_without_comma(&word.text));
            words.extend(self.list_of::<K, _>(|parser| parser.option::<K>(example))?);
        }
        Ok(words)
    }

    /// What `one` reads, with commas between.
    pub(super) fn list_of<K: Vocabulary, T>(
        &mut self,
        mut one: impl FnMut(&mut Self) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut list = vec![one(self)?];
        while let Some(comma) = self.mark(',') {
            self.list_goes_on::<K>(comma)?;
            list.push(one(self)?);
        }
        Ok(list)
    }

    /// Refuses a comma after which nothing of the list follows.
    pub(super) fn list_goes_on<K: Vocabulary>(&mut self, comma: proc_macro2::Span) -> Result<()> {
        if let Some(word) = self.peek_word().filter(|_| self.at_keyword::<K>()) {
            return Err(self.diagnostics.report(comma, messages::statement_in_list(&word.text)));
        }
        if self.at_statement_end::<K>() {
            return Err(self.diagnostics.report(comma, messages::list_ends_in_comma()));
        }
        Ok(())
    }

    /// `5.minutes` or `month`.
    pub(super) fn length<K: Vocabulary>(&mut self, example: &str) -> Result<Period> {
        self.chooses_something::<K>(example)?;
        if let Some(word) = self.symbol() {
            return Ok(Period::One(word));
        }
        let example = example.rsplit(' ').next().unwrap_or(example);
        self.amount::<K>(example).map(Period::Several)
    }

    /// Nothing: the keyword says it all.
    pub(super) fn flag<K: Vocabulary>(&mut self, keyword: &str) -> Result<()> {
        if self.at_statement_end::<K>() {
            return Ok(());
        }
        let message = messages::flag_with_value(keyword, &self.found());
        Err(self.refuse(message))
    }

    /// A bare number.
    pub(super) fn integer<K: Vocabulary>(&mut self, example: &str) -> Result<Number> {
        self.chooses_something::<K>(example)?;
        let minus = self.mark('-');
        let Some(number) = self.peek_number() else {
            let message = messages::expected_number(&self.found(), example);
            return Err(self.diagnostics.report(self.place::<K>(), message));
        };
        self.skip();
        match minus {
            None => Ok(number),
            Some(minus) => Err(self.diagnostics.report(minus, messages::negative_number(&number.text))),
        }
    }

    fn chooses_something<K: Vocabulary>(&mut self, example: &str) -> Result<()> {
        if self.at_statement_end::<K>() {
            return Err(self.diagnostics.report(self.previous(), messages::missing_option(example)));
        }
        Ok(())
    }
}
