//! Rust within the language: types, conditions and blocks. They are taken whole, with the places of their tokens.
//!
//! It judges whether they are Rust at all; what they mean is left to rustc.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use syn::parse::Parser as _;

use super::spelling::spelled;
use super::tokens::Parser;
use crate::ast::RustCode;
use crate::diag::Result;
use crate::messages;
use crate::vocab::OperationWord;

/// Words after which Rust goes on with an expression.
const CONTINUING: &[&str] =
    &["as", "break", "else", "if", "in", "let", "match", "move", "mut", "ref", "return", "while"];

impl Parser<'_, '_> {
    /// Whether a group of this kind comes next.
    pub(super) fn group_ahead(&self, delimiter: Delimiter) -> bool {
        self.cursor.group(delimiter).is_some()
    }

    /// Whether a word and a colon come next.
    pub(super) fn colon_ahead(&self) -> bool {
        let after = self.cursor.ident().and_then(|(_, after)| after.punct());
        after.is_some_and(|(punct, _)| punct.as_char() == ':')
    }

    /// The type of a parameter, up to a comma outside `<..>`, the next statement or the end.
    pub(super) fn rust_type(&mut self, name: &str) -> Result<syn::Type> {
        let place = self.place::<OperationWord>();
        let mut tokens = Vec::new();
        let mut depth = 0_usize;
        while !(self.peek_mark('#') || (depth == 0 && (self.peek_mark(',') || self.type_ends(&tokens)))) {
            let arrow = is_mark(tokens.last(), '-');
            let Some(token) = self.token() else { break };
            if is_mark(Some(&token), '<') {
                depth = depth.saturating_add(1);
            } else if is_mark(Some(&token), '>') && !arrow {
                depth = depth.saturating_sub(1);
            }
            tokens.push(token);
        }
        let tokens: TokenStream = tokens.into_iter().collect();
        if tokens.is_empty() {
            return Err(self.diagnostics.report(place, messages::param_without_type(name)));
        }
        if let Some(lifetime) = borrowed_for(&tokens) {
            return Err(self.diagnostics.report(lifetime, messages::borrowed_within(name)));
        }
        let parsed = syn::parse2::<syn::Type>(tokens.clone());
        parsed.map_err(|error| {
            let place = place_of(&error, &tokens).unwrap_or(place);
            self.diagnostics.report(place, messages::not_a_type(name))
        })
    }

    fn type_ends(&self, before: &[TokenTree]) -> bool {
        let in_path = is_mark(before.last(), ':');
        self.at_statement_end::<OperationWord>() && !(in_path && self.at_keyword::<OperationWord>())
    }

    /// The condition of `validate`: an expression that ends before `, "message"`.
    pub(super) fn condition(&mut self) -> Result<RustCode> {
        let span = self.here();
        if self.arrow_function() {
            return Err(self.diagnostics.report(span, messages::ruby_lambda()));
        }
        if let Some(param) = self.ruby_params() {
            return Err(self.diagnostics.report(span, messages::ruby_params(&param)));
        }
        let mut tokens: Vec<TokenTree> = Vec::new();
        while !self.condition_ends(&tokens) {
            let Some(token) = self.token() else { break };
            tokens.push(token);
        }
        let tokens: TokenStream = tokens.into_iter().collect();
        if tokens.is_empty() {
            let place = self.place::<OperationWord>();
            return Err(self.diagnostics.report(place, messages::expected_condition()));
        }
        match syn::parse2::<syn::Expr>(tokens.clone()) {
            Ok(_) => Ok(RustCode { tokens, span }),
            Err(error) => {
                let place = place_of(&error, &tokens).unwrap_or(self.previous());
                let (place, message) = operator_otherwise(&tokens, place)
                    .unwrap_or_else(|| (place, messages::not_an_expression()));
                Err(self.diagnostics.report(place, message))
            }
        }
    }

