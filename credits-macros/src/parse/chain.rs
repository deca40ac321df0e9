//! Chains behind an amount: another statement as a method, `.rollover`, or arithmetic behind `.every(month)`.
//!
//! It does not know what the statements take.

use proc_macro2::{Delimiter, TokenTree};
use syn::buffer::Cursor;

use super::every::says_how_often;
use super::spelling::spelled;
use super::tokens::Parser;
use crate::ast::{Amount, Period, Word};
use crate::diag::Result;
use crate::foreign::{self, Answer};
use crate::vocab::{ItemWord, PolicyWord, Vocabulary};
use crate::{exact, messages};

/// Words before a statement that an author adds to another one.
const JOINTS: &[&str] = &["and", "with"];

impl<'t> Parser<'t, '_> {
    /// `.expires_after(30.days)`, `.rollover`, `with rollover`: a statement of `item` in the place of a method.
    pub(super) fn no_statement_chained<K: Vocabulary>(&mut self, item: ItemWord) -> Result<()> {
        let start = (self.cursor, self.previous());
        let dot = self.mark('.');
        let is_joint =
            |word: &Word| JOINTS.contains(&word.text.as_str()) && K::from_word(&word.text).is_none();
        let joint = self.peek_word().filter(|word| dot.is_none() && is_joint(word));
        if joint.is_some() {
            self.skip();
        }
        let word = self.peek_word().filter(|_| dot.or(joint.as_ref().map(|word| word.span)).is_some());
        let statement = word.as_ref().and_then(|word| chained::<K>(item, &word.text));
        let (Some(word), Some(statement)) = (word, statement) else {
            self.back_to(start);
            return Ok(());
        };
        self.skip();
        let arguments = self.group(Delimiter::Parenthesis).map(|inside| inside.cursor.token_stream());
        let arguments = spelled(arguments.into_iter().flatten());
        let written = spelled(between(start.0, self.cursor));
        let meant = format!("{statement} {arguments}");
        let message = messages::statement_chained(&written, meant.trim_end());
        Err(self.diagnostics.report(word.span, message))
    }

    /// `100.credits.once`
    pub(super) fn nothing_chained<K: Vocabulary>(&mut self, amount: &Amount) -> Result<()> {
        let after = self
            .cursor
            .punct()
            .filter(|(mark, _)| mark.as_char() == '.')
            .and_then(|(_, after)| after.ident());
        let Some((word, _)) = after else { return Ok(()) };
        let word = word.to_string();
        let is_another = K::from_word(&word).is_some() || says_how_often(&word);
        let known = [ItemWord::Plan, ItemWord::Pack, ItemWord::Operation, ItemWord::Settings];
        let is_foreign = known.iter().any(|item| foreign::keyword(Some(item.word()), &word).is_some());
        if is_another || is_foreign {
            return Ok(());
        }
        let written = format!("{}.{}", amount.number.text, amount.word.text);
        let place = self.here();
        Err(self.diagnostics.report(place, messages::behind_amount(&word, &written)))
    }

    /// `.every(month)` is the end of what a plan gives. `start` is before it.
    pub(super) fn nothing_behind_every<K: Vocabulary>(
        &mut self,
        amount: &Amount,
        start: Cursor<'t>,
        every: Option<&Period>,
    ) -> Result<()> {
        if every.is_none() {
            return Ok(());
        }
        self.no_statement_chained::<K>(ItemWord::Plan)?;
        let sign = ['*', '/', '+', '-', '%'].into_iter().find(|sign| self.peek_mark(*sign));
        let Some(sign) = sign else { return Ok(()) };
        let behind = spelled(between(start, self.cursor));
        let place = self.here();
        self.mark(sign);
        let number = self.peek_number().map(|number| number.text);
        let (of, word) = (amount.number.text.as_str(), amount.word.text.as_str());
        let is_factor = ['*', '/'].contains(&sign);
        let value =
            number.as_ref().filter(|_| is_factor).and_then(|number| exact::result(of, sign, number, 0));
        let value = value.map(|value| format!("{value}.{word}{behind}"));
        let written = format!("{of}.{word}{behind} {sign} {}", number.unwrap_or_default());
        let place = if value.is_some() { amount.number.span } else { place };
        Err(self.diagnostics.report(place, messages::arithmetic(sign, &written, value.as_deref())))
    }
}

/// The statement that a method means: itself, or what the word of another system is here.
fn chained<K: Vocabulary>(item: ItemWord, word: &str) -> Option<String> {
    if K::from_word(word).is_some() {
        return Some(word.to_owned());
    }
    let policy = word.strip_prefix("with_").unwrap_or(word);
    if item == ItemWord::Plan && policy == PolicyWord::Rollover.word() {
        return Some(format!("unused_credits {policy}"));
    }
    match foreign::keyword(Some(item.word()), word) {
        Some(Answer::Word(meant)) => Some(meant.to_owned()),
        _ => None,
    }
}

/// The tokens from one place to another.
pub(super) fn between<'t>(start: Cursor<'t>, end: Cursor<'t>) -> Vec<TokenTree> {
    let mut tokens = Vec::new();
    let mut cursor = start;
    while cursor != end
        && let Some((token, after)) = cursor.token_tree()
    {
        tokens.push(token);
        cursor = after;
    }
    tokens
}
