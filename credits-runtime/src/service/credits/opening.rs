//! Opening a ledger, and the options for it.

use std::marker::PhantomData;
use std::path::Path;
use std::sync::Arc;

use credits_core::Wording;

use super::Credits;
use crate::domain::billing::terms::PriceList;
use crate::domain::catalogue::CatalogueData;
use crate::domain::policy::Policy;
use crate::engine::clock::{Clock, SystemClock};
use crate::engine::ledger::{Ledger, Location, Opening};
use crate::engine::request::inbox::Queue;
use crate::engine::store::Locking;
use crate::engine::tuning::Tuning;
#[cfg(feature = "testing")]
use crate::engine::tuning::WaitingMax;
use crate::engine::wallets::budget::MemoryBudget;
use crate::error::Error;
use crate::generated::Pricing;

/// Options for opening a ledger.
#[must_use = "nothing is opened until `.open(..)` or `.in_memory()`"]
pub struct CreditsBuilder<C> {
    clock: Arc<dyn Clock>,
    clock_confirmed: bool,
    restored_accepted: bool,
    locking: Locking,
    tuning: Tuning,
    memory: MemoryBudget,
    queue: Queue,
    pricing: PhantomData<fn() -> C>,
}

impl<C: Pricing> Credits<C> {
    /// Opens the ledger in this file, or creates it. A ledger can be open only once at a time: clone the
    /// handle, or use [`shared`](Self::shared).
    ///
    /// The log `<path>-log` lies beside the file. It holds the latest commits while the ledger is open and
    /// after a crash, so copy and move the two files together. After [`close`](Self::close) the first file is
    /// complete without its log.
    ///
    /// Errors: [`Locked`](crate::LedgerErrorKind::Locked), [`Unlockable`](crate::LedgerErrorKind::Unlockable),
    /// [`Empty`](crate::LedgerErrorKind::Empty),
    /// [`NotALedger`](crate::LedgerErrorKind::NotALedger),
    /// [`NewerVersion`](crate::LedgerErrorKind::NewerVersion),
    /// [`LogDisagrees`](crate::LedgerErrorKind::LogDisagrees),
    /// [`LogMissing`](crate::LedgerErrorKind::LogMissing), [`Damaged`](crate::LedgerErrorKind::Damaged),
    /// [`Io`](crate::LedgerErrorKind::Io).
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("credits.redb");
    /// let credits = Credits::open(&path)?; // "credits.redb"
    /// credits.wallet("user:42").give_credits(100).now().wait()?;
    /// credits.close()?;
    /// assert_eq!(Credits::open(&path)?.wallet("user:42").credits()?, 100);
    /// # Ok(())
    /// # }
    /// ```
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::builder().open(path)
    }

    /// Opens the ledger in this file for reading: balances, history, `verify()`, exports. Neither the file
    /// nor its log is written, so this works on a read-only file system, on a full disk and after a crash.
    /// Commits that only the log holds are read too; the last commit of a killed ledger may be one whose
    /// caller had no reply. Writes return [`ReadOnly`](crate::LedgerErrorKind::ReadOnly).
    ///
    /// Errors: as [`open`](Self::open).
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("credits.redb");
    /// # Credits::open(&path)?.close()?;
    /// let credits = Credits::open_read_only(&path)?;
    /// assert!(credits.wallet("user:42").give_credits(1).now().wait().is_err());
    /// # Ok(())
    /// # }
    /// ```
    pub fn open_read_only(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::builder().open_read_only(path)
    }

    /// Creates a ledger in memory, for tests and previews. It is lost with its last handle.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let credits = Credits::in_memory()?;
    /// assert_eq!(credits.wallet("user:42").credits()?, 0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn in_memory() -> Result<Self, Error> {
        Self::builder().in_memory()
    }

    /// Returns the process-wide handle of this pricing, which the first call opens. It is never dropped: call
    /// [`close`](Self::close) before the process exits, or the next opening has to read the log again.
    ///
    /// Errors: as [`open`](Self::open), then [`SharedElsewhere`](crate::LedgerErrorKind::SharedElsewhere) if
    /// it was opened with another path.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("credits.redb");
    /// let credits = Credits::shared(&path)?; // opens it
    /// assert_eq!(Credits::shared(&path)?.ledger_id(), credits.ledger_id());
    /// credits.close()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn shared(path: impl AsRef<Path>) -> Result<&'static Self, Error> {
        C::shared().get_or_open(path.as_ref())
    }

    /// Returns a builder with options for opening a ledger, such as another clock.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("credits.redb");
    /// let credits = Credits::builder().memory(64 << 20).wait_when_full().open(&path)?;
    /// # drop(credits);
    /// # Ok(())
    /// # }
    /// ```
    pub fn builder() -> CreditsBuilder<C> {
        let clock = Arc::new(SystemClock);
        let (clock_confirmed, restored_accepted) = (false, false);
        let (tuning, memory, queue, pricing) =
            (Tuning::DEFAULT, MemoryBudget::DEFAULT, Queue::DEFAULT, PhantomData);
        let locking = Locking::Required;
        CreditsBuilder { clock, clock_confirmed, restored_accepted, locking, tuning, memory, queue, pricing }
    }
}

