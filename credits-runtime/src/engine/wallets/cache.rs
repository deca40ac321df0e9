//! What readers see: the last committed state of every record, without ever waiting for the writer.
//!
//! Only the writer puts records in, and takes those out again that are in the file and were not used for a while; a
//! reader that finds none reads the file and remembers nothing.

use std::hash::BuildHasher;
use std::mem::size_of;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::codec;
use super::keys::Keys;
use super::memory::Memory;
use super::milestones::Milestones;
use super::packed::{names_of, pack, packed_names, unpack};
use super::store::Snapshot;
use crate::domain::ids::{WalletId, same};
use crate::domain::time::Timestamp;
use crate::domain::totals::Totals;
use crate::domain::wallet::Wallet;
use crate::error::LedgerError;

const SHARDS: u64 = 256;
/// Which bits of a wallet's hash tell its shard: others than those that tell its place there.
const SHARD_BITS: u32 = 40;
/// Shards that one commit looks through for wallets that nobody uses, and commands for each of which that is one more.
const SHARDS_SWEPT: usize = 2;
const COMMANDS_PER_SHARD: usize = 256;
/// Places of a shard for each wallet in it, at most.
const PLACES_MAX: usize = 4;
/// Bytes at most that are left behind a wallet that has become smaller, such as those of a hold: the next one takes them.
const PACKED_LEFT: usize = 64;

/// A wallet in memory.
#[derive(Debug)]
struct Hot {
    /// With its name.
    packed: Box<[u8]>,
    /// Whether its row in the file lacks facts: then it stays.
    lags: bool,
    /// Whether it was used since somebody looked.
    used: AtomicBool,
}

type Shard = HashTable<Hot>;

/// The published state.
pub(crate) struct Views {
    shards: Vec<RwLock<Shard>>,
    hasher: RandomState,
    last_at: AtomicI64,
    totals: RwLock<Arc<Totals>>,
    /// Which frames keys were used for.
    pub(crate) keys: Keys,
    /// Those that no row has.
    pub(crate) milestones: Milestones,
    /// What is kept to, but for wallets whose rows lag.
    memory: Memory,
    bytes: AtomicUsize,
    /// The shard that is swept next.
    hand: AtomicUsize,
    pub(crate) commits: AtomicU64,
    pub(crate) commands: AtomicU64,
    pub(crate) largest_batch: AtomicU64,
}

impl Views {
    /// Nothing published but these keys; the last frame was of this time.
    pub(crate) fn new(last_at: Timestamp, keys: Keys, memory: Memory) -> Self {
        Self {
            keys,
            milestones: Milestones::default(),
            shards: (0..SHARDS).map(|_| RwLock::default()).collect(),
            hasher: RandomState::default(),
            last_at: AtomicI64::new(last_at.microseconds()),
            totals: RwLock::default(),
            memory,
            bytes: AtomicUsize::new(0),
            hand: AtomicUsize::new(0),
            commits: AtomicU64::new(0),
            commands: AtomicU64::new(0),
            largest_batch: AtomicU64::new(0),
        }
    }

    /// The wallet, if it is in memory, and whether its row lags.
    pub(crate) fn wallet(&self, id: &WalletId) -> Option<(Wallet, bool)> {
        self.wallet_of((self.hash(id), id), Wallet::default)
    }

    /// The same of this hash, made of a wallet that is no more needed.
    pub(super) fn wallet_of(
        &self,
        (hash, id): (u64, &WalletId),
        spare: impl FnOnce() -> Wallet,
    ) -> Option<(Wallet, bool)> {
        let shard = self.read(hash)?;
        let hot = shard.find(hash, |hot| hot.is_of(id))?;
        if !hot.used.load(Ordering::Relaxed) {
            hot.used.store(true, Ordering::Relaxed);
        }
        Some((hot.wallet(spare()), hot.lags))
    }

    /// Whether the row of this wallet lags.
    pub(crate) fn lags(&self, id: &WalletId) -> bool {
        let hash = self.hash(id);
        let found = self.read(hash).and_then(|shard| Some(shard.find(hash, |hot| hot.is_of(id))?.lags));
        found.unwrap_or(false)
    }

