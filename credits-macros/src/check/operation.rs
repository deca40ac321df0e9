//! The rules of operations: what one consists of, as far as it could be read.
//!
//! It does not know the rules of single clauses, parameters and limits.

use credits_core::{Clause, OperationSpec};
use proc_macro2::Span;

use super::forever::{all_forever, forever};
use super::rust::Computed;
use super::statement::{at_most_one, exactly_one};
use super::{Checker, Choice, Fields, Operation, Quantity};
use crate::ast;
use crate::diag::{Reported, Result};
use crate::vocab::{self, OperationWord};
use crate::{exact, foreign, messages};

/// What an operation is in: credits or an asset, and the first word of it.
#[derive(Clone, Copy)]
pub(super) struct Denomination {
    /// Empty for credits.
    pub(super) asset: &'static str,
    pub(super) span: Span,
}

/// The terms of a cost, as far as they could be read.
#[derive(Default)]
pub(super) struct Terms {
    pub(super) clauses: Vec<Result<Clause>>,
    pub(super) quantities: Vec<Quantity>,
    pub(super) choices: Vec<Choice>,
    pub(super) computed: Vec<ast::RustCode>,
    pub(super) denomination: Option<Denomination>,
    /// Set if a clause was not understood, so that there may be more fields.
    pub(super) lost: Option<Reported>,
}

/// The least and the most an operation costs, and where the latter was written.
struct Bounds {
    at_least: Option<i64>,
    at_most: Option<i64>,
}

