//! Unwritten wallets: wallets that a list has and its rows lack, in the order of rows.

use std::collections::BTreeSet;
use std::sync::PoisonError;

use crate::domain::ids::{Asset, Owner, WalletId};
use crate::domain::owner_range::OwnerRange;
use crate::engine::sync::{Mutex, MutexGuard};

/// Wallets that rows of a list lack. A wallet leaves the set after its row was published.
#[derive(Debug, Default)]
pub(crate) struct UnwrittenWallets(Mutex<BTreeSet<WalletId>>);

/// The set, locked.
pub(crate) struct LockedWallets<'a>(MutexGuard<'a, BTreeSet<WalletId>>);

impl UnwrittenWallets {
    pub(crate) fn add(&self, wallets: Vec<WalletId>) {
        if !wallets.is_empty() {
            self.lock().0.extend(wallets);
        }
    }

    pub(crate) fn remove<'a>(&self, wallets: impl IntoIterator<Item = &'a WalletId>) {
        let mut unwritten = self.lock();
        for id in wallets {
            if unwritten.0.is_empty() {
                return;
            }
            unwritten.remove(id);
        }
    }

    /// The owners of a range with a wallet of an asset, in order.
    pub(crate) fn owners(&self, asset: &Asset, OwnerRange { prefix, after, max }: &OwnerRange) -> Vec<Owner> {
        let unwritten = self.lock();
        let bound = Owner::bound(prefix);
        let from = after.clone().map_or(bound.clone(), |after| after.max(bound));
        let found = unwritten.0.range(WalletId::of_asset(asset.clone(), from)..);
        let is_wanted = |id: &&WalletId| id.asset == *asset && id.owner.as_str().starts_with(prefix);
        let owners = found.take_while(is_wanted).map(|id| &id.owner);
        owners.filter(|owner| after.as_ref() != Some(*owner)).take(*max).cloned().collect()
    }

    pub(crate) fn lock(&self) -> LockedWallets<'_> {
        LockedWallets(self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl LockedWallets<'_> {
    pub(crate) fn insert(&mut self, id: &WalletId) {
        if !self.0.contains(id) {
            self.0.insert(id.clone());
        }
    }

    pub(crate) fn remove(&mut self, id: &WalletId) {
        self.0.remove(id);
    }
}
