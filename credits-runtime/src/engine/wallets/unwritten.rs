//! Unwritten wallets: new wallets that have no row yet, in the order of rows.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::ids::{Asset, Owner, WalletId};

/// New wallets without a row. A row's wallet leaves the set after the row was published.
#[derive(Debug, Default)]
pub(crate) struct UnwrittenWallets(Mutex<BTreeSet<WalletId>>);

impl UnwrittenWallets {
    pub(crate) fn add(&self, wallets: Vec<WalletId>) {
        if !wallets.is_empty() {
            self.lock().extend(wallets);
        }
    }

    pub(crate) fn remove<'a>(&self, wallets: impl IntoIterator<Item = &'a WalletId>) {
        let mut unwritten = self.lock();
        for id in wallets {
            if unwritten.is_empty() {
                return;
            }
            unwritten.remove(id);
        }
    }

    /// Owners of wallets of an asset whose names begin with a prefix, after an owner, in order, up to a number of them.
    pub(crate) fn owners(
        &self,
        asset: &Asset,
        prefix: &str,
        after: Option<&Owner>,
        max: usize,
    ) -> Vec<Owner> {
        let unwritten = self.lock();
        let from = after.cloned().map_or(Owner::bound(prefix), |after| after.max(Owner::bound(prefix)));
        let found = unwritten.range(WalletId::of_asset(asset.clone(), from)..);
        let is_wanted = |id: &&WalletId| id.asset == *asset && id.owner.as_str().starts_with(prefix);
        let owners = found.take_while(is_wanted).map(|id| &id.owner);
        owners.filter(|owner| after != Some(*owner)).take(max).cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<WalletId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
