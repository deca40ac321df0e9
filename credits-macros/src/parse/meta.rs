//! `meta key: value, key: value`, which operations, plans and packs have.
//!
//! It does not know what the values are for.

use proc_macro2::Delimiter;

use super::tokens::Parser;
use crate::ast::{MetaEntry, MetaValue, Text};
use crate::diag::Result;
use crate::messages;
use crate::vocab::Vocabulary;

impl Parser<'_, '_> {
    /// The entries after the keyword. `K` are the keywords that end the statement.
    pub(super) fn meta<K: Vocabulary>(&mut self) -> Result<Vec<MetaEntry>> {
        if self.at_statement_end::<K>() {
            let message = messages::missing_option("meta category: \"ai\"");
            return Err(self.diagnostics.report(self.previous(), message));
        }
        // `meta { category: "ai" }`
        let brace = self.here();
        if self.group(Delimiter::Brace).is_some() {
            return Err(self.diagnostics.report(brace, messages::meta_in_braces()));
        }
        let mut entries = vec![self.meta_entry::<K>()?];
        while self.list_goes_on::<K>() {
            entries.push(self.meta_entry::<K>()?);
        }
        Ok(entries)
    }

    fn meta_entry<K: Vocabulary>(&mut self) -> Result<MetaEntry> {
        if let Some(text) = self.text() {
            return Err(self.diagnostics.report(text.span, messages::option_in_quotes(&text.value)));
        }
        let Some(key) = self.symbol() else {
            let message = messages::expected_meta_key(&self.found());
            return Err(self.refuse(message));
        };
        if self.colon().is_none() {
            let rest = self.rest_of_line::<K>().all;
            let equals = self.mark('=').map_or("", |_| "=");
            let arrow = self.mark('>').map_or(equals, |_| "=>");
            let value = rest.split(',').next().unwrap_or_default();
            return Err(self
                .diagnostics
                .report(key.span, messages::meta_without_colon(&key.text, arrow, value)));
        }
        let value = self.meta_value::<K>(&key.text)?;
        Ok(MetaEntry { key, value })
    }

    fn meta_value<K: Vocabulary>(&mut self, key: &str) -> Result<MetaValue> {
        if let Some(text) = self.text() {
            return Ok(MetaValue::Text(text));
        }
        let minus = self.mark('-');
        if let Some(number) = self.peek_number() {
            self.skip();
            return Ok(MetaValue::Number { minus, number });
        }
        let place = self.place::<K>();
        if self.at_keyword::<K>() {
            return Err(self.diagnostics.report(place, messages::expected_meta_value(key, "the end")));
        }
        let found = self.found();
        let is_symbol = self.cursor.punct().is_some_and(|(mark, _)| mark.as_char() == ':');
        let Some(word) = self.symbol() else {
            return Err(self.diagnostics.report(place, messages::expected_meta_value(key, &found)));
        };
        match word.text.as_str() {
            // `tier: :creator`
            _ if is_symbol => Ok(MetaValue::Text(Text { value: word.text, span: word.span })),
            "true" | "false" => Ok(MetaValue::Flag(word.text == "true")),
            text => Err(self.diagnostics.report(word.span, messages::meta_without_quotes(text))),
        }
    }
}
