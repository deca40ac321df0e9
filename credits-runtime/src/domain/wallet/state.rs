//! The state of a wallet: its open grants in the order of use, its open holds, and its balance.
//!
//! It does not know its owner, the time, or which facts are due. An emptied grant is removed, because the
//! journal keeps it.

use minicbor::{Decode, Encode};

use crate::domain::amount::Amount;
use crate::domain::category::Category;
use crate::domain::cover::{Cover, CoveredBy};
use crate::domain::grant::{Allocation, Class, ExpiryThen, GrantTerms, MovedExpiry, Part};
use crate::domain::hold::Held;
use crate::domain::ids::{FactNumber, HoldId};
use crate::domain::policy::Policy;
use crate::domain::pricing::OperationId;
use crate::domain::rejection::Rejection;
use crate::domain::time::Timestamp;

/// One owner's holding of one asset.
#[derive(Clone, Debug, PartialEq, Eq, Default, Encode, Decode)]
pub struct Wallet {
    /// The last applied fact; stored before the record's body.
    #[cbor(skip)]
    pub last_fact: Option<FactNumber>,
    /// Number of applied facts.
    #[n(0)]
    pub facts: u64,
    /// Available and held credits, as of the last entry.
    #[n(1)]
    pub balance: Amount,
    /// Grants with free or held credits, in the order of use.
    #[n(2)]
    pub grants: Vec<Grant>,
    /// Open holds, by number.
    #[n(3)]
    pub holds: Vec<OpenHold>,
    /// Debt. No credits are free while it is above zero.
    #[n(4)]
    pub debt: Amount,
    /// Expired and revoked credits of paid grants; only the newest grants are kept.
    #[n(5)]
    #[cbor(default)]
    pub forfeited: Vec<Forfeited>,
    /// Operations that cost nothing, by subscription and plan.
    #[cbor(n(6), skip_if = "Vec::is_empty")]
    pub covers: Vec<Cover>,
    /// Number of facts that changed its covers.
    #[cbor(n(7), default, skip_if = "is_zero")]
    pub changes_of_covers: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the derive passes a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// Credits of a paid grant that expired or were revoked unused; a refund counts them as returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Forfeited {
    /// The grant.
    #[n(0)]
    pub grant: FactNumber,
    /// Expired credits.
    #[n(1)]
    pub expired: Amount,
    /// Revoked credits.
    #[n(2)]
    pub revoked: Amount,
}

impl Forfeited {
    /// No expired or revoked credits.
    pub fn nothing(grant: FactNumber) -> Self {
        Self { grant, expired: Amount::ZERO, revoked: Amount::ZERO }
    }
}

/// An open grant, which has free or held credits.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Grant {
    /// Number of the fact that opened it.
    #[n(0)]
    pub number: FactNumber,
    /// Free credits.
    #[n(1)]
    pub free: Amount,
    /// Credits set aside by holds.
    #[n(2)]
    pub held: Amount,
    /// Its terms.
    #[n(3)]
    pub terms: GrantTerms,
    /// Category under which it was given.
    #[n(4)]
    pub category: Category,
    /// How its expiry differs from the one it was given with.
    #[n(5)]
    pub moved: Option<MovedExpiry>,
}

/// An open hold.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct OpenHold {
    /// Number of the fact that opened it.
    #[n(0)]
    pub id: HoldId,
    /// The credits set aside, and the charge that they are for.
    #[n(1)]
    pub held: Held,
}

/// Sort key of the order of use: narrower scope, lower priority, sooner expiry, promotional before paid,
/// lower number.
type UseKey = (usize, u16, Timestamp, Class, FactNumber);

impl Grant {
    pub(super) fn use_key(&self) -> UseKey {
        // An empty scope means every operation, the widest scope.
        let width = if self.terms.scope.is_empty() { usize::MAX } else { self.terms.scope.len() };
        let expires_at = self.terms.expires_at.unwrap_or(Timestamp::MAX);
        (width, self.terms.priority, expires_at, self.terms.class, self.number)
    }

    pub(super) fn has_expired(&self, now: Timestamp) -> bool {
        self.terms.expires_at.is_some_and(|expires_at| expires_at <= now)
    }

    /// Whether it may be used for an operation; always true for `None`.
    pub(super) fn is_for(&self, operation: Option<OperationId>) -> bool {
        let scope = &self.terms.scope;
        scope.is_empty() || operation.is_none_or(|operation| scope.contains(&operation))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.free.is_zero() && self.held.is_zero()
    }
}

impl Wallet {
    /// Available credits, below zero in debt. Correct once everything due is booked.
    pub fn available(&self) -> Amount {
        self.free(None).minus(self.debt).minus(self.unpinned())
    }

    /// Credits available for an operation.
    pub fn available_for(&self, operation: OperationId) -> Amount {
        self.free(Some(operation)).minus(self.debt).minus(self.unpinned())
    }

    /// The plan because of which an operation costs nothing at an instant.
    pub fn covered_by(&self, operation: OperationId, now: Timestamp) -> Option<CoveredBy> {
        self.covers.iter().find(|cover| cover.has(operation, now)).map(Cover::by)
    }

