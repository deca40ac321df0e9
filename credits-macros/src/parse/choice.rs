//! `by quality { standard => 10.credits, hd => 25.credits }`.
//!
//! It does not know what Rust is generated for a choice.

use proc_macro2::Delimiter;

use super::tokens::Parser;
use crate::ast::{Amount, Choice, ChoiceOption, Word};
use crate::diag::{Reported, Result};
use crate::messages;
use crate::vocab::OperationWord;

impl Parser<'_, '_> {
    /// The clause, from `by`.
    pub(super) fn choice(&mut self) -> Result<Choice> {
        self.skip();
        let Some(name) = self.symbol() else {
            let message = messages::expected_choice(&self.found());
            return Err(self.diagnostics.report(self.place::<OperationWord>(), message));
        };
        let place = self.place::<OperationWord>();
        if let Some(message) = self.choice_otherwise(&name.text) {
            return Err(self.diagnostics.report(place, message));
        }
        let Some(mut block) = self.group(Delimiter::Brace) else {
            return Err(self.diagnostics.report(place, messages::choice_without_options(&name.text)));
        };
        let options = block.options(&name.text);
        self.no_after("a choice")?;
        Ok(Choice { name, options })
    }

    /// `by quality: Quality { .. }` and `by quality, size { .. }`
    fn choice_otherwise(&mut self, name: &str) -> Option<messages::Message> {
        if self.mark(':').is_some() {
            let ty = self.word().map(|word| word.text).unwrap_or_default();
            return Some(messages::choice_with_type(name, &ty));
        }
        self.mark(',')?;
        let other = self.word().map_or_else(|| "size".to_owned(), |word| word.text);
        Some(messages::two_choices(name, &other))
    }

    fn options(&mut self, choice: &str) -> Result<Vec<ChoiceOption>> {
        if self.is_empty() {
            return Err(self.diagnostics.report(self.end(), messages::choice_without_options(choice)));
        }
        let mut options = Vec::new();
        while !self.is_empty() {
            self.no_docs()?;
            options.push(self.choice_option()?);
            self.end_of_entry()?;
        }
        Ok(options)
    }

    fn choice_option(&mut self) -> Result<ChoiceOption> {
        if let Some(text) = self.text() {
            return Err(self.diagnostics.report(text.span, messages::option_in_quotes(&text.value)));
        }
        let Some(mut name) = self.symbol() else {
            let message = messages::expected_choice_option(&self.found());
            return Err(self.refuse(message));
        };
        let misnamed = self.marks_in_name(&mut name);
        self.one_option(&name)?;
        let amount = self.entry_amount(&name.text).and_then(|amount| misnamed.map_or(Ok(amount), Err));
        if amount.is_err() {
            self.skip_entry();
        }
        Ok(ChoiceOption { name, amount })
    }

    /// `sd | hd => 25.credits`
    fn one_option(&mut self, name: &Word) -> Result<()> {
        let Some((bar, after)) = self.cursor.punct().filter(|(mark, _)| mark.as_char() == '|') else {
            return Ok(());
        };
        let other = after.ident().map(|(other, _)| other.to_string()).unwrap_or_default();
        let rest = self.rest_of_line::<OperationWord>().all;
        let amount = rest.split_once("=>").and_then(|(_, amount)| amount.split(',').next()).map(str::trim);
        Err(self.diagnostics.report(bar.span(), messages::options_together(&name.text, &other, amount)))
    }

    /// Documentation before an option or a tier, of which nothing is generated that it could document.
    pub(super) fn no_docs(&mut self) -> Result<()> {
        let hash = self.cursor.punct().filter(|(mark, _)| mark.as_char() == '#');
        match hash.and_then(|(hash, after)| after.group(Delimiter::Bracket).map(|_| hash.span())) {
            Some(place) => Err(self.diagnostics.report(place, messages::docs_of_entry())),
            None => Ok(()),
        }
    }

    /// `=> 10.credits`, of an option or a tier.
    pub(super) fn entry_amount(&mut self, key: &str) -> Result<Amount> {
        let place = if self.is_empty() { self.previous() } else { self.here() };
        if !(self.mark('=').is_some() && self.mark('>').is_some()) {
            while self.mark('-').or_else(|| self.mark(':')).or_else(|| self.mark('=')).is_some() {}
            self.mark('>');
            let amount = self.rest_of_line::<OperationWord>().all;
            let amount = amount.split(',').next().unwrap_or_default();
            return Err(self.diagnostics.report(place, messages::expected_arrow(key, amount)));
        }
        self.plain_amount::<OperationWord>("each case", "10.credits")
    }

    /// The comma between two entries, or the end.
    pub(super) fn end_of_entry(&mut self) -> Result<()> {
        if self.is_empty() || self.mark(',').is_some() {
            return Ok(());
        }
        let is_rate = ["per", "each", "a"].iter().any(|word| self.peek_is(word));
        if is_rate {
            return Err(self.refuse(messages::rate_of_entry(&self.found())));
        }
        let message = messages::entry_without_comma(&self.found());
        Err(self.refuse(message))
    }

    pub(super) fn skip_entry(&mut self) {
        while !self.is_empty() && !self.peek_mark(',') {
            self.skip();
        }
    }

    /// Reports at the closing brace.
    pub(super) fn missing(&mut self, message: messages::Message) -> Reported {
        self.diagnostics.report(self.end(), message)
    }
}
