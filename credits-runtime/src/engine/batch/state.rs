//! The loaded records of a batch, with its changes.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::domain::billing::objects::Object;
use crate::domain::billing::record::Billing;
use crate::domain::ids::WalletId;
use crate::domain::time::Timestamp;
use crate::domain::wallet::Wallet;
use crate::engine::rows::Filing;

/// A wallet of a batch.
pub(crate) struct LoadedWallet {
    pub(crate) wallet: Wallet,
    pub(crate) is_changed: bool,
    /// Whether it had no facts before the batch.
    pub(crate) is_new: bool,
    /// The contents of its other rows when it was read.
    pub(crate) filed: Filing,
    /// Its due instant before the batch.
    pub(crate) due_before: Option<Timestamp>,
    /// Whether the batch's commit writes its row, because its row in the agenda would otherwise be found again at
    /// once.
    pub(crate) is_refiled: bool,
}

/// The wallets of a batch, in the order in which it read them.
#[derive(Default)]
pub(crate) struct LoadedWallets {
    list: Vec<(WalletId, LoadedWallet)>,
    indexes: HashMap<WalletId, usize, RandomState>,
    /// Index of the last wallet looked up, a shortcut for commands, which look up one wallet several times.
    last: usize,
}

/// An owner's billing in a batch.
pub(crate) struct LoadedBilling {
    pub(crate) billing: Billing,
    pub(crate) is_changed: bool,
    /// The contents of its other rows before the batch.
    pub(crate) filed: Filing,
    pub(crate) filing: Filing,
}

/// An object at a payment processor in a batch.
pub(crate) struct LoadedObject {
    pub(crate) object: Object,
    pub(crate) is_changed: bool,
}

impl LoadedWallets {
    /// Returns whether this wallet is loaded, and remembers it for the next look-up.
    pub(crate) fn find(&mut self, id: &WalletId) -> bool {
        match self.index(id) {
            Some(index) => {
                self.last = index;
                true
            }
            None => false,
        }
    }

    pub(crate) fn get(&self, id: &WalletId) -> Option<&LoadedWallet> {
        self.list.get(self.index(id)?).map(|(_, loaded)| loaded)
    }

    pub(crate) fn get_mut(&mut self, id: &WalletId) -> Option<&mut LoadedWallet> {
        let index = self.index(id)?;
        self.list.get_mut(index).map(|(_, loaded)| loaded)
    }

    /// Adds a wallet that is not loaded.
    pub(crate) fn insert(&mut self, id: WalletId, loaded: LoadedWallet) {
        self.last = self.list.len();
        self.indexes.insert(id.clone(), self.last);
        self.list.push((id, loaded));
    }

    /// The wallets that the batch changed.
    pub(crate) fn changed(&self) -> impl Iterator<Item = (&WalletId, &LoadedWallet)> {
        self.list.iter().filter(|(_, loaded)| loaded.is_changed).map(|(id, loaded)| (id, loaded))
    }

    fn index(&self, id: &WalletId) -> Option<usize> {
        if self.list.get(self.last).is_some_and(|(last, _)| last == id) {
            return Some(self.last);
        }
        self.indexes.get(id).copied()
    }
}
