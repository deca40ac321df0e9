//! Applies facts: the only way in which a wallet changes, both in the writer and in recovery.
//!
//! It judges nothing, because facts are already decided. A fact that does not fit the state is a bug or a
//! damaged file, and panics before anything is written or returned.

use super::state::{Forfeited, Grant, OpenHold, Wallet};
use crate::domain::amount::Amount;
use crate::domain::body::Body;
use crate::domain::category::Category;
use crate::domain::grant::{Allocation, GrantTerms, MovedExpiry, Part};
use crate::domain::ids::{FactNumber, HoldId};
use crate::domain::limits::FORFEITED_GRANTS_MAX;
use crate::domain::record::{Applied, Record};
use crate::domain::time::Timestamp;

impl Record for Wallet {
    const NAME: &'static str = "wallet";

    fn applied(&mut self) -> Applied<'_> {
        Applied { last_fact: &mut self.last_fact, facts: &mut self.facts }
    }

    fn change(&mut self, number: FactNumber, body: &Body) {
        let entry = body.entry();
        match body {
            Body::Given { amount, joins: Some(grant), .. } => {
                self.alter(*grant, |grant| grant.free = grant.free.plus(*amount));
            }
            Body::Given { amount, category, terms, .. } | Body::Received { amount, category, terms, .. } => {
                self.open(Grant {
                    number,
                    free: *amount,
                    held: Amount::ZERO,
                    terms: terms.clone(),
                    category: category.clone(),
                    moved: None,
                });
            }
            Body::Charged { settles, .. } => {
                if let Some(settled) = settles.as_ref().filter(|settled| !settled.late) {
                    self.unpin(settled.hold);
                }
            }
            Body::Deducted { allocations, revokes: true, .. } => {
                for part in allocations {
                    self.forfeit(Forfeited { revoked: part.amount, ..Forfeited::nothing(part.grant) });
                }
            }
            Body::Expired { grant, amount, .. } => {
                self.forfeit(Forfeited { expired: *amount, ..Forfeited::nothing(*grant) });
            }
            Body::Restored { grant, amount, category, terms, .. } => {
                if let Some(known) = self.forfeited.iter_mut().find(|known| known.grant == *grant) {
                    known.expired = known.expired.minus((*amount).min(known.expired));
                }
                let (category, terms) = (category.clone(), terms.clone());
                self.put_back(Part { grant: *grant, amount: *amount, category, terms });
            }
            Body::Reclaimed { parts, .. } => parts.iter().cloned().for_each(|part| self.put_back(part)),
            Body::GivenBack { parts, .. } => {
                for part in parts {
                    self.put_back(part.clone());
                    self.reschedule(part.grant, part.terms.expires_at);
                }
            }
            Body::ChargeReversed { parts, repaid, .. } => {
                for part in parts {
                    let known = self.grant(part.grant).map(|grant| grant.terms.expires_at);
                    self.put_back(part.clone());
                    if known != Some(part.terms.expires_at) {
                        self.promise(part.grant, part.terms.expires_at);
                    }
                }
                if repaid.is_positive() {
                    self.open(Grant {
                        number,
                        free: *repaid,
                        held: Amount::ZERO,
                        terms: GrantTerms::of_repaid(),
                        category: Category::ChargeReversed,
                        moved: None,
                    });
                }
            }
            Body::Held(held) => {
                self.pin(&held.pins);
                self.holds.push(OpenHold { id: HoldId(number), held: held.clone() });
            }
            Body::Released { hold } | Body::Lapsed { hold, .. } => self.unpin(*hold),
            Body::Extended { hold, until } => self.extend(*hold, *until),
            Body::Adopted { grant, origin, purchase } => self.alter(*grant, |grant| {
                grant.terms.origin = *origin;
                grant.terms.purchase = *purchase;
            }),
            Body::Covered { covers } => {
                self.covers.clone_from(covers);
                self.changes_of_covers = self.changes_of_covers.saturating_add(1);
            }
            Body::Rescheduled { grant, expires_at } => self.reschedule(*grant, *expires_at),
            _ => assert!(entry.is_some(), "fact {number} is no fact about a wallet"),
        }
        if let Some(entry) = entry {
            self.take(&entry.taken);
            self.debt = self.debt.plus(entry.debt);
            assert!(self.debt >= Amount::ZERO, "fact {number} repays more than is owed");
            self.balance = self.balance.plus(entry.amount);
            let stated = entry.balance_after;
            assert_eq!(self.balance, stated, "fact {number} states another balance than it leads to");
        }
        self.grants.retain(|grant| !grant.is_empty());
    }
}

