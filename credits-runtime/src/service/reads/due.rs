//! What is due next: holds that lapse, grants that expire, and awards to come.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::amount::Amount;
use crate::domain::cover::CoveredBy;
use crate::domain::ids::{FactNumber, HoldId, Owner, WalletId};
use crate::domain::limits::DUE_PAGE_MAX;
use crate::domain::time::Timestamp;
use crate::domain::wallet::Wallet;
use crate::engine::core::Core;
use crate::engine::ledger::Ledger;
use crate::engine::lists::DueRecords;
use crate::error::Error;
use crate::service::credits::Credits;
use crate::service::entry::{operation_name, present};

/// A query of what is due next, earliest first: finish with [`page`](Self::page).
#[must_use = "nothing is read until `.page()`"]
pub struct DueNext {
    ledger: Arc<Ledger>,
    until: Timestamp,
    limit: usize,
}

/// Something that happens by itself at an instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "due", rename_all = "snake_case")]
#[non_exhaustive]
pub enum DueItem {
    /// An open hold reaches its limit, and its credits become free.
    HoldLapses {
        /// The owner of the wallet.
        owner: Owner,
        /// The asset: `credits`, or the name of another one.
        asset: String,
        /// The hold.
        hold: HoldId,
        /// The amount set aside; 0 if a plan covers the operation.
        amount: Amount,
        /// The plan because of which nothing is set aside, with its subscription.
        covered_by: Option<CoveredBy>,
        /// The operation that it is for.
        operation: String,
        /// When it lapses.
        at: Timestamp,
    },
    /// The free part of a grant expires.
    GrantExpires {
        /// The owner of the wallet.
        owner: Owner,
        /// The asset: `credits`, or the name of another one.
        asset: String,
        /// The grant.
        grant: FactNumber,
        /// The free credits.
        amount: Amount,
        /// When they expire.
        at: Timestamp,
    },
    /// An owner's subscriptions or purchases are looked at again, for example to give the credits of a cycle.
    BillingDue {
        /// The owner.
        owner: Owner,
        /// The instant.
        at: Timestamp,
    },
}

/// What is due next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DuePage {
    /// The items by their instants, earliest first.
    pub items: Vec<DueItem>,
    /// Whether these are all until the query's instant. Otherwise there are at least these.
    pub is_complete: bool,
}

impl DueItem {
    /// The instant.
    pub fn at(&self) -> Timestamp {
        match self {
            Self::HoldLapses { at, .. } | Self::GrantExpires { at, .. } | Self::BillingDue { at, .. } => *at,
        }
    }

    /// The owner.
    pub fn owner(&self) -> &Owner {
        match self {
            Self::HoldLapses { owner, .. }
            | Self::GrantExpires { owner, .. }
            | Self::BillingDue { owner, .. } => owner,
        }
    }
}

impl<C> Credits<C> {
    /// A query of what is due next in all wallets, within 24 hours unless [`until`](DueNext::until) is called. The
    /// longest time that a hold may be open is within that by default, so it lists every open hold.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation step { costs 1.credit } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use std::time::Duration;
    ///
    /// let credits = Credits::in_memory()?;
    /// let user = credits.wallet("user:42");
    /// user.give_credits(100).now().wait()?;
    /// let hold = user.spend_credits_on(Operation::step()).hold(Duration::from_secs(300)).wait()?;
    /// let due = credits.due().page()?;
    /// assert_eq!((due.items.len(), due.is_complete), (1, true));
    /// # drop(hold);
    /// # Ok(())
    /// # }
    /// ```
    pub fn due(&self) -> DueNext {
        let until = self.ledger.now().after(std::time::Duration::from_hours(24));
        DueNext { ledger: Arc::clone(&self.ledger), until, limit: DUE_PAGE_MAX }
    }
}

impl DueNext {
    /// Returns what is due until this instant.
    pub fn until(mut self, instant: impl Into<Timestamp>) -> Self {
        self.until = instant.into();
        self
    }

    /// The maximum number of items, from 1 to 1,000; 1,000 unless set. Other values are clamped.
    pub fn limit(mut self, items: usize) -> Self {
        self.limit = items.clamp(1, DUE_PAGE_MAX);
        self
    }

    /// Reads what is due.
    ///
    /// Errors: the ledger's.
    pub fn page(self) -> Result<DuePage, Error> {
        let Self { ledger, until, limit } = self;
        let DueRecords { wallets, billings, mut is_complete } = ledger.due_records(until, limit)?;
        let billings = billings.into_iter().map(|(at, owner)| DueItem::BillingDue { owner, at });
        let mut items: Vec<DueItem> = billings.collect();
        for id in &wallets {
            of_wallet(&ledger, id, &ledger.wallet(id)?, &mut items);
        }
        items.retain(|item| item.at() <= until);
        items.sort_by(|one, other| (one.at(), one.owner()).cmp(&(other.at(), other.owner())));
        is_complete &= items.len() <= limit;
        items.truncate(limit);
        Ok(DuePage { items, is_complete })
    }
}

fn of_wallet(ledger: &Core, id: &WalletId, wallet: &Wallet, items: &mut Vec<DueItem>) {
    let (owner, asset) = (|| id.owner.clone(), || id.asset.shown());
    items.extend(wallet.holds.iter().map(|hold| DueItem::HoldLapses {
        owner: owner(),
        asset: asset(),
        hold: hold.id,
        amount: hold.held.amount(),
        covered_by: hold.held.covered_by.as_ref().map(|by| present(ledger, by)),
        operation: operation_name(ledger, hold.held.charge.operation),
        at: hold.held.until,
    }));
    let expiring = wallet.grants.iter().filter(|grant| grant.free.is_positive());
    items.extend(expiring.filter_map(|grant| {
        let at = grant.terms.expires_at?;
        Some(DueItem::GrantExpires {
            owner: owner(),
            asset: asset(),
            grant: grant.number,
            amount: grant.free,
            at,
        })
    }));
}
