//! The rules of prices at Stripe: an id for each environment and each period, and no id twice.
//!
//! It does not know plans and packs.

use std::collections::HashMap;

use credits_core::{Period, StripePrice};
use proc_macro2::Span;

use super::Checker;
use crate::ast::{self, Price, PriceId, Stated, Text, Word};
use crate::diag::{Reported, Result};
use crate::{messages, suggest, vocab};

/// A price, and the word that it was written under.
struct Written {
    price: StripePrice,
    name: String,
    span: Span,
}

/// The ids as they were written.
pub(super) fn ids(statements: &[Stated<Vec<Price>>]) -> Vec<PriceId> {
    let prices = statements.iter().flat_map(|stated| stated.value.iter().flatten());
    prices.map(|price| price.id.clone()).collect()
}

impl Checker<'_> {
    /// Checks the prices of an item. With environments, each has the same periods in all of them.
    pub(super) fn prices(&mut self, prices: &[Price], item: &Word) -> Result<Vec<StripePrice>> {
        let mut written: Vec<Written> = Vec::new();
        let mut checked = Vec::new();
        // The prices of one environment are refused together.
        let mut refused: Option<(&str, Reported)> = None;
        for price in prices {
            let environment = price.environment.as_ref().map(|word| word.text.as_str());
            let before = refused.filter(|(known, _)| environment == Some(*known));
            let price = match before {
                Some((_, reported)) => Err(reported),
                None => self.stripe_price(price, &mut written),
            };
            if let (Err(reported), Some(environment)) = (&price, environment) {
                refused = Some((environment, *reported));
            }
            checked.push(price);
        }
        let checked = checked.into_iter().collect::<Result<Vec<_>>>()?;
        self.in_every_environment(&written, item)?;
        Ok(checked)
    }

    fn stripe_price(&mut self, price: &Price, written: &mut Vec<Written>) -> Result<StripePrice> {
        let id = self.price_id(&price.id)?;
        let (environment, period) = self.price_keys(price)?;
        let key = price.key.as_ref().or(price.environment.as_ref());
        let span = key.map_or_else(|| price.id.span(), |key| key.span);
        let checked = StripePrice { environment, period, id };
        let same = |known: &StripePrice| (known.environment, known.period) == (environment, period);
        let name = key.map_or("", |key| key.text.as_str());
        if let Some(first) = written.iter().find(|known| same(&known.price)) {
            let culprit = (span, messages::price_period_twice(name));
            let first = (first.span, messages::first_item(&first.name));
            return Err(self.diagnostics.report_pair(culprit, first));
        }
        written.push(Written { price: checked, name: name.to_owned(), span });
        Ok(checked)
    }

    /// The environment and the period that the words of a price mean.
    fn price_keys(&mut self, price: &Price) -> Result<(Option<&'static str>, Option<Period>)> {
        let environments = self.environments;
        let known = |word: &Word| environments.iter().find(|known| **known == word.text).copied();
        match (&price.environment, &price.key) {
            (Some(environment), key) => {
                let Some(known) = known(environment) else {
                    return Err(self.no_environment(environment));
                };
                let period = key.as_ref().map(|key| self.period_unit(key)).transpose()?;
                Ok((Some(known), period.map(|unit| Period { count: 1, unit })))
            }
            (None, Some(key)) if known(key).is_some() => Ok((known(key), None)),
            (None, Some(key)) if environments.is_empty() => {
                if !vocab::period_words().contains(&key.text.as_str()) {
                    let nearest = suggest::nearest(&key.text, &vocab::period_words());
                    let message = messages::unknown_price_key(&key.text, nearest);
                    return Err(self.diagnostics.report(key.span, message));
                }
                let unit = self.period_unit(key)?;
                Ok((None, Some(Period { count: 1, unit })))
            }
            (None, Some(key)) => Err(self.no_environment(key)),
            (None, None) if environments.is_empty() => Ok((None, None)),
            (None, None) => {
                let message = messages::price_without_environment(environments);
                Err(self.diagnostics.report(price.id.span(), message))
            }
        }
    }

    fn no_environment(&mut self, word: &Word) -> Reported {
        let message = if self.environments.is_empty() {
            messages::no_environments(&word.text)
        } else if vocab::period_words().contains(&word.text.as_str()) {
            messages::period_without_environment(&word.text, self.environments)
        } else {
            let nearest = suggest::nearest(&word.text, self.environments);
            messages::unknown_option(
                &word.text,
                "which environment of the settings is meant",
                nearest,
                self.environments,
            )
        };
        self.diagnostics.report(word.span, message)
    }

    /// An item has a price in all environments or in none: a missing price would be noticed by a customer.
    fn in_every_environment(&mut self, written: &[Written], item: &Word) -> Result<()> {
        for environment in self.environments {
            for Written { price, span, .. } in written {
                let same = |other: &StripePrice| {
                    (other.environment, other.period) == (Some(environment), price.period)
                };
                if !written.iter().any(|other| same(&other.price)) {
                    let period = price.period.map(|period| period.to_string());
                    let message = messages::price_missing(&item.text, environment, period.as_deref());
                    return Err(self.diagnostics.report(*span, message));
                }
            }
        }
        Ok(())
    }

    /// A Stripe price belongs to one item, period and environment: a payment must mean one thing.
    pub(super) fn stripe_ids(&mut self, ast: &ast::Pricing) {
        let mut known: HashMap<&str, Span> = HashMap::new();
        let plans = ast.plans.iter().filter_map(|plan| plan.stripe_price.first());
        let packs = ast.packs.iter().filter_map(|pack| pack.stripe_price.first());
        for price in plans.chain(packs).flat_map(|stated| stated.value.iter().flatten()) {
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
