//! `tiers(1_000.tokens) { ..1_000_000.tokens => 2.credits, .. => 1.credit }`.
//!
//! It does not know units, nor what makes the bounds good ones.

use proc_macro2::Delimiter;

use super::spelling::spelled;
use super::tokens::Parser;
use crate::ast::{Amount, Tier, TierEnd, Tiers, Word};
use crate::diag::{Reported, Result};
use crate::foreign::{GRADUATED, VOLUME};
use crate::vocab::{OperationWord, TIERS};
use crate::{inflect, messages};

/// Words that stand for the last tier in other languages.
const LAST: &[&str] = &["_", "default", "else", "otherwise", "rest"];

/// Words for an end that there is not.
const NO_END: &[&str] = &["inf", "infinite", "infinity", "max", "nil", "none", "null", "unlimited"];

impl Parser<'_, '_> {
    /// The clause, from `tiers`.
    pub(super) fn tiers(&mut self) -> Result<Tiers> {
        let keyword = Word { text: TIERS.to_owned(), span: self.here() };
        self.skip();
        let place = self.previous();
        let Some(mut inside) = self.group(Delimiter::Parenthesis) else {
            let rest = self.rest_of_line::<OperationWord>().all;
            let batch = rest.split_whitespace().next().filter(|batch| {
                batch.contains('.') && batch.starts_with(|first: char| first.is_ascii_digit())
            });
            let message = messages::tiers_without_batch(batch.unwrap_or("1_000.tokens"));
            return Err(self.diagnostics.report(place, message));
        };
        let batch = inside.tier_batch()?;
        let place = self.previous();
        let Some(mut block) = self.group(Delimiter::Brace) else {
            return Err(self.diagnostics.report(place, messages::tiers_without_block()));
        };
        let (end, tiers) = (block.end(), block.tier_list(&batch.word.text));
        self.no_after("a clause of tiers")?;
        Ok(Tiers { keyword, batch, list: tiers, end })
    }

    /// `graduated(1_000.tokens) { .. }`, which is read as tiers. Stripe's `volume` prices all units by the last tier.
    pub(super) fn tiers_otherwise(&mut self) -> Option<Reported> {
        let word = self.peek_word()?;
        let is_volume = VOLUME.contains(&word.text.as_str());
        if !is_volume && !GRADUATED.contains(&word.text.as_str()) {
            return None;
        }
        let message = messages::tiers_otherwise(&word.text, is_volume);
        Some(self.diagnostics.report(word.span, message))
    }

    /// `1_000.tokens`; a unit alone is no batch.
    fn tier_batch(&mut self) -> Result<Amount> {
        if let Some(unit) = self.symbol() {
            let batch = format!("1.{}", unit.text);
            return Err(self.diagnostics.report(unit.span, messages::tiers_without_batch(&batch)));
        }
        if self.is_empty() {
            return Err(self.refuse(messages::tiers_without_batch("1_000.tokens")));
        }
        let batch = self.amount_of_units::<OperationWord>("1_000.tokens")?;
        self.nothing_more().map(|()| batch)
    }

    fn tier_list(&mut self, unit: &str) -> Result<Vec<Tier>> {
        if self.is_empty() {
            return Err(self.missing(messages::tiers_without_block()));
        }
        let mut tiers = Vec::new();
        while !self.is_empty() {
            self.no_docs()?;
            tiers.push(self.tier(unit)?);
            self.end_of_entry()?;
        }
        Ok(tiers)
    }

    fn tier(&mut self, unit: &str) -> Result<Tier> {
        let end = self.tier_end(unit)?;
        let key = match &end {
            TierEnd::Below(Amount { number, word, .. }) => format!("..{}.{}", number.text, word.text),
            TierEnd::Open(_) => "..".to_owned(),
        };
        let amount = self.entry_amount(&key)?;
        Ok(Tier { end, amount })
    }

    /// `..1_000_000.tokens` or `..`
    fn tier_end(&mut self, unit: &str) -> Result<TierEnd> {
        let place = self.here();
        // `0..1_000.tokens`: a tier has no beginning.
        if self.peek_number().is_some() {
            let end = self.end_of_range();
            let price = self.rest_of_line::<OperationWord>().all;
            let price = price.trim_start_matches(['=', '>', ' ']).split(',').next().unwrap_or_default();
            return Err(self.diagnostics.report(place, messages::tier_from_somewhere(end.as_deref(), price)));
        }
        if let Some(message) = self.end_in_words() {
            return Err(self.diagnostics.report(place, message));
        }
        if let Some(word) = self.peek_word().filter(|word| LAST.contains(&word.text.as_str())) {
            return Err(self.diagnostics.report(place, messages::last_tier_in_words(&word.text)));
        }
        if !(self.mark('.').is_some() && self.mark('.').is_some()) {
            let message = messages::expected_tier(&self.found());
            return Err(self.diagnostics.report(place, message));
        }
        if let Some(dot) = self.mark('.') {
            return Err(self.diagnostics.report(dot, messages::tier_inclusive()));
        }
        if let Some(word) =
            self.peek_word().filter(|word| NO_END.contains(&word.text.to_lowercase().as_str()))
        {
            return Err(self.diagnostics.report(word.span, messages::no_end_in_words(&word.text)));
        }
        if !self.peek_mark('=') {
            let number = self.peek_number().map_or_else(|| "1_000".to_owned(), |number| number.text);
            let example = format!("{number}.{}", inflect::counted(&number, unit));
            return self.amount_of_units::<OperationWord>(&example).map(TierEnd::Below);
        }
        // `..=1_000.tokens` is not `.. => 1.credit`.
        if self.arrow_ahead('=') {
            return Ok(TierEnd::Open(place));
        }
        Err(self.refuse(messages::tier_inclusive()))
    }

    /// `up_to 1_000.tokens`
    fn end_in_words(&mut self) -> Option<messages::Message> {
        let (word, after) = self.cursor.ident()?;
        after.literal()?;
        self.skip();
        let end = self.end_of_range()?;
        Some(messages::tier_end_in_words(&word.to_string(), &end))
    }

    /// What ends the range `0..1_000.tokens`; nothing ends `1_000.tokens..`. An end without a range is quoted whole.
    fn end_of_range(&mut self) -> Option<String> {
        let mut tokens = Vec::new();
        while !(self.is_empty() || self.arrow_ahead('=')) {
            tokens.extend(self.cursor.token_tree().map(|(token, _)| token));
            self.skip();
        }
        let text = spelled(tokens);
        let (_, end) = text.split_once("..").unwrap_or(("", &text));
        let end = end.trim_start_matches('=');
        (!end.is_empty()).then(|| end.to_owned())
    }
}
