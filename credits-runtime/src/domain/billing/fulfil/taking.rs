//! Taking back: reduces an award to the due amount, from its own grants first, and gives back credits that
//! were taken in excess.
//!
//! It does not know how much a refund or dispute claims, nor about advances.

use std::collections::{BTreeSet, VecDeque};

use credits_core::{RefundedButSpent, SubscriptionRefunds};

use super::{Booking, Compared, Retaking};
use crate::domain::amount::Amount;
use crate::domain::billing::award::{Award, AwardId, Taken, Taking};
use crate::domain::billing::due::Wanted;
use crate::domain::billing::purchases::Retake;
use crate::domain::body::Body;
use crate::domain::category::Category;
use crate::domain::grant::{GrantTerms, Origin, Part};
use crate::domain::ids::FactNumber;
use crate::domain::limits::HELD_ASKED_AFTER;
use crate::domain::time::Timestamp;

/// The part of a taking that no credits cover.
struct Uncovered {
    /// Becomes debt.
    owed: Amount,
    /// Is forgiven.
    left: Amount,
}

impl Booking<'_> {
    /// Adjusts the taken amount of an award to its target, and its grants to their expiry.
    pub(super) fn take_excess(&mut self, Compared { id, wanted }: Compared<'_>) {
        let Some(award) = self.billing.awards.get(id).cloned() else { return };
        let target = self.target(id, &award, wanted);
        let taken = award.taken();
        let retake = wanted.and_then(|wanted| wanted.retake.clone());
        let retake = retake.unwrap_or_else(|| Retake::of_award(id, target));
        if target > taken {
            let credited = self.credited(id, &award, wanted).min(target.minus(taken));
            self.take(id, target.minus(taken), credited, &retake.category);
        } else if target < taken {
            self.give_back(id, &award, wanted, taken.minus(target), &retake.given_back);
        }
        self.take_forgiven(id, &retake.category);
        if let Some(wanted) = wanted.filter(|wanted| wanted.origin == Origin::Subscription) {
            self.reschedule(id, &award, wanted);
        }
    }

    /// Total credits to take back from an award.
    fn target(&self, id: &AwardId, award: &Award, wanted: Option<&Wanted>) -> Amount {
        match (wanted, id) {
            (Some(Wanted { retake: Some(retake), .. }), _) if award.mark.is_some() => {
                Amount::new(retake.amount).min(award.given)
            }
            (Some(Wanted { retake: Some(retake), .. }), _) => Amount::new(retake.amount),
            // The invoice gave the pack before the checkout behind it was known; the checkout gives it again.
            (None, AwardId::Pack(session)) => {
                let bonus = self.billing.awards.get(&AwardId::PackBonus(session.clone()));
                award.given.plus(bonus.map_or(Amount::ZERO, |bonus| bonus.given))
            }
            // A pack without a refund stays whole; a bonus is taken with its pack.
            (_, AwardId::Pack(_) | AwardId::PackBonus(_)) => Amount::ZERO,
            _ => award.beyond(wanted),
        }
    }

    /// The part of an award's excess that is caused by credited time, or by other awards that give its
    /// credits.
    pub(super) fn credited(&self, id: &AwardId, award: &Award, wanted: Option<&Wanted>) -> Amount {
        match wanted {
            Some(wanted) => Amount::new(wanted.credited),
            None if self.due.superseded.contains(id) => award.given,
            None => Amount::ZERO,
        }
    }

    /// Takes an amount back from an award's own grants, and for a pack from other free credits too. An
    /// advance makes up for the part of `credited` that was spent or moved.
    fn take(&mut self, id: &AwardId, amount: Amount, credited: Amount, category: &Category) {
        let own = self.own_grants(id);
        let (mut missing, mut taken) = (amount, Vec::new());
        for grant in &own.grants {
            let free = self.draft.wallet.grant_left(*grant).0.min(missing);
            if let Some(part) = self.draft.wallet.part(*grant, free) {
                missing = missing.minus(free);
                taken.push(Taken::Part(part));
            }
        }
        // Expired and revoked credits count as returned.
        let forfeited = self.forfeited_uncounted(id, &own.grants).min(missing);
        missing = missing.minus(forfeited);
        taken.push(Taken::Forfeited(forfeited));
        if own.is_pack {
            let others = self.draft.wallet.allocate(missing, |grant| !own.grants.contains(&grant.number));
            for part in others {
                missing = missing.minus(part.amount);
                taken.extend(self.draft.wallet.part(part.grant, part.amount).map(Taken::Part));
            }
        }
        let held = self.held_of(&own.grants);
        let owed = match (own.is_pack, self.with.retaking) {
            (true, Retaking { refunded_but_spent: RefundedButSpent::Debt, .. })
            | (false, Retaking { subscription_refunds: SubscriptionRefunds::Debt, .. }) => missing,
            // The release of the hold repays this debt.
            (true, _) => missing.min(held),
            (false, _) => Amount::ZERO,
        };
        let mut left = missing.minus(owed);
        if !own.is_pack && owed.is_zero() {
            // A hold may end in a charge or in a release; the held part stays open until then.
            if held.is_positive() {
                left = left.minus(left.min(held));
                self.look_again_after_holds(&own.grants);
            }
            left = left.minus(left.min(credited));
        }
        self.book_taking(id, taken, &Uncovered { owed, left }, category);
    }

    /// Takes credits that were forgiven because they were used, and that came back since.
    fn take_forgiven(&mut self, id: &AwardId, category: &Category) {
        let Some(award) = self.billing.awards.get(id) else { return };
        let mut missing = award.forgiven();
        if missing.is_zero() {
            return;
        }
        let mut sources = vec![(self.own_grants(id).grants, missing)];
        sources.extend(self.stood_in(id));
        let mut parts = Vec::new();
        for (grants, mut most) in sources {
            for grant in grants {
                let free = self.draft.wallet.grant_left(grant).0.min(most).min(missing);
                (most, missing) = (most.minus(free), missing.minus(free));
                parts.extend(self.draft.wallet.part(grant, free));
            }
        }
        let Ok(balance_after) = self.draft.wallet.balance_after_taking(Part::total(&parts)) else { return };
        if parts.is_empty() {
            return;
        }
        let at = self.with.now;
        let taken = parts.iter().map(|part| Taking { at, what: Taken::Part(part.clone()) }).collect();
        let (category, reason) = (category.clone(), self.reason(id));
        self.draft.push(Body::TakenBack { category, parts, owed: Amount::ZERO, reason, balance_after });
        self.record(Body::TookForgiven { award: id.clone(), taken });
    }

    /// The grants of other awards whose returns took credits of this award in place of their own, also by way of further
    /// awards, each with the most that is to be taken of it once its own credits are back.
    fn stood_in(&self, id: &AwardId) -> Vec<(Vec<FactNumber>, Amount)> {
        let mut lost = self.lost_to_others(id).max(0);
        let (mut reached, mut next) = (BTreeSet::from([id.clone()]), VecDeque::from([id.clone()]));
        let mut sources = Vec::new();
        while lost > 0
            && let Some(from) = next.pop_front()
        {
            let grants = self.own_grants(&from).grants;
            let takers =
                self.billing.awards.iter().filter(|(_, award)| award.taken_of(&grants).is_positive());
            for (taker, _) in takers {
                if !reached.insert(taker.clone()) {
                    continue;
                }
                next.push_back(taker.clone());
                let gained = self.lost_to_others(taker).saturating_neg().clamp(0, lost);
                lost = lost.saturating_sub(gained);
                sources.push((self.own_grants(taker).grants, Amount::new(gained)));
            }
        }
        sources
    }

    /// Credits of an award's grants that returns of other awards took, less those that its own returns took of theirs.
    fn lost_to_others(&self, id: &AwardId) -> i64 {
        let (own, mut lost) = (self.own_grants(id).grants, 0_i64);
        let Some(returned) = self.billing.awards.get(id) else { return lost };
        for (_, award) in self.billing.awards.iter().filter(|(other, _)| *other != id) {
            // The grants of a bonus are its pack's.
            let theirs = award.grants.iter().copied().filter(|grant| !own.contains(grant));
            let gained = returned.taken_of(&theirs.collect::<Vec<_>>());
            lost = lost.saturating_add(award.taken_of(&own).get()).saturating_sub(gained.get());
        }
        lost
    }

    /// Schedules the next fulfilment for the end of the holds on these grants, at the latest after
    /// `HELD_ASKED_AFTER`.
    fn look_again_after_holds(&mut self, grants: &[FactNumber]) {
        let soon = self.with.now.after(HELD_ASKED_AFTER);
        let until = self.draft.wallet.held_until(grants).map_or(soon, |until| until.min(soon));
        self.again_at = Some(self.again_at.map_or(until, |again_at| again_at.min(until)));
    }

    fn book_taking(
        &mut self,
        id: &AwardId,
        mut taken: Vec<Taken>,
        Uncovered { owed, left }: &Uncovered,
        category: &Category,
    ) {
        let parts = taken.iter().filter_map(|taken| match taken {
            Taken::Part(part) => Some(part.clone()),
            _ => None,
        });
        let parts: Vec<_> = parts.collect();
        let of_parts = Part::total(&parts);
        // Debt that would take the balance below its range is forgiven.
        let (owed, left, balance_after) = match self.draft.wallet.balance_after_taking(of_parts.plus(*owed)) {
            Ok(balance_after) => (*owed, *left, balance_after),
            Err(_) => (Amount::ZERO, left.plus(*owed), self.draft.wallet.balance.minus(of_parts)),
        };
        if of_parts.is_positive() || owed.is_positive() {
            let (category, reason) = (category.clone(), self.reason(id));
            self.draft.push(Body::TakenBack { category, parts, owed, reason, balance_after });
        }
        taken.extend([Taken::Owed(owed), Taken::Left(left)]);
        let at = self.with.now;
        let taken = taken.into_iter().map(|what| Taking { at, what });
        let taken: Vec<_> = taken.filter(|taken| taken.amount().is_positive()).collect();
        if !taken.is_empty() {
            self.record(Body::TookBack { award: id.clone(), taken });
        }
    }

    fn give_back(
        &mut self,
        id: &AwardId,
        award: &Award,
        wanted: Option<&Wanted>,
        amount: Amount,
        category: &Category,
    ) {
        let (mut parts, mut owed) = (Vec::new(), Amount::ZERO);
        for Taking { at, what } in award.clone().return_taken(amount) {
            match what {
                Taken::Part(part) => parts.push(self.returning(part, at)),
                Taken::Owed(amount) => owed = owed.plus(amount),
                Taken::Forfeited(_) | Taken::Left(_) => {}
            }
        }
        let Some(balance_after) = self.draft.wallet.balance.checked_add(Part::total(&parts)) else { return };
        if !parts.is_empty() {
            let (category, reason) = (category.clone(), self.reason(id));
            self.draft.push(Body::GivenBack { category, parts, reason, balance_after });
        }
        let grant = match wanted {
            Some(wanted) if owed.is_positive() => self.open(wanted, owed, category.clone()),
            _ => None,
        };
        self.record(Body::GaveBack { award: id.clone(), amount, grant });
    }

    /// A part as it returns to its grant, with at least the lifetime it had left when it was taken.
    pub(super) fn returning(&self, part: Part, taken_at: Timestamp) -> Part {
        let left = part.terms.expires_at.map(|expires_at| expires_at.since(taken_at));
        let expires_at = part
            .terms
            .expires_at
            .zip(left)
            .map(|(expires_at, left)| expires_at.max(self.with.now.after(left)));
        // The grant may still be open, with a later expiry.
        let open = self.draft.wallet.grant(part.grant).map(|grant| grant.terms.expires_at);
        let expires_at = open.map_or(expires_at, |open| open.zip(expires_at).map(|(a, b)| a.max(b)));
        Part { terms: GrantTerms { expires_at, ..part.terms }, ..part }
    }

    /// Expired and revoked credits of an award's grants that no earlier taking counted.
    fn forfeited_uncounted(&self, id: &AwardId, grants: &[FactNumber]) -> Amount {
        let forfeited = grants.iter().map(|grant| self.forfeited_of(id, *grant));
        let forfeited = Amount::sum(forfeited.flat_map(|of| [of.expired, of.revoked]));
        forfeited.minus(self.counted_as_forfeited(id).min(forfeited))
    }

    /// Expired and revoked credits that earlier takings of an award counted as returned.
    pub(super) fn counted_as_forfeited(&self, id: &AwardId) -> Amount {
        let taken = self.billing.awards.get(id).into_iter().flat_map(|award| &award.taken);
        Amount::sum(taken.filter(|taken| matches!(taken.what, Taken::Forfeited(_))).map(Taking::amount))
    }
}
