//! The rules of tiers: ascending, in whole batches, the last one open.
//!
//! It does not know what becomes of the price.

use credits_core::{Clause, Fraction, Tier};

use super::forever::all_forever;
use super::operation::Terms;
use super::{Checker, Unit};
use crate::ast::{self, Amount, TierEnd};
use crate::diag::Result;
use crate::inflect::singular;
use crate::vocab::OperationWord;
use crate::{exact, inflect, messages};

impl Checker<'_> {
    /// Checks tiers, and adds what they count to the quantities.
    pub(super) fn tiers(&mut self, tiers: &ast::Tiers, terms: &mut Terms) -> Result<Clause> {
        let batch = self.batch(&tiers.batch);
        let unit = self.counted_unit(&tiers.batch.word, Some(&tiers.batch.number.text), terms)?;
        let written = tiers.list.as_ref().map_err(|reported| *reported)?;
        let credits: Vec<Result<i64>> = written
            .iter()
            .map(|tier| {
                self.price_of_batch(&tier.amount, &tiers.batch)?;
                self.cost_amount(&tier.amount, OperationWord::Costs.word(), &mut terms.denomination)
            })
            .collect();
        let batch = batch?;
        let ends = self.tier_ends(written, batch, &unit)?;
        self.last_is_open(tiers, written)?;
        let credits = credits.into_iter().collect::<Result<Vec<i64>>>()?;
        let tiers = ends.into_iter().zip(credits).map(|(up_to, credits)| Tier { up_to, credits });
        Ok(Clause::Tiers { batch, unit: unit.to_core(), tiers: all_forever(tiers) })
    }

    /// `0.5.credits` for 1_000 tokens is a credit for 2_000.
    fn price_of_batch(&mut self, price: &Amount, batch: &Amount) -> Result<()> {
        let Amount { number, word, .. } = price;
        let value = exact::value(&number.text).filter(|value| value.denominator() != 1);
        let larger = value.and_then(|value| {
            let times = Fraction::whole(value.denominator());
            let batch = exact::whole(exact::value(&batch.number.text)?.checked_mul(times)?)?;
            Some((exact::whole(Fraction::whole(value.numerator()))?, batch))
        });
        let Some((credits, units)) = larger.filter(|_| self.denomination(word).is_some()) else {
            return Ok(());
        };
        let word = inflect::counted(&credits, &singular(&word.text));
        let batch = format!("{units}.{}", batch.word.text);
        let message = messages::tier_price_not_whole(&number.text, &format!("{credits}.{word}"), &batch);
        Err(self.diagnostics.report(number.span, message))
    }

    fn tier_ends(&mut self, tiers: &[ast::Tier], batch: u64, unit: &Unit) -> Result<Vec<Option<u64>>> {
        let mut before: Option<(u64, &Amount)> = None;
        let mut ends = Vec::new();
        for tier in tiers {
            let TierEnd::Below(amount) = &tier.end else {
                ends.push(None);
                continue;
            };
            let end = self.tier_end(amount, batch, unit)?;
            // A tier of nothing is out of order, too: its price would never hold.
            let place = before.map_or(0, |(end, _)| end);
            if end <= place {
                return Err(self.not_ascending(amount, before.map(|(_, amount)| amount)));
            }
            before = Some((end, amount));
            ends.push(Some(end));
        }
        Ok(ends)
    }

    fn not_ascending(&mut self, amount: &Amount, before: Option<&Amount>) -> crate::diag::Reported {
        let (number, span) = (&amount.number.text, amount.number.span);
        let Some(before) = before else {
            return self.diagnostics.report(span, messages::tiers_not_ascending(number, "0"));
        };
        let culprit = (span, messages::tiers_not_ascending(number, &before.number.text));
        self.diagnostics.report_pair(culprit, (before.number.span, messages::previous_tier()))
    }

    /// Within a batch the price cannot change.
    fn tier_end(&mut self, amount: &Amount, batch: u64, unit: &Unit) -> Result<u64> {
        let end = self.in_unit(amount, unit)?;
        if end.checked_rem(batch) == Some(0) {
            return Ok(end);
        }
        let nearest = end.div_ceil(batch).saturating_mul(batch);
        let message = messages::tier_not_in_batches(&amount.number.text, batch, nearest, &unit.plural);
        Err(self.diagnostics.report(amount.number.span, message))
    }

    /// Every quantity has a price, and only the last tier can be open.
    fn last_is_open(&mut self, tiers: &ast::Tiers, written: &[ast::Tier]) -> Result<()> {
        let open = written.iter().position(|tier| matches!(tier.end, TierEnd::Open(_)));
        match (open.and_then(|open| written.get(open)), open) {
            (Some(ast::Tier { end: TierEnd::Open(span), .. }), Some(open))
                if open.saturating_add(1) < written.len() =>
            {
                Err(self.diagnostics.report(*span, messages::tier_after_open()))
            }
            (Some(_), _) => Ok(()),
            (None, _) => {
                let last = written.last().map(|tier| &tier.amount);
                let last = last.map_or_else(
                    || "1.credit".to_owned(),
                    |amount| format!("{}.{}", amount.number.text, amount.word.text),
                );
                Err(self.diagnostics.report(tiers.end, messages::tiers_without_open(&last)))
            }
        }
    }
}
