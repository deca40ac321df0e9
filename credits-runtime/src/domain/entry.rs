//! Entries: the facts that are lines of a wallet's history, in the form that they have in common.
//!
//! The one list of the statements that are entries. It does not know how an entry changes its wallet.

use std::borrow::Cow;

use super::amount::Amount;
use super::body::Body;
use super::category::Category;
use super::grant::{Allocation, Part};
use super::ids::WalletId;
use super::metadata::Metadata;
use super::time::Timestamp;

/// The statement of an entry: what entries of all kinds have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryBody<'a> {
    /// The change of the balance.
    pub amount: Amount,
    /// The balance after it.
    pub balance_after: Amount,
    /// The category.
    pub category: &'a Category,
    /// The parts taken from grants.
    pub taken: Cow<'a, [Allocation]>,
    /// The parts returned to grants that they were taken from.
    pub returned: Cow<'a, [Allocation]>,
    /// The change of the debt; below zero for a repayment.
    pub debt: Amount,
    /// The application's reason, or the name of the pack or plan.
    pub reason: Option<&'a str>,
    /// The expiry of credits that were given, received or restored.
    pub expires_at: Option<Timestamp>,
    /// The other wallet of a transfer.
    pub counterparty: Option<&'a WalletId>,
    /// The application's metadata.
    pub metadata: Option<&'a Metadata>,
}

impl<'a> EntryBody<'a> {
    /// An entry that adds an amount to the balance.
    fn adding(amount: Amount, category: &'a Category, balance_after: Amount) -> Self {
        Self {
            amount,
            balance_after,
            category,
            taken: Cow::default(),
            returned: Cow::default(),
            debt: Amount::ZERO,
            reason: None,
            expires_at: None,
            counterparty: None,
            metadata: None,
        }
    }

    /// An entry that returns parts to their grants.
    fn returning(returned: Vec<Allocation>, category: &'a Category, balance_after: Amount) -> Self {
        let amount = Allocation::total(&returned);
        Self { returned: returned.into(), ..Self::adding(amount, category, balance_after) }
    }

    /// An entry that takes parts from grants and changes the debt.
    fn taking(
        taken: impl Into<Cow<'a, [Allocation]>>,
        debt: Amount,
        category: &'a Category,
        balance_after: Amount,
    ) -> Self {
        let taken = taken.into();
        let amount = Allocation::total(&taken).negated().minus(debt);
        Self { taken, debt, ..Self::adding(amount, category, balance_after) }
    }
}

impl Body {
    /// What an entry has in common with others; `None` if the fact is no entry.
    pub fn entry(&self) -> Option<EntryBody<'_>> {
        type Entry<'a> = EntryBody<'a>;
        let none = Amount::ZERO;
        Some(match self {
            Self::Given { amount, category, terms, reason, metadata, balance_after, .. } => Entry {
                reason: reason.as_deref(),
                expires_at: terms.expires_at,
                metadata: Some(metadata),
                ..Entry::adding(*amount, category, *balance_after)
            },
            Self::Charged { allocations, owed, metadata, balance_after, .. } => Entry {
                metadata: Some(metadata),
                ..Entry::taking(allocations, *owed, &Category::OperationCharge, *balance_after)
            },
            Self::Deducted { reason, allocations, owed, category, metadata, balance_after, .. } => Entry {
                reason: Some(reason),
                metadata: Some(metadata),
                ..Entry::taking(allocations, *owed, category, *balance_after)
            },
            Self::Expired { grant, amount, balance_after, .. } => {
                let expired = vec![Allocation { grant: *grant, amount: *amount }];
                Entry::taking(expired, none, &Category::Expired, *balance_after)
            }
            Self::DebtRepaid { allocations, balance_after, .. } => {
                let repaid = Allocation::total(allocations).negated();
                Entry::taking(allocations, repaid, &Category::DebtRepaid, *balance_after)
            }
            Self::Restored { grant, amount, terms, balance_after, .. } => {
                let restored = vec![Allocation { grant: *grant, amount: *amount }];
                let entry = Entry::returning(restored, &Category::Expired, *balance_after);
                Entry { expires_at: terms.expires_at, ..entry }
            }
            Self::Sent { to, parts, category, metadata, balance_after } => Entry {
                counterparty: Some(to),
                metadata: Some(metadata),
                ..Entry::taking(Part::allocations(parts), none, category, *balance_after)
            },
            Self::Received { from, amount, category, terms, metadata, balance_after, .. } => Entry {
                expires_at: terms.expires_at,
                counterparty: Some(from),
                metadata: Some(metadata),
                ..Entry::adding(*amount, category, *balance_after)
            },
            Self::Returned { to, allocations, owed, metadata, balance_after, .. } => Entry {
                counterparty: Some(to),
                metadata: Some(metadata),
                ..Entry::taking(allocations, *owed, &Category::TransferOut, *balance_after)
            },
            Self::Reclaimed { from, parts, metadata, balance_after, .. } => Entry {
                counterparty: Some(from),
                metadata: Some(metadata),
                ..Entry::returning(Part::allocations(parts), &Category::TransferIn, *balance_after)
            },
            Self::ChargeReversed { parts, undone, repaid, reason, metadata, balance_after, .. } => {
                let returned =
                    Entry::returning(Part::allocations(parts), &Category::ChargeReversed, *balance_after);
                Entry {
                    amount: returned.amount.plus(*undone).plus(*repaid),
                    debt: undone.negated(),
                    reason: reason.as_deref(),
                    metadata: Some(metadata),
                    ..returned
                }
            }
            Self::TakenBack { category, parts, owed, reason, balance_after } => Entry {
                reason: Some(reason),
                ..Entry::taking(Part::allocations(parts), *owed, category, *balance_after)
            },
            Self::GivenBack { category, parts, reason, balance_after } => Entry {
                reason: Some(reason),
                ..Entry::returning(Part::allocations(parts), category, *balance_after)
            },
            _ => return None,
        })
    }
}