    /// `->(params) { .. }` and `|params| ..`
    fn arrow_function(&self) -> bool {
        let arrow = self.cursor.punct().filter(|(punct, _)| punct.as_char() == '-');
        let is_arrow =
            arrow.and_then(|(_, after)| after.punct()).is_some_and(|(punct, _)| punct.as_char() == '>');
        is_arrow || self.peek_mark('|') || self.peek_is("lambda") || self.peek_is("proc")
    }

    /// `params[:prompt]`
    fn ruby_params(&self) -> Option<String> {
        let (_, after) = self.cursor.ident().filter(|(word, _)| word == "params")?;
        let (inside, _, _) = after.group(Delimiter::Bracket)?;
        let name = inside.token_stream().into_iter().find_map(|token| match token {
            TokenTree::Ident(ident) => Some(ident.to_string()),
            TokenTree::Literal(literal) => Some(literal.to_string().trim_matches('"').to_owned()),
            _ => None,
        });
        Some(name.unwrap_or_else(|| "prompt".to_owned()))
    }

    /// At a comma that a message follows, or where two operands meet: no expression has both.
    fn condition_ends(&mut self, before: &[TokenTree]) -> bool {
        let is_arrow = self.arrow_ahead('=') && is_operand(before.last());
        if self.cursor.eof()
            || self.peek_mark(';')
            || is_arrow
            || (before.is_empty() && self.statement_ahead())
        {
            return true;
        }
        if self.peek_mark(',') {
            return self.message_follows() || !is_operand(before.last()) || !Self::comma_is_rust(before);
        }
        let is_next =
            self.peek_mark('#') || self.at_keyword::<OperationWord>() || self.text_ahead().is_some();
        is_next && is_operand(before.last())
    }

    /// Whether a keyword comes next that cannot be a variable, because of what follows it.
    fn statement_ahead(&self) -> bool {
        let follows = self.cursor.ident().and_then(|(_, after)| after.token_tree());
        let is_operand = matches!(follows, Some((TokenTree::Ident(_) | TokenTree::Literal(_), _)));
        self.at_keyword::<OperationWord>() && is_operand
    }

    fn message_follows(&self) -> bool {
        let after = self.cursor.punct().map(|(_, after)| after);
        let literal = after.and_then(syn::buffer::Cursor::literal);
        literal.is_some_and(|(literal, _)| matches!(syn::Lit::new(literal), syn::Lit::Str(_)))
    }

    /// Whether a comma may belong to `::<A, B>`.
    fn comma_is_rust(before: &[TokenTree]) -> bool {
        before.windows(2).any(|pair| is_mark(pair.first(), ':') && is_mark(pair.last(), '<'))
    }

    /// `{ pages * 2 + 5 }`
    pub(super) fn rust_block(&mut self) -> Result<RustCode> {
        let open = self.here();
        let Some(inside) = self.group(Delimiter::Brace) else {
            return Err(self.refuse(messages::expected_rust()));
        };
        let tokens = inside.cursor.token_stream();
        let end = inside.end();
        if tokens.is_empty() {
            return Err(self.diagnostics.report(end, messages::expected_rust()));
        }
        if let Err(error) = syn::Block::parse_within.parse2(tokens.clone()) {
            let place = place_of(&error, &tokens).unwrap_or(end);
            let (place, message) =
                operator_otherwise(&tokens, place).unwrap_or_else(|| (place, messages::not_an_expression()));
            return Err(self.diagnostics.report(place, message));
        }
        self.no_after("Rust in braces")?;
        Ok(RustCode { tokens, span: open })
    }

    fn token(&mut self) -> Option<TokenTree> {
        let (token, _) = self.cursor.token_tree()?;
        self.skip();
        Some(token)
    }
}

fn is_mark(token: Option<&TokenTree>, mark: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == mark)
}

