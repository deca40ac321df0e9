//! Parts of a wallet as it is read: its open grants and holds, and all its figures at one instant.

use crate::domain;
use crate::domain::amount::Amount;
use crate::domain::category::Category;
use crate::domain::cover::CoveredBy;
use crate::domain::grant::Class;
use crate::domain::ids::{FactNumber, HoldId};
use crate::domain::metadata::Metadata;
use crate::domain::time::Timestamp;
use crate::engine::core::Core;
use crate::service::entry::{self, operation_name, present};

/// An open hold.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct HoldSummary {
    /// The hold's number, for [`Wallet::settle`](crate::Wallet::settle) and [`Wallet::release`](crate::Wallet::release).
    pub id: HoldId,
    /// The amount set aside; 0 if a plan covers the operation.
    pub amount: Amount,
    /// The plan because of which nothing is set aside, with its subscription.
    pub covered_by: Option<CoveredBy>,
    /// The operation that it is for.
    pub operation: String,
    /// When it lapses.
    pub until: Timestamp,
    /// The metadata for the entry of its charge.
    pub metadata: Metadata,
}

impl HoldSummary {
    pub(super) fn of(ledger: &Core, hold: &domain::wallet::OpenHold) -> Self {
        Self {
            id: hold.id,
            amount: hold.held.amount(),
            covered_by: hold.held.covered_by.as_ref().map(|by| present(ledger, by)),
            operation: entry::operation_name(ledger, hold.held.charge.operation),
            until: hold.held.until,
            metadata: hold.held.metadata.clone(),
        }
    }
}

/// An open grant.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct GrantSummary {
    /// The grant's number, for [`Wallet::revoke_grant`](crate::Wallet::revoke_grant).
    pub id: FactNumber,
    /// The credits that may be used.
    pub free: Amount,
    /// The credits that holds have set aside.
    pub held: Amount,
    /// What the credits were given for.
    pub category: Category,
    /// When the free credits expire.
    pub expires_at: Option<Timestamp>,
    /// Whether they are promotional; otherwise they were paid for.
    pub is_promotional: bool,
    /// The operations that they can be used for; empty for all.
    pub only_for: Vec<String>,
    /// The priority in the order of use, from 0; lower is used first.
    pub priority: u16,
}

impl GrantSummary {
    pub(super) fn of(ledger: &Core, grant: &domain::wallet::Grant) -> Self {
        let domain::wallet::Grant { number, free, held, terms, category, .. } = grant;
        Self {
            id: *number,
            free: *free,
            held: *held,
            category: category.clone(),
            expires_at: terms.expires_at,
            is_promotional: terms.class == Class::Promotional,
            only_for: terms.scope.iter().map(|operation| operation_name(ledger, *operation)).collect(),
            priority: terms.priority,
        }
    }
}

/// The state of a wallet at one instant.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct WalletState {
    /// The instant, by the ledger's time.
    pub at: Timestamp,
    /// The available credits: free ones that have not expired, less debt. Negative in debt.
    pub credits: Amount,
    /// The credits that open holds have set aside.
    pub held: Amount,
    /// The debt.
    pub debt: Amount,
    /// The available and the held credits together.
    pub balance: Amount,
    /// The open grants, in the order of their use.
    pub grants: Vec<GrantSummary>,
    /// The open holds, oldest first.
    pub holds: Vec<HoldSummary>,
}
