//! Other things in the place of an amount: shares, quotes, words before their number.
//!
//! It does not know what the amounts are for. A help has the number that was written, or none.

use proc_macro2::{Delimiter, TokenTree};

use super::chain::between;
use super::foreign::is_mark;
use super::spelling::spelled;
use super::tokens::Parser;
use crate::ast::{Number, Word};
use crate::diag::{Reported, Result};
use crate::vocab::{Vocabulary, follows_a_number, money_words};
use crate::{exact, foreign, inflect, messages};

/// Functions of other languages, and the statement that bounds a cost in this one.
const BOUNDS: &[(&str, &str)] = &[("max", "at_least"), ("min", "at_most")];

/// Words that begin an expression which chooses.
const MATCHES: &[&str] = &["case", "match", "switch"];

/// Words that begin a condition.
const CONDITIONS: &[&str] = &["if", "unless", "when"];

/// Words that make a bound of the amount behind them.
const BOUNDING: &[&str] = &[
    "above", "after", "at_least", "at_most", "below", "from", "max", "maximum", "min", "minimum", "minus",
    "not", "over", "under", "until", "up_to",
];

/// Words for an amount of zero, and for one without end.
const NONE: &[&str] = &["free", "none", "nothing", "zero"];
const UNLIMITED: &[&str] = &["infinite", "infinity", "unlimited"];

impl Parser<'_, '_> {
    /// Where an amount is expected, and no number stands.
    pub(super) fn no_number<K: Vocabulary>(&mut self, example: &str) -> Reported {
        let place = self.place::<K>();
        let rest = self.rest_of_line::<K>();
        if let Some(text) = self.text() {
            let amount = amount_of_text(&text.value, example);
            return self
                .diagnostics
                .report(text.span, messages::amount_in_quotes(&text.value, amount.as_deref()));
        }
        if let Some(sign) = self.mark('$') {
            let number = self.peek_number().map(|number| number.text);
            return self.diagnostics.report(sign, messages::currency_sign(number.as_deref()));
        }
        if let Some(plus) = self.mark('+') {
            let rest = rest.all.trim_start_matches('+').trim();
            return self.diagnostics.report(plus, messages::leading_plus(rest, example));
        }
        let open = self.here();
        let is_brace = self.group_ahead(Delimiter::Brace);
        let delimiter = if is_brace { Delimiter::Brace } else { Delimiter::Parenthesis };
        if let Some(inside) = self.group(delimiter) {
            let tokens: Vec<TokenTree> = inside.cursor.token_stream().into_iter().collect();
            // `(5.credits + 15.credits) * 3` is another amount without the parentheses.
            let is_sum = tokens.iter().any(|token| is_mark(token, &['+', '-']));
            if let Some(sign) = ['*', '/', '%'].into_iter().find(|sign| is_sum && self.peek_mark(*sign)) {
                return self.refuse(messages::arithmetic(sign, "", None));
            }
            return self.diagnostics.report(open, messages::amount_in_parentheses(&spelled(tokens), example));
        }
        let is_amount = |word: &Word| UNLIMITED.contains(&word.text.as_str()) && self.is_on_this_line(word);
        let Some(word) = self.peek_word().filter(|word| !self.at_keyword::<K>() || is_amount(word)) else {
            let message = messages::expected_amount(&self.found(), example);
            return self.diagnostics.report(place, message);
        };
        let text = word.text.as_str();
        let bound = BOUNDS.iter().find(|(name, _)| *name == text).map(|(_, bound)| *bound);
        if let Some(bound) = bound.filter(|_| self.call_ahead()) {
            self.skip();
            let inside = self.group(Delimiter::Parenthesis).map(|inside| inside.cursor.token_stream());
            let (rates, amounts) = arguments(&inside.into_iter().flatten().collect::<Vec<_>>());
            return self
                .diagnostics
                .report(word.span, messages::bound_as_function(text, bound, &rates, &amounts));
        }
        let message = if self.call_ahead() && !MATCHES.contains(&text) && !CONDITIONS.contains(&text) {
            messages::cost_as_function(text)
        } else if MATCHES.contains(&text) {
            let choice = rest.all.split_whitespace().nth(1).unwrap_or("quality").to_owned();
            messages::choice_as_match(text, &choice)
        } else if CONDITIONS.contains(&text) {
            messages::condition_as_amount(text)
        } else if NONE.contains(&text) {
            messages::word_for_none(text, example)
        } else if UNLIMITED.contains(&text) {
            messages::word_for_unlimited(text)
        } else if let Some((amount, written)) = self.word_before_number() {
            messages::word_before_number(text, &amount, &written)
        } else {
            messages::expected_amount(&self.found(), example)
        };
        self.diagnostics.report(word.span, message)
    }

