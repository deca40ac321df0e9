//! What an operation's costs are in: credits, or one asset.
//!
//! It does not know which clauses there are.

use super::Checker;
use super::number::{decimal, whole_amount};
use super::operation::Denomination;
use crate::ast::{Amount, Word};
use crate::diag::Result;
use crate::messages::{self, Message};
use crate::suggest;
use crate::vocab::{CreditWord, Vocabulary};

impl Checker<'_> {
    /// What a word after the dot is an amount of, if it is one: `credits`, `gem`.
    pub(super) fn denomination(&self, word: &Word) -> Option<Denomination> {
        let span = word.span;
        match CreditWord::from_word(&word.text) {
            Some(meaning) if !meaning.is_rate() => Some(Denomination { asset: "", span }),
            Some(_) => None,
            None => self.assets.of_amount(&word.text).map(|asset| Denomination { asset, span }),
        }
    }

    /// What a word before parentheses is a rate of, if it is one: `credits_per`, `gem_per`.
    fn rate_denomination(&self, word: &Word) -> Option<Denomination> {
        let stem = word.text.strip_suffix("_per")?;
        self.denomination(&Word { text: stem.to_owned(), span: word.span })
    }

    /// An amount of what the operation costs, none or more.
    pub(super) fn cost_amount(
        &mut self,
        amount: &Amount,
        statement: &str,
        before: &mut Option<Denomination>,
    ) -> Result<i64> {
        let asset = self.asset_of(amount, statement)?;
        let denomination = Denomination { asset, span: amount.word.span };
        let fits = self.fits(denomination, before);
        let number = whole_amount(amount, self.diagnostics);
        fits.and(number)
    }

    /// The number of a rate.
    pub(super) fn cost_rate(
        &mut self,
        amount: &Amount,
        before: &mut Option<Denomination>,
        too_fine: impl FnOnce(&str, &str) -> Message,
    ) -> Result<i64> {
        let Some(denomination) = self.rate_denomination(&amount.word) else {
            let nearest = suggest::nearest(&amount.word.text, &CreditWord::words());
            return Err(self
                .diagnostics
                .report(amount.word.span, messages::not_a_rate(&amount.word.text, nearest)));
        };
        let fits = self.fits(denomination, before);
        let number = match decimal(&amount.number, amount.minus, 0, too_fine, self.diagnostics) {
            Ok(0) => Err(self.diagnostics.report(amount.number.span, messages::zero_rate())),
            number => number,
        };
        fits.and(number)
    }

    /// One cost is in one asset: the ledger takes it from one balance.
    pub(super) fn fits(&mut self, new: Denomination, before: &mut Option<Denomination>) -> Result<()> {
        let first = *before.get_or_insert(new);
        if first.asset == new.asset {
            return Ok(());
        }
        let name = |asset: &'static str| self.assets.plural(asset);
        let culprit = (new.span, messages::mixed_assets(name(new.asset), name(first.asset)));
        let other = (first.span, messages::first_asset(name(first.asset)));
        Err(self.diagnostics.report_pair(culprit, other))
    }
}