/// Operators of other languages, and Rust's.
const OPERATORS: &[(&str, &str)] = &[
    ("and", "&&"),
    ("AND", "&&"),
    ("or", "||"),
    ("OR", "||"),
    ("is", "=="),
    ("eq", "=="),
    ("ne", "!="),
    ("lt", "<"),
    ("gt", ">"),
    ("lte", "<="),
    ("gte", ">="),
    ("mod", "%"),
    ("<>", "!="),
    ("===", "=="),
    ("!==", "!="),
    ("=<", "<="),
    ("=>", ">="),
];

/// `n > 1 and n < 5`, `n <> 5`, `not n > 5`: the operator of another language at which Rust could not be read.
fn operator_otherwise(tokens: &TokenStream, place: Span) -> Option<(Span, messages::Message)> {
    let flat: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let inside = flat.iter().find_map(|token| match token {
        TokenTree::Group(group) => operator_otherwise(&group.stream(), place),
        _ => None,
    });
    if inside.is_some() {
        return inside;
    }
    let at = flat.iter().position(|token| token.span().start() == place.start())?;
    let before = at.checked_sub(1).and_then(|before| flat.get(before));
    if let Some(TokenTree::Ident(not)) =
        before.filter(|token| matches!(token, TokenTree::Ident(word) if word == "not" || word == "unless"))
    {
        let ends = |token: &&TokenTree| {
            matches!(token, TokenTree::Ident(word) if word == "and" || word == "or")
                || is_mark(Some(token), '&')
                || is_mark(Some(token), '|')
        };
        let rest = spelled(flat.get(at..)?.iter().take_while(|token| !ends(token)).cloned());
        return Some((not.span(), messages::negation_otherwise(&not.to_string(), &rest)));
    }
    let is_sign =
        |token: &&TokenTree| matches!(token, TokenTree::Punct(mark) if "<>=!".contains(mark.as_char()));
    let signs = |range: &[TokenTree]| -> String { range.iter().map(ToString::to_string).collect() };
    let (start, written) = if let TokenTree::Ident(word) = flat.get(at)? {
        (at, word.to_string())
    } else {
        let start = at.saturating_sub(flat.get(..at)?.iter().rev().take_while(is_sign).count());
        let length = flat.get(start..)?.iter().take_while(is_sign).count();
        (start, signs(flat.get(start..start.saturating_add(length))?))
    };
    let (_, meant) = OPERATORS.iter().find(|(word, _)| *word == written)?;
    let place = flat.get(start)?.span();
    Some((place, messages::operator_otherwise(&written, meant)))
}

/// Whether an operand ends with this token.
fn is_operand(token: Option<&TokenTree>) -> bool {
    match token {
        Some(TokenTree::Ident(ident)) => !CONTINUING.contains(&ident.to_string().as_str()),
        Some(TokenTree::Literal(_) | TokenTree::Group(_)) => true,
        Some(TokenTree::Punct(punct)) => punct.as_char() == '?',
        None => false,
    }
}

/// A lifetime besides `'static` that a type within another one has; `for<'a>` declares its own.
fn borrowed_for(tokens: &TokenStream) -> Option<Span> {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let declares = tokens.iter().any(|token| matches!(token, TokenTree::Ident(ident) if ident == "for"));
    let is_reference = is_mark(tokens.first(), '&');
    let lifetime = tokens.windows(2).find(|pair| {
        let is_other = matches!(pair.last(), Some(TokenTree::Ident(name)) if name != "static");
        is_mark(pair.first(), '\'') && is_other
    })?;
    lifetime.first().map(TokenTree::span).filter(|_| !declares && !is_reference)
}

/// The token at which Rust could not be read; none if it was the end.
fn place_of(error: &syn::Error, tokens: &TokenStream) -> Option<Span> {
    tokens.clone().into_iter().find_map(|token| {
        let inner = match &token {
            TokenTree::Group(group) => place_of(error, &group.stream()),
            _ => None,
        };
        let span = match &token {
            TokenTree::Group(group) => group.span_open(),
            _ => token.span(),
        };
        inner.or_else(|| (span.start() == error.span().start()).then_some(span))
    })
}
