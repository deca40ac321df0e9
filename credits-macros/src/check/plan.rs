//! The rules of plans.

use std::collections::HashMap;

use credits_core::{Period, UnusedCredits};
use proc_macro2::Span;

use super::statement::{at_most_one, exactly_one};
use super::{Checker, Plan, PlanTerms};
use crate::ast::{self, Gives, Price, Word};
use crate::diag::Result;
use crate::vocab::{PlanWord, PolicyWord, Vocabulary};
use crate::{messages, suggest};

impl Checker<'_> {
    /// Checks a plan.
    pub(super) fn plan(&mut self, plan: &ast::Plan) -> Plan {
        let gives = exactly_one(&plan.gives, &plan.header, messages::plan_without_gives, self.diagnostics)
            .and_then(|gives| self.plan_gives(gives));
        let missing = messages::plan_without_price;
        let prices = exactly_one(&plan.stripe_price, &plan.header, missing, self.diagnostics)
            .and_then(|prices| self.prices(prices));
        let unused_credits = at_most_one(&plan.unused_credits, self.diagnostics)
            .and_then(|word| word.map_or(Ok(UnusedCredits::default()), |word| self.policy(word)));
        let terms = || {
            let (gives, every) = gives?;
            let (stripe_prices, unused_credits) = (prices?, unused_credits?);
            plan.header.poisoned.map_or(Ok(()), Err)?;
            Ok(PlanTerms { gives, every, stripe_prices, unused_credits })
        };
        Plan { name: plan.header.name.clone(), docs: plan.header.docs.clone(), terms: terms() }
    }

    fn plan_gives(&mut self, gives: &Gives) -> Result<(i64, Period)> {
        let credits = self.some_credits(&gives.amount, PlanWord::Gives.word());
        let Some(every) = &gives.every else {
            credits?;
            return Err(self
                .diagnostics
                .report(gives.amount.word.span, messages::gives_once(&gives.amount.number.text)));
        };
        let period = self.plan_period(&every.period);
        Ok((credits?, period?))
    }

    fn prices(&mut self, prices: &[Price]) -> Result<Vec<(Option<Period>, String)>> {
        let mut written: Vec<(&Word, Period)> = Vec::new();
        let checked: Vec<Result<_>> =
            prices.iter().map(|price| self.price_of_plan(price, &mut written)).collect();
        checked.into_iter().collect()
    }

    fn price_of_plan<'a>(
        &mut self,
        price: &'a Price,
        written: &mut Vec<(&'a Word, Period)>,
    ) -> Result<(Option<Period>, String)> {
        if price.id.value.trim().is_empty() {
            return Err(self.diagnostics.report(price.id.span, messages::empty_price()));
        }
        let Some(word) = &price.period else { return Ok((None, price.id.value.clone())) };
        let period = Period { count: 1, unit: self.period_unit(word)? };
        if let Some((first, _)) = written.iter().find(|(_, known)| *known == period) {
            let culprit = (word.span, messages::price_period_twice(&word.text));
            let first = (first.span, messages::first_item(&first.text));
            return Err(self.diagnostics.report_pair(culprit, first));
        }
        written.push((word, period));
        Ok((Some(period), price.id.value.clone()))
    }

    fn policy(&mut self, word: &Word) -> Result<UnusedCredits> {
        match PolicyWord::from_word(&word.text) {
            Some(PolicyWord::Expire) => Ok(UnusedCredits::Expire),
            Some(PolicyWord::Rollover) => Ok(UnusedCredits::Rollover),
            None => {
                let words = PolicyWord::words();
                let nearest = suggest::nearest(&word.text, &words);
                let message = messages::unknown_policy(&word.text, nearest, &words);
                Err(self.diagnostics.report(word.span, message))
            }
        }
    }

    /// A Stripe price belongs to one plan and one period: whoever pays it must get one thing.
    pub(super) fn stripe_ids(&mut self, plans: &[ast::Plan]) {
        let mut known: HashMap<&str, Span> = HashMap::new();
        let statements = plans.iter().filter_map(|plan| plan.stripe_price.first());
        for price in statements.flat_map(|stated| stated.value.iter().flatten()) {
            let id = price.id.value.as_str();
            if let Some(first) = known.get(id) {
                let culprit = (price.id.span, messages::price_id_twice(id));
                self.diagnostics.report_pair(culprit, (*first, messages::first_item(id)));
            } else if !id.trim().is_empty() {
                known.insert(id, price.id.span);
            }
        }
    }
}
