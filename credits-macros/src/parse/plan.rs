//! The statements of `subscription_plan`.
//!
//! It does not know which periods and policies there are.

use super::tokens::Parser;
use crate::ast::{Header, Plan, Price, PriceId, Text};
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
            return self.only_price(id);
        }
        if self.at_statement_end::<PlanWord>() {
            let message = messages::expected_price(&self.found());
            return Err(self.diagnostics.report(self.previous(), message));
        }
        let mut prices = vec![self.price_of_period()?];
        while self.another_price()? {
            prices.push(self.price_of_period()?);
        }
        Ok(prices)
    }

    /// A price without a period, which has none beside it.
    fn only_price(&mut self, id: Text) -> Result<Vec<Price>> {
        if self.mark(',').is_some() {
            return Err(self.diagnostics.report(id.span, messages::price_without_period(&id.value)));
        }
        Ok(vec![Price { period: None, id: PriceId::Text(id) }])
    }

    /// Whether the list goes on.
    fn another_price(&mut self) -> Result<bool> {
        let comma = self.mark(',');
        match (comma, self.at_statement_end::<PlanWord>()) {
            (None, true) => Ok(false),
            (Some(comma), true) => Err(self.diagnostics.report(comma, messages::list_ends_in_comma())),
            (Some(_), false) => Ok(true),
            (None, false) => match self.peek_word() {
                Some(period) if self.is_price_ahead() => {
                    Err(self.diagnostics.report(period.span, messages::price_without_comma(&period.text)))
                }
                _ => Ok(false),
            },
        }
    }

    /// Whether `year:` comes next.
    fn is_price_ahead(&self) -> bool {
        self.cursor
            .ident()
            .and_then(|(_, after)| after.punct())
            .is_some_and(|(mark, _)| mark.as_char() == ':')
    }

    fn price_of_period(&mut self) -> Result<Price> {
        let Some(period) = self.symbol() else {
            let message = messages::expected_price(&self.found());
            return Err(self.refuse(message));
        };
        let colon = self.colon();
        // `month => "id"`
        let arrow = self.mark('=').and_then(|_| self.mark('>'));
        match (colon, self.text()) {
            (Some(_), Some(id)) => Ok(Price { period: Some(period), id: PriceId::Text(id) }),
            (Some(_), None) => {
                let message = messages::expected_price(&self.found());
                Err(self.diagnostics.report(self.place::<PlanWord>(), message))
            }
            (None, None) if arrow.is_none() => {
                Err(self.diagnostics.report(period.span, messages::price_without_quotes(&period.text)))
            }
            (None, _) => {
                Err(self.diagnostics.report(period.span, messages::price_without_colon(&period.text)))
            }
        }
    }
}