    /// Whether a word and parentheses come next.
    fn call_ahead(&self) -> bool {
        let after = self.cursor.ident().map(|(_, after)| after);
        after.is_some_and(|after| after.group(Delimiter::Parenthesis).is_some())
    }

    /// `credits 50`
    fn word_before_number(&self) -> Option<(String, String)> {
        let (word, mut after) = self.cursor.ident()?;
        // `usd: 9.99`
        while let Some((_, next)) =
            after.punct().filter(|(mark, _)| [':', '=', '>'].contains(&mark.as_char()))
        {
            after = next;
        }
        let (number, _) = after.literal()?;
        let (word, number) = (word.to_string().to_lowercase(), number.to_string());
        let is_number = exact::value(&number).is_some();
        let dot = after.literal().and_then(|(_, after)| after.punct());
        let unit = dot.filter(|(mark, _)| mark.as_char() == '.').and_then(|(_, after)| after.ident());
        match unit {
            // `after first 10.minutes`
            Some((unit, after)) if !BOUNDING.contains(&word.as_str()) => {
                is_number.then(|| (format!("{number}.{unit}"), spelled(between(self.cursor, after))))
            }
            Some(_) => None,
            None => {
                let (_, after) = after.literal()?;
                (is_number && follows_a_number(&word))
                    .then(|| (format!("{number}.{word}"), spelled(between(self.cursor, after))))
            }
        }
    }

    /// `10%`
    pub(super) fn is_no_share(&mut self, number: &Number) -> Result<()> {
        if !self.peek_mark('%') {
            return Ok(());
        }
        Err(self.diagnostics.report(number.span, messages::share(&number.text)))
    }
}

/// The amount that a text holds: `15.minutes` for `15m`, `50.credits` for `50`.
pub(super) fn amount_of_text(text: &str, example: &str) -> Option<String> {
    let text = text.trim();
    if let Some(number) = text.strip_prefix('$') {
        return exact::value(number.trim()).map(|_| format!("{}.dollars", number.trim()));
    }
    let end = text.find(|letter: char| !letter.is_ascii_digit() && letter != '_' && letter != '.');
    let (number, word) = text.split_at_checked(end.unwrap_or(text.len()))?;
    let (number, word) = (number.trim_end_matches('.'), word.trim());
    exact::value(number)?;
    let unit = example.rsplit('.').next().unwrap_or(example);
    match word {
        "" if !money_words().contains(&unit) => Some(format!("{number}.{}", inflect::counted(number, unit))),
        "" => Some(format!("{number}.{unit}")),
        word if follows_a_number(&word.to_lowercase()) => Some(format!("{number}.{}", word.to_lowercase())),
        word => foreign::unit(word).map(|unit| format!("{number}.{}", inflect::counted(number, unit))),
    }
}

/// The arguments of a call that are rates, and those that are amounts.
fn arguments(tokens: &[TokenTree]) -> (String, String) {
    let texts: Vec<String> =
        tokens.split(|token| is_mark(token, &[','])).map(|part| spelled(part.to_vec())).collect();
    let (rates, amounts): (Vec<String>, Vec<String>) =
        texts.into_iter().filter(|text| !text.is_empty()).partition(|text| text.contains("_per("));
    (rates.join(" + "), amounts.join(" + "))
}
