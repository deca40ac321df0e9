//! The rules of operations.

use credits_core::{CostError, Dimension, Fraction, total};
use proc_macro2::Span;

use super::number::{decimal, whole, whole_amount};
use super::statement::exactly_one;
use super::{Checker, Clause, Limit, Operation, Price, Quantity};
use crate::ast::{self, Amount, Per, Stated};
use crate::diag::Result;
use crate::vocab::{CreditWord, OperationWord, Vocabulary};
use crate::{messages, suggest};

/// The terms of a cost, as far as they could be read.
#[derive(Default)]
struct Terms {
    clauses: Vec<Result<Clause>>,
    quantities: Vec<Quantity>,
    /// Poisoned if a clause was not understood, so that there may be more quantities.
    complete: Option<crate::diag::Reported>,
}

impl Checker<'_> {
    /// Checks an operation.
    pub(super) fn operation(&mut self, operation: &ast::Operation) -> Operation {
        let header = &operation.header;
        let missing = messages::operation_without_costs;
        let costs = exactly_one(&operation.costs, header, missing, self.diagnostics);
        let terms = costs.map(|clauses| self.terms(clauses));
        let limits = terms.as_ref().map_err(|reported| *reported).and_then(|terms| {
            let limits = self.limits(&operation.limits, terms);
            header.poisoned.map_or(limits, Err)
        });
        let last = costs.ok().and_then(|clauses| clauses.iter().flatten().last()).map(number_span);
        let price = terms.as_ref().map_err(|reported| *reported).and_then(|terms| {
            let clauses: Result<Vec<Clause>> = terms.clauses.iter().copied().collect();
            self.price_of(header, clauses?, &terms.quantities, limits?, (&operation.limits, last))
        });
        let quantities = terms.and_then(|terms| terms.complete.map_or(Ok(terms.quantities), Err));
        Operation { name: header.name.clone(), docs: header.docs.clone(), quantities, price }
    }

    fn terms(&mut self, clauses: &[Result<ast::Clause>]) -> Terms {
        let mut terms = Terms::default();
        for clause in clauses {
            let checked = match clause {
                Ok(ast::Clause::Fixed(amount)) => self.fixed(amount, &mut terms),
                Ok(ast::Clause::Rate(amount, per)) => self.rate(amount, per, &mut terms),
                Err(reported) => {
                    terms.complete = Some(*reported);
                    Err(*reported)
                }
            };
            terms.clauses.push(checked);
        }
        terms
    }

    fn fixed(&mut self, amount: &Amount, terms: &mut Terms) -> Result<Clause> {
        let credits = self.credits(amount, OperationWord::Costs.word());
        // `5.credits_pr` may have been meant as a rate.
        let is_fixed = matches!(amount.word.text.as_str(), "credit" | "credits");
        terms.complete = terms.complete.or(credits.err().filter(|_| !is_fixed));
        credits.map(Clause::Fixed)
    }

    fn rate(&mut self, amount: &Amount, per: &Per, terms: &mut Terms) -> Result<Clause> {
        let credits = self.rate_credits(amount, per);
        let (word, batch) = match per {
            Per::Unit { one, .. } => (one, Ok(1)),
            Per::Batch(batch) => (&batch.word, self.batch(batch)),
        };
        match self.unit(word) {
            Ok(unit) => self.quantity(Quantity { unit, span: word.span }, terms)?,
            Err(reported) => {
                terms.complete = Some(reported);
                return Err(reported);
            }
        }
        Ok(Clause::Rate { credits: credits?, batch: batch? })
    }

    fn rate_credits(&mut self, amount: &Amount, per: &Per) -> Result<i64> {
        let word = amount.word.text.as_str();
        if !CreditWord::from_word(word).is_some_and(CreditWord::is_rate) {
            let message = messages::not_a_rate(amount, suggest::nearest(word, &CreditWord::words()));
            return Err(self.diagnostics.report(amount.word.span, message));
        }
        let too_fine = |number: &str, cut: &str| match per {
            Per::Unit { one, .. } => {
                messages::rate_not_whole(number, &batch_for(number, &self.plurals.plural_of(&one.text)))
            }
            Per::Batch(_) => messages::not_whole(number, cut),
        };
        match decimal(&amount.number, amount.minus, 0, too_fine, self.diagnostics)? {
            0 => Err(self.diagnostics.report(amount.number.span, messages::zero_rate())),
            credits => Ok(credits),
        }
    }

    fn batch(&mut self, batch: &Amount) -> Result<u64> {
        match whole_amount(batch, self.diagnostics)? {
            0 => Err(self.diagnostics.report(batch.number.span, messages::zero_batch(&batch.word.text))),
            batch => Ok(batch.unsigned_abs()),
        }
    }

    /// A unit, and a dimension, stands in one clause only: the quantity would have to be given twice.
    fn quantity(&mut self, quantity: Quantity, terms: &mut Terms) -> Result<()> {
        let unit = &quantity.unit;
        let clash = terms.quantities.iter().find(|other| {
            let same_dimension = unit.dimension == other.unit.dimension && unit.dimension != Dimension::Count;
            same_dimension || unit.plural == other.unit.plural
        });
        let Some(other) = clash else {
            terms.quantities.push(quantity);
            return Ok(());
        };
        let message = match unit.dimension {
            Dimension::Time if unit.name != other.unit.name => messages::dimension_twice(&unit.name, "time"),
            Dimension::Size if unit.name != other.unit.name => messages::dimension_twice(&unit.name, "size"),
            _ => messages::unit_twice(&unit.plural),
        };
        let other = (other.span, messages::first_item(&other.unit.name));
        Err(self.diagnostics.report_pair((quantity.span, message), other))
    }

    fn limits(&mut self, limits: &[Stated<ast::Limit>], terms: &Terms) -> Result<Vec<Limit>> {
        let mut fields: Vec<(usize, Span)> = Vec::new();
        let checked: Vec<Result<Limit>> = limits
            .iter()
            .map(|limit| self.limit(limit.value.as_ref().map_err(|reported| *reported)?, terms, &mut fields))
            .collect();
        checked.into_iter().collect()
    }

    fn limit(&mut self, limit: &ast::Limit, terms: &Terms, fields: &mut Vec<(usize, Span)>) -> Result<Limit> {
        let max = whole(&limit.max, limit.minus, self.diagnostics);
        let field = limit.field.text.as_str();
        let Some(quantity) = terms.quantities.iter().position(|known| known.unit.plural == field) else {
            // It may be the quantity that was not understood.
            terms.complete.map_or(Ok(()), Err)?;
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

    /// The price, if even the largest quantities that the limits allow can be charged.
    fn price_of(
        &mut self,
        header: &ast::Header,
        clauses: Vec<Clause>,
        quantities: &[Quantity],
        limits: Vec<Limit>,
        (written, last): (&[Stated<ast::Limit>], Option<Span>),
    ) -> Result<Price> {
        let cost_max = match self.cost_max(&clauses, quantities, &limits) {
            Ok(cost_max) => cost_max,
            Err(_) => {
                let limit = written.last().and_then(|stated| stated.value.as_ref().ok());
                let place = limit.map(|limit| limit.max.span).or(last).unwrap_or(header.name.span);
                let sum = arithmetic(&clauses, quantities, &limits);
                return Err(self
                    .diagnostics
                    .report(place, messages::cost_overflows(&header.name.text, &sum)));
            }
        };
        let is_limited = quantities.len() == limits.len();
        Ok(Price { clauses, limits, cost_max: is_limited.then_some(cost_max) })
    }

    /// The cost of the largest quantities; one without a limit counts as none.
    fn cost_max(
        &self,
        clauses: &[Clause],
        quantities: &[Quantity],
        limits: &[Limit],
    ) -> core::result::Result<i64, CostError> {
        let mut units = quantities.iter().map(|quantity| &quantity.unit);
        let clauses: Vec<credits_core::Clause> = clauses
            .iter()
            .filter_map(|clause| match *clause {
                Clause::Fixed(credits) => Some(credits_core::Clause::Fixed(credits)),
                Clause::Rate { credits, batch } => {
                    // Arithmetic asks only for the base; the names stay here.
                    let (dimension, base) = units.next().map(|unit| (unit.dimension, unit.base))?;
                    let unit = credits_core::Unit { name: "", plural: "", dimension, base };
                    Some(credits_core::Clause::Rate { credits, batch, unit })
                }
            })
            .collect();
        let largest: Vec<Fraction> = quantities
            .iter()
            .enumerate()
            .map(|(place, quantity)| {
                let max = limits.iter().find(|limit| limit.quantity == place).map_or(0, |limit| limit.max);
                Fraction::whole(i128::from(max).saturating_mul(i128::from(quantity.unit.base)))
            })
            .collect();
        total(&clauses, &largest, self.rounding)
    }
}

/// `1.credit_per(2.pages)`, which is 0.5 credits a page.
fn batch_for(number: &str, units: &str) -> String {
    let digits = number.replace('_', "");
    let decimals = digits.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let scale = u32::try_from(decimals).ok().and_then(|decimals| 10_i128.checked_pow(decimals));
    let credits = digits.replace('.', "").parse::<i128>().ok();
    let rate = credits.zip(scale).and_then(|(credits, scale)| Fraction::new(credits, scale));
    let rate = rate.filter(|rate| rate.numerator() > 0 && rate.denominator() > 1);
    let (credits, batch) = rate.map_or((1, 2), |rate| (rate.numerator(), rate.denominator()));
    let word = if credits == 1 { "credit_per" } else { "credits_per" };
    format!("{credits}.{word}({batch}.{units})")
}

/// The token that makes a clause as large as it is.
fn number_span(clause: &ast::Clause) -> Span {
    match clause {
        ast::Clause::Fixed(amount) | ast::Clause::Rate(amount, _) => amount.number.span,
    }
}

/// The sum as a person would write it: `5 + 9000 x 500 pages`.
fn arithmetic(clauses: &[Clause], quantities: &[Quantity], limits: &[Limit]) -> String {
    let mut places = quantities.iter().enumerate();
    let terms: Vec<String> = clauses
        .iter()
        .map(|clause| match clause {
            Clause::Fixed(credits) => credits.to_string(),
            Clause::Rate { credits, batch } => {
                let (place, plural) =
                    places.next().map_or((0, ""), |(place, known)| (place, known.unit.plural.as_str()));
                let max = limits.iter().find(|limit| limit.quantity == place).map_or(0, |limit| limit.max);
                let per = if *batch == 1 { String::new() } else { format!(" / {batch}") };
                format!("{credits} x {max} {plural}{per}")
            }
        })
        .collect();
    terms.join(" + ")
}
