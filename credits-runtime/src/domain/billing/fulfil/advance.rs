//! Advances: credits of other cycles, taken in place of used credits whose time was credited, and returned
//! once they are no longer needed.
//!
//! It does not know why time is credited, nor how much an award itself still has to give back.

use super::{Booking, Compared};
use crate::domain::amount::Amount;
use crate::domain::billing::award::{AwardId, Taken, Taking};
use crate::domain::body::Body;
use crate::domain::category::Category;
use crate::domain::grant::{Origin, Part};
use crate::domain::wallet::Grant;

impl Booking<'_> {
    /// The advance that an award needs: credits of credited time that are neither in its grants nor held,
    /// because they were spent, transferred or used to repay debt. Zero except for cycles and rises.
    fn advance_needed(&self, Compared { id, wanted }: Compared<'_>) -> Amount {
        let Some(award) = self.billing.awards.get(id) else { return Amount::ZERO };
        if !matches!(id, AwardId::Cycle { .. } | AwardId::Rise { .. }) {
            return Amount::ZERO;
        }
        let target = award.beyond(wanted);
        let missing = target.minus(award.taken().min(target)).min(self.credited(id, award, wanted));
        let held = self.held_of(&self.own_grants(id).grants);
        missing.minus(missing.min(held))
    }

    /// Returns the unneeded part of an advance to the grants it came from; false if none is returned.
    pub(super) fn return_advance(&mut self, compared: Compared<'_>) -> bool {
        let id = compared.id;
        let Some(award) = self.billing.awards.get(id) else { return false };
        let needed = self.advance_needed(compared);
        let amount = award.advance().minus(needed.min(award.advance()));
        if !amount.is_positive() {
            return false;
        }
        let takings = award.clone().return_advance(amount);
        let parts = takings.into_iter().filter_map(|taking| match taking.what {
            Taken::Part(part) => Some(self.returning(part, taking.at)),
            _ => None,
        });
        let parts: Vec<_> = parts.collect();
        let Some(balance_after) = self.draft.wallet.balance.checked_add(Part::total(&parts)) else {
            return false;
        };
        let (category, reason) = (Category::SubscriptionRefund, self.reason(id));
        self.draft.push(Body::GivenBack { category, parts, reason, balance_after });
        self.record(Body::AdvanceReturned { award: id.clone(), amount });
        true
    }

    /// Takes the missing part of an advance from the free credits of the owner's other cycles and rises.
    pub(super) fn take_advance(&mut self, compared: Compared<'_>) {
        let id = compared.id;
        let Some(award) = self.billing.awards.get(id) else { return };
        let needed = self.advance_needed(compared);
        let missing = needed.minus(award.advance().min(needed));
        let own = self.own_grants(id).grants;
        let is_of_another_cycle = |grant: &Grant| {
            grant.terms.origin == Origin::Subscription
                && matches!(grant.category, Category::SubscriptionCredits | Category::SubscriptionUpgrade)
                && !own.contains(&grant.number)
        };
        let parts = self.draft.wallet.allocate(missing, is_of_another_cycle);
        let parts = parts.into_iter().filter_map(|part| self.draft.wallet.part(part.grant, part.amount));
        let parts: Vec<_> = parts.collect();
        let Ok(balance_after) = self.draft.wallet.balance_after_taking(Part::total(&parts)) else { return };
        if parts.is_empty() {
            return;
        }
        let at = self.with.now;
        let taken = parts.iter().map(|part| Taking { at, what: Taken::Part(part.clone()) }).collect();
        let (category, reason) = (Category::SubscriptionRefund, self.reason(id));
        self.draft.push(Body::TakenBack { category, parts, owed: Amount::ZERO, reason, balance_after });
        self.record(Body::AdvanceTaken { award: id.clone(), taken });
    }
}
