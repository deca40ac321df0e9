//! What follows the keyword of many statements: a word, a list of words, a length of time, nothing.
//!
//! It does not know which words there are.

use heck::ToSnakeCase;
use proc_macro2::{Delimiter, Span};

use super::spelling::spelled;
use super::tokens::Parser;
use crate::ast::{Number, Period, Text, Word};
use crate::diag::Result;
use crate::vocab::Vocabulary;
use crate::{foreign, messages};

impl Parser<'_, '_> {
    /// A word or symbol that chooses something. `K` are the keywords that begin the next statement.
    pub(super) fn option<K: Vocabulary>(&mut self, example: &str) -> Result<Word> {
        let word = self.option_of_list::<K>(example)?;
        let comma = self.cursor.punct().filter(|(mark, _)| mark.as_char() == ',');
        let other = comma.and_then(|(_, after)| after.ident()).map(|(other, _)| other.to_string());
        match other.filter(|other| K::from_word(other).is_none()) {
            None => Ok(word),
            Some(other) => {
                let statement = example.split(' ').next().unwrap_or(example);
                let message = messages::one_option(statement, &word.text, &other);
                Err(self.diagnostics.report(word.span, message))
            }
        }
    }

    /// A word or symbol beside which others may stand.
    pub(super) fn option_of_list<K: Vocabulary>(&mut self, example: &str) -> Result<Word> {
        self.chooses_something::<K>(example)?;
        if let Some(word) = self.variant() {
            return Ok(word);
        }
        if let Some(word) = self.symbol() {
            return Ok(word);
        }
        if let Some(text) = self.text() {
            return self.quoted(text);
        }
        let message = messages::expected_option(&self.found(), example);
        Err(self.refuse(message))
    }

    /// `Rounding::Ceil`, read as it was meant.
    fn variant(&mut self) -> Option<Word> {
        let start = (self.cursor, self.previous());
        let first = self.word()?;
        let mut path = vec![first.text];
        while self.path_separator() {
            path.push(self.word()?.text);
        }
        let Some(last) = path.last().filter(|_| path.len() > 1) else {
            self.back_to(start);
            return None;
        };
        let word = Word { text: last.to_snake_case(), span: first.span };
        self.diagnostics.report(first.span, messages::path_for_word(&path.join("::"), &word.text));
        Some(word)
    }

    /// A word in quotes, read as it was meant.
    pub(super) fn quoted(&mut self, text: Text) -> Result<Word> {
        let is_capital = text.value.starts_with(|first: char| first.is_uppercase());
        let meant = match foreign::currency(&text.value) {
            Some(code) => code.to_owned(),
            None if is_capital => text.value.to_snake_case(),
            None => text.value,
        };
        if syn::parse_str::<syn::Ident>(&meant).is_err() {
            return Err(self.diagnostics.report(text.span, messages::no_word_in_quotes()));
        }
        self.diagnostics.report(text.span, messages::option_in_quotes(&meant));
        Ok(Word { text: meant, span: text.span })
    }

    /// Words with commas between them.
    pub(super) fn words<K: Vocabulary>(&mut self, example: &str) -> Result<Vec<Word>> {
        self.no_brackets(example)?;
        let mut words = self.list_of::<K, _>(|parser| parser.option_of_list::<K>(example))?;
        // `test live` and `test and live`, read as they were meant.
        while let Some(word) = self.peek_word().filter(|_| !self.at_statement_end::<K>()) {
            let is_and = ["and", "or"].contains(&word.text.as_str());
            if is_and {
                self.skip();
            }
            let named = self.peek_word().map_or_else(|| word.text.clone(), |word| word.text);
            let message = if is_and {
                messages::and_in_list(&word.text, &named)
            } else {
                messages::list_without_comma(&named)
            };
            self.diagnostics.report(word.span, message);
            words.extend(self.list_of::<K, _>(|parser| parser.option_of_list::<K>(example))?);
        }
        Ok(words)
    }

