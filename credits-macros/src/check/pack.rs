//! The rules of packs.

use credits_core::PackSpec;

use super::amount::Counted;
use super::forever::forever;
use super::statement::{at_most_one, exactly_one};
use super::{Checker, Pack, Sale};
use crate::ast::{self, Gives};
use crate::diag::Result;
use crate::messages;
use crate::vocab::PackWord;

impl Checker<'_> {
    /// Checks a pack.
    pub(super) fn pack(&mut self, pack: &ast::Pack) -> Pack {
        let gives = exactly_one(&pack.gives, &pack.header, messages::pack_without_gives, self.diagnostics)
            .and_then(|gives| self.pack_gives(gives));
        let bonus = at_most_one(&pack.bonus, self.diagnostics).and_then(|bonus| {
            bonus.map(|bonus| self.some_counted(bonus, PackWord::Bonus.word())).transpose()
        });
        let costs = exactly_one(&pack.costs, &pack.header, messages::pack_without_costs, self.diagnostics)
            .and_then(|costs| self.price(costs));
        let terms = || {
            let (gives, bonus) = (gives?, bonus?);
            let terms = PackSpec {
                name: forever(&pack.header.name.text),
                gives: gives.amount,
                asset: gives.asset,
                bonus: bonus.map_or(0, |bonus| bonus.amount),
                costs: costs?,
                expires_after: None,
                stripe_prices: &[],
                only_for: &[],
                meta: &[],
            };
            pack.header.poisoned.map_or(Ok(Sale { terms, price_ids: Vec::new() }), Err)
        };
        Pack { name: pack.header.name.clone(), docs: pack.header.docs.clone(), terms: terms() }
    }

    fn pack_gives(&mut self, gives: &Gives) -> Result<Counted> {
        let credits = self.some_counted(&gives.amount, PackWord::Gives.word());
        match &gives.every {
            Some(every) => Err(self.diagnostics.report(every.keyword.span, messages::pack_gives_again())),
            None => credits,
        }
    }
}
