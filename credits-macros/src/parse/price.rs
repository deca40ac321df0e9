//! Prices at Stripe: `"id"`, `month: "id", year: "id"`, `live(month: "id"), test(month: "id")`.
//!
//! It does not know which periods and environments there are.

use proc_macro2::{Delimiter, Ident, Punct, Spacing, TokenTree};

use super::chain::between;
use super::every::says_how_often;
use super::foreign::is_mark;
use super::spelling::spelled;
use super::tokens::Parser;
use crate::ast::{Price, PriceId, RustPath, Text, Word};
use crate::diag::Result;
use crate::messages;
use crate::vocab::Vocabulary;

impl Parser<'_, '_> {
    /// All prices of a plan or a pack. `K` are the keywords that end the statement.
    pub(super) fn prices<K: Vocabulary>(&mut self) -> Result<Vec<Price>> {
        if let Some(reported) = self.macro_for_price() {
            return Err(reported);
        }
        if let Some(reported) = self.prices_in_delimiters() {
            return Err(reported);
        }
        if let Some(id) = self.only_id() {
            return self.only_price::<K>(id);
        }
        if self.at_statement_end::<K>() && !self.is_price_ahead() {
            let message = messages::expected_price(&self.found());
            return Err(self.diagnostics.report(self.previous(), message));
        }
        let mut prices = self.keyed_prices::<K>()?;
        while self.another_price::<K>()? {
            prices.extend(self.keyed_prices::<K>()?);
        }
        Ok(prices)
    }

    /// An id that stands alone.
    fn only_id(&mut self) -> Option<PriceId> {
        if self.is_price_ahead() { None } else { self.price_id() }
    }

    /// A price without a key, which has none beside it.
    fn only_price<K: Vocabulary>(&mut self, id: PriceId) -> Result<Vec<Price>> {
        if self.peek_mark(',') && self.list_goes_on::<K>() {
            return Err(self.diagnostics.report(id.span(), messages::price_without_period(&quoted(&id))));
        }
        // `"price_xyz" month`
        let period = self.peek_word().filter(|word| says_how_often(&word.text) && !self.at_keyword::<K>());
        if let Some(period) = period {
            let start = self.cursor;
            let word = self.named_period();
            let written = spelled(between(start, self.cursor));
            let message = messages::price_before_period(&quoted(&id), word.as_deref(), &written);
            return Err(self.diagnostics.report(period.span, message));
        }
        Ok(vec![Price { environment: None, key: None, id }])
    }

    /// `stripe_price("price_xyz")`, `stripe_price { id: "price_xyz" }`, `stripe_price [..]`
    fn prices_in_delimiters(&mut self) -> Option<crate::diag::Reported> {
        let kinds = [Delimiter::Parenthesis, Delimiter::Brace, Delimiter::Bracket];
        let (inside, _, after) = kinds.into_iter().find_map(|kind| self.cursor.group(kind))?;
        let written = spelled(between(self.cursor, after));
        let open = self.here();
        let mut prices = without_key(inside.token_stream().into_iter().collect());
        if prices.last().is_some_and(|last| is_mark(last, &[','])) {
            prices.pop();
        }
        self.skip();
        Some(self.diagnostics.report(open, messages::prices_in_delimiters(&spelled(prices), &written)))
    }

    /// `env!("PRICE")`, which is a constant outside.
    fn macro_for_price(&mut self) -> Option<crate::diag::Reported> {
        let (name, after) = self.cursor.ident()?;
        let (_, after) = after.punct().filter(|(mark, _)| mark.as_char() == '!')?;
        let inside = after.group(Delimiter::Parenthesis).map(|(inside, ..)| inside.token_stream());
        let call = format!("{name}!({})", spelled(inside.into_iter().flatten()));
        Some(self.refuse(messages::macro_for_price(&call)))
    }

    /// Whether the list goes on.
    fn another_price<K: Vocabulary>(&mut self) -> Result<bool> {
        let comma = self.mark(',');
        let is_price = self.is_price_ahead();
        match (comma, self.at_statement_end::<K>() && !is_price) {
            (None, true) => Ok(false),
            (Some(comma), true) => {
                self.list_ended(comma);
                Ok(false)
            }
            (Some(_), false) => Ok(true),
            (None, false) => match self.peek_word() {
                Some(period) if is_price => {
                    Err(self.diagnostics.report(period.span, messages::price_without_comma(&period.text)))
                }
                _ => Ok(false),
            },
        }
    }

    /// Whether `year:` comes next, or `live(`.
    fn is_price_ahead(&self) -> bool {
        let Some((_, after)) = self.cursor.ident() else { return false };
        let is_path =
            |cursor: syn::buffer::Cursor<'_>| cursor.punct().is_some_and(|(mark, _)| mark.as_char() == ':');
        match after.punct() {
            Some((mark, after)) if mark.as_char() == ':' => !is_path(after),
            _ => after.group(Delimiter::Parenthesis).is_some(),
        }
    }