    /// What `one` reads, with commas between.
    pub(super) fn list_of<K: Vocabulary, T>(
        &mut self,
        mut one: impl FnMut(&mut Self) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut list = vec![one(self)?];
        while self.list_goes_on::<K>() {
            list.push(one(self)?);
        }
        Ok(list)
    }

    /// `[generate_video, upscale]`
    pub(super) fn no_brackets(&mut self, example: &str) -> Result<()> {
        let open = self.here();
        let Some(inside) = self.group(Delimiter::Bracket) else { return Ok(()) };
        let statement = example.split(' ').next().unwrap_or(example);
        let message = messages::list_in_brackets(statement, &spelled(inside.cursor.token_stream()));
        Err(self.diagnostics.report(open, message))
    }

    /// Steps over a comma behind which the list goes on. A comma that ends a statement is reported once in a block.
    pub(super) fn list_goes_on<K: Vocabulary>(&mut self) -> bool {
        let Some(comma) = self.mark(',') else { return false };
        if !self.at_statement_end::<K>() {
            return true;
        }
        self.list_ended(comma);
        false
    }

    /// Reports a comma that ends a statement.
    pub(super) fn list_ended(&mut self, comma: Span) {
        if self.once.comma.is_none() {
            let message = match self.peek_word() {
                Some(word) => messages::statement_in_list(&word.text),
                None => messages::list_ends_in_comma(),
            };
            self.once.comma = Some(self.diagnostics.report(comma, message));
        }
    }

    /// `5.minutes` or `month`.
    pub(super) fn length<K: Vocabulary>(&mut self, example: &str) -> Result<Period> {
        self.chooses_something::<K>(example)?;
        if let Some(path) = self.period_path() {
            return Err(path);
        }
        if let Some(word) = self.peek_word()
            && foreign::NEVER.contains(&word.text.as_str())
        {
            let keyword = example.split(' ').next().unwrap_or(example);
            return Err(self.diagnostics.report(word.span, messages::no_length(keyword, &word.text)));
        }
        if let Some(word) = self.symbol() {
            return Ok(Period::One(word));
        }
        let example = example.rsplit(' ').next().unwrap_or(example);
        let length = self.amount::<K>(example)?;
        self.nothing_behind(&format!("{}.{}", length.number.text, length.word.text))?;
        Ok(Period::Several(length))
    }

    /// Nothing: the keyword says it all.
    pub(super) fn flag<K: Vocabulary>(&mut self, keyword: &str) -> Result<()> {
        if self.at_statement_end::<K>() {
            return Ok(());
        }
        let is_no = ["false", "no", "off", "never"].iter().any(|no| self.peek_is(no));
        let message = if is_no {
            messages::flag_denied(keyword)
        } else {
            messages::flag_with_value(keyword, &self.found())
        };
        Err(self.refuse(message))
    }

    /// A bare number.
    pub(super) fn integer<K: Vocabulary>(&mut self, example: &str) -> Result<Number> {
        self.chooses_something::<K>(example)?;
        let minus = self.mark('-');
        let Some(number) = self.peek_number() else {
            let meant = self.number_otherwise();
            let message = match meant {
                Some(number) => messages::number_otherwise(&self.found(), &number),
                None => messages::expected_number(&self.found(), example),
            };
            return Err(self.diagnostics.report(self.place::<K>(), message));
        };
        self.skip();
        match minus {
            None => Ok(number),
            Some(minus) => Err(self.diagnostics.report(minus, messages::negative_number(&number.text))),
        }
    }

    /// The number in `"2"` or `v2`.
    pub(super) fn number_otherwise(&mut self) -> Option<String> {
        let text =
            self.text_ahead().map(|text| text.value).or_else(|| self.peek_word().map(|word| word.text))?;
        let digits = text.trim().trim_start_matches(['v', 'V', '_']);
        (!digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit())).then(|| digits.to_owned())
    }

    fn chooses_something<K: Vocabulary>(&mut self, example: &str) -> Result<()> {
        if self.at_statement_end::<K>() {
            return Err(self.diagnostics.report(self.previous(), messages::missing_option(example)));
        }
        Ok(())
    }
}