impl Checker<'_> {
    /// Checks an operation.
    pub(super) fn operation(&mut self, operation: &ast::Operation) -> Operation {
        let header = &operation.header;
        let missing = messages::operation_without_costs;
        let costs = exactly_one(&operation.costs, header, missing, self.diagnostics);
        let mut terms = match costs {
            Ok(clauses) => self.terms(clauses, &header.name),
            Err(reported) => Terms { lost: Some(reported), ..Terms::default() },
        };
        let bounds = self.bounds(operation, &mut terms);
        let meta = self.meta(&operation.meta);
        let words = self.words(header, &operation.named);
        let formerly = self.formerly(&operation.formerly);
        let params = self.params(&operation.params, &terms);
        let limits = self.limits(&operation.limits, &terms, params.as_deref().unwrap_or_default());
        // A statement that was lost may have been a parameter.
        let complete = terms.lost.or(header.poisoned).or(params.as_ref().err().copied()).map_or(Ok(()), Err);
        let fields = Fields {
            quantities: terms.quantities.clone(),
            choices: terms.choices.clone(),
            params: params.unwrap_or_default(),
        };
        let known = complete.is_ok().then_some(&fields);
        let validations = self.validations(&operation.validations, known);
        let computed = self.computed(&terms.computed, known);
        let price = (|| {
            let clauses = terms.clauses.into_iter().collect::<Result<Vec<Clause>>>()?;
            let (bounds, limits, computed) = (bounds?, limits?, computed?);
            let spec = OperationSpec {
                name: forever(&header.name.text),
                asset: terms.denomination.map_or("", |known| known.asset),
                costs: all_forever(clauses),
                at_least: bounds.at_least,
                at_most: bounds.at_most,
                limits: all_forever(limits),
                meta: meta.unwrap_or_default(),
                formerly,
                named: words.named,
                docs: words.docs,
                inputs: &[],
            };
            complete?;
            self.price_of(operation, spec, computed)
        })();
        Operation {
            name: header.name.clone(),
            docs: header.docs.clone(),
            choices: terms.choices,
            fields,
            complete,
            price,
            validations,
        }
    }

    fn terms(&mut self, clauses: &[Result<ast::Clause>], operation: &ast::Word) -> Terms {
        let mut terms = Terms::default();
        for clause in clauses {
            let checked = match clause {
                Ok(ast::Clause::Fixed(amount)) => self.fixed(amount, &mut terms),
                Ok(ast::Clause::Rate(rate)) => self.rate(rate, &mut terms),
                Ok(ast::Clause::Tiers(tiers)) => self.tiers(tiers, &mut terms),
                Ok(ast::Clause::Choice(choice)) => self.choice(choice, operation, &mut terms),
                Ok(ast::Clause::Rust(code)) => self.rust(code, &mut terms),
                Err(reported) => {
                    terms.lost = Some(*reported);
                    Err(*reported)
                }
            };
            terms.clauses.push(checked);
        }
        terms
    }

    fn fixed(&mut self, amount: &ast::Amount, terms: &mut Terms) -> Result<Clause> {
        let costs = self.cost_amount(amount, OperationWord::Costs.word(), &mut terms.denomination);
        // `5.credits_pr` may have been meant as a rate.
        let is_known = self.denomination(&amount.word).is_some();
        terms.lost = terms.lost.or(costs.err().filter(|_| !is_known));
        costs.map(Clause::Fixed)
    }

    /// Rust in braces comes to credits: a number says nothing of an asset.
    fn rust(&mut self, code: &ast::RustCode, terms: &mut Terms) -> Result<Clause> {
        let credits = Denomination { asset: "", span: code.span };
        let fits = self.fits(credits, &mut terms.denomination);
        terms.computed.push(code.clone());
        fits.map(|()| Clause::Computed { source: forever(&code.tokens.to_string()) })
    }

    /// `at_least` and `at_most`, which must leave a cost between them.
    fn bounds(&mut self, operation: &ast::Operation, terms: &mut Terms) -> Result<Bounds> {
        let mut bound = |statements: &[ast::Stated<ast::Amount>], word: OperationWord| {
            let amount = at_most_one(statements, self.diagnostics)?;
            let Some(amount) = amount else { return Ok(None) };
            self.is_no_quantity(statements, amount, &terms.quantities)?;
            match self.cost_amount(amount, word.word(), &mut terms.denomination)? {
                0 => Err(self.diagnostics.report(amount.number.span, messages::zero_credits(word.word()))),
                credits => Ok(Some((credits, amount.number.clone()))),
            }
        };
        let at_least = bound(&operation.at_least, OperationWord::AtLeast);
        let at_most = bound(&operation.at_most, OperationWord::AtMost);
        let (at_least, at_most) = (at_least?, at_most?);
        if let (Some((least, low)), Some((most, high))) = (&at_least, &at_most)
            && least > most
        {
            let culprit = (low.span, messages::bounds_crossed(&low.text, &high.text));
            let other = (high.span, messages::other_bound(OperationWord::AtMost.word()));
            return Err(self.diagnostics.report_pair(culprit, other));
        }
        let credits = |bound: Option<(i64, ast::Number)>| bound.map(|(credits, _)| credits);
        Ok(Bounds { at_least: credits(at_least), at_most: credits(at_most) })
    }

    /// `at_most 60.minutes` is a limit.
    fn is_no_quantity(
        &mut self,
        statements: &[ast::Stated<ast::Amount>],
        amount: &ast::Amount,
        quantities: &[Quantity],
    ) -> Result<()> {
        let (number, word) = (amount.number.text.as_str(), amount.word.text.as_str());
        let unit = foreign::unit(word).unwrap_or(word);
        let counted = quantities.iter().map(|quantity| &quantity.unit).find_map(|known| {
            let is_same = known.plural == unit || known.name == unit;
            let same = is_same.then(|| number.to_owned());
            same.or_else(|| exact::whole(exact::converted(number, unit, &known.plural)?))
                .map(|number| format!("{} <= {number}", known.plural))
        });
        if counted.is_none() && !vocab::is_measure(unit) {
            return Ok(());
        }
        let Some(ast::Stated { keyword, .. }) = statements.first() else { return Ok(()) };
        keyword.misspelt.map_or(Ok(()), Err)?;
        let keyword = &keyword.word;
        let limit = counted.filter(|_| keyword.text == OperationWord::AtMost.word());
        let place = if limit.is_some() { keyword.span } else { amount.word.span };
        let written = format!("{number}.{word}");
        let message = messages::units_as_bound(&keyword.text, &written, limit.as_deref());
        Err(self.diagnostics.report(place, message))
    }

    fn computed(&mut self, codes: &[ast::RustCode], fields: Option<&Fields>) -> Result<Vec<Computed>> {
        let Some(fields) = fields else { return Ok(Vec::new()) };
        let checked: Vec<_> = codes.iter().map(|code| self.computed_cost(code, fields)).collect();
        checked.into_iter().collect()
    }
}
