//! Arithmetic on amounts and rates: `10.credits * 3`, `2 * 9.99.dollars`, `3.credits_per(page) * 2`.
//!
//! Nothing is computed in the language. A help has the exact result, or none.

use credits_core::Fraction;
use proc_macro2::Span;

use super::chain::between;
use super::spelling::spelled;
use super::tokens::Parser;
use crate::ast::{Amount, Clause, Number, Per, Rate};
use crate::diag::Result;
use crate::inflect::{counted, singular};
use crate::vocab::{self, CreditWord, EVERY, ItemWord, OperationWord, Vocabulary, is_amount_word};
use crate::{exact, messages};

/// Signs behind an operand that bind more tightly than a sum.
const FACTORS: &[char] = &['*', '/', '%', '^'];

impl<'t> Parser<'t, '_> {
    /// `3 * 10.credits`
    pub(super) fn is_no_factor(&mut self, number: &Number) -> Result<()> {
        let Some(sign) = ['*', '/'].into_iter().find(|sign| self.peek_mark(*sign)) else { return Ok(()) };
        let place = self.here();
        self.mark(sign);
        let (other, behind) = self.operand();
        let other = other.map(|other| other.text).unwrap_or_default();
        let written = format!("{} {sign} {other}{behind}", number.text);
        // What a number is divided by is no amount.
        let is_product = sign == '*' || behind.is_empty();
        let places = behind.strip_prefix('.').map_or(0, vocab::decimals_of);
        let value = exact::result(&number.text, sign, &other, places).filter(|_| is_product);
        let value = value.map(|value| format!("{value}{behind}"));
        let place = if value.is_some() { number.span } else { place };
        Err(self.diagnostics.report(place, messages::arithmetic(sign, &written, value.as_deref())))
    }

    /// A number and, with its dot, the word behind it.
    fn operand(&self) -> (Option<Number>, String) {
        let number = self.peek_number();
        let after = self.cursor.literal().and_then(|(_, after)| after.punct());
        let after = after.filter(|(mark, _)| mark.as_char() == '.').and_then(|(_, after)| after.ident());
        let word = after.map(|(word, _)| word.to_string()).filter(|word| word != EVERY);
        (number, word.map(|word| format!(".{word}")).unwrap_or_default())
    }

    /// Nothing is computed from an amount: `10.credits * 3`.
    pub(super) fn stands_alone(&mut self, amount: &Amount) -> Result<()> {
        let after = self.cursor.punct().map(|(sign, after)| (sign.as_char(), after));
        let is_sign = |sign: char| ['+', '-'].contains(&sign) || FACTORS.contains(&sign);
        let Some((sign, after)) = after.filter(|(sign, _)| is_sign(*sign) && !self.arrow_ahead('-')) else {
            return Ok(());
        };
        // `2.credits / page` is a rate.
        let is_batch = |cursor: syn::buffer::Cursor<'_>| {
            let unit = cursor.punct().and_then(|(_, after)| after.ident());
            unit.is_some_and(|(unit, _)| unit != EVERY && !is_amount_word(&unit.to_string()))
        };
        if sign == '/' && after.literal().is_none_or(|(_, after)| is_batch(after)) {
            return Ok(());
        }
        let mut place = self.here();
        self.mark(sign);
        let (number, word) = (amount.number.text.as_str(), amount.word.text.as_str());
        let (other, behind) = self.operand();
        let message = match other {
            Some(other) => {
                let value = self.result(amount, sign, &other.text, &behind);
                place = if value.is_some() { amount.number.span } else { place };
                match sign {
                    '-' if value.is_none() => messages::taken_off(),
                    _ => {
                        let written = format!("{number}.{word} {sign} {}{behind}", other.text);
                        messages::arithmetic(sign, &written, value.as_deref())
                    }
                }
            }
            None if sign == '-' => messages::taken_off(),
            None => match self.peek_word().filter(|_| sign == '*' && ["credit", "credits"].contains(&word)) {
                Some(counted) => {
                    place = amount.number.span;
                    messages::times_word(number, word, &counted.text)
                }
                None => messages::arithmetic(sign, "", None),
            },
        };
        Err(self.diagnostics.report(place, message))
    }

    /// An amount times or over a number, and the sum of two amounts of one kind if nothing binds more tightly.
    fn result(&self, amount: &Amount, sign: char, other: &str, behind: &str) -> Option<String> {
        let (number, word) = (amount.number.text.as_str(), amount.word.text.as_str());
        let is_known = if ['+', '-'].contains(&sign) {
            let same = behind.strip_prefix('.').filter(|other| singular(other) == singular(word));
            same.is_some() && !self.factor_behind()
        } else {
            behind.is_empty()
        };
        let plural = behind.strip_prefix('.').filter(|other| other.len() > word.len()).unwrap_or(word);
        let value = exact::result(number, sign, other, vocab::decimals_of(word)).filter(|_| is_known);
        value.map(|value| format!("{value}.{plural}"))
    }

    /// Whether the operand that comes next is a factor.
    fn factor_behind(&self) -> bool {
        let behind =
            self.cursor.literal().and_then(|(_, after)| after.punct()).and_then(|(_, after)| after.ident());
        let sign = behind.and_then(|(_, after)| after.punct());
        sign.is_some_and(|(sign, _)| FACTORS.contains(&sign.as_char()))
    }

    /// Nothing is computed from a clause, and no statement is chained to it. `start` is before it.
    pub(super) fn clause_stands_alone(
        &mut self,
        clause: &Clause,
        start: syn::buffer::Cursor<'t>,
    ) -> Result<()> {
        self.no_statement_chained::<OperationWord>(ItemWord::Operation)?;
        let sign = ['*', '/', '-', '%'].into_iter().find(|sign| self.peek_mark(*sign));
        let Some(sign) = sign else { return Ok(()) };
        let place = self.here();
        let clause_text = spelled(between(start, self.cursor));
        let (place, message) = match clause {
            _ if sign == '-' => (place, messages::taken_off()),
            Clause::Rate(rate) if rate.after.is_none() => self.rate_computed(rate, sign, &clause_text, place),
            _ => (place, messages::arithmetic(sign, "", None)),
        };
        Err(self.diagnostics.report(place, message))
    }

    /// `3.credits_per(page) * 2` and `3.credits_per(page) * pages`
    fn rate_computed(
        &mut self,
        rate: &Rate,
        sign: char,
        written: &str,
        place: Span,
    ) -> (Span, messages::Message) {
        self.mark(sign);
        let counted =
            self.peek_word().filter(|word| sign == '*' && singular(&word.text) == singular(unit_of(rate)));
        if let Some(counted) = counted {
            return (rate.amount.number.span, messages::rate_times_quantity(written, &counted.text));
        }
        let (other, behind) = self.operand();
        let other = other.map(|other| other.text).filter(|_| behind.is_empty()).unwrap_or_default();
        let value =
            exact::value(&rate.amount.number.text).and_then(|value| exact::computed(value, sign, &other));
        let value = value.and_then(|value| rate_of(rate, value));
        let place = if value.is_some() { rate.amount.number.span } else { place };
        let written = format!("{written} {sign} {other}");
        (place, messages::arithmetic(sign, &written, value.as_deref()))
    }
}

