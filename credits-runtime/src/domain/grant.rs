//! Grants: the terms of their use, and the parts of them that entries take and return.
//!
//! The numbers of variants and fields are the file format. It does not know which grants a wallet has.

use minicbor::{Decode, Encode};

use super::amount::Amount;
use super::category::Category;
use super::ids::FactNumber;
use super::pricing::OperationId;
use super::time::Timestamp;

/// The terms of a grant: when, for which operations and in which order its credits may be used.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct GrantTerms {
    /// Instant from which it cannot be used; `None` for never.
    #[n(0)]
    pub expires_at: Option<Timestamp>,
    /// Priority in the order of use; lower is used first.
    #[n(1)]
    pub priority: u16,
    /// Whether it was paid for.
    #[n(2)]
    pub class: Class,
    /// Operations that it can be used for; empty for all.
    #[n(3)]
    pub scope: Vec<OperationId>,
    /// Origin of the grant.
    #[n(4)]
    pub origin: Origin,
    /// The grant that a purchase opened and that these credits come from, even after a transfer.
    #[n(5)]
    pub purchase: Option<FactNumber>,
}

impl GrantTerms {
    /// The default priority of grants.
    pub const PRIORITY_DEFAULT: u16 = 50;
}

/// The origin of a grant. New gifts join only gifts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode)]
#[cbor(index_only)]
pub enum Origin {
    /// Given by the application.
    #[n(0)]
    #[default]
    Gift,
    /// Received from another wallet.
    #[n(1)]
    Transfer,
    /// Awarded to a subscription.
    #[n(2)]
    Subscription,
    /// Bought.
    #[n(3)]
    Purchase,
}

impl Origin {
    /// Whether it was paid for by a payment that may be returned.
    pub fn is_paid_for(self) -> bool {
        matches!(self, Self::Subscription | Self::Purchase)
    }
}

/// The class of credits: promotional or paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Class {
    /// Promotional: used before paid credits of the same scope, priority and expiry.
    #[n(0)]
    Promotional,
    /// Paid for.
    #[n(1)]
    Paid,
}

impl Class {
    /// The default class of a gift of this category: signup and referral bonuses are promotional.
    pub fn of_category(category: &Category) -> Self {
        match category {
            Category::SignupBonus | Category::ReferralBonus => Self::Promotional,
            _ => Self::Paid,
        }
    }
}

/// Category and terms of a pinned grant that expires.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct PinnedTerms {
    /// The grant.
    #[n(0)]
    pub grant: FactNumber,
    /// Category of the grant.
    #[n(1)]
    pub category: Category,
    /// Terms of the grant.
    #[n(2)]
    pub terms: GrantTerms,
}

/// The part of a charge taken from one grant, or of a hold pinned to one grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, serde::Serialize, serde::Deserialize)]
pub struct Allocation {
    /// The grant, by the number of the fact that opened it.
    #[n(0)]
    pub grant: FactNumber,
    /// The amount.
    #[n(1)]
    pub amount: Amount,
}

impl Allocation {
    /// The sum of these allocations.
    pub fn total(allocations: &[Self]) -> Amount {
        Amount::sum(allocations.iter().map(|part| part.amount))
    }
}

/// A part of a grant that leaves its wallet, or returns to it, with the data to open the grant again.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Part {
    /// The grant.
    #[n(0)]
    pub grant: FactNumber,
    /// The amount.
    #[n(1)]
    pub amount: Amount,
    /// Category of the grant.
    #[n(2)]
    pub category: Category,
    /// Terms of the grant.
    #[n(3)]
    pub terms: GrantTerms,
}

impl Part {
    /// The amounts of these parts, by grant.
    pub fn allocations(parts: &[Self]) -> Vec<Allocation> {
        parts.iter().map(|part| Allocation { grant: part.grant, amount: part.amount }).collect()
    }

    /// The sum of these parts.
    pub fn total(parts: &[Self]) -> Amount {
        Amount::sum(parts.iter().map(|part| part.amount))
    }
}
