//! The wallet cache: the last committed state of wallets, packed, for readers and for the writer.
//!
//! A wallet is **dirty** while its row lacks facts; dirty wallets are never evicted. Clean wallets are evicted by the
//! CLOCK algorithm while the cache is over its budget. Commits insert wallets; checkpoints write the rows of dirty
//! wallets and mark them clean. A reader that misses reads the row, and inserts nothing.

use std::hash::BuildHasher;
use std::mem::size_of;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::packed::{names_of, pack, packed_names, unpack};
use crate::domain::ids::{FactNumber, WalletId, same};
use crate::domain::time::Timestamp;
use crate::domain::wallet::Wallet;
use crate::engine::rows::{Filing, WalletRow};
use crate::engine::sync::{Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};
use crate::engine::tuning::{EVICTION_COMMANDS_PER_SHARD, EVICTION_SHARDS_MIN};

const SHARDS: u64 = 256;
/// The bits of a wallet's hash that choose its shard; the table within the shard uses others.
const SHARD_BITS: u32 = 40;
/// Maximum slots of a shard per wallet: a larger table shrinks.
const SLOTS_PER_WALLET_MAX: usize = 4;
/// Maximum unused bytes that a wallet keeps allocated after it has shrunk, for example when a hold ended.
const SLACK_BYTES_MAX: usize = 64;

/// The wallets that became dirty since a checkpoint last took them.
struct Dirty {
    wallets: Vec<WalletId>,
    /// Wallets that are not listed yet may lack facts from this one on in their rows.
    next_fact: FactNumber,
}

struct CacheEntry {
    /// The packed wallet, which begins with its names.
    packed: Box<[u8]>,
    /// The wallet's filing, in two fields that take less memory.
    due: Option<Timestamp>,
    needs_attention: bool,
    is_dirty: bool,
    /// Set by each use, cleared by the clock hand.
    referenced: AtomicBool,
}

type Shard = HashTable<CacheEntry>;

/// Packed wallets.
pub(crate) struct WalletCache {
    shards: Vec<RwLock<Shard>>,
    hasher: RandomState,
    dirty: Mutex<Dirty>,
    bytes: AtomicUsize,
    /// Bytes of dirty wallets.
    dirty_bytes: AtomicUsize,
    /// The next shard that eviction visits.
    clock_hand: AtomicUsize,
}

impl WalletCache {
    /// An empty cache of a ledger whose rows have every fact before this one.
    pub(crate) fn new(next_fact: FactNumber) -> Self {
        Self {
            shards: (0..SHARDS).map(|_| RwLock::default()).collect(),
            hasher: RandomState::default(),
            dirty: Mutex::new(Dirty { wallets: Vec::new(), next_fact }),
            bytes: AtomicUsize::new(0),
            dirty_bytes: AtomicUsize::new(0),
            clock_hand: AtomicUsize::new(0),
        }
    }

    /// The wallet, if it is cached.
    pub(crate) fn get(&self, id: &WalletId) -> Option<WalletRow> {
        let hash = self.hash(id);
        let shard = self.read(hash)?;
        let entry = shard.find(hash, |entry| entry.is_of(id))?;
        // An unconditional store would take the cache line from other readers.
        if !entry.referenced.load(Ordering::Relaxed) {
            entry.referenced.store(true, Ordering::Relaxed);
        }
        Some(entry.cached())
    }

    /// The wallet, if it is dirty.
    pub(crate) fn get_dirty(&self, id: &WalletId) -> Option<WalletRow> {
        let hash = self.hash(id);
        let shard = self.read(hash)?;
        shard.find(hash, |entry| entry.is_of(id)).filter(|entry| entry.is_dirty).map(CacheEntry::cached)
    }

    /// Inserts a committed wallet as dirty; returns whether it was dirty before. `filed` is used only if the wallet
    /// is not cached. `buffer` is overwritten.
    pub(crate) fn put_dirty(
        &self,
        id: &WalletId,
        wallet: &Wallet,
        filed: Filing,
        buffer: &mut Vec<u8>,
    ) -> bool {
        pack(id, wallet, buffer);
        let hash = self.hash(id);
        let Some(mut shard) = self.write(hash) else { return false };
        let Some(entry) = shard.find_mut(hash, |entry| entry.is_of(id)) else {
            let (packed, Filing { due, needs_attention }) = (buffer[..].into(), filed);
            let referenced = AtomicBool::new(true);
            let entry = CacheEntry { packed, due, needs_attention, is_dirty: true, referenced };
            self.bytes.fetch_add(entry.bytes(), Ordering::Relaxed);
            self.dirty_bytes.fetch_add(entry.bytes(), Ordering::Relaxed);
            shard.insert_unique(hash, entry, |entry| self.hash_of(entry.names()));
            return false;
        };
        let (before, was_dirty) = (entry.bytes(), std::mem::replace(&mut entry.is_dirty, true));
        entry.replace(buffer);
        self.bytes.fetch_add(entry.bytes(), Ordering::Relaxed);
        self.bytes.fetch_sub(before, Ordering::Relaxed);
        self.dirty_bytes.fetch_add(entry.bytes(), Ordering::Relaxed);
        self.dirty_bytes.fetch_sub(if was_dirty { before } else { 0 }, Ordering::Relaxed);
        was_dirty
    }