/// The unit that a rate counts, as it was written.
fn unit_of(rate: &Rate) -> &str {
    match &rate.per {
        Per::Unit { one, .. } => &one.text,
        Per::Batch(batch) => &batch.word.text,
    }
}

/// A rate of another value: `3.credits_per(2.pages)` for one and a half.
fn rate_of(rate: &Rate, value: Fraction) -> Option<String> {
    let credits = exact::whole(Fraction::whole(value.numerator())).filter(|credits| credits != "0")?;
    let is_one = value.denominator() == 1;
    let per = match &rate.per {
        Per::Unit { one, many: Some(many) } if is_one => format!("{}, {}", one.text, many.text),
        Per::Unit { one, .. } if is_one => one.text.clone(),
        Per::Unit { one, many } => {
            let units = exact::whole(Fraction::whole(value.denominator()))?;
            let many = many.as_ref().map(|many| many.text.clone());
            format!("{units}.{}", many.unwrap_or_else(|| counted(&units, &one.text)))
        }
        Per::Batch(batch) => {
            let times = Fraction::whole(value.denominator());
            let units = exact::whole(exact::value(&batch.number.text)?.checked_mul(times)?)?;
            format!("{units}.{}", batch.word.text)
        }
    };
    let word = rate.amount.word.text.as_str();
    let word = match CreditWord::from_word(word) {
        Some(_) if credits == "1" => CreditWord::CreditPer.word(),
        Some(_) => CreditWord::CreditsPer.word(),
        None => word,
    };
    Some(format!("{credits}.{word}({per})"))
}
