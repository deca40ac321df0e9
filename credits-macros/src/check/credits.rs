//! Amounts of credits.
//!
//! It does not know what they are given or taken for.

use super::Checker;
use super::number::whole_amount;
use crate::ast::Amount;
use crate::diag::{Diagnostics, Result};
use crate::vocab::{self, CreditWord, Vocabulary};
use crate::{messages, suggest};

impl Checker<'_> {
    /// Whole credits, none or more.
    pub(super) fn credits(&mut self, amount: &Amount, statement: &str) -> Result<i64> {
        is_credits(amount, statement, self.diagnostics)?;
        whole_amount(amount, self.diagnostics)
    }

    /// At least one credit.
    pub(super) fn some_credits(&mut self, amount: &Amount, statement: &str) -> Result<i64> {
        match self.credits(amount, statement)? {
            0 => Err(self.diagnostics.report(amount.number.span, messages::zero_credits(statement))),
            credits => Ok(credits),
        }
    }
}

/// Whether the word after the dot is `credit` or `credits`.
fn is_credits(amount: &Amount, statement: &str, diagnostics: &mut Diagnostics) -> Result<()> {
    let word = amount.word.text.as_str();
    let message = match CreditWord::from_word(word) {
        Some(meaning) if !meaning.is_rate() => return Ok(()),
        Some(_) => messages::rate_where_amount(&amount.number.text, word, statement),
        None if vocab::money_words().contains(&word) => messages::money_for_credits(word, statement),
        None => {
            let nearest = suggest::nearest(word, &CreditWord::words());
            messages::not_credits(word, nearest.unwrap_or("credits"))
        }
    };
    Err(diagnostics.report(amount.word.span, message))
}