    /// Marks a wallet as clean after its row was published in this state, with this filing. Returns
    /// whether it is clean: a commit may have changed it since.
    pub(crate) fn written(
        &self,
        id: &WalletId,
        wallet: &Wallet,
        filed: Filing,
        buffer: &mut Vec<u8>,
    ) -> bool {
        pack(id, wallet, buffer);
        let hash = self.hash(id);
        let Some(mut shard) = self.write(hash) else { return true };
        let Some(entry) = shard.find_mut(hash, |entry| entry.is_of(id)) else { return true };
        (entry.due, entry.needs_attention) = (filed.due, filed.needs_attention);
        // An encoding is self-delimiting. Bytes after it are left over from a longer one.
        if entry.is_dirty && entry.packed.starts_with(buffer) {
            entry.is_dirty = false;
            self.dirty_bytes.fetch_sub(entry.bytes(), Ordering::Relaxed);
        }
        !entry.is_dirty
    }

    /// Lists the wallets that a commit made dirty. The fact is the next one after the commit.
    pub(crate) fn became_dirty(&self, wallets: impl IntoIterator<Item = WalletId>, next_fact: FactNumber) {
        let mut dirty = self.dirty();
        dirty.wallets.extend(wallets);
        dirty.next_fact = dirty.next_fact.max(next_fact);
    }

    /// Takes the list of wallets that became dirty since the last call, and the next fact. Rows of other wallets that
    /// are clean have every fact before it.
    pub(crate) fn take_dirty(&self) -> (Vec<WalletId>, FactNumber) {
        let mut dirty = self.dirty();
        (std::mem::take(&mut dirty.wallets), dirty.next_fact)
    }

    /// The next fact after the last commit whose dirty wallets are listed.
    pub(crate) fn next_fact(&self) -> FactNumber {
        self.dirty().next_fact
    }

    /// Bytes of all wallets, about.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Bytes of dirty wallets, about.
    pub(crate) fn dirty_bytes(&self) -> usize {
        self.dirty_bytes.load(Ordering::Relaxed)
    }

    /// Evicts clean wallets that were not used since the clock hand last passed them, while the cache is over this
    /// budget. The hand passes more shards for a batch with more commands, which may insert more wallets. Called only
    /// between batches, so that wallets which a batch has read are cached until it is committed.
    pub(crate) fn evict(&self, budget: usize, commands: usize) {
        let shards = EVICTION_SHARDS_MIN.saturating_add(commands / EVICTION_COMMANDS_PER_SHARD);
        for _ in 0..shards {
            if self.bytes() <= budget {
                return;
            }
            let hand = self.clock_hand.fetch_add(1, Ordering::Relaxed).checked_rem(self.shards.len());
            let Some(shard) = hand.and_then(|hand| self.shards.get(hand)) else { return };
            let mut shard = shard.write().unwrap_or_else(PoisonError::into_inner);
            let mut freed = 0_usize;
            shard.retain(|entry| {
                let stays = entry.is_dirty || entry.referenced.swap(false, Ordering::Relaxed);
                if !stays {
                    freed = freed.saturating_add(entry.bytes());
                }
                stays
            });
            self.bytes.fetch_sub(freed, Ordering::Relaxed);
            // A table grows for wallets that are evicted later, and never shrinks automatically.
            let wallets = shard.len();
            if shard.capacity() > wallets.saturating_mul(SLOTS_PER_WALLET_MAX) {
                let slots = wallets.saturating_mul(2);
                shard.shrink_to(slots, |entry| self.hash_of(entry.names()));
            }
        }
    }

    fn hash(&self, id: &WalletId) -> u64 {
        self.hash_of(names_of(id))
    }

    fn dirty(&self) -> MutexGuard<'_, Dirty> {
        self.dirty.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self, hash: u64) -> Option<RwLockReadGuard<'_, Shard>> {
        Some(self.shard(hash)?.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write(&self, hash: u64) -> Option<RwLockWriteGuard<'_, Shard>> {
        Some(self.shard(hash)?.write().unwrap_or_else(PoisonError::into_inner))
    }

    fn shard(&self, hash: u64) -> Option<&RwLock<Shard>> {
        self.shards.get(usize::try_from((hash >> SHARD_BITS).checked_rem(SHARDS)?).ok()?)
    }

    fn hash_of(&self, names: [&[u8]; 2]) -> u64 {
        self.hasher.hash_one(names)
    }
}

impl CacheEntry {
    fn names(&self) -> [&[u8]; 2] {
        packed_names(&self.packed).unwrap_or_default()
    }

    fn is_of(&self, id: &WalletId) -> bool {
        let ([asset, owner], [its_asset, its_owner]) = (names_of(id), self.names());
        same(asset, its_asset) && same(owner, its_owner)
    }

    fn cached(&self) -> WalletRow {
        match unpack(&self.packed) {
            Some(wallet) => {
                let filed = Filing { due: self.due, needs_attention: self.needs_attention };
                WalletRow { wallet, filed }
            }
            None => panic!("a cached wallet cannot be unpacked"),
        }
    }

