//! Words for people: display names and the prices that are shown.
//!
//! It does not know where they are shown.

use super::tokens::Parser;
use crate::ast::{PlanCost, Text, Word};
use crate::diag::{Reported, Result};
use crate::messages;
use crate::vocab::{PER, PlanWord, Vocabulary};
use proc_macro2::Delimiter;

impl Parser<'_, '_> {
    /// `"Large boost"`
    pub(super) fn display_name<K: Vocabulary>(&mut self) -> Result<Text> {
        if let Some(text) = self.text() {
            return Ok(text);
        }
        let (place, found) = (self.place::<K>(), self.found());
        let written = self.rest_of_line::<K>().all;
        Err(self.diagnostics.report(place, messages::expected_display_name(&found, &written)))
    }

    /// `"magic gem", "magic gems"`
    pub(super) fn asset_words(&mut self, asset: &Word) -> Result<(Text, Text)> {
        let one = self.text();
        let has_comma = self.mark(',').is_some();
        match (one, has_comma.then(|| self.text()).flatten()) {
            (Some(one), Some(many)) => Ok((one, many)),
            (one, _) => {
                let place = one.as_ref().map_or_else(|| self.here(), |one| one.span);
                let message = messages::asset_words(&asset.text, one.as_ref().map(|one| one.value.as_str()));
                Err(self.diagnostics.report(place, message))
            }
        }
    }

    /// `29.dollars.per(month), 290.dollars.per(year)`
    pub(super) fn plan_costs(&mut self) -> Result<Vec<PlanCost>> {
        self.list_of::<PlanWord, _>(Self::plan_cost)
    }

    fn plan_cost(&mut self) -> Result<PlanCost> {
        let price = self.amount::<PlanWord>("29.dollars.per(month)")?;
        let start = (self.cursor, self.previous());
        if self.mark('.').is_some() && self.peek_is(PER) {
            self.skip();
            if let Some(mut inside) = self.group(Delimiter::Parenthesis) {
                let per = inside.period()?;
                return Ok(PlanCost { price, per });
            }
        }
        self.back_to(start);
        let written = format!("{}.{}", price.number.text, price.word.text);
        Err(self.cost_without_period(&written, price.word.span))
    }

    /// `29.dollars.every(month)`, `29.dollars / month`, `29.dollars monthly` and `29.dollars` alone.
    fn cost_without_period(&mut self, written: &str, place: proc_macro2::Span) -> Reported {
        let start = self.cursor;
        let _ = self.mark('.').or_else(|| self.mark('/'));
        let period = if self.at_statement_end::<PlanWord>() { None } else { self.named_period() };
        let behind =
            period.as_ref().map(|_| super::spelling::spelled(super::chain::between(start, self.cursor)));
        let message = messages::plan_cost_without_period(written, period.as_deref(), behind.as_deref());
        self.diagnostics.report(place, message)
    }
}
