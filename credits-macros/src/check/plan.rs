//! The rules of plans.

use std::collections::HashMap;

use credits_core::{Gives, OnUpgrade, Period, PlanSpec, StripePrice, UnusedCredits};
use proc_macro2::Span;

use super::amount::Counted;
use super::forever::{all_forever, forever};
use super::statement::{at_most_one, exactly_one};
use super::{Checker, Plan, Sale};
use crate::ast::{self, Price, PriceId, Text, Word};
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
            let terms = PlanSpec {
                name: forever(&plan.header.name.text),
                version: 1,
                retired: false,
                gives: Some(gives?),
                stripe_prices: all_forever(prices?),
                signup_bonus: 0,
                trial_includes: 0,
                unused_credits: unused_credits?,
                expire_after: None,
                on_upgrade: OnUpgrade::Prorated,
                in_advance: false,
                meta: &[],
            };
            let statements = plan.stripe_price.iter().flat_map(|stated| stated.value.iter().flatten());
            let price_ids = statements.map(|price| price.id.clone()).collect();
            plan.header.poisoned.map_or(Ok(Sale { terms, price_ids }), Err)
        };
        Plan { name: plan.header.name.clone(), docs: plan.header.docs.clone(), terms: terms() }
    }

    fn plan_gives(&mut self, gives: &ast::Gives) -> Result<Gives> {
        let credits = self.some_counted(&gives.amount, PlanWord::Gives.word());
        let Some(every) = &gives.every else {
            credits?;
            return Err(self
                .diagnostics
                .report(gives.amount.word.span, messages::gives_once(&gives.amount.number.text)));
        };
        let period = self.plan_period(&every.period);
        let (Counted { amount, asset }, every) = (credits?, period?);
        Ok(Gives { amount, asset, every })
    }

    fn prices(&mut self, prices: &[Price]) -> Result<Vec<StripePrice>> {
        let mut written: Vec<(&Word, Period)> = Vec::new();
        let checked: Vec<Result<_>> =
            prices.iter().map(|price| self.price_of_plan(price, &mut written)).collect();
        checked.into_iter().collect()
    }

    fn price_of_plan<'a>(
        &mut self,
        price: &'a Price,
        written: &mut Vec<(&'a Word, Period)>,
    ) -> Result<StripePrice> {
        let id = self.price_id(&price.id)?;
        let Some(word) = &price.period else {
            return Ok(StripePrice { environment: None, period: None, id });
        };
        let period = Period { count: 1, unit: self.period_unit(word)? };
        if let Some((first, _)) = written.iter().find(|(_, known)| *known == period) {
            let culprit = (word.span, messages::price_period_twice(&word.text));
            let first = (first.span, messages::first_item(&first.text));
            return Err(self.diagnostics.report_pair(culprit, first));
        }
        written.push((word, period));
        Ok(StripePrice { environment: None, period: Some(period), id })
    }

    fn price_id(&mut self, id: &PriceId) -> Result<&'static str> {
        match id {
            PriceId::Path(path) => Ok(forever(&path.to_string())),
            PriceId::Text(text) if text.value.trim().is_empty() => {
                Err(self.diagnostics.report(text.span, messages::empty_price()))
            }
            PriceId::Text(text) => Ok(forever(&text.value)),
        }
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
            // What a path leads to is compared by the compiler.
            let PriceId::Text(Text { value: id, span }) = &price.id else { continue };
            if let Some(first) = known.get(id.as_str()) {
                let culprit = (*span, messages::price_id_twice(id));
                self.diagnostics.report_pair(culprit, (*first, messages::first_item(id)));
            } else if !id.trim().is_empty() {
                known.insert(id, *span);
            }
        }
    }
}
