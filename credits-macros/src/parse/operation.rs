//! The statements of `operation`, but for its costs.
//!
//! It does not know which units there are.

use super::tokens::Parser;
use crate::ast::{Header, Limit, Number, Operation, Param, Validation, Word};
use crate::diag::Result;
use crate::messages;
use crate::vocab::{ItemWord, OperationWord};

impl Parser<'_, '_> {
    /// The block of an operation.
    pub(super) fn operation(&mut self, header: Header) -> Operation {
        let mut operation = Operation::new(header);
        let Operation { header, costs, at_least, at_most, limits, params, validations, meta } =
            &mut operation;
        self.block(ItemWord::Operation, header, |block| {
            block.statements(ItemWord::Operation, |parser, meaning, keyword| match meaning {
                OperationWord::Costs => parser.stated(keyword, costs, |parser| Ok(parser.costs())),
                OperationWord::AtLeast => parser.stated(keyword, at_least, |parser| parser.bound("at_least")),
                OperationWord::AtMost => parser.stated(keyword, at_most, |parser| parser.bound("at_most")),
                OperationWord::Limit => parser.stated(keyword, limits, Parser::limit),
                OperationWord::With => parser.stated(keyword, params, Parser::params),
                OperationWord::Validate => parser.stated(keyword, validations, Parser::validation),
                OperationWord::Meta => parser.stated(keyword, meta, Parser::meta::<OperationWord>),
            })
        });
        operation
    }

    fn bound(&mut self, statement: &str) -> Result<crate::ast::Amount> {
        self.plain_amount::<OperationWord>(statement, "1.credit")
    }

    /// `pages <= 500`
    fn limit(&mut self) -> Result<Limit> {
        let Some(field) = self.symbol() else {
            let message = messages::expected_limit(&self.found());
            return Err(self.diagnostics.report(self.place::<OperationWord>(), message));
        };
        let place = self.place::<OperationWord>();
        let is_below = self.mark('<').is_some();
        if !(is_below && self.mark('=').is_some()) {
            let max = self.meant_limit(is_below);
            return Err(self.diagnostics.report(place, messages::limit_without_at_most(&field.text, &max)));
        }
        let minus = self.mark('-');
        let max = self.number("500")?;
        if let Some(dot) = self.mark('.') {
            return Err(self.diagnostics.report(dot, messages::limit_with_unit(&field.text, &max.text)));
        }
        Ok(Limit { field, minus, max })
    }

    /// The limit that `pages < 501` or `pages: 500` means.
    fn meant_limit(&mut self, is_below: bool) -> String {
        while self.mark(':').or_else(|| self.mark('=')).or_else(|| self.mark('<')).is_some() {}
        let number = self.peek_number().map_or_else(|| "500".to_owned(), |number| number.text);
        match number.replace('_', "").parse::<u64>() {
            Ok(value) if is_below => value.saturating_sub(1).to_string(),
            _ => number,
        }
    }

    fn number(&mut self, example: &str) -> Result<Number> {
        let Some(number) = self.peek_number() else {
            let message = messages::expected_number(&self.found(), example);
            return Err(self.diagnostics.report(self.place::<OperationWord>(), message));
        };
        self.skip();
        Ok(number)
    }

    /// `prompt: String`, or several.
    fn params(&mut self) -> Result<Vec<Param>> {
        let mut params = vec![self.param()?];
        while let Some(comma) = self.mark(',') {
            self.list_goes_on::<OperationWord>(comma)?;
            params.push(self.param()?);
        }
        Ok(params)
    }

    fn param(&mut self) -> Result<Param> {
        let place = self.place::<OperationWord>();
        let is_named = !self.at_keyword::<OperationWord>() || self.colon_ahead();
        let Some(ident) = is_named.then(|| self.ident()).flatten() else {
            let message = messages::expected_param(&self.found());
            return Err(self.diagnostics.report(place, message));
        };
        let name = Word { text: syn::ext::IdentExt::unraw(&ident).to_string(), span: ident.span() };
        if self.colon().is_none() {
            return Err(self.diagnostics.report(name.span, messages::param_without_type(&name.text)));
        }
        let ty = self.rust_type(&name.text)?;
        Ok(Param { name, ident, ty })
    }

    /// `prompt.len() <= 1_000, "prompt too long"`
    fn validation(&mut self) -> Result<Validation> {
        if let Some(text) = self.text_ahead() {
            return Err(self.diagnostics.report(text.span, messages::expected_condition()));
        }
        let condition = self.condition()?;
        let Some(comma) = self.mark(',') else {
            let message = match self.text_ahead() {
                Some(text) => messages::validate_without_comma(&text.value),
                None => messages::validate_without_message(),
            };
            return Err(self.diagnostics.report(self.previous(), message));
        };
        match self.text() {
            Some(message) => Ok(Validation { condition, message }),
            None => Err(self.diagnostics.report(comma, messages::validate_without_message())),
        }
    }
}