    fn replace(&mut self, packed: &[u8]) {
        let length = self.packed.len();
        let fits = (length.saturating_sub(SLACK_BYTES_MAX)..=length).contains(&packed.len());
        match self.packed.get_mut(..packed.len()).filter(|_| fits) {
            Some(bytes) => bytes.copy_from_slice(packed),
            None => self.packed = packed.into(),
        }
        self.referenced.store(true, Ordering::Relaxed);
    }

    /// Bytes of memory, about, with the slot in the table, of which a third is empty, and the allocator's overhead.
    fn bytes(&self) -> usize {
        const SLOT: usize = size_of::<CacheEntry>() * 3 / 2 + 16;
        SLOT.saturating_add(self.packed.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::amount::Amount;
    use crate::domain::ids::Owner;
    use crate::domain::wallet::Forfeited;

    fn id(number: usize) -> WalletId {
        WalletId::of_credits(Owner::new(&format!("user:{number}")).unwrap())
    }

    fn put(cache: &WalletCache, id: &WalletId, wallet: &Wallet) -> bool {
        cache.put_dirty(id, wallet, Filing::default(), &mut Vec::new())
    }

    fn evict_round(cache: &WalletCache, budget: usize) {
        (0..cache.shards.len() / EVICTION_SHARDS_MIN).for_each(|_| cache.evict(budget, 0));
    }

    #[test]
    fn only_clean_wallets_that_were_not_used_are_evicted() {
        let cache = WalletCache::new(FactNumber::FIRST);
        for number in 0..1_000 {
            let wallet = Wallet { facts: number as u64, ..Wallet::default() };
            assert!(!put(&cache, &id(number), &wallet));
            assert!(
                number % 2 == 0 || cache.written(&id(number), &wallet, Filing::default(), &mut Vec::new())
            );
        }
        let bytes = cache.bytes();
        assert!(bytes > 1_000 * size_of::<CacheEntry>());
        // The first round clears the mark of the insertion.
        evict_round(&cache, 0);
        for number in (0..1_000).step_by(5) {
            assert_eq!(cache.get(&id(number)).map(|cached| cached.wallet.facts), Some(number as u64));
        }
        evict_round(&cache, 0);
        for number in 0..1_000 {
            let stays = number % 2 == 0 || number % 5 == 0;
            assert_eq!(cache.get(&id(number)).is_some(), stays, "{number}");
        }
        assert!(cache.bytes() < bytes);
        for number in (0..1_000).step_by(2) {
            let wallet = Wallet { facts: number as u64, ..Wallet::default() };
            assert!(cache.written(&id(number), &wallet, Filing::default(), &mut Vec::new()));
        }
        (0..3).for_each(|_| evict_round(&cache, 0));
        assert_eq!(cache.bytes(), 0);
        let slots = cache.shards.iter().map(|shard| shard.read().unwrap().capacity());
        assert_eq!(slots.sum::<usize>(), 0);
    }

    #[test]
    fn a_wallet_that_changed_since_its_row_was_written_stays_dirty() {
        let cache = WalletCache::new(FactNumber::FIRST);
        let (old, new) = (Wallet::default(), Wallet { facts: 1, ..Wallet::default() });
        assert!(!put(&cache, &id(1), &old));
        assert!(put(&cache, &id(1), &new));
        let filed = Filing { due: Some(Timestamp::MIN), needs_attention: true };
        assert!(!cache.written(&id(1), &old, filed, &mut Vec::new()));
        let cached = cache.get_dirty(&id(1)).unwrap();
        assert_eq!((cached.wallet.facts, cached.filed), (1, filed));
        assert_eq!(cache.dirty_bytes(), cache.bytes());
        assert!(cache.written(&id(1), &new, Filing::default(), &mut Vec::new()));
        assert!(cache.get_dirty(&id(1)).is_none());
        assert_eq!(cache.dirty_bytes(), 0);
    }

    #[test]
    fn a_wallet_takes_as_much_as_it_has() {
        let cache = WalletCache::new(FactNumber::FIRST);
        let put = |wallet: &Wallet| {
            put(&cache, &id(1), wallet);
            assert_eq!(cache.get(&id(1)).map(|cached| cached.wallet), Some(wallet.clone()));
            cache.bytes()
        };
        let forfeited =
            Forfeited { grant: FactNumber::FIRST, expired: Amount::new(1), revoked: Amount::ZERO };
        let (small, same) = (Wallet::default(), Wallet { facts: 1, ..Wallet::default() });
        let [larger, large] =
            [10, 100].map(|count| Wallet { forfeited: vec![forfeited; count], ..Wallet::default() });
        let bytes = put(&small);
        assert_eq!(put(&same), bytes);
        assert_eq!(put(&larger), bytes + 10 * 3);
        assert_eq!(put(&small), bytes + 10 * 3, "the bytes of a hold stay allocated for the next one");
        assert_eq!(put(&large), bytes + 100 * 3);
        assert_eq!(put(&small), bytes);
    }
}
