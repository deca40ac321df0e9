//! The state of a wallet: its open grants in the order of their use, its open holds, and its balance.
//!
//! It does not know its owner, the time, or what is due; an emptied grant leaves it, the journal remembers.

use minicbor::{Decode, Encode};

use crate::domain::amount::Amount;
use crate::domain::category::Category;
use crate::domain::fact::{Allocation, Class, GrantTerms, Held, Part};
use crate::domain::ids::{FactNumber, HoldId};
use crate::domain::policy::Policy;
use crate::domain::pricing::OperationId;
use crate::domain::rejection::Rejection;
use crate::domain::time::Timestamp;

/// One owner's holding of one asset.
#[derive(Clone, Debug, PartialEq, Eq, Default, Encode, Decode)]
pub struct Wallet {
    /// The last fact that was applied; kept before the record's body.
    #[cbor(skip)]
    pub last_fact: Option<FactNumber>,
    /// When its row in the agenda says that something is due, as both were written last; kept before the record's body
    /// too.
    #[cbor(skip)]
    pub agenda: Option<Timestamp>,
    /// How many facts were applied.
    #[n(0)]
    pub facts: u64,
    /// Free and held, as of the last entry.
    #[n(1)]
    pub balance: Amount,
    /// Grants with anything free or held, in the order of their use.
    #[n(2)]
    pub grants: Vec<Grant>,
    /// Open holds, by number.
    #[n(3)]
    pub holds: Vec<OpenHold>,
    /// What is owed; nothing is free while it is above zero.
    #[n(4)]
    pub debt: Amount,
    /// What expired or was revoked of grants that were paid for, the newest of them.
    #[n(5)]
    #[cbor(default)]
    pub gone: Vec<Gone>,
}

/// What is gone of a grant that was paid for, without being used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Gone {
    /// Which grant.
    #[n(0)]
    pub grant: FactNumber,
    /// What expired.
    #[n(1)]
    pub expired: Amount,
    /// What was revoked.
    #[n(2)]
    pub revoked: Amount,
}

impl Gone {
    /// Nothing of a grant.
    pub fn nothing(grant: FactNumber) -> Self {
        Self { grant, expired: Amount::ZERO, revoked: Amount::ZERO }
    }
}

/// A grant with credits left.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Grant {
    /// The fact that opened it.
    #[n(0)]
    pub number: FactNumber,
    /// What may be used.
    #[n(1)]
    pub free: Amount,
    /// What holds have set aside.
    #[n(2)]
    pub held: Amount,
    /// Its terms.
    #[n(3)]
    pub terms: GrantTerms,
    /// What it was given for.
    #[n(4)]
    pub category: Category,
}

/// A hold that is open.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct OpenHold {
    /// The fact that opened it.
    #[n(0)]
    pub id: HoldId,
    /// What it set aside.
    #[n(1)]
    pub held: Held,
}

/// Where a grant stands in the order of use: narrower scope, lower priority, sooner expiry, promotional before
/// paid, lower number.
type UseKey = (usize, u16, Timestamp, Class, FactNumber);

impl Grant {
    pub(super) fn use_key(&self) -> UseKey {
        // An empty scope means every operation, the widest there is.
        let width = if self.terms.scope.is_empty() { usize::MAX } else { self.terms.scope.len() };
        let expires_at = self.terms.expires_at.unwrap_or(Timestamp::MAX);
        (width, self.terms.priority, expires_at, self.terms.class, self.number)
    }

    pub(super) fn has_expired(&self, now: Timestamp) -> bool {
        self.terms.expires_at.is_some_and(|expires_at| expires_at <= now)
    }

    /// Whether it may be used for an operation; for anything, if none is named.
    pub(super) fn is_for(&self, operation: Option<OperationId>) -> bool {
        let scope = &self.terms.scope;
        scope.is_empty() || operation.is_none_or(|operation| scope.contains(&operation))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.free.is_zero() && self.held.is_zero()
    }
}

impl Wallet {
    /// What may be used, below zero in debt; right once everything due is booked.
    pub fn available(&self) -> Amount {
        self.free(None).minus(self.debt).minus(self.unpinned())
    }

    /// What may be used for an operation.
    pub fn available_for(&self, operation: OperationId) -> Amount {
        self.free(Some(operation)).minus(self.debt).minus(self.unpinned())
    }

    /// Whether an operation of this price can be paid for, by debt too where it is allowed.
    pub fn affords(&self, price: Amount, operation: OperationId, policy: &Policy) -> bool {
        let left = self.available().checked_sub(price);
        let is_allowed =
            left.zip(policy.negative_balance_max).is_some_and(|(left, max)| left >= max.negated());
        !price.is_positive() || price <= self.available_for(operation) || is_allowed
    }

    /// The balance after this is taken. Not even what is owed when holds have ended may have more than 64 bits.
    pub(in crate::domain) fn balance_after_taking(&self, amount: Amount) -> Result<Amount, Rejection> {
        let least = Amount::MAX.negated();
        let fits =
            |after: &Amount| after.checked_sub(self.held()).is_some_and(|available| available >= least);
        self.balance
            .checked_sub(amount)
            .filter(fits)
            .ok_or(Rejection::BalanceOutOfRange { balance: self.balance, amount: amount.negated() })
    }

    /// What holds have set aside.
    pub fn held(&self) -> Amount {
        Amount::sum(self.holds.iter().map(|hold| hold.held.amount()))
    }

    /// What is free of the grants that may be used for an operation.
    pub(super) fn free(&self, operation: Option<OperationId>) -> Amount {
        Amount::sum(self.grants.iter().filter(|grant| grant.is_for(operation)).map(|grant| grant.free))
    }

    /// What holds have set aside beyond the grants.
    fn unpinned(&self) -> Amount {
        Amount::sum(self.holds.iter().map(|hold| hold.held.unpinned))
    }

    /// The open hold of this number.
    pub fn hold(&self, id: HoldId) -> Option<&OpenHold> {
        let place = self.holds.binary_search_by_key(&id, |hold| hold.id).ok()?;
        self.holds.get(place)
    }

    /// What is free and what is held of a grant; nothing of one that has left.
    pub fn grant_left(&self, number: FactNumber) -> (Amount, Amount) {
        self.grant(number).map_or((Amount::ZERO, Amount::ZERO), |grant| (grant.free, grant.held))
    }

    /// What is gone of a grant that was paid for, without being used, if the wallet remembers it.
    pub(in crate::domain) fn gone_of(&self, grant: FactNumber) -> Option<Gone> {
        self.gone.iter().find(|gone| gone.grant == grant).copied()
    }

    /// When the last hold lapses at the latest that has set aside credits of these grants.
    pub(in crate::domain) fn held_until(&self, grants: &[FactNumber]) -> Option<Timestamp> {
        let pins = |hold: &&OpenHold| hold.held.pins.iter().any(|pin| grants.contains(&pin.grant));
        self.holds.iter().filter(pins).map(|hold| hold.held.until).max()
    }

    /// So much of an open grant, with what it takes to open it again; nothing of nothing.
    pub(in crate::domain) fn part(&self, number: FactNumber, amount: Amount) -> Option<Part> {
        let grant = self.grant(number).filter(|_| amount.is_positive())?;
        Some(Part { grant: number, amount, category: grant.category.clone(), terms: grant.terms.clone() })
    }

    pub(in crate::domain) fn grant(&self, number: FactNumber) -> Option<&Grant> {
        self.grants.iter().find(|grant| grant.number == number)
    }

    /// `amount` taken from free credits of usable grants in the order of their use; less if there is less.
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
