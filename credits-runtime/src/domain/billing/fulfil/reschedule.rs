//! Lifetimes: moves the expiry of a subscription's grants, and restores credits that expired before a longer
//! lifetime was known.
//!
//! It does not know how a lifetime is computed.

use super::Booking;
use crate::domain::amount::Amount;
use crate::domain::billing::award::{Award, AwardId};
use crate::domain::billing::due::Wanted;
use crate::domain::body::Body;
use crate::domain::grant::MovedExpiry;

impl Booking<'_> {
    /// Sets the expiry of an award's grants to the due one.
    pub(super) fn reschedule(&mut self, id: &AwardId, award: &Award, wanted: &Wanted) {
        let expires_at = wanted.expires_at;
        let is_over = expires_at.is_some_and(|expires_at| expires_at <= self.with.now);
        // Trimmed credits stay expired.
        if !is_over && wanted.trims_to.is_none() {
            self.restore(id, award, wanted);
        }
        for grant in &award.grants {
            let Some(open) = self.draft.wallet.grant(*grant) else { continue };
            let expires_at = MovedExpiry::kept(open.moved, expires_at);
            if open.terms.expires_at != expires_at {
                self.draft.push(Body::Rescheduled { grant: *grant, expires_at });
            }
        }
    }

    /// Restores the expired credits of an award, except those that takings counted as returned.
    fn restore(&mut self, id: &AwardId, award: &Award, wanted: &Wanted) {
        let forfeited = award.grants.iter().map(|grant| self.forfeited_of(id, *grant));
        let expired = Amount::sum(forfeited.clone().map(|of| of.expired));
        let revoked = Amount::sum(forfeited.map(|of| of.revoked));
        let counted = self.counted_as_forfeited(id);
        let counted = counted.minus(counted.min(revoked));
        let mut restorable = expired.minus(expired.min(counted));
        for grant in &award.grants {
            let amount = self.forfeited_of(id, *grant).expired.min(restorable);
            restorable = restorable.minus(amount);
            if amount.is_positive()
                && let Some(balance_after) = self.draft.wallet.balance.checked_add(amount)
            {
                let (category, terms) = (wanted.category.clone(), self.terms(wanted, *grant));
                self.draft.push(Body::Restored { grant: *grant, amount, category, terms, balance_after });
                let mut forfeited = self.forfeited_of(id, *grant);
                if self.draft.wallet.forfeited_of(*grant).is_none() {
                    forfeited.expired = forfeited.expired.minus(amount);
                }
                self.record(Body::ForfeitureNoted { award: id.clone(), forfeited });
            }
        }
    }
}
