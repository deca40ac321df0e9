//! Money: a number and a word for a currency, exact in the minor units that Stripe counts.
//!
//! It does not know exchange rates: a word means one currency.

use credits_core::{CURRENCIES, Currency, Fraction, Money};

use super::Checker;
use super::number::{decimal, largest};
use crate::ast::Amount;
use crate::diag::Result;
use crate::messages::{self, Message};
use crate::vocab::{self, CENTS, CreditWord, MONEY_WORDS, Vocabulary};
use crate::{exact, foreign, suggest};

impl Checker<'_> {
    /// A price above zero.
    pub(super) fn price(&mut self, amount: &Amount) -> Result<Money> {
        let (currency, places) = self.currency_of(amount)?;
        let too_fine = |text: &str, cut: &str| match places {
            0 => messages::no_decimals(text, &amount.word.text, cut, main_word(&amount.word.text, currency)),
            _ => messages::too_many_decimals(text, currency.code, places, cut),
        };
        let written = decimal(&amount.number, amount.minus, places as usize, too_fine, self.diagnostics)?;
        let message = match currency.minor(written) {
            _ if written == 0 => messages::zero_price(&amount.word.text),
            Some(minor) => {
                self.is_charged(amount, Money { minor, currency })?;
                return Ok(Money { minor, currency });
            }
            None => not_charged(&amount.number.text, written, currency, places),
        };
        Err(self.diagnostics.report(amount.number.span, message))
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
            let number = exact::value(&amount.number.text);
            let main = number.and_then(|number| number.checked_div(Fraction::whole(100)));
            let main = main.and_then(|main| exact::with_decimals(main, 2));
            match (foreign::money(word), foreign::hundredths(word).zip(main)) {
                (Some(meant), _) => messages::unknown_money(word, Some(meant)),
                (None, Some((meant, main))) => {
                    messages::hundredths(&amount.number.text, word, &format!("{main}.{meant}"))
                }
                (None, None) => messages::unknown_money(word, suggest::nearest(word, &vocab::money_words())),
            }
        };
        self.diagnostics.report(amount.word.span, message)
    }
}

/// The word for a hundred cents of a currency.
fn main_word(word: &str, currency: Currency) -> Option<&'static str> {
    let main = MONEY_WORDS.iter().find(|money| money.codes.first() == Some(&currency.code));
    let main = main.and_then(|money| money.words.last()).copied().unwrap_or(currency.code);
    CENTS.contains(&word).then_some(main)
}

/// An amount that Stripe has no number for: it is between two steps, or too large.
fn not_charged(number: &str, written: i64, currency: Currency, places: u32) -> Message {
    let step = currency.step();
    let over = written.checked_rem(step).unwrap_or(0);
    if over == 0 {
        return messages::number_too_large(number, largest(currency.stripe_exponent as usize));
    }
    let below = written.saturating_sub(over);
    let accepted: Vec<String> = [below, below.saturating_add(step)]
        .into_iter()
        .filter(|accepted| *accepted > 0)
        .map(|accepted| with_decimals(accepted, places))
        .collect();
    messages::between_steps(number, currency.code, &with_decimals(step, places), &accepted)
}

/// 1,230 with three places is `1.230`.
pub(super) fn with_decimals(number: i64, places: u32) -> String {
    let places = places as usize;
    let digits = format!("{number:0>width$}", width = places.saturating_add(1));
    match digits.split_at_checked(digits.len().saturating_sub(places)) {
        Some((whole, decimals)) if !decimals.is_empty() => format!("{whole}.{decimals}"),
        _ => digits,
    }
}

/// The currency with this code.
pub(super) fn currency(code: &str) -> Option<Currency> {
    CURRENCIES.iter().find(|currency| currency.code == code).copied()
}