    /// `month: "id"`, or all of `live(month: "id", year: "id")`.
    fn keyed_prices<K: Vocabulary>(&mut self) -> Result<Vec<Price>> {
        let Some(key) = self.symbol() else {
            let message = messages::expected_price(&self.found());
            return Err(self.refuse(message));
        };
        let Some(mut inside) = self.group(Delimiter::Parenthesis) else {
            return self.price_of::<K>(key).map(|price| vec![price]);
        };
        if let Some(id) = inside.only_id() {
            inside.nothing_more()?;
            return Ok(vec![Price { environment: None, key: Some(key), id }]);
        }
        let prices = inside.list_of::<K, _>(|parser| {
            let Some(period) = parser.symbol() else {
                let message = messages::expected_price(&parser.found());
                return Err(parser.refuse(message));
            };
            parser.price_of::<K>(period)
        })?;
        inside.nothing_more()?;
        Ok(prices.into_iter().map(|price| Price { environment: Some(key.clone()), ..price }).collect())
    }

    fn price_of<K: Vocabulary>(&mut self, key: Word) -> Result<Price> {
        let colon = self.colon();
        let text = self.text_ahead().filter(|_| ID_KEYS.contains(&key.text.as_str()));
        if let Some(Text { value, .. }) = text {
            return Err(self
                .diagnostics
                .report(key.span, messages::key_of_id(&key.text, colon.is_some(), &value)));
        }
        // `month => "id"`
        let arrow = self.mark('=').and_then(|_| self.mark('>'));
        if colon.is_none() {
            let follows = self.price_id().is_some() || arrow.is_some();
            let message = if follows {
                messages::price_without_colon(&key.text)
            } else {
                messages::price_without_quotes(&key.text)
            };
            return Err(self.diagnostics.report(key.span, message));
        }
        if let Some(reported) = self.macro_for_price() {
            return Err(reported);
        }
        if let Some(id) = self.price_id() {
            return Ok(Price { environment: None, key: Some(key), id });
        }
        if let Some(word) = self.peek_word().filter(|_| !self.at_keyword::<K>()) {
            return Err(self.diagnostics.report(word.span, messages::price_without_quotes(&word.text)));
        }
        let message = messages::expected_price(&self.found());
        Err(self.diagnostics.report(self.place::<K>(), message))
    }

    /// A text, or a path to a constant: one of several segments, or a name in capitals.
    pub(super) fn price_id(&mut self) -> Option<PriceId> {
        if let Some(text) = self.text() {
            return Some(PriceId::Text(text));
        }
        let is_constant = |name: &str| name.chars().all(|letter| !letter.is_lowercase());
        if self.peek_word().is_none() && !self.peek_path_separator() {
            return None;
        }
        let start = (self.cursor, self.previous());
        let leading_colons = self.path_separator();
        let mut segments = Vec::new();
        let mut goes_on = true;
        while goes_on && let Some(segment) = self.constant_segment(segments.is_empty() && !leading_colons) {
            segments.push(segment);
            goes_on = self.path_separator();
        }
        let is_path = match segments.as_slice() {
            [] => false,
            _ if goes_on => false,
            [only] => leading_colons || is_constant(&only.to_string()),
            _ => true,
        };
        if !is_path {
            self.back_to(start);
            return None;
        }
        Some(PriceId::Path(RustPath { leading_colons, segments }))
    }

    /// A name; the first may also be one of a module that Rust knows.
    fn constant_segment(&mut self, is_first: bool) -> Option<Ident> {
        let text = self.peek_ident()?.to_string();
        let is_name = syn::parse_str::<Ident>(&text).is_ok();
        let is_module = is_first && ["crate", "self", "super"].contains(&text.as_str());
        (is_name || is_module).then(|| self.ident()).flatten()
    }
}

/// An id as it was written.
fn quoted(id: &PriceId) -> String {
    match id {
        PriceId::Text(Text { value, .. }) => format!("\"{value}\""),
        PriceId::Path(path) => path.to_string(),
    }
}

/// Words for the id itself, which has no key.
const ID_KEYS: &[&str] = &["id", "lookup_key", "price", "price_id", "stripe_id", "stripe_price"];

/// The tokens in the delimiters, without a key for the id and with colons for arrows.
fn without_key(tokens: Vec<TokenTree>) -> Vec<TokenTree> {
    let is_key = matches!(tokens.first(), Some(TokenTree::Ident(word)) if ID_KEYS.contains(&word.to_string().as_str()));
    let signs = tokens.iter().skip(1).take_while(|token| is_mark(token, &[':', '=', '>'])).count();
    let start = if is_key && signs > 0 { signs.saturating_add(1) } else { 0 };
    let mut kept: Vec<TokenTree> = Vec::new();
    for token in tokens.into_iter().skip(start) {
        let is_arrow = is_mark(&token, &['>']) && kept.last().is_some_and(|last| is_mark(last, &['=']));
        if is_arrow {
            kept.pop();
            kept.push(Punct::new(':', Spacing::Alone).into());
        } else {
            kept.push(token);
        }
    }
    kept
}
