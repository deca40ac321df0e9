//! Prices at other payment processors: `paddle: "pri_1"`, `paddle(month: "pri_1", year: "pri_2")`.
//!
//! It does not know which periods there are.

use proc_macro2::Delimiter;

use super::tokens::Parser;
use crate::ast::{PriceId, ProcessorPrice, Text};
use crate::diag::Result;
use crate::messages;
use crate::vocab::Vocabulary;

impl Parser<'_, '_> {
    /// All prices of a plan or a pack at other processors. `K` are the keywords that end the statement.
    pub(super) fn processor_prices<K: Vocabulary>(&mut self) -> Result<Vec<ProcessorPrice>> {
        let prices = self.list_of::<K, _>(Self::prices_of_processor::<K>)?;
        Ok(prices.into_iter().flatten().collect())
    }

    fn prices_of_processor<K: Vocabulary>(&mut self) -> Result<Vec<ProcessorPrice>> {
        if let Some(Text { value, .. }) = self.text_ahead() {
            return Err(self.refuse(messages::price_without_processor(&value)));
        }
        let is_missing = self.at_statement_end::<K>();
        let Some(processor) = self.symbol().filter(|_| !is_missing) else {
            return Err(self.no_processor_price::<K>());
        };
        let Some(mut inside) = self.group(Delimiter::Parenthesis) else {
            let id = self.keyed_id::<K>()?;
            return Ok(vec![ProcessorPrice { processor, period: None, id }]);
        };
        let prices = inside.list_of::<K, _>(|parser| {
            let Some(period) = parser.symbol() else { return Err(parser.no_processor_price::<K>()) };
            Ok((period, parser.keyed_id::<K>()?))
        })?;
        inside.nothing_more()?;
        let price = |(period, id)| ProcessorPrice { processor: processor.clone(), period: Some(period), id };
        Ok(prices.into_iter().map(price).collect())
    }

    /// `: "pri_1"`
    fn keyed_id<K: Vocabulary>(&mut self) -> Result<PriceId> {
        match self.colon().and_then(|_| self.price_id()) {
            Some(id) => Ok(id),
            None => Err(self.no_processor_price::<K>()),
        }
    }

    fn no_processor_price<K: Vocabulary>(&mut self) -> crate::diag::Reported {
        let message = messages::expected_processor_price(&self.found());
        self.diagnostics.report(self.place::<K>(), message)
    }
}
