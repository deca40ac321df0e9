//! What readers see: the last committed state of every record, without ever waiting for the writer.
//!
//! Only the writer puts records in; a reader that finds none reads the file and remembers nothing.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use super::codec;
use super::keys::Keys;
use super::store::Snapshot;
use crate::domain::ids::WalletId;
use crate::domain::time::Timestamp;
use crate::domain::wallet::Wallet;
use crate::error::LedgerError;

const SHARDS: usize = 64;

type Shard = RwLock<HashMap<WalletId, Arc<Wallet>>>;

/// The published state.
pub(crate) struct Views {
    shards: Vec<Shard>,
    hasher: RandomState,
    last_at: AtomicI64,
    /// Which frames keys were used for.
    pub(crate) keys: Keys,
    pub(crate) commits: AtomicU64,
    pub(crate) commands: AtomicU64,
    pub(crate) largest_batch: AtomicU64,
}

impl Views {
    /// Nothing published but these keys; the last frame was of this time.
    pub(crate) fn new(last_at: Timestamp, keys: Keys) -> Self {
        Self {
            keys,
            shards: (0..SHARDS).map(|_| Shard::default()).collect(),
            hasher: RandomState::new(),
            last_at: AtomicI64::new(last_at.microseconds()),
            commits: AtomicU64::new(0),
            commands: AtomicU64::new(0),
            largest_batch: AtomicU64::new(0),
        }
    }

    /// The wallet, if it was published since the ledger was opened.
    pub(crate) fn wallet(&self, id: &WalletId) -> Option<Arc<Wallet>> {
        self.shard(id)?.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// Publishes wallets after their commit.
    pub(crate) fn publish(
        &self,
        wallets: impl IntoIterator<Item = (WalletId, Arc<Wallet>)>,
        last_at: Timestamp,
    ) {
        for (id, wallet) in wallets {
            if let Some(shard) = self.shard(&id) {
                shard.write().unwrap_or_else(PoisonError::into_inner).insert(id, wallet);
            }
        }
        self.last_at.store(last_at.microseconds(), Ordering::Release);
    }

    /// The time of the last committed frame.
    pub(crate) fn last_at(&self) -> Timestamp {
        Timestamp::from_microseconds(self.last_at.load(Ordering::Acquire))
    }

    fn shard(&self, id: &WalletId) -> Option<&Shard> {
        let shards = u64::try_from(self.shards.len()).ok()?;
        let place = self.hasher.hash_one(id).checked_rem(shards)?;
        self.shards.get(usize::try_from(place).ok()?)
    }
}

/// The wallet as a snapshot has it; an empty one if it has none.
pub(crate) fn stored_wallet(snapshot: &Snapshot, id: &WalletId) -> Result<Wallet, LedgerError> {
    let Some(bytes) = snapshot.view(&codec::wallet_key(id))? else { return Ok(Wallet::default()) };
    codec::wallet_from_bytes(&bytes)
}
