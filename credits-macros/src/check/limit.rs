//! The rules of limits: on a quantity that the operation has, once each.
//!
//! It does not know what the quantities cost.

use proc_macro2::Span;

use super::number::whole;
use super::operation::Terms;
use super::{Checker, Param};
use crate::ast::{self, Stated};
use crate::diag::Result;
use crate::inflect::singular;
use crate::{exact, foreign, messages, suggest};
use credits_core::Limit;

impl Checker<'_> {
    /// Checks the limits of an operation.
    pub(super) fn limits(
        &mut self,
        limits: &[Stated<ast::Limit>],
        terms: &Terms,
        params: &[Param],
    ) -> Result<Vec<Limit>> {
        let mut fields: Vec<(usize, Span)> = Vec::new();
        let checked: Vec<Result<Limit>> = limits
            .iter()
            .map(|limit| {
                let limit = limit.value.as_ref().map_err(|reported| *reported)?;
                self.is_quantity(limit, params)?;
                self.limit(limit, terms, &mut fields)
            })
            .collect();
        checked.into_iter().collect()
    }

    /// A parameter is an ordinary value, which `validate` sees.
    fn is_quantity(&mut self, limit: &ast::Limit, params: &[Param]) -> Result<()> {
        match params.iter().find(|param| param.name.text == limit.field.text) {
            None => Ok(()),
            Some(param) => {
                let message = messages::limit_of_param(&param.name.text, &limit.max.text);
                Err(self.diagnostics.report(limit.field.span, message))
            }
        }
    }

    /// `limit minutes <= 10.minutes`: the field has its unit already.
    fn limit_of_unit(&mut self, limit: &ast::Limit) -> Result<()> {
        let Some(unit) = &limit.unit else { return Ok(()) };
        let (field, number) = (limit.field.text.as_str(), limit.max.text.as_str());
        let written = foreign::unit(&unit.text).unwrap_or(&unit.text);
        let is_same = singular(written) == singular(field);
        let value = if is_same { exact::value(number) } else { exact::converted(number, written, field) };
        let value = value.and_then(exact::whole);
        let value = if is_same { value.map(|_| number.to_owned()) } else { value };
        let message = messages::limit_with_unit(field, value.as_deref());
        Err(self.diagnostics.report(unit.span, message))
    }

    /// `limit duration <= 10.minutes` of seconds: the unit says what is limited.
    fn limit_of_other_name(&mut self, limit: &ast::Limit, terms: &Terms) -> Result<()> {
        let (field, number) = (limit.field.text.as_str(), limit.max.text.as_str());
        let mut plurals = terms.quantities.iter().map(|known| known.unit.plural.as_str());
        let is_known = plurals.clone().any(|plural| plural == field);
        let Some(unit) = limit.unit.as_ref().filter(|_| !is_known) else { return Ok(()) };
        let written = foreign::unit(&unit.text).unwrap_or(&unit.text);
        let meant = plurals.find_map(|plural| {
            let max = if singular(written) == singular(plural) {
                Some(number.to_owned())
            } else {
                exact::converted(number, written, plural).and_then(exact::whole)
            };
            max.map(|max| (plural, max))
        });
        let Some((plural, max)) = meant else { return Ok(()) };
        let written = format!("{field} <= {number}.{}", unit.text);
        let message = messages::limit_in_other_unit(field, plural, Some(&max), &written);
        Err(self.diagnostics.report(limit.field.span, message))
    }

    /// `limit hours <= 2` of minutes: the same limit in the unit of the rate.
    fn limit_in_counted_unit(&mut self, limit: &ast::Limit, terms: &Terms) -> Result<()> {
        let (field, number) = (limit.field.text.as_str(), limit.max.text.as_str());
        let written = foreign::unit(field).unwrap_or(field);
        let counted = terms.quantities.iter().map(|known| known.unit.plural.as_str());
        let converted = counted.into_iter().find_map(|plural| {
            exact::converted(number, written, plural).map(|value| (plural, exact::whole(value)))
        });
        let Some((plural, max)) = converted else { return Ok(()) };
        let written = format!("{field} <= {number}");
        let message = messages::limit_in_other_unit(field, plural, max.as_deref(), &written);
        Err(self.diagnostics.report(limit.field.span, message))
    }

    fn limit(&mut self, limit: &ast::Limit, terms: &Terms, fields: &mut Vec<(usize, Span)>) -> Result<Limit> {
        self.limit_of_other_name(limit, terms)?;
        self.limit_of_unit(limit)?;
        let max = whole(&limit.max, limit.minus, self.diagnostics);
        let field = limit.field.text.as_str();
        let Some(quantity) = terms.quantities.iter().position(|known| known.unit.plural == field) else {
            // It may be the quantity that was not understood.
            terms.lost.map_or(Ok(()), Err)?;
            self.limit_in_counted_unit(limit, terms)?;
            let known: Vec<&str> = terms.quantities.iter().map(|known| known.unit.plural.as_str()).collect();
            let message = messages::unknown_limit(field, suggest::nearest(field, &known), &known);
            return Err(self.diagnostics.report(limit.field.span, message));
        };
        if let Some((_, first)) = fields.iter().find(|(known, _)| *known == quantity) {
            let culprit = (limit.field.span, messages::limit_twice(field));
            return Err(self.diagnostics.report_pair(culprit, (*first, messages::first_item(field))));
        }
        fields.push((quantity, limit.field.span));
        match max? {
            0 => Err(self.diagnostics.report(limit.max.span, messages::zero_limit(field))),
            max => Ok(Limit { quantity, max: max.unsigned_abs() }),
        }
    }
}
