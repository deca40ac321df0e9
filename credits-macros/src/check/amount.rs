//! Amounts of credits and of declared assets.
//!
//! It does not know what they are given or taken for.

use credits_core::AWARD_MAX;

use super::Checker;
use super::number::whole_amount;
use crate::ast::Amount;
use crate::diag::{Reported, Result};
use crate::vocab::{self, CreditWord, Vocabulary};
use crate::{foreign, messages, suggest};

/// How much, and of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counted {
    pub(super) amount: i64,
    /// The name of the asset; empty for credits.
    pub(super) asset: &'static str,
}

impl Checker<'_> {
    /// A whole amount of credits or of a declared asset, none or more.
    pub(super) fn counted(&mut self, amount: &Amount, statement: &str) -> Result<Counted> {
        let asset = self.asset_of(amount, statement)?;
        Ok(Counted { amount: whole_amount(amount, self.diagnostics)?, asset })
    }

    /// At least one credit, or one of a declared asset.
    pub(super) fn some_counted(&mut self, amount: &Amount, statement: &str) -> Result<Counted> {
        match self.counted(amount, statement)? {
            Counted { amount: 0, .. } => {
                Err(self.diagnostics.report(amount.number.span, messages::zero_credits(statement)))
            }
            counted => Ok(counted),
        }
    }

    /// An award: at least one, and no more than [`AWARD_MAX`].
    pub(super) fn award(&mut self, amount: &Amount, statement: &str) -> Result<Counted> {
        match self.some_counted(amount, statement)? {
            Counted { amount: number, .. } if number > AWARD_MAX => {
                let message = messages::award_too_large(&amount.number.text);
                Err(self.diagnostics.report(amount.number.span, message))
            }
            counted => Ok(counted),
        }
    }

    /// An award of the asset that the item is about; of any, if that is not known.
    pub(super) fn award_of_asset(
        &mut self,
        amount: &Amount,
        statement: &str,
        expected: Result<&'static str>,
    ) -> Result<i64> {
        let counted = self.award(amount, statement)?;
        self.of_asset(counted, amount, statement, expected)
    }

    /// At least one credit.
    pub(super) fn some_credits(&mut self, amount: &Amount, statement: &str) -> Result<i64> {
        self.some_of_asset(amount, statement, Ok(""))
    }

    /// At least one of the asset that the item is about; of any, if that is not known.
    pub(super) fn some_of_asset(
        &mut self,
        amount: &Amount,
        statement: &str,
        expected: Result<&'static str>,
    ) -> Result<i64> {
        let counted = self.some_counted(amount, statement)?;
        self.of_asset(counted, amount, statement, expected)
    }

    fn of_asset(
        &mut self,
        counted: Counted,
        amount: &Amount,
        statement: &str,
        expected: Result<&'static str>,
    ) -> Result<i64> {
        match expected {
            Ok(expected) if expected != counted.asset => {
                let (word, expected) = (amount.word.text.as_str(), self.assets.plural(expected));
                let message = messages::other_asset(&amount.number.text, word, statement, expected);
                Err(self.diagnostics.report(amount.word.span, message))
            }
            _ => Ok(counted.amount),
        }
    }

    /// The asset that the word after the dot means; empty for credits.
    pub(super) fn asset_of(&mut self, amount: &Amount, statement: &str) -> Result<&'static str> {
        let word = amount.word.text.as_str();
        match CreditWord::from_word(word) {
            Some(meaning) if !meaning.is_rate() => Ok(""),
            Some(_) => {
                let message = messages::rate_where_amount(&amount.number.text, word, statement, false);
                Err(self.diagnostics.report(amount.word.span, message))
            }
            None => self.assets.of_amount(word).ok_or_else(|| self.no_asset(amount, statement)),
        }
    }

    fn no_asset(&mut self, amount: &Amount, statement: &str) -> Reported {
        let word = amount.word.text.as_str();
        let message = if let Some(message) = confusable(word, &self.words_for_credits()) {
            message
        } else if vocab::money_words().contains(&word) {
            messages::money_for_credits(word, statement)
        } else if self.assets.of_rate(word).is_some() {
            messages::rate_where_amount(&amount.number.text, word, statement, false)
        } else {
            let nearest = suggest::nearest(word, &self.words_for_credits());
            if nearest.is_none() && (vocab::is_measure(word) || foreign::unit(word).is_some()) {
                messages::unit_for_credits(&amount.number.text, word, statement)
            } else {
                messages::not_credits(word, nearest)
            }
        };
        self.diagnostics.report(amount.word.span, message)
    }

    fn words_for_credits(&self) -> Vec<&'static str> {
        ["credit", "credits"].into_iter().chain(self.assets.words()).collect()
    }
}

/// A word whose letters only look like those of a known one.
fn confusable(word: &str, known: &[&str]) -> Option<messages::Message> {
    let letter = word.chars().find(|letter| !letter.is_ascii())?;
    let plain = suggest::ascii(word);
    known.contains(&plain.as_str()).then(|| messages::wrong_letter(word, letter, &plain))
}
