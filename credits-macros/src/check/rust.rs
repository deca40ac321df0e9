//! The rules of Rust within an operation: which of the operation's fields it may name.
//!
//! It does not know what else the Rust says; rustc does.

use proc_macro2::{Ident, Literal, TokenStream, TokenTree};
use syn::ext::IdentExt;

use super::{Checker, Fields, ParamKind};
use crate::ast::{RustCode, Stated};
use crate::diag::Result;
use crate::messages;
use crate::vocab::{CreditWord, Vocabulary, is_amount_word, is_measure, is_rate_word};

/// A cost in braces.
#[derive(Clone, Debug)]
pub(crate) struct Computed {
    pub(crate) code: RustCode,
    /// The parameters that it names, by their places: they are recorded with the charge.
    pub(crate) params: Vec<usize>,
    /// The choices that it names, by their places.
    pub(crate) choices: Vec<usize>,
}

/// `validate condition, "message"`
#[derive(Clone, Debug)]
pub(crate) struct Validation {
    pub(crate) condition: RustCode,
    pub(crate) message: String,
    /// The parameters that it names, by their places.
    pub(crate) params: Vec<usize>,
    /// The choices that it names, by their places.
    pub(crate) choices: Vec<usize>,
}

impl Checker<'_> {
    /// Costs name parameters that are recorded, and choices.
    pub(super) fn computed_cost(&mut self, code: &RustCode, fields: &Fields) -> Result<Computed> {
        self.amounts_in_rust(code)?;
        for name in names(&code.tokens) {
            let text = name.unraw().to_string();
            if fields.quantity(&text).is_some() {
                return Err(self.diagnostics.report(name.span(), messages::quantity_in_costs(&text)));
            }
            let is_recorded = |kind: ParamKind| kind.is_integer() || kind == ParamKind::Flag;
            if fields.params.iter().any(|param| param.name.text == text && !is_recorded(param.kind)) {
                return Err(self.diagnostics.report(name.span(), messages::not_seen_in_costs(&text)));
            }
        }
        let (params, choices) = used(&code.tokens, fields);
        Ok(Computed { code: code.clone(), params, choices })
    }

    /// `costs { 5.credits + 1.credit_per(page) }`: the language is not spoken in braces.
    fn amounts_in_rust(&mut self, code: &RustCode) -> Result<()> {
        let Some((number, word)) = self.amount_within(&code.tokens) else { return Ok(()) };
        let message = messages::amount_in_rust(&number.to_string(), &word.to_string());
        Err(self.diagnostics.report(word.span(), message))
    }

    /// `validate n < 5.credits, ".."`
    fn amounts_in_condition(&mut self, code: &RustCode) -> Result<()> {
        let Some((number, word)) = self.amount_within(&code.tokens) else { return Ok(()) };
        let text = word.to_string();
        let is_priced = CreditWord::from_word(&text).is_some() || self.assets.of_amount(&text).is_some();
        let message = messages::amount_in_condition(&number.to_string(), &text, is_priced);
        Err(self.diagnostics.report(word.span(), message))
    }

    /// The first amount of the language in Rust: a number, a dot and a word that counts something.
    fn amount_within(&self, tokens: &TokenStream) -> Option<(Literal, Ident)> {
        let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
        let is_amount = |word: &str| {
            is_amount_word(word)
                || is_rate_word(word)
                || is_measure(word)
                || self.assets.of_amount(word).is_some()
        };
        let amount = tokens.windows(3).find_map(|window| match window {
            [TokenTree::Literal(number), TokenTree::Punct(dot), TokenTree::Ident(word)]
                if dot.as_char() == '.' && is_amount(&word.to_string()) =>
            {
                Some((number.clone(), word.clone()))
            }
            _ => None,
        });
        let groups = tokens.iter().filter_map(|token| match token {
            TokenTree::Group(group) => Some(group.stream()),
            _ => None,
        });
        amount.or_else(|| groups.into_iter().find_map(|stream| self.amount_within(&stream)))
    }

    /// Checks all validations; a broken one is left out.
    pub(super) fn validations(
        &mut self,
        statements: &[Stated<crate::ast::Validation>],
        fields: Option<&Fields>,
    ) -> Vec<Validation> {
        let written = statements.iter().filter_map(|statement| statement.value.as_ref().ok());
        written.filter_map(|validation| self.validation(validation, fields).ok()).collect()
    }

    fn validation(
        &mut self,
        validation: &crate::ast::Validation,
        fields: Option<&Fields>,
    ) -> Result<Validation> {
        let crate::ast::Validation { condition, message } = validation;
        if message.value.trim().is_empty() {
            return Err(self.diagnostics.report(message.span, messages::empty_message()));
        }
        for name in names(&condition.tokens) {
            let text = name.unraw().to_string();
            if fields.and_then(|fields| fields.quantity(&text)).is_some() {
                return Err(self.diagnostics.report(name.span(), messages::quantity_in_validate(&text)));
            }
        }
        self.amounts_in_condition(condition)?;
        let (params, choices) = fields.map(|fields| used(&condition.tokens, fields)).unwrap_or_default();
        Ok(Validation { condition: condition.clone(), message: message.value.clone(), params, choices })
    }
}

/// The parameters and the choices that Rust names.
fn used(tokens: &TokenStream, fields: &Fields) -> (Vec<usize>, Vec<usize>) {
    let names: Vec<String> = names(tokens).iter().map(|name| name.unraw().to_string()).collect();
    // `format!("{prompt}")` names one, too.
    let text = tokens.to_string();
    let is_used = |name: &str| names.iter().any(|used| used == name) || text.contains(&format!("{{{name}"));
    let places = |names: Vec<&str>| {
        names.iter().enumerate().filter(|(_, name)| is_used(name)).map(|(place, _)| place).collect()
    };
    let params = places(fields.params.iter().map(|param| param.name.text.as_str()).collect());
    let choices = places(fields.choices.iter().map(|choice| choice.name.text.as_str()).collect());
    (params, choices)
}

/// The words of an expression that may name a variable: not those of paths, methods, fields and macros.
fn names(tokens: &TokenStream) -> Vec<Ident> {
    let mut found = Vec::new();
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let mark = |place: Option<usize>, mark: char| {
        place
            .and_then(|place| tokens.get(place))
            .is_some_and(|token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == mark))
    };
    for (place, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => found.extend(names(&group.stream())),
            TokenTree::Ident(ident) => {
                let (before, after) = (place.checked_sub(1), place.checked_add(1));
                let is_range = mark(before, '.') && mark(place.checked_sub(2), '.');
                let is_member = mark(before, '.') && !is_range;
                let is_not_equal = mark(place.checked_add(2), '=');
                let is_macro = mark(after, '!') && !is_not_equal;
                if !(is_member || is_macro || mark(before, ':') || mark(after, ':')) {
                    found.push(ident.clone());
                }
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
    found
}
