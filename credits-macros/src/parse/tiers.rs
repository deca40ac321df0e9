//! `tiers(1_000.tokens) { ..1_000_000.tokens => 2.credits, .. => 1.credit }`.
//!
//! It does not know units, nor what makes the bounds good ones.

use proc_macro2::Delimiter;

use super::tokens::Parser;
use crate::ast::{Amount, Tier, TierEnd, Tiers, Word};
use crate::diag::Result;
use crate::messages;
use crate::vocab::{OperationWord, TIERS};

impl Parser<'_, '_> {
    /// The clause, from `tiers`.
    pub(super) fn tiers(&mut self) -> Result<Tiers> {
        let keyword = Word { text: TIERS.to_owned(), span: self.here() };
        self.skip();
        let place = self.previous();
        let Some(mut inside) = self.group(Delimiter::Parenthesis) else {
            return Err(self.diagnostics.report(place, messages::tiers_without_batch("1_000.tokens")));
        };
        let batch = inside.tier_batch()?;
        let place = self.previous();
        let Some(mut block) = self.group(Delimiter::Brace) else {
            return Err(self.diagnostics.report(place, messages::tiers_without_block()));
        };
        let (end, tiers) = (block.end(), block.tier_list());
        self.no_after("a clause of tiers")?;
        Ok(Tiers { keyword, batch, list: tiers, end })
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

    fn tier_list(&mut self) -> Result<Vec<Tier>> {
        if self.is_empty() {
            return Err(self.missing(messages::tiers_without_block()));
        }
        let mut tiers = Vec::new();
        while !self.is_empty() {
            tiers.push(self.tier()?);
            self.end_of_entry()?;
        }
        Ok(tiers)
    }

    fn tier(&mut self) -> Result<Tier> {
        let end = self.tier_end()?;
        let amount = self.entry_amount("..")?;
        Ok(Tier { end, amount })
    }

    /// `..1_000_000.tokens` or `..`
    fn tier_end(&mut self) -> Result<TierEnd> {
        let place = self.here();
        // `0..1_000.tokens`: a tier has no beginning of its own.
        if self.peek_number().is_some() {
            return Err(self.refuse(messages::tier_from_somewhere()));
        }
        if !(self.mark('.').is_some() && self.mark('.').is_some()) {
            let message = messages::expected_tier(&self.found());
            return Err(self.diagnostics.report(place, message));
        }
        if let Some(dot) = self.mark('.') {
            return Err(self.diagnostics.report(dot, messages::tier_inclusive()));
        }
        if !self.peek_mark('=') {
            return self.amount_of_units::<OperationWord>("1_000.tokens").map(TierEnd::Below);
        }
        // `..=1_000.tokens` is not `.. => 1.credit`.
        if self.arrow_ahead() {
            return Ok(TierEnd::Open(place));
        }
        Err(self.refuse(messages::tier_inclusive()))
    }

    fn arrow_ahead(&self) -> bool {
        let after = self.cursor.punct().map(|(_, after)| after);
        after.and_then(syn::buffer::Cursor::punct).is_some_and(|(punct, _)| punct.as_char() == '>')
    }
}
