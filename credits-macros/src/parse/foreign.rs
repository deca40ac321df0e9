//! Texts for another reader: keywords of other systems, files of other languages, conflicts of a merge.
//!
//! It does not know the words; they are in [`crate::foreign`].

use proc_macro2::{TokenStream, TokenTree};
use syn::buffer::Cursor;

use super::spelling::spelled;
use super::tokens::Parser;
use crate::ast::Word;
use crate::diag::{Reported, Result};
use crate::foreign::{self, Answer, Rest};
use crate::vocab::{ItemWord, OperationWord, PackWord, PlanWord, SettingWord, Vocabulary};
use crate::{inflect, messages, suggest};

impl Parser<'_, '_> {
    /// What follows on this line, up to the next keyword of `K`.
    pub(super) fn rest_of_line<K: Vocabulary>(&self) -> Rest {
        let tokens = self.tokens_of_line::<K>();
        let literal = |is_meant: fn(&str) -> bool| {
            let literals = flat(&tokens).into_iter().filter_map(|token| match token {
                TokenTree::Literal(literal) => Some(literal.to_string()),
                _ => None,
            });
            literals.into_iter().find(|text| is_meant(text))
        };
        let word = flat(&tokens).into_iter().find_map(|token| match token {
            TokenTree::Ident(ident) => Some(ident.to_string()),
            _ => None,
        });
        Rest {
            number: literal(|text| text.starts_with(|first: char| first.is_ascii_digit())),
            text: literal(|text| text.starts_with('"')),
            word,
            written: spelled(tokens.iter().cloned()),
            all: spelled(without_signs(tokens)),
        }
    }

    /// Whether a word that comes next is on the line of the token before it.
    pub(super) fn is_on_this_line(&self, word: &Word) -> bool {
        word.span.start().line == self.previous().end().line
    }

    fn tokens_of_line<K: Vocabulary>(&self) -> Vec<TokenTree> {
        let mut cursor = self.cursor;
        let line = self.previous().end().line;
        let mut tokens: Vec<TokenTree> = Vec::new();
        while let Some((token, after)) = cursor.token_tree() {
            let is_keyword =
                matches!(&token, TokenTree::Ident(ident) if K::from_word(&ident.to_string()).is_some());
            let is_over = matches!(&token, TokenTree::Punct(mark) if mark.as_char() == ';');
            if is_over || is_keyword || token.span().start().line != line {
                break;
            }
            tokens.push(token);
            cursor = after;
        }
        let is_mark = |token: &TokenTree, marks: &[char]| matches!(token, TokenTree::Punct(mark) if marks.contains(&mark.as_char()));
        while tokens.last().is_some_and(|last| is_mark(last, &[','])) {
            tokens.pop();
        }
        tokens
    }

    /// A keyword that is none of `K`: the one that it is read as, or the error.
    pub(super) fn other_keyword<K: Vocabulary>(
        &mut self,
        item: ItemWord,
        word: &Word,
    ) -> Result<(K, Option<Reported>)> {
        let words = K::words();
        if let Some(message) = self.limit_as_keyword(item, &word.text) {
            return Err(self.diagnostics.report(word.span, message));
        }
        let known = match foreign::keyword(Some(item.word()), &word.text) {
            Some(Answer::Help(help)) => {
                let help = foreign::filled(help, &word.text, &self.rest_of_line::<K>());
                let message = messages::foreign_statement(&word.text, item.word(), &help);
                return Err(self.diagnostics.report(word.span, message));
            }
            Some(Answer::Word(known)) => Some(known),
            None => suggest::nearest(&word.text, &words),
        };
        let is_minor = item == ItemWord::Pack && foreign::counts_minor_units(&word.text);
        if let Some(meant) = known.and_then(K::from_word).filter(|_| is_minor)
            && self.minor_units_ahead::<K>()
        {
            // The check refuses it: it knows the currency.
            return Ok((meant, None));
        }
        if is_minor && word.text != "amount" && !self.amount_behind_sign() {
            // `unit_amount 900 usd`: in which unit the number is, is not certain.
            let message = messages::minor_units(&word.text, "", None);
            return Err(self.diagnostics.report(word.span, message));
        }
        let begins_item = ItemWord::from_word(&word.text).is_some() && self.peek_word().is_some();
        if begins_item {
            let message = messages::item_in_block(&word.text, item.word());
            return Err(self.diagnostics.report(word.span, message));
        }
        let message = messages::unknown_statement(&word.text, item.word(), known, &words);
        let reported = self.diagnostics.report(word.span, message);
        known.and_then(K::from_word).map(|meant| (meant, Some(reported))).ok_or(reported)
    }

