//! The wallets of a batch, in the order in which it came to them.
//!
//! A command looks for its wallet half a dozen times. It is hashed once, as readers' wallets are, and whoever knows where a
//! wallet is need not look for it.

use hashbrown::HashTable;

use crate::domain::ids::WalletId;
use crate::domain::limits::BATCH_COMMANDS_MAX;
use crate::domain::time::Timestamp;
use crate::domain::wallet::Wallet;

/// Grants, holds and the like of a wallet that others are made of: the lists of few large ones are not kept.
const SPARE_LISTED_MAX: usize = 8;

/// Wallets of a batch.
#[derive(Default)]
pub(crate) struct LoadedWallets {
    list: Vec<(u64, WalletId, Loaded)>,
    places: HashTable<usize>,
    /// Wallets of former batches, to make others of: an allocator is spared their lists.
    spare: Vec<Wallet>,
}

/// A wallet as the batch has it.
pub(crate) struct Loaded {
    pub(crate) wallet: Wallet,
    pub(crate) changed: bool,
    /// Whether its row lacks facts: before the batch, and once it is committed, if it is changed.
    pub(crate) lags: (bool, bool),
    /// When something was due in it before its row says so.
    pub(crate) unfiled: Option<Timestamp>,
    /// Whether what is due in it was looked at.
    pub(super) looked_at: bool,
}

impl LoadedWallets {
    /// Where the wallet of this hash is, if it is here.
    pub(super) fn place(&self, hash: u64, id: &WalletId) -> Option<usize> {
        self.places.find(hash, |place| self.is_at(*place, id)).copied()
    }

    /// Whether the wallet at this place is this one.
    pub(super) fn is_at(&self, place: usize, id: &WalletId) -> bool {
        self.list.get(place).is_some_and(|(_, found, _)| found == id)
    }

    /// The wallet at this place.
    pub(super) fn at(&self, place: usize) -> Option<&Loaded> {
        self.list.get(place).map(|(.., loaded)| loaded)
    }

    /// The same, to be changed.
    pub(super) fn at_mut(&mut self, place: usize) -> Option<&mut Loaded> {
        self.list.get_mut(place).map(|(.., loaded)| loaded)
    }

    /// One more, which was not here; answers where it is.
    pub(super) fn push(&mut self, hash: u64, id: WalletId, loaded: Loaded) -> usize {
        let place = self.list.len();
        self.list.push((hash, id, loaded));
        let Self { list, places, .. } = self;
        let hash_at = |place: &usize| list.get(*place).map(|(hash, ..)| *hash).unwrap_or_default();
        places.insert_unique(hash, place, hash_at);
        place
    }

    /// Those that the batch changed, with their hashes.
    pub(crate) fn changed(&self) -> impl Iterator<Item = (u64, &WalletId, &Loaded)> {
        let all = self.list.iter().map(|(hash, id, loaded)| (*hash, id, loaded));
        all.filter(|(.., loaded)| loaded.changed)
    }

    /// A wallet that is no more needed.
    pub(super) fn spare(&mut self) -> Wallet {
        self.spare.pop().unwrap_or_default()
    }

    /// None, in what is as large as these were.
    pub(super) fn clear(&mut self) {
        let wallets = self.list.drain(..).map(|(.., loaded)| loaded.wallet);
        let is_small = |Wallet { grants, holds, gone, .. }: &Wallet| {
            grants.capacity().max(holds.capacity()).max(gone.capacity()) <= SPARE_LISTED_MAX
        };
        self.spare.extend(wallets.filter(is_small));
        self.spare.truncate(BATCH_COMMANDS_MAX);
        self.places.clear();
    }
}