impl Wallet {
    fn open(&mut self, grant: Grant) {
        let place = self.grants.partition_point(|other| other.use_key() < grant.use_key());
        self.grants.insert(place, grant);
    }

    /// Returns credits to a grant, which is opened again if it was emptied.
    fn put_back(&mut self, Part { grant, amount, category, terms }: Part) {
        if self.grants.iter().any(|open| open.number == grant) {
            self.alter(grant, |open| open.free = open.free.plus(amount));
        } else if amount.is_positive() {
            let moved = Some(MovedExpiry::Rescheduled);
            self.open(Grant { number: grant, free: amount, held: Amount::ZERO, terms, category, moved });
        }
    }

    /// Changes the expiry of an open grant, and with it its place in the order of use.
    fn reschedule(&mut self, number: FactNumber, expires_at: Option<Timestamp>) {
        let Some(place) = self.grants.iter().position(|grant| grant.number == number) else {
            panic!("grant {number} is rescheduled but was not open");
        };
        let mut grant = self.grants.remove(place);
        grant.terms.expires_at = expires_at;
        grant.moved = grant.moved.or(Some(MovedExpiry::Rescheduled));
        self.open(grant);
    }

    /// Sets the expiry of an open grant whose credits a reversed charge returned, which fulfilment keeps.
    /// Credits that had no expiry go on as their plan says.
    fn promise(&mut self, number: FactNumber, expires_at: Option<Timestamp>) {
        self.reschedule(number, expires_at);
        if let Some(grant) = self.grants.iter_mut().find(|grant| grant.number == number) {
            grant.moved = Some(expires_at.map_or(MovedExpiry::Rescheduled, MovedExpiry::Promised));
        }
    }

    /// Adds to the expired and revoked credits of a paid grant; only the newest grants are kept.
    fn forfeit(&mut self, more: Forfeited) {
        if !self.grant(more.grant).is_some_and(|grant| grant.terms.origin.is_paid_for()) {
            return;
        }
        match self.forfeited.iter_mut().find(|known| known.grant == more.grant) {
            Some(known) => {
                known.expired = known.expired.plus(more.expired);
                known.revoked = known.revoked.plus(more.revoked);
            }
            None => self.forfeited.push(more),
        }
        if self.forfeited.len() > FORFEITED_GRANTS_MAX {
            self.forfeited.remove(0);
        }
    }

    fn take(&mut self, allocations: &[Allocation]) {
        for part in allocations {
            self.alter(part.grant, |grant| grant.free = grant.free.minus(part.amount));
        }
    }

    /// The wallet after taking these allocations.
    pub(super) fn without(&self, allocations: &[Allocation]) -> Self {
        let mut rest = self.clone();
        rest.take(allocations);
        rest
    }

    fn pin(&mut self, pins: &[Allocation]) {
        for part in pins {
            self.alter(part.grant, |grant| {
                grant.free = grant.free.minus(part.amount);
                grant.held = grant.held.plus(part.amount);
            });
        }
    }

    fn unpin(&mut self, hold: HoldId) {
        for part in self.close(hold).held.pins {
            self.alter(part.grant, |grant| {
                grant.held = grant.held.minus(part.amount);
                grant.free = grant.free.plus(part.amount);
            });
        }
    }

    fn extend(&mut self, id: HoldId, until: Timestamp) {
        let Some(hold) = self.holds.iter_mut().find(|open| open.id == id) else {
            panic!("hold {id} is extended but was not open");
        };
        hold.held.until = until;
    }

    fn close(&mut self, hold: HoldId) -> OpenHold {
        let Ok(place) = self.holds.binary_search_by_key(&hold, |open| open.id) else {
            panic!("hold {hold} is closed but was not open");
        };
        self.holds.remove(place)
    }

    fn alter(&mut self, number: FactNumber, change: impl FnOnce(&mut Grant)) {
        let Some(grant) = self.grants.iter_mut().find(|grant| grant.number == number) else {
            panic!("grant {number} is used but was not open");
        };
        change(grant);
        assert!(grant.free >= Amount::ZERO && grant.held >= Amount::ZERO, "grant {number} is overdrawn");
    }
}
