//! The statements of `subscription_plan`.
//!
//! It does not know which periods and policies there are.

use super::tokens::Parser;
use crate::ast::{Header, Plan, Price};
use crate::diag::Result;
use crate::messages;
use crate::vocab::{ItemWord, PlanWord};

impl Parser<'_, '_> {
    /// The block of a plan.
    pub(super) fn plan(&mut self, header: Header) -> Plan {
        let mut plan =
            Plan { header, stripe_price: Vec::new(), gives: Vec::new(), unused_credits: Vec::new() };
        let Plan { header, stripe_price, gives, unused_credits } = &mut plan;
        self.block(ItemWord::Plan, header, |block| {
            block.statements(ItemWord::Plan, |parser, meaning, keyword| match meaning {
                PlanWord::StripePrice => parser.stated(keyword, stripe_price, Parser::prices),
                PlanWord::Gives => parser.stated(keyword, gives, Parser::gives::<PlanWord>),
                PlanWord::UnusedCredits => parser.stated(keyword, unused_credits, |parser| {
                    parser.option::<PlanWord>("unused_credits rollover")
                }),
            })
        });
        plan
    }

    /// `"id"` or `month: "id", year: "id"`.
    fn prices(&mut self) -> Result<Vec<Price>> {
        if let Some(id) = self.text() {
            return Ok(vec![Price { period: None, id }]);
        }
        if self.at_statement_end::<PlanWord>() {
            let message = messages::expected_price(&self.found());
            return Err(self.diagnostics.report(self.previous(), message));
        }
        let mut prices = vec![self.price_of_period()?];
        while let Some(comma) = self.mark(',') {
            if self.at_statement_end::<PlanWord>() {
                self.diagnostics.report(comma, messages::list_ends_in_comma());
                return Ok(prices);
            }
            prices.push(self.price_of_period()?);
        }
        Ok(prices)
    }

    fn price_of_period(&mut self) -> Result<Price> {
        let Some(period) = self.symbol() else {
            let message = messages::expected_price(&self.found());
            return Err(self.refuse(message));
        };
        let colon = self.colon();
        match (colon, self.text()) {
            (Some(_), Some(id)) => Ok(Price { period: Some(period), id }),
            (None, Some(_)) => {
                Err(self.diagnostics.report(period.span, messages::price_without_colon(&period.text)))
            }
            (None, None) => {
                Err(self.diagnostics.report(period.span, messages::price_without_quotes(&period.text)))
            }
            (Some(_), None) => {
                let message = messages::expected_price(&self.found());
                Err(self.diagnostics.report(self.place::<PlanWord>(), message))
            }
        }
    }
}
