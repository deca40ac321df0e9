//! Milestones that no row has yet. One is written with the next row of its wallet: in a commit of its own fact it would cost
//! a page, and another to find it, with rows that are neighbours it costs next to nothing.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use foldhash::fast::RandomState;

use super::codec::Milestone;
use crate::domain::ids::WalletId;

/// Milestones by their wallets, with their ordinals, which ascend.
pub(crate) type ByWallet = HashMap<WalletId, Vec<(u64, Milestone)>, RandomState>;

/// Milestones of wallets whose rows lag.
#[derive(Debug, Default)]
pub(crate) struct Milestones(RwLock<ByWallet>);

impl Milestones {
    /// The one of this ordinal, unless it is in the file.
    pub(crate) fn find(&self, wallet: &WalletId, ordinal: u64) -> Option<Milestone> {
        let lagging = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let of_wallet = lagging.get(wallet)?;
        let place = of_wallet.binary_search_by_key(&ordinal, |(ordinal, _)| *ordinal).ok()?;
        of_wallet.get(place).map(|(_, milestone)| *milestone)
    }

    /// All of a wallet that are not in the file.
    pub(crate) fn of(&self, wallet: &WalletId) -> Vec<(u64, Milestone)> {
        let lagging = self.0.read().unwrap_or_else(PoisonError::into_inner);
        lagging.get(wallet).cloned().unwrap_or_default()
    }

    /// Rows of these wallets are written, with all milestones that they had; and others have come to lag.
    pub(crate) fn committed<'a>(&self, written: impl Iterator<Item = &'a WalletId>, lagging: &ByWallet) {
        let mut written = written.peekable();
        if written.peek().is_none() && lagging.is_empty() {
            return;
        }
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for wallet in written {
            all.remove(wallet);
        }
        for (wallet, more) in lagging {
            all.entry(wallet.clone()).or_default().extend(more);
        }
    }
}
