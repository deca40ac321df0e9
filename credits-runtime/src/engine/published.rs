//! The published state: what commits have made durable, for readers, the writer and checkpoints.

use std::ops::Range;
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};

use super::keys::Keys;
use super::wallets::budget::MemoryBudget;
use super::wallets::cache::WalletCache;
use super::wallets::due_index::DueIndex;
use super::wallets::milestones::UnwrittenMilestones;
use super::wallets::unwritten::UnwrittenWallets;
use crate::domain::activity::Day;
use crate::domain::ids::FactNumber;
use crate::domain::low_balances::LowBalances;
use crate::domain::time::Timestamp;
use crate::domain::totals::Totals;
use crate::engine::sync::{Mutex, MutexGuard, RwLock};

/// Parts of the wallets' budget: checkpoints begin when dirty wallets exceed two, and commits wait when they exceed
/// all four.
pub(crate) const DIRTY_PARTS: usize = 4;
/// Minimum budget of dirty wallets.
const DIRTY_BYTES_MIN: usize = 1_024 * 1_024;

/// State in memory that is durable.
pub(crate) struct Published {
    /// The first fact of the journal.
    pub(crate) first_fact: FactNumber,
    pub(crate) wallets: WalletCache,
    pub(crate) keys: Keys,
    pub(crate) milestones: UnwrittenMilestones,
    pub(crate) due: DueIndex,
    /// New wallets without a row.
    pub(crate) unwritten: UnwrittenWallets,
    /// Wallets with a low balance, which the list for attention may lack. Some may have no low balance any more.
    pub(crate) low: UnwrittenWallets,
    pub(crate) low_balances: LowBalances,
    totals: RwLock<Arc<Totals>>,
    last_at: AtomicI64,
    /// The day of the last entry that the last checkpoint wrote, as a number. Rows of earlier days are complete.
    written_day: AtomicU32,
    budget: MemoryBudget,
    wallet_rows: Mutex<()>,
    pub(crate) counts: Arc<Counts>,
}

/// Counts since the ledger was opened.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) commits: AtomicU64,
    pub(crate) commit_nanoseconds: AtomicU64,
    pub(crate) commands: AtomicU64,
    pub(crate) largest_batch: AtomicU64,
    pub(crate) checkpoints: AtomicU64,
    /// The time of the last commit that the last checkpoint wrote.
    pub(crate) checkpointed_at: AtomicI64,
}

impl Published {
    /// The state of a journal with these facts and keys, and nothing cached.
    pub(crate) fn new(
        facts: Range<FactNumber>,
        last_at: Timestamp,
        keys: Keys,
        (budget, low_balances): (MemoryBudget, LowBalances),
    ) -> Self {
        Self {
            first_fact: facts.start,
            wallets: WalletCache::new(facts.end),
            keys,
            milestones: UnwrittenMilestones::default(),
            due: DueIndex::default(),
            unwritten: UnwrittenWallets::default(),
            low: UnwrittenWallets::default(),
            low_balances,
            totals: RwLock::default(),
            last_at: AtomicI64::new(last_at.microseconds()),
            written_day: AtomicU32::new(0),
            budget,
            wallet_rows: Mutex::default(),
            counts: Arc::default(),
        }
    }

    /// Locks the rows of wallets while they are published and marked as written. A wallet's row has the instant of
    /// its row in the agenda; two concurrent writers would leave a stale agenda row behind.
    pub(crate) fn lock_wallet_rows(&self) -> MutexGuard<'_, ()> {
        self.wallet_rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Publishes the instant of the last frame, and the totals.
    pub(crate) fn publish_totals(&self, last_at: Timestamp, totals: &Arc<Totals>) {
        *self.totals.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(totals);
        self.last_at.store(last_at.microseconds(), Ordering::Release);
    }

    /// Sets the last day of the totals that a checkpoint wrote.
    pub(crate) fn wrote_day(&self, day: Day) {
        self.written_day.store(day.0, Ordering::Release);
    }

    /// The last day of the totals that the last checkpoint wrote.
    pub(crate) fn written_day(&self) -> Day {
        Day(self.written_day.load(Ordering::Acquire))
    }

    /// The sum of all entries by counter-account.
    pub(crate) fn totals(&self) -> Arc<Totals> {
        Arc::clone(&self.totals.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The instant of the last committed frame.
    pub(crate) fn last_at(&self) -> Timestamp {
        Timestamp::from_microseconds(self.last_at.load(Ordering::Acquire))
    }

    /// Whether dirty wallets, which cannot be evicted, take more than a number of [`DIRTY_PARTS`] of the wallets'
    /// budget.
    pub(crate) fn is_dirty_over(&self, parts: usize) -> bool {
        let budget = self.wallet_budget().max(DIRTY_BYTES_MIN);
        self.wallets.dirty_bytes() > (budget / DIRTY_PARTS).saturating_mul(parts)
    }

    /// Evicts cached wallets while they take more memory than their share.
    pub(crate) fn evict(&self, commands: usize) {
        self.wallets.evict(self.wallet_budget(), commands);
    }

    fn wallet_budget(&self) -> usize {
        self.budget.wallets(self.keys.bytes())
    }
}