    /// Publishes a wallet after its commit, with whether its row lags. What it is packed in is left for the next.
    pub(crate) fn publish(&self, id: &WalletId, wallet: &Wallet, lags: bool, packing: &mut Vec<u8>) {
        self.publish_of((self.hash(id), id), wallet, lags, packing);
    }

    /// The same of this hash.
    pub(super) fn publish_of(
        &self,
        (hash, id): (u64, &WalletId),
        wallet: &Wallet,
        lags: bool,
        packing: &mut Vec<u8>,
    ) {
        pack(id, wallet, packing);
        let Some(mut shard) = self.write(hash) else { return };
        let (before, after) = if let Some(hot) = shard.find_mut(hash, |hot| hot.is_of(id)) {
            let before = hot.bytes();
            hot.replace(packing, lags);
            (before, hot.bytes())
        } else {
            let hot = Hot { packed: packing[..].into(), lags, used: AtomicBool::new(true) };
            let after = hot.bytes();
            shard.insert_unique(hash, hot, |hot| self.hash_of(hot.names()));
            (0, after)
        };
        self.bytes.fetch_add(after, Ordering::Relaxed);
        self.bytes.fetch_sub(before, Ordering::Relaxed);
    }

    /// The row of this wallet was written: it may go.
    pub(crate) fn written(&self, id: &WalletId) {
        let hash = self.hash(id);
        let Some(mut shard) = self.write(hash) else { return };
        if let Some(hot) = shard.find_mut(hash, |hot| hot.is_of(id)) {
            hot.lags = false;
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

    /// Whether wallets take more than is for them.
    pub(crate) fn is_over_budget(&self) -> bool {
        self.bytes() > self.memory.wallets(self.keys.bytes())
    }

    /// Bytes that wallets take, about.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Takes some of those out that were not used since the last time, as long as there are too many: the more, the more
    /// commands are about to bring others.
    pub(crate) fn sweep(&self, commands: usize) {
        for _ in 0..SHARDS_SWEPT.saturating_add(commands / COMMANDS_PER_SHARD) {
            if !self.is_over_budget() {
                return;
            }
            let hand = self.hand.fetch_add(1, Ordering::Relaxed).checked_rem(self.shards.len()).unwrap_or(0);
            let Some(shard) = self.shards.get(hand) else { return };
            let mut shard = shard.write().unwrap_or_else(PoisonError::into_inner);
            let mut freed = 0_usize;
            shard.retain(|hot| {
                let stays = hot.lags || hot.used.swap(false, Ordering::Relaxed);
                if !stays {
                    freed = freed.saturating_add(hot.bytes());
                }
                stays
            });
            self.bytes.fetch_sub(freed, Ordering::Relaxed);
            // It grows for wallets that have gone, too, and would stay as large as it ever was.
            let wallets = shard.len();
            if shard.capacity() > wallets.saturating_mul(PLACES_MAX) {
                let places = wallets.saturating_mul(2);
                shard.shrink_to(places, |hot| self.hash_of(hot.names()));
            }
        }
    }

    /// The time of the last committed frame.
    pub(crate) fn last_at(&self) -> Timestamp {
        Timestamp::from_microseconds(self.last_at.load(Ordering::Acquire))
    }

    /// The hash of a wallet.
    pub(super) fn hash(&self, id: &WalletId) -> u64 {
        self.hash_of(names_of(id))
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

impl Hot {
    fn names(&self) -> [&[u8]; 2] {
        packed_names(&self.packed).unwrap_or_default()
    }

    fn is_of(&self, id: &WalletId) -> bool {
        let ([asset, owner], [its_asset, its_owner]) = (names_of(id), self.names());
        same(asset, its_asset) && same(owner, its_owner)
    }

    fn wallet(&self, spare: Wallet) -> Wallet {
        match unpack(&self.packed, spare) {
            Some(wallet) => wallet,
            None => panic!("a wallet cannot be unpacked"),
        }
    }

    fn replace(&mut self, packed: &[u8], lags: bool) {
        // Whoever unpacks it leaves what follows.
        let fits =
            (self.packed.len().saturating_sub(PACKED_LEFT)..=self.packed.len()).contains(&packed.len());
        match self.packed.get_mut(..packed.len()).filter(|_| fits) {
            Some(place) => place.copy_from_slice(packed),
            None => self.packed = packed.into(),
        }
        self.lags = lags;
        self.used.store(true, Ordering::Relaxed);
    }

    /// What it takes in memory, about; with its place in the map, of which a third is empty, and what an allocator adds.
    fn bytes(&self) -> usize {
        const PLACE: usize = size_of::<Hot>() * 3 / 2 + 16;
        PLACE.saturating_add(self.packed.len())
    }
}

/// The wallet as a snapshot has it; an empty one if it has none.
pub(crate) fn stored_wallet(snapshot: &Snapshot, id: &WalletId) -> Result<Wallet, LedgerError> {
    let Some(bytes) = snapshot.view(&codec::wallet_key(id))? else { return Ok(Wallet::default()) };
    codec::wallet_from_bytes(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::amount::Amount;
    use crate::domain::ids::{FactNumber, Owner};
    use crate::domain::wallet::Gone;

    #[test]
    fn over_the_budget_only_what_is_written_and_was_not_used_goes() {
        let views = Views::new(Timestamp::MIN, Keys::none(), Memory(5));
        let id = |number: usize| WalletId::of_credits(Owner::new(&format!("user:{number}")).unwrap());
        let shards = views.shards.len();
        let sweep = || (0..shards / SHARDS_SWEPT).for_each(|_| views.sweep(0));
        let mut packing = Vec::new();
        for number in 0..1_000 {
            let wallet = Wallet { facts: number as u64, ..Wallet::default() };
            views.publish(&id(number), &wallet, number % 2 == 0, &mut packing);
        }
        let bytes = views.bytes();
        assert!(bytes > 1_000 * size_of::<Hot>() && views.is_over_budget());
        // Each was used when it was published.
        sweep();
        for number in (0..1_000).step_by(5) {
            assert_eq!(views.wallet(&id(number)).map(|(wallet, _)| wallet.facts), Some(number as u64));
        }
        sweep();
        for number in 0..1_000 {
            let stays = number % 2 == 0 || number % 5 == 0;
            assert_eq!(views.wallet(&id(number)).is_some(), stays, "{number}");
        }
        assert!(views.bytes() < bytes);
        (0..1_000).for_each(|number| views.written(&id(number)));
        (0..3).for_each(|_| sweep());
        assert_eq!(views.bytes(), 0);
        let places = views.shards.iter().map(|shard| shard.read().unwrap().capacity());
        assert_eq!(places.sum::<usize>(), 0);
    }

    #[test]
    fn what_filters_of_keys_take_wallets_may_not() {
        let memory = Memory(3_000);
        let views = Views::new(Timestamp::MIN, Keys::none(), memory);
        let id = WalletId::of_credits(Owner::new("ann").unwrap());
        views.publish(&id, &Wallet::default(), false, &mut Vec::new());
        assert_eq!([0, 400, 401, 1_001].map(|filters| memory.wallets(filters)), [600, 600, 599, 0]);
        let left = 1_000 - views.bytes();
        views.keys.are_made_of(left);
        assert!(!views.is_over_budget());
        views.keys.are_made_of(left + 1);
        assert!(views.is_over_budget());
    }

    #[test]
    fn a_wallet_takes_as_much_as_it_has() {
        let views = Views::new(Timestamp::MIN, Keys::none(), Memory(usize::MAX));
        let id = WalletId::of_credits(Owner::new("ann").unwrap());
        let mut packing = Vec::new();
        let mut publish = |wallet: &Wallet| {
            views.publish(&id, wallet, true, &mut packing);
            assert_eq!(views.wallet(&id), Some((wallet.clone(), true)));
            views.bytes()
        };
        let gone = Gone { grant: FactNumber::FIRST, expired: Amount::new(1), revoked: Amount::ZERO };
        let (small, same) = (Wallet::default(), Wallet { facts: 1, ..Wallet::default() });
        let [larger, large] = [10, 100].map(|count| Wallet { gone: vec![gone; count], ..Wallet::default() });
        let bytes = publish(&small);
        assert_eq!(publish(&same), bytes);
        assert_eq!(publish(&larger), bytes + 10 * 3);
        assert_eq!(publish(&small), bytes + 10 * 3, "what a hold took is there for the next one");
        assert_eq!(publish(&large), bytes + 100 * 3);
        assert_eq!(publish(&small), bytes);
    }
}