    /// `max_pages 40`, `pages_limit: 40` and `pages <= 40`: the limit that was meant.
    fn limit_as_keyword(&self, item: ItemWord, word: &str) -> Option<messages::Message> {
        if item != ItemWord::Operation {
            return None;
        }
        let rest = self.rest_of_line::<OperationWord>();
        let amount = rest.all.trim_start_matches("<=").trim_start().trim_matches('"');
        let is_amount =
            amount.starts_with(|first: char| first.is_ascii_digit()) && !amount.contains([' ', '(']);
        let starts = foreign::LIMITS.iter().find_map(|limit| word.strip_prefix(limit)?.strip_prefix('_'));
        let ends = || foreign::LIMITS.iter().find_map(|limit| word.strip_suffix(limit)?.strip_suffix('_'));
        let bare = || rest.all.starts_with("<=").then_some(word);
        let counted = starts.or_else(ends).or_else(bare).filter(|_| is_amount)?;
        let written = foreign::filled("{written}", word, &rest);
        if ["charge", "cost", "credit", "credits", "price"].contains(&counted) {
            return Some(messages::bound_as_keyword(word, &written, amount));
        }
        // Nothing limits how often an operation runs.
        if counted == "rate" {
            return None;
        }
        let field = foreign::unit(counted).unwrap_or(counted);
        Some(messages::limit_as_keyword(word, &written, &inflect::counted("2", field), amount))
    }

    /// `config.rounding = :ceil`: the word after the dot, and the statement that was meant.
    pub(super) fn ruby_setter<K: Vocabulary>(
        &mut self,
        item: ItemWord,
        object: &Word,
    ) -> Option<Result<(Word, K, Reported)>> {
        let (_, after) = self.cursor.punct().filter(|(punct, _)| punct.as_char() == '.')?;
        after.ident()?;
        self.mark('.');
        let word = self.word()?;
        let meant = K::from_word(&word.text).map(|_| word.text.clone()).or_else(|| {
            match foreign::keyword(Some(item.word()), &word.text) {
                Some(Answer::Word(meant)) => Some(meant.to_owned()),
                _ => suggest::nearest(&word.text, &K::words()).map(str::to_owned),
            }
        });
        let Some((meaning, meant)) = meant.and_then(|meant| K::from_word(&meant).map(|known| (known, meant)))
        else {
            return Some(Err(self
                .diagnostics
                .report(word.span, messages::ruby_setter(&object.text, &word.text, "", ""))));
        };
        let rest = self.rest_of_line::<K>();
        let shown = format!("{meant} {}", rest.all);
        let reported = self.diagnostics.report(
            object.span,
            messages::ruby_setter(&object.text, &word.text, &rest.written, shown.trim_end()),
        );
        self.mark('=');
        Some(Ok((word, meaning, reported)))
    }

    /// Where an item should begin: a file of another language, or a conflict. It is one error, and nothing after
    /// it is read.
    pub(super) fn foreign_file(&mut self) -> Option<Reported> {
        let language = match self.cursor.token_tree()?.0 {
            TokenTree::Group(_) => "JSON or TOML",
            TokenTree::Literal(literal) if literal.to_string().starts_with('"') => "JSON",
            TokenTree::Punct(mark) if mark.as_char() == '-' => "YAML",
            TokenTree::Ident(_) if self.is_call_of_ruby() => "Ruby",
            _ => return self.conflict(),
        };
        let (kind, name) = first_item(&flat(&self.cursor.token_stream().into_iter().collect::<Vec<_>>()));
        let reported = self.refuse(messages::foreign_file(language, kind, &name));
        self.skip_all();
        Some(reported)
    }

    /// `UsageCredits.configure do |config|`
    fn is_call_of_ruby(&self) -> bool {
        let after = self.cursor.ident().and_then(|(_, after)| after.punct());
        let dot = after.filter(|(punct, _)| punct.as_char() == '.');
        dot.is_some_and(|(_, after)| after.ident().is_some())
    }

