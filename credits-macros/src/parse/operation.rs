//! The statements of `operation`, but for its costs.
//!
//! It does not know which units there are.

use super::chain::between;
use super::number::split_suffix;
use super::spelling::spelled;
use super::tokens::Parser;
use crate::ast::{Header, Limit, Number, Operation, Param, Validation, Word};
use crate::diag::Result;
use crate::vocab::{ItemWord, OperationWord, UP_TO, is_measure, unit_words};
use crate::{exact, foreign, inflect, messages};

impl Parser<'_, '_> {
    /// The block of an operation.
    pub(super) fn operation(&mut self, header: Header) -> Operation {
        let mut operation = Operation::new(header);
        let Operation {
            header,
            costs,
            at_least,
            at_most,
            limits,
            params,
            validations,
            named,
            formerly,
            meta,
        } = &mut operation;
        self.block(ItemWord::Operation, header, |block| {
            block.statements(ItemWord::Operation, |parser, meaning, keyword| match meaning {
                OperationWord::Costs => parser.stated(keyword, costs, |parser| Ok(parser.costs())),
                OperationWord::AtLeast => parser.stated(keyword, at_least, |parser| parser.bound("at_least")),
                OperationWord::AtMost => parser.stated(keyword, at_most, |parser| parser.bound("at_most")),
                OperationWord::Limit => parser.stated(keyword, limits, Parser::limit),
                OperationWord::With => parser.stated(keyword, params, Parser::params),
                OperationWord::Validate => parser.stated(keyword, validations, Parser::validation),
                OperationWord::Named => parser.stated(keyword, named, Parser::display_name::<OperationWord>),
                OperationWord::Formerly => parser
                    .stated(keyword, formerly, |parser| parser.words::<OperationWord>("formerly old_name")),
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
        self.limit_in_delimiters()?;
        if self.peek_number().is_some() {
            return Err(self.limit_reversed());
        }
        let Some(field) = self.symbol() else {
            let message = messages::expected_limit(&self.found());
            return Err(self.diagnostics.report(self.place::<OperationWord>(), message));
        };
        let place = self.place::<OperationWord>();
        let is_below = self.mark('<').is_some();
        if !(is_below && self.mark('=').is_some()) {
            let max = self.meant_limit(&field.text, is_below);
            return Err(self.diagnostics.report(place, messages::limit_without_at_most(&field.text, &max)));
        }
        let minus = self.mark('-');
        let max = self.number("500")?;
        let (mut max, comma) = self.thousands(max);
        let glued = Self::glued_unit(&mut max, &field.text);
        comma.filter(|_| max.text.contains('.')).map_or(Ok(()), Err)?;
        self.is_no_share(&max)?;
        self.is_no_factor(&max)?;
        let is_unit = !self.at_statement_end::<OperationWord>() && self.peek_word().is_some();
        let unit = if self.mark('.').is_some() || is_unit { self.word() } else { glued };
        self.one_limit()?;
        Ok(Limit { field, minus, max, unit })
    }

    /// The unit of `5min` and `5MB`, where a length or a size is limited; other suffixes stay with their number.
    fn glued_unit(max: &mut Number, field: &str) -> Option<Word> {
        let is_measured = unit_words().contains(&field) || foreign::unit(field).is_some();
        let (digits, suffix) = split_suffix(&max.text).filter(|_| is_measured)?;
        let suffix = suffix.to_lowercase();
        let unit = foreign::unit(&suffix).unwrap_or(&suffix);
        if !is_measure(unit) {
            return None;
        }
        let unit = Word { text: unit.to_owned(), span: max.span };
        max.text = digits.trim_end_matches('_').to_owned();
        Some(unit)
    }

    /// `limit pages <= 500, images <= 10`: the second one is another statement.
    fn one_limit(&mut self) -> Result<()> {
        let Some((_, after)) = self.cursor.punct().filter(|(mark, _)| mark.as_char() == ',') else {
            return Ok(());
        };
        let Some((field, after)) = after.ident() else { return Ok(()) };
        if !after.punct().is_some_and(|(mark, _)| ['<', '='].contains(&mark.as_char())) {
            return Ok(());
        }
        let place = self.here();
        self.mark(',');
        let limit = self.rest_of_line::<OperationWord>().all;
        let limit = if limit.is_empty() { field.to_string() } else { limit };
        Err(self.diagnostics.report(place, messages::two_limits(&limit)))
    }

    /// `limit 500 >= pages`
    fn limit_reversed(&mut self) -> crate::diag::Reported {
        let place = self.here();
        let rest = self.rest_of_line::<OperationWord>();
        let number = rest.number.clone().unwrap_or_default();
        let reversed = rest.all.split_once(">=").map(|(_, field)| field.trim().to_owned());
        // `limit 500.pages`
        let counted = rest.word.filter(|word| rest.all == format!("{number}.{word}"));
        let field = reversed.or(counted);
        self.diagnostics.report(place, messages::limit_reversed(&number, field.as_deref()))
    }

    /// The limit that `pages < 501`, `pages: 500` or `pages in 1..=500` means.
    fn meant_limit(&mut self, field: &str, is_below: bool) -> String {
        const BETWEEN: &[&str] = &["at_most", "in", "is", "max", "maximum", "to", UP_TO];
        let is_at_least = self.peek_mark('>');
        while self
            .mark(':')
            .or_else(|| self.mark('='))
            .or_else(|| self.mark('<'))
            .or_else(|| self.mark(','))
            .is_some()
        {}
        while self.peek_word().is_some_and(|word| BETWEEN.contains(&word.text.as_str())) {
            self.skip();
        }
        let (number, is_range, is_inclusive) = self.range_end();
        let Some(number) = number.filter(|_| !is_at_least) else { return "..".to_owned() };
        let is_below = is_below || (is_range && !is_inclusive);
        if !is_below {
            return number;
        }
        // `< 10.minutes` of seconds is at most 599.
        self.mark('.');
        let unit = self.peek_word().filter(|_| !self.at_keyword::<OperationWord>()).map(|unit| unit.text);
        let number = match unit {
            None => Some(number),
            Some(unit) if inflect::singular(&unit) == inflect::singular(field) => Some(number),
            Some(unit) => {
                let unit = foreign::unit(&unit).map_or(unit.clone(), str::to_owned);
                exact::converted(&number, &unit, field).and_then(exact::whole)
            }
        };
        match number.and_then(|number| number.replace('_', "").parse::<u64>().ok()) {
            Some(value) => value.saturating_sub(1).to_string(),
            None => "..".to_owned(),
        }
    }

    /// The number, or the end of `1..=500`; whether it is of a range, and whether the range has its end.
    fn range_end(&mut self) -> (Option<String>, bool, bool) {
        let first = self.peek_number().map(|number| number.text);
        if first.is_some() {
            self.skip();
        }
        if !(self.mark('.').is_some() && self.mark('.').is_some()) {
            return (first, false, false);
        }
        let is_inclusive = self.mark('=').or_else(|| self.mark('.')).is_some();
        (self.peek_number().map(|number| number.text), true, is_inclusive)
    }

    /// `limit(pages, 5)` and `limit { pages <= 5 }`
    fn limit_in_delimiters(&mut self) -> Result<()> {
        let kinds = [proc_macro2::Delimiter::Parenthesis, proc_macro2::Delimiter::Brace];
        let Some((inside, _, after)) = kinds.into_iter().find_map(|kind| self.cursor.group(kind)) else {
            return Ok(());
        };
        let written = spelled(between(self.cursor, after));
        let limit = spelled(inside.token_stream());
        let limit = match limit.split_once(", ") {
            Some((field, max)) => format!("{field} <= {max}"),
            None => limit.replacen(": ", " <= ", 1),
        };
        Err(self.refuse(messages::limit_in_delimiters(&limit, &written)))
    }

    fn number(&mut self, example: &str) -> Result<Number> {
        let Some(number) = self.peek_number() else {
            let message = match self.number_otherwise() {
                Some(number) => messages::number_otherwise(&self.found(), &number),
                None => messages::expected_number(&self.found(), example),
            };
            return Err(self.diagnostics.report(self.place::<OperationWord>(), message));
        };
        self.skip();
        Ok(number)
    }

    /// `prompt: String`, or several.
    fn params(&mut self) -> Result<Vec<Param>> {
        let mut params = vec![self.param()?];
        while self.list_goes_on::<OperationWord>() {
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
            let ty = self.peek_word().filter(|_| !self.at_keyword::<OperationWord>());
            let message = messages::param_without_colon(&name.text, ty.as_ref().map(|ty| ty.text.as_str()));
            return Err(self.diagnostics.report(name.span, message));
        }
        let ty = self.rust_type(&name.text)?;
        Ok(Param { name, ident, ty })
    }

    /// `prompt.len() <= 1_000, "prompt too long"`
    fn validation(&mut self) -> Result<Validation> {
        if let Some(text) = self.text_ahead() {
            self.skip();
            self.mark(',');
            let condition = self.rest_of_line::<OperationWord>().all;
            let message = messages::message_first(&text.value, &condition);
            return Err(self.diagnostics.report(text.span, message));
        }
        self.no_parentheses()?;
        let condition = self.condition()?;
        let before = self.previous();
        let Some(comma) = self.mark(',') else {
            let (place, sign) = (self.here(), self.sign_before_message());
            let place = if sign.is_some() { place } else { before };
            let message = match self.text_ahead() {
                Some(text) => {
                    self.skip();
                    messages::validate_without_comma(&text.value, sign)
                }
                None => messages::validate_without_message(),
            };
            return Err(self.diagnostics.report(place, message));
        };
        if let Some(message) = self.text() {
            return Ok(Validation { condition, message });
        }
        let message = match self.peek_word().filter(|_| !self.at_statement_end::<OperationWord>()) {
            Some(word) => messages::message_is_no_text(&word.text),
            None => messages::validate_without_message(),
        };
        Err(self.diagnostics.report(comma, message))
    }

    /// `; "prompt too long"` and `=> "prompt too long"`; steps over the sign.
    fn sign_before_message(&mut self) -> Option<&'static str> {
        let start = (self.cursor, self.previous());
        let sign = if self.mark(';').is_some() {
            ";"
        } else if self.arrow_ahead('=') {
            self.skip();
            self.skip();
            "=>"
        } else {
            return None;
        };
        if self.text_ahead().is_some() {
            return Some(sign);
        }
        self.back_to(start);
        None
    }

    /// `validate(prompt.len() <= 1_000, "prompt too long")`
    fn no_parentheses(&mut self) -> Result<()> {
        let Some((inside, _, _)) = self.cursor.group(proc_macro2::Delimiter::Parenthesis) else {
            return Ok(());
        };
        let tokens: Vec<_> = inside.token_stream().into_iter().collect();
        let ends_in_text = matches!(tokens.last(), Some(proc_macro2::TokenTree::Literal(text)) if text.to_string().starts_with('"'));
        let is_list = tokens
            .iter()
            .any(|token| matches!(token, proc_macro2::TokenTree::Punct(mark) if mark.as_char() == ','));
        if !(ends_in_text && is_list) {
            return Ok(());
        }
        let message = messages::validate_in_parentheses(&spelled(tokens));
        Err(self.refuse(message))
    }
}
