//! The rules of prices at other payment processors than Stripe.
//!
//! It does not know plans and packs.

use std::collections::HashMap;

use credits_core::{Period, ProcessorPrice};
use proc_macro2::Span;

use super::Checker;
use super::forever::forever;
use crate::ast::{self, PriceId, Stated, Text};
use crate::diag::Result;
use crate::messages;

/// The processor whose prices have their own statement.
const STRIPE: &str = "stripe";

/// The ids as they were written.
pub(super) fn ids(statements: &[Stated<Vec<ast::ProcessorPrice>>]) -> Vec<PriceId> {
    let prices = statements.iter().flat_map(|stated| stated.value.iter().flatten());
    prices.map(|price| price.id.clone()).collect()
}

impl Checker<'_> {
    /// Checks the prices of an item at other processors.
    pub(super) fn processor_prices(&mut self, prices: &[ast::ProcessorPrice]) -> Result<Vec<ProcessorPrice>> {
        let checked: Vec<_> = prices.iter().map(|price| self.processor_price(price)).collect();
        checked.into_iter().collect()
    }

    fn processor_price(&mut self, price: &ast::ProcessorPrice) -> Result<ProcessorPrice> {
        let ast::ProcessorPrice { processor, period, id } = price;
        if processor.text == STRIPE {
            let written = match id {
                PriceId::Text(text) => format!("{:?}", text.value),
                PriceId::Path(path) => path.to_string(),
            };
            return Err(self.diagnostics.report(processor.span, messages::stripe_as_processor(&written)));
        }
        let period = period.as_ref().map(|word| self.period_unit(word)).transpose()?;
        Ok(ProcessorPrice {
            processor: forever(&processor.text),
            period: period.map(|unit| Period { count: 1, unit }),
            id: self.processor_price_id(id)?,
        })
    }

    /// Ids of other processors are free words without blanks.
    fn processor_price_id(&mut self, id: &PriceId) -> Result<&'static str> {
        let Text { value, span } = match id {
            PriceId::Path(path) => return Ok(forever(&path.to_string())),
            PriceId::Text(text) => text,
        };
        let trimmed = value.trim();
        let message = if trimmed.is_empty() {
            messages::empty_processor_price()
        } else if value.contains(char::is_whitespace) {
            messages::blank_in_price((!trimmed.contains(char::is_whitespace)).then_some(trimmed))
        } else {
            return Ok(forever(value));
        };
        Err(self.diagnostics.report(*span, message))
    }

    /// A price of a processor belongs to one item: a payment must mean one thing.
    pub(super) fn processor_ids(&mut self, ast: &ast::Pricing) {
        let mut known: HashMap<(&str, &str), Span> = HashMap::new();
        let plans = ast.plans.iter().flat_map(|plan| &plan.processor_price);
        let packs = ast.packs.iter().flat_map(|pack| &pack.processor_price);
        for price in plans.chain(packs).flat_map(|stated| stated.value.iter().flatten()) {
            // What a path leads to is compared by the compiler.
            let PriceId::Text(Text { value: id, span }) = &price.id else { continue };
            if let Some(first) = known.get(&(price.processor.text.as_str(), id)) {
                let culprit = (*span, messages::price_id_twice(id));
                self.diagnostics.report_pair(culprit, (*first, messages::first_item(id)));
            } else {
                known.insert((&price.processor.text, id), *span);
            }
        }
    }
}