    /// `<<<<<<< HEAD`, `=======` or `>>>>>>> branch`
    pub(super) fn conflict(&mut self) -> Option<Reported> {
        let mut cursor: Cursor<'_> = self.cursor;
        let (first, _) = cursor.punct()?;
        let mut length = 0_usize;
        while let Some((mark, after)) = cursor.punct().filter(|(mark, _)| mark.as_char() == first.as_char()) {
            length = length.saturating_add(1);
            cursor = after;
            if mark.spacing() == proc_macro2::Spacing::Alone {
                break;
            }
        }
        if length < 7 || !['<', '=', '>'].contains(&first.as_char()) {
            return None;
        }
        let reported = self.refuse(messages::merge_conflict());
        self.skip_all();
        Some(reported)
    }

    fn skip_all(&mut self) {
        while !self.cursor.eof() {
            self.skip();
        }
    }

    /// A word that begins no item: what it is in another world, and whether it is read as an item.
    pub(super) fn other_item(&mut self, word: &Word) -> (Reported, Option<ItemWord>) {
        let words = ItemWord::words();
        if let Some(modified) = self.modified_item(word) {
            return modified;
        }
        if let Some(message) = self.loose_statement(word) {
            return (self.diagnostics.report(word.span, message), None);
        }
        let known = match foreign::keyword(None, &word.text) {
            Some(Answer::Help(help)) => {
                let message = messages::foreign_item(&word.text, help);
                return (self.diagnostics.report(word.span, message), None);
            }
            Some(Answer::Word(known)) => Some(known),
            None => suggest::nearest(&word.text, &words),
        };
        let message = messages::unknown_item(&word.text, known, &words);
        (self.diagnostics.report(word.span, message), known.and_then(ItemWord::from_word))
    }

    /// A statement that stands in no block.
    fn loose_statement(&self, word: &Word) -> Option<messages::Message> {
        if SettingWord::from_word(&word.text).is_some() {
            let rest = self.rest_of_line::<ItemWord>().all;
            return Some(messages::loose_setting(&word.text, &rest));
        }
        let holders: Vec<&str> = [
            (ItemWord::Plan, PlanWord::from_word(&word.text).is_some()),
            (ItemWord::Pack, PackWord::from_word(&word.text).is_some()),
            (ItemWord::Operation, OperationWord::from_word(&word.text).is_some()),
        ]
        .into_iter()
        .filter(|(_, has)| *has)
        .map(|(item, _)| item.word())
        .collect();
        (!holders.is_empty()).then(|| messages::loose_statement(&word.text, &holders))
    }
}

/// The first thing that could be an item, and its name.
fn first_item(tokens: &[TokenTree]) -> (&'static str, String) {
    let texts: Vec<String> = tokens
        .iter()
        .filter(|token| !matches!(token, TokenTree::Punct(_)))
        .map(|token| token.to_string().trim_matches('"').to_owned())
        .collect();
    let kind = |text: &String| match foreign::keyword(None, text) {
        Some(Answer::Word(known)) => Some(known),
        _ => ItemWord::from_word(text).map(ItemWord::word).or(match text.as_str() {
            "plan" | "subscription" => Some("subscription_plan"),
            "pack" => Some("credit_pack"),
            _ => None,
        }),
    };
    let is_name = |text: &&String| syn::parse_str::<syn::Ident>(text).is_ok();
    let found = texts.iter().enumerate().find_map(|(place, text)| {
        let kind = kind(text).filter(|kind| !["asset", "settings"].contains(kind))?;
        let name = texts.get(place.saturating_add(1)).filter(is_name)?;
        Some((kind, name.clone()))
    });
    found.unwrap_or_else(|| ("operation", "generate_image".to_owned()))
}

/// The tokens behind a colon or an equals sign.
fn without_signs(mut tokens: Vec<TokenTree>) -> Vec<TokenTree> {
    let start = tokens.iter().take_while(|token| is_mark(token, &[':', '='])).count();
    tokens.split_off(start)
}

pub(super) fn is_mark(token: &TokenTree, marks: &[char]) -> bool {
    matches!(token, TokenTree::Punct(mark) if marks.contains(&mark.as_char()))
}

/// The tokens with those of groups in place of the groups.
fn flat(tokens: &[TokenTree]) -> Vec<TokenTree> {
    let inside = |stream: TokenStream| flat(&stream.into_iter().collect::<Vec<_>>());
    tokens
        .iter()
        .flat_map(|token| match token {
            TokenTree::Group(group) => inside(group.stream()),
            token => vec![token.clone()],
        })
        .collect()
}
