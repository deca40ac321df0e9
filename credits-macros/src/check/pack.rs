//! The rules of packs.

use super::statement::{at_most_one, exactly_one};
use super::{Checker, Pack, PackTerms};
use crate::ast::{self, Gives};
use crate::diag::Result;
use crate::messages;
use crate::vocab::PackWord;

impl Checker<'_> {
    /// Checks a pack.
    pub(super) fn pack(&mut self, pack: &ast::Pack) -> Pack {
        let gives = exactly_one(&pack.gives, &pack.header, messages::pack_without_gives, self.diagnostics)
            .and_then(|gives| self.pack_gives(gives));
        let bonus = at_most_one(&pack.bonus, self.diagnostics)
            .and_then(|bonus| bonus.map_or(Ok(0), |bonus| self.some_credits(bonus, PackWord::Bonus.word())));
        let costs = exactly_one(&pack.costs, &pack.header, messages::pack_without_costs, self.diagnostics)
            .and_then(|costs| self.price(costs));
        let terms = || {
            let terms = PackTerms { gives: gives?, bonus: bonus?, costs: costs? };
            pack.header.poisoned.map_or(Ok(terms), Err)
        };
        Pack { name: pack.header.name.clone(), docs: pack.header.docs.clone(), terms: terms() }
    }

    fn pack_gives(&mut self, gives: &Gives) -> Result<i64> {
        let credits = self.some_credits(&gives.amount, PackWord::Gives.word());
        match &gives.every {
            Some(every) => Err(self.diagnostics.report(every.keyword.span, messages::pack_gives_again())),
            None => credits,
        }
    }
}
