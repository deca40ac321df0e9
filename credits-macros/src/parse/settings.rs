//! The statements of `settings`.
//!
//! It does not know which currencies or roundings there are.

use proc_macro2::Ident;

use super::tokens::Parser;
use crate::ast::{RustPath, Settings, Text, Word};
use crate::diag::Result;
use crate::messages;
use crate::vocab::{ItemWord, SettingWord, Vocabulary};

impl Parser<'_, '_> {
    /// `settings { .. }`, after the keyword.
    pub(super) fn settings(&mut self, keyword: Word) -> Settings {
        let mut settings = Settings {
            keyword,
            currency: Vec::new(),
            rounding: Vec::new(),
            credits_named: Vec::new(),
            runtime: Vec::new(),
        };
        self.settings_block(&mut settings, |block, settings| {
            block.statements(ItemWord::Settings, |parser, meaning, keyword| match meaning {
                SettingWord::Currency => parser.stated(keyword, &mut settings.currency, |parser| {
                    parser.option::<SettingWord>("currency usd")
                }),
                SettingWord::Rounding => parser.stated(keyword, &mut settings.rounding, |parser| {
                    parser.option::<SettingWord>("rounding ceil")
                }),
                SettingWord::CreditsNamed => {
                    parser.stated(keyword, &mut settings.credits_named, Parser::credits_named)
                }
                SettingWord::Crate => parser.stated(keyword, &mut settings.runtime, Parser::rust_path),
            })
        });
        settings
    }

    /// A word or symbol that chooses something. `K` are the keywords that begin the next statement.
    pub(super) fn option<K: Vocabulary>(&mut self, example: &str) -> Result<Word> {
        if self.at_statement_end::<K>() {
            return Err(self.diagnostics.report(self.previous(), messages::missing_option(example)));
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

    /// A word in quotes, read as it was meant.
    pub(super) fn quoted(&mut self, text: Text) -> Result<Word> {
        let reported = self.diagnostics.report(text.span, messages::option_in_quotes(&text.value));
        let is_word = syn::parse_str::<syn::Ident>(&text.value).is_ok();
        if is_word { Ok(Word { text: text.value, span: text.span }) } else { Err(reported) }
    }

    fn credits_named(&mut self) -> Result<(Text, Text)> {
        if let Some(one) = self.text()
            && self.mark(',').is_some()
            && let Some(many) = self.text()
        {
            return Ok((one, many));
        }
        Err(self.diagnostics.report(self.place::<SettingWord>(), messages::expected_credit_names()))
    }

    fn rust_path(&mut self) -> Result<RustPath> {
        let leading_colons = self.path_separator();
        let mut segments = Vec::new();
        loop {
            let is_first = segments.is_empty() && !leading_colons;
            let Some(segment) = self.path_segment(is_first) else {
                let message = messages::expected_path(&self.found());
                return Err(self.diagnostics.report(self.place::<SettingWord>(), message));
            };
            segments.push(segment);
            if !self.path_separator() {
                return Ok(RustPath { leading_colons, segments });
            }
        }
    }

    /// A name; the first may be `crate`, but not `self` or `super`, which mean another module in `units`.
    fn path_segment(&mut self, is_first: bool) -> Option<Ident> {
        let text = self.peek_ident()?.to_string();
        let is_name = syn::parse_str::<Ident>(&text).is_ok() || (is_first && text == "crate");
        is_name.then(|| self.ident()).flatten()
    }

    fn path_separator(&mut self) -> bool {
        self.peek_path_separator() && self.mark(':').is_some() && self.mark(':').is_some()
    }
}