impl<C: Pricing> CreditsBuilder<C> {
    /// Takes the time from this clock.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Adopts the clock's time even if the ledger's last fact is more than 400 days old. Without this option
    /// such a ledger rejects every write as `ClockUnconfirmed`, because a wrong clock would expire credits
    /// too early.
    pub fn confirm_clock(mut self) -> Self {
        self.clock_confirmed = true;
        self
    }

    /// Opens the file even if the log beside it is missing, damaged, of another ledger, or ahead of the file:
    /// after a backup was put in place by hand, or after damage. Commits that only the log holds are left
    /// out, and the log is kept under another name.
    pub fn accept_restored(mut self) -> Self {
        self.restored_accepted = true;
        self
    }

    /// Opens the file without a lock, for file systems that have none. No other process may open it at the
    /// same time: two writers destroy a ledger.
    pub fn without_lock(mut self) -> Self {
        self.locking = Locking::None;
        self
    }

    /// The memory budget in bytes, approximate; 256 MiB unless set. A quarter caches pages of the file, and
    /// up to a fifth caches wallets, which share a third with the filters of idempotency keys; the rest is
    /// working memory. A wallet that is not cached is read from the file.
    ///
    /// The ledger takes about 40 MiB even if less is set, and 2 bytes for each stored key.
    pub fn memory(mut self, bytes: usize) -> Self {
        self.memory = MemoryBudget(bytes);
        self
    }

    /// The maximum number of commands that wait for the writer, at least 1; 65,536 unless set. A command
    /// beyond it is not taken, and its reply is [`QueueFull`](crate::LedgerErrorKind::QueueFull).
    pub fn queue_max(mut self, commands: usize) -> Self {
        self.queue.commands_max = commands.max(1);
        self
    }

    /// Makes callers wait for room in a full queue, in `.wait()` or `.await` of the reply, instead of getting
    /// [`QueueFull`](crate::LedgerErrorKind::QueueFull). A command is not sent if its reply is dropped before
    /// that. Waiting commands enter the queue in any order.
    pub fn wait_when_full(mut self) -> Self {
        self.queue.waits = true;
        self
    }

    /// Sets thresholds of background work so low that a short test seals, merges and checkpoints.
    #[cfg(feature = "testing")]
    pub fn stress_maintenance(mut self) -> Self {
        self.tuning = Tuning::STRESS;
        self
    }

    /// Limits the waiting room to 20 events an object and 50 in all, for tests of a full one.
    #[cfg(feature = "testing")]
    pub fn narrow_waiting_room(mut self) -> Self {
        self.tuning.waiting_max = WaitingMax::NARROW;
        self
    }

    /// Opens the ledger like [`Credits::open`].
    pub fn open(self, path: impl AsRef<Path>) -> Result<Credits<C>, Error> {
        self.open_at(&Location::File(path.as_ref()))
    }

    /// Opens the ledger like [`Credits::open_read_only`].
    pub fn open_read_only(self, path: impl AsRef<Path>) -> Result<Credits<C>, Error> {
        Ok(Credits::of(Ledger::open_read_only(path.as_ref(), self.opening())?))
    }

    /// Creates the ledger like [`Credits::in_memory`].
    pub fn in_memory(self) -> Result<Credits<C>, Error> {
        self.open_at(&Location::Memory)
    }

    /// Opens the ledger in a storage, or creates it if the storage is empty, for tests of failing disks.
    #[cfg(feature = "testing")]
    pub fn open_on(self, storage: &impl crate::engine::store::Storage) -> Result<Credits<C>, Error> {
        let ledger = Ledger::open_on((storage.ledger(), storage.log()), self.opening())?;
        Ok(Credits::of(ledger))
    }

    fn open_at(self, location: &Location<'_>) -> Result<Credits<C>, Error> {
        let ledger = Ledger::open(location, self.opening())?;
        Ok(Credits::of(ledger))
    }

    fn opening(self) -> Opening {
        Opening {
            clock: self.clock,
            terms: CatalogueData::from(C::CATALOGUE).kept(),
            policy: Policy::of(&C::CATALOGUE.settings),
            prices: PriceList::of(C::CATALOGUE),
            wording: Wording::of(C::CATALOGUE),
            clock_confirmed: self.clock_confirmed,
            restored_accepted: self.restored_accepted,
            locking: self.locking,
            tuning: self.tuning,
            memory: self.memory,
            queue: self.queue,
        }
    }
}