    /// The same, by a plan of this name.
    pub fn covered_by_plan(&self, plan: &str, operation: OperationId, now: Timestamp) -> Option<CoveredBy> {
        let mut covers = self.covers.iter().filter(|cover| cover.plan == plan);
        covers.find(|cover| cover.has(operation, now)).map(Cover::by)
    }

    /// Whether it has had an entry. Covers may be booked in a wallet before any.
    pub fn has_entries(&self) -> bool {
        self.facts > self.changes_of_covers
    }

    /// Whether an operation of this price can be paid, with debt where it is allowed.
    pub fn affords(&self, price: Amount, operation: OperationId, policy: &Policy) -> bool {
        let left = self.available().checked_sub(price);
        let is_allowed =
            left.zip(policy.negative_balance_max).is_some_and(|(left, max)| left >= max.negated());
        !price.is_positive() || price <= self.available_for(operation) || is_allowed
    }

    /// The credits that, given for any operation, would make this price affordable: without debt or, if that is less, with
    /// the most debt that is allowed.
    pub(super) fn missing_for(&self, price: Amount, operation: OperationId, policy: &Policy) -> Amount {
        let without_debt = price.lacking(self.available_for(operation));
        match policy.negative_balance_max {
            Some(max) => price.lacking(self.available()).lacking(max).min(without_debt),
            None => without_debt,
        }
    }

    /// The balance after taking an amount. Rejects a balance from which the open holds could not be charged
    /// within 64 bits.
    pub(in crate::domain) fn balance_after_taking(&self, amount: Amount) -> Result<Amount, Rejection> {
        let least = Amount::MAX.negated();
        let fits =
            |after: &Amount| after.checked_sub(self.held()).is_some_and(|available| available >= least);
        self.balance
            .checked_sub(amount)
            .filter(fits)
            .ok_or(Rejection::BalanceOutOfRange { balance: self.balance, amount: amount.negated() })
    }

    /// Credits set aside by holds.
    pub fn held(&self) -> Amount {
        Amount::sum(self.holds.iter().map(|hold| hold.held.amount()))
    }

    /// Free credits of the grants that may be used for an operation.
    pub(super) fn free(&self, operation: Option<OperationId>) -> Amount {
        Amount::sum(self.grants.iter().filter(|grant| grant.is_for(operation)).map(|grant| grant.free))
    }

    /// Credits set aside by holds beyond the grants.
    fn unpinned(&self) -> Amount {
        Amount::sum(self.holds.iter().map(|hold| hold.held.unpinned))
    }

    /// The open hold with this number.
    pub fn hold(&self, id: HoldId) -> Option<&OpenHold> {
        let place = self.holds.binary_search_by_key(&id, |hold| hold.id).ok()?;
        self.holds.get(place)
    }

    /// Free and held credits of a grant; zero if it is not open.
    pub fn grant_left(&self, number: FactNumber) -> (Amount, Amount) {
        self.grant(number).map_or((Amount::ZERO, Amount::ZERO), |grant| (grant.free, grant.held))
    }

    /// Expired and revoked credits of a paid grant, if the wallet still keeps them.
    pub(in crate::domain) fn forfeited_of(&self, grant: FactNumber) -> Option<Forfeited> {
        self.forfeited.iter().find(|forfeited| forfeited.grant == grant).copied()
    }

    /// The latest limit of the holds on these grants.
    pub(in crate::domain) fn held_until(&self, grants: &[FactNumber]) -> Option<Timestamp> {
        let pins = |hold: &&OpenHold| hold.held.pins.iter().any(|pin| grants.contains(&pin.grant));
        self.holds.iter().filter(pins).map(|hold| hold.held.until).max()
    }

    /// A part of an open grant, with the data to open it again; `None` for an amount of zero.
    pub(in crate::domain) fn part(&self, number: FactNumber, amount: Amount) -> Option<Part> {
        let grant = self.grant(number).filter(|_| amount.is_positive())?;
        Some(Part { grant: number, amount, category: grant.category.clone(), terms: grant.terms.clone() })
    }

    pub(in crate::domain) fn grant(&self, number: FactNumber) -> Option<&Grant> {
        self.grants.iter().find(|grant| grant.number == number)
    }

    /// Expiries of the grants of these allocations that are not the ones they were given with.
    pub(super) fn expiries(&self, allocations: &[Allocation]) -> Vec<ExpiryThen> {
        let grants = allocations.iter().filter_map(|part| self.grant(part.grant));
        let moved = grants.filter(|grant| grant.moved.is_some());
        moved.map(|grant| ExpiryThen { grant: grant.number, expires_at: grant.terms.expires_at }).collect()
    }

    /// Allocates `amount`, or less if there is less, from free credits of usable grants in the order of use.
    pub(in crate::domain) fn allocate(
        &self,
        amount: Amount,
        is_usable: impl Fn(&Grant) -> bool,
    ) -> Vec<Allocation> {
        let mut missing = amount;
        let mut allocations = Vec::new();
        let usable = self.grants.iter().filter(|grant| is_usable(grant));
        for grant in usable.filter(|grant| grant.free.is_positive()) {
            if !missing.is_positive() {
                break;
            }
            let part = grant.free.min(missing);
            missing = missing.minus(part);
            allocations.push(Allocation { grant: grant.number, amount: part });
        }
        allocations
    }
}
