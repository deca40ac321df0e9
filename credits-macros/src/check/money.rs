//! Money: a number and a word for a currency, exact in minor units.
//!
//! It does not know exchange rates: a word means one currency.

use credits_core::{CURRENCIES, Currency, Money};

use super::Checker;
use super::number::decimal;
use crate::ast::Amount;
use crate::diag::Result;
use crate::vocab::{self, CENTS, CreditWord, MONEY_WORDS, Vocabulary};
use crate::{messages, suggest};

impl Checker<'_> {
    /// A price above zero.
    pub(super) fn price(&mut self, amount: &Amount) -> Result<Money> {
        let (currency, places) = self.currency_of(amount)?;
        let too_fine = |text: &str, cut: &str| match places {
            0 => messages::no_decimals(text, &amount.word.text, cut),
            _ => messages::too_many_decimals(text, currency.code, places, cut),
        };
        let minor = decimal(&amount.number, amount.minus, places as usize, too_fine, self.diagnostics)?;
        match minor {
            0 => Err(self.diagnostics.report(amount.number.span, messages::zero_price(&amount.word.text))),
            minor => Ok(Money { minor, currency }),
        }
    }

    /// The currency that the word means, and how many decimals its number may have.
    fn currency_of(&mut self, amount: &Amount) -> Result<(Currency, u32)> {
        let word = amount.word.text.as_str();
        if CENTS.contains(&word) {
            return self.cents(amount);
        }
        if let Some(currency) = currency(word) {
            return Ok((currency, currency.exponent));
        }
        let codes = MONEY_WORDS.iter().find(|money| money.words.contains(&word)).map(|money| money.codes);
        let chosen =
            self.currency.ok().filter(|chosen| codes.is_some_and(|codes| codes.contains(&chosen.code)));
        let first = codes.and_then(|codes| codes.first()).and_then(|code| self::currency(code));
        match chosen.or(first) {
            Some(currency) => Ok((currency, currency.exponent)),
            None => Err(self.not_money(amount)),
        }
    }

    /// Hundredths of the currency of the settings, where it has hundredths.
    fn cents(&mut self, amount: &Amount) -> Result<(Currency, u32)> {
        let currency = self.currency?;
        if currency.exponent == 2 {
            return Ok((currency, 0));
        }
        Err(self.diagnostics.report(amount.word.span, messages::no_cents(currency.code)))
    }

    fn not_money(&mut self, amount: &Amount) -> crate::diag::Reported {
        let word = amount.word.text.as_str();
        let message = if CreditWord::from_word(word).is_some() {
            messages::credits_for_money(word)
        } else {
            messages::unknown_money(word, suggest::nearest(word, &vocab::money_words()))
        };
        self.diagnostics.report(amount.word.span, message)
    }
}

/// The currency with this code.
pub(super) fn currency(code: &str) -> Option<Currency> {
    CURRENCIES.iter().find(|currency| currency.code == code).copied()
}
