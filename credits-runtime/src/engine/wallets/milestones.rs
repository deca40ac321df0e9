//! Unwritten milestones of dirty wallets. A milestone is written together with its wallet's row: written separately,
//! it would cost another page.

use std::collections::HashMap;
use std::sync::PoisonError;

use foldhash::fast::RandomState;

use crate::domain::ids::WalletId;
use crate::engine::rows::Milestone;
use crate::engine::sync::RwLock;

/// Milestones by wallet, in ascending order of their ordinals.
pub(crate) type MilestonesByWallet = HashMap<WalletId, Vec<(u64, Milestone)>, RandomState>;

/// Milestones that no row has yet.
#[derive(Debug, Default)]
pub(crate) struct UnwrittenMilestones(RwLock<MilestonesByWallet>);

impl UnwrittenMilestones {
    /// The milestone with this ordinal, if it is unwritten.
    pub(crate) fn find(&self, wallet: &WalletId, ordinal: u64) -> Option<Milestone> {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let of_wallet = all.get(wallet)?;
        let index = of_wallet.binary_search_by_key(&ordinal, |(ordinal, _)| *ordinal).ok()?;
        of_wallet.get(index).map(|(_, milestone)| *milestone)
    }

    /// The unwritten milestones of a wallet up to this ordinal.
    pub(crate) fn up_to(&self, wallet: &WalletId, ordinal: u64) -> Vec<(u64, Milestone)> {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let of_wallet = all.get(wallet).into_iter().flatten();
        of_wallet.take_while(|(found, _)| *found <= ordinal).copied().collect()
    }

    /// Adds the milestones of a commit.
    pub(crate) fn add(&self, more: &MilestonesByWallet) {
        if more.is_empty() {
            return;
        }
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for (wallet, more) in more {
            all.entry(wallet.clone()).or_default().extend(more);
        }
    }

    /// Removes a wallet's milestones up to an ordinal, once their rows are published.
    pub(crate) fn remove(&self, wallet: &WalletId, ordinal: u64) {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let Some(of_wallet) = all.get_mut(wallet) else { return };
        of_wallet.retain(|(found, _)| *found > ordinal);
        if of_wallet.is_empty() {
            all.remove(wallet);
        }
    }
}
