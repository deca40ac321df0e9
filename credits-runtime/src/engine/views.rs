//! What readers see: the last committed state of every record, without ever waiting for the writer.
//!
//! Only the writer puts records in, and takes those out again that are in the file and were not used for a while; a
//! reader that finds none reads the file and remembers nothing.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::mem::size_of;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use foldhash::fast::RandomState;

use super::codec;
use super::keys::Keys;
use super::store::Snapshot;
use crate::domain::ids::WalletId;
use crate::domain::time::Timestamp;
use crate::domain::totals::Totals;
use crate::domain::wallet::{Grant, OpenHold, Wallet};
use crate::error::LedgerError;

const SHARDS: usize = 256;
/// Shards that one commit looks through for wallets that nobody uses.
const SHARDS_SWEPT: usize = 2;

type Shard = HashMap<WalletId, Hot, RandomState>;

/// A wallet in memory.
#[derive(Debug)]
struct Hot {
    wallet: Arc<Wallet>,
    /// Whether its row in the file lacks facts: then it stays.
    lags: bool,
    /// Whether it was used since somebody looked.
    used: AtomicBool,
}

/// The published state.
pub(crate) struct Views {
    shards: Vec<RwLock<Shard>>,
    hasher: RandomState,
    last_at: AtomicI64,
    totals: RwLock<Arc<Totals>>,
    /// Which frames keys were used for.
    pub(crate) keys: Keys,
    /// Bytes that wallets may take, about; those whose rows lag are kept above it.
    bytes_max: usize,
    bytes: AtomicUsize,
    /// The shard that is swept next.
    hand: AtomicUsize,
    pub(crate) commits: AtomicU64,
    pub(crate) commands: AtomicU64,
    pub(crate) largest_batch: AtomicU64,
}

impl Views {
    /// Nothing published but these keys; the last frame was of this time.
    pub(crate) fn new(last_at: Timestamp, keys: Keys, bytes_max: usize) -> Self {
        Self {
            keys,
            shards: (0..SHARDS).map(|_| RwLock::default()).collect(),
            hasher: RandomState::default(),
            last_at: AtomicI64::new(last_at.microseconds()),
            totals: RwLock::default(),
            bytes_max,
            bytes: AtomicUsize::new(0),
            hand: AtomicUsize::new(0),
            commits: AtomicU64::new(0),
            commands: AtomicU64::new(0),
            largest_batch: AtomicU64::new(0),
        }
    }

    /// The wallet, if it is in memory.
    pub(crate) fn wallet(&self, id: &WalletId) -> Option<Arc<Wallet>> {
        self.hot(id).map(|(wallet, _)| wallet)
    }

    /// The wallet, if it is in memory, and whether its row lags.
    pub(crate) fn hot(&self, id: &WalletId) -> Option<(Arc<Wallet>, bool)> {
        let shard = self.read(id)?;
        let hot = shard.get(id)?;
        if !hot.used.load(Ordering::Relaxed) {
            hot.used.store(true, Ordering::Relaxed);
        }
        Some((Arc::clone(&hot.wallet), hot.lags))
    }

    /// Publishes wallets after their commit, with whether their rows lag.
    pub(crate) fn publish(&self, wallets: impl IntoIterator<Item = (WalletId, Arc<Wallet>, bool)>) {
        for (id, wallet, lags) in wallets {
            let Some(mut shard) = self.write(&id) else { continue };
            let more = bytes_of(&id, &wallet);
            match shard.get_mut(&id) {
                Some(hot) => {
                    self.bytes.fetch_sub(bytes_of(&id, &hot.wallet), Ordering::Relaxed);
                    (hot.wallet, hot.lags) = (wallet, lags);
                    hot.used.store(true, Ordering::Relaxed);
                }
                None => drop(shard.insert(id, Hot { wallet, lags, used: AtomicBool::new(true) })),
            }
            self.bytes.fetch_add(more, Ordering::Relaxed);
        }
    }

    /// The rows of these wallets were written: they may go, and their rows in the agenda are right.
    pub(crate) fn written<'a>(&self, wallets: impl IntoIterator<Item = &'a WalletId>) {
        for id in wallets {
            if let Some(hot) = self.write(id).as_deref_mut().and_then(|shard| shard.get_mut(id)) {
                hot.lags = false;
                let due = hot.wallet.next_due_at();
                if hot.wallet.agenda != due {
                    Arc::make_mut(&mut hot.wallet).agenda = due;
                }
            }
        }
    }

    /// Publishes what is not of a wallet.
    pub(crate) fn publish_rest(&self, last_at: Timestamp, totals: &Arc<Totals>) {
        *self.totals.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(totals);
        self.last_at.store(last_at.microseconds(), Ordering::Release);
    }

    /// What every entry moved, by its counter-account.
    pub(crate) fn totals(&self) -> Arc<Totals> {
        Arc::clone(&self.totals.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether wallets take more than they may.
    pub(crate) fn is_over_budget(&self) -> bool {
        self.bytes() > self.bytes_max
    }

    /// Bytes that wallets take, about.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Takes some of those out that were not used since the last time, as long as there are too many.
    pub(crate) fn sweep(&self) {
        for _ in 0..SHARDS_SWEPT {
            if !self.is_over_budget() {
                return;
            }
            let hand = self.hand.fetch_add(1, Ordering::Relaxed).checked_rem(SHARDS).unwrap_or(0);
            let Some(shard) = self.shards.get(hand) else { return };
            let mut freed = 0_usize;
            shard.write().unwrap_or_else(PoisonError::into_inner).retain(|id, hot| {
                let stays = hot.lags || hot.used.swap(false, Ordering::Relaxed);
                if !stays {
                    freed = freed.saturating_add(bytes_of(id, &hot.wallet));
                }
                stays
            });
            self.bytes.fetch_sub(freed, Ordering::Relaxed);
        }
    }

    /// The time of the last committed frame.
    pub(crate) fn last_at(&self) -> Timestamp {
        Timestamp::from_microseconds(self.last_at.load(Ordering::Acquire))
    }

    fn read(&self, id: &WalletId) -> Option<RwLockReadGuard<'_, Shard>> {
        self.shard(id).map(|shard| shard.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write(&self, id: &WalletId) -> Option<RwLockWriteGuard<'_, Shard>> {
        self.shard(id).map(|shard| shard.write().unwrap_or_else(PoisonError::into_inner))
    }

    fn shard(&self, id: &WalletId) -> Option<&RwLock<Shard>> {
        let place = self.hasher.hash_one(id).checked_rem(SHARDS as u64)?;
        self.shards.get(usize::try_from(place).ok()?)
    }
}

/// What a wallet takes in memory, about.
fn bytes_of(id: &WalletId, wallet: &Wallet) -> usize {
    let names = id.owner.as_str().len().saturating_add(id.asset.as_str().len());
    let grants = wallet.grants.len().saturating_mul(size_of::<Grant>());
    let holds = wallet.holds.len().saturating_mul(size_of::<OpenHold>().saturating_add(64));
    let fixed = size_of::<WalletId>() + size_of::<Hot>() + size_of::<Wallet>() + 64;
    fixed.saturating_add(names).saturating_add(grants).saturating_add(holds)
}

/// The wallet as a snapshot has it; an empty one if it has none.
pub(crate) fn stored_wallet(snapshot: &Snapshot, id: &WalletId) -> Result<Wallet, LedgerError> {
    let Some(bytes) = snapshot.view(&codec::wallet_key(id))? else { return Ok(Wallet::default()) };
    codec::wallet_from_bytes(&bytes)
}
