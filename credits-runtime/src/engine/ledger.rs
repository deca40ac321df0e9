//! The ledger: opening it, its handles, and closing it with the last one.

use std::ops::Deref;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use credits_core::Wording;

use super::batch::batch::Position;
#[cfg(feature = "postgres")]
use super::batch::billing::Bill;
use super::batch::failed_due::FailedDue;
use super::checkpoint::checkpointer::Checkpointer;
use super::checkpoint::pass::Pass;
use super::checkpoint::work::CheckpointWork;
use super::clock::Clock;
use super::commit_log::CommitLog;
use super::core::{Core, Engine};
use super::feed::CommitFeed;
use super::file_engine::FileEngine;
use super::inboxes::Inboxes;
use super::keys::compactor::Compactor;
use super::known_terms::KnownTerms;
use super::opening::{FoundLedger, put_log_aside};
#[cfg(feature = "postgres")]
use super::postgres::opening::{Application, Connecting, Role, connect};
use super::published::Published;
use super::recovery::{Recovered, Recovery, last_terms, recover};
use super::request::inbox::{Inbox, Queue};
use super::rows::CheckpointState;
use super::shutdown::Shutdown;
use super::store::{Locking, Patience, Store};
#[cfg(feature = "postgres")]
use super::tuning::ROWS_AT_ONCE;
use super::tuning::Tuning;
use super::verify::{Verified, verify};
use super::wallets::budget::MemoryBudget;
use super::writer::GeneratedKeys;
use super::writer::committer::Committer;
use super::writer::decider::Decider;
use super::writer::renewals::Renewals;
use super::writer::replies::Replies;
use super::writer::writer::{Ended, Schedule, Writer};
use crate::domain::billing::sale::Sale;
use crate::domain::billing::terms::PriceList;
use crate::domain::catalogue::CatalogueData;
#[cfg(feature = "postgres")]
use crate::domain::ids::{Key, Owner};
use crate::domain::low_balances::LowBalances;
use crate::domain::policy::Policy;
use crate::domain::time::Timestamp;
use crate::engine::sync::{Mutex, is_finished, thread};
use crate::error::{LedgerError, LedgerErrorKind};

/// Interval in which a closing checks whether threads have ended, and the number of checks for handlers' threads.
const CHECK_EVERY: Duration = Duration::from_millis(5);
const FOLLOWER_CHECKS: usize = 1_000;

/// The location of a ledger.
pub(crate) enum Location<'a> {
    File(&'a Path),
    Memory,
}

/// Options of an opening.
pub(crate) struct Opening {
    pub(crate) clock: Arc<dyn Clock>,
    /// The application's terms.
    pub(crate) terms: CatalogueData,
    pub(crate) policy: Policy,
    pub(crate) prices: PriceList,
    pub(crate) wording: Wording<'static>,
    /// Accepts the clock's reading, however long ago the last fact was.
    pub(crate) clock_confirmed: bool,
    /// Opens the file without its log if the log is missing, damaged, or of another file, for example after a
    /// restore.
    pub(crate) restored_accepted: bool,
    pub(crate) locking: Locking,
    pub(crate) tuning: Tuning,
    pub(crate) memory: MemoryBudget,
    pub(crate) queue: Queue,
}

/// An open ledger, shared by every handle. The last one dropped closes it.
pub(crate) struct Ledger {
    core: Arc<Core>,
    writer: Mutex<Option<thread::JoinHandle<Ended>>>,
    followers: Mutex<Vec<JoinHandle<()>>>,
    /// Held while the ledger is closed.
    closing: Mutex<()>,
    end: Shutdown,
}

impl Deref for Ledger {
    type Target = Core;

    fn deref(&self) -> &Core {
        &self.core
    }
}

impl Opening {
    fn recovery(&self, is_read_only: bool) -> Recovery<'_> {
        Recovery {
            terms: &self.terms,
            prices: &self.prices,
            policy: &self.policy,
            memory: self.memory,
            clock: Arc::clone(&self.clock),
            clock_confirmed: self.clock_confirmed,
            is_read_only,
        }
    }
}

impl Ledger {
    /// Opens a ledger, or creates it.
    pub(crate) fn open(location: &Location<'_>, opening: Opening) -> Result<Arc<Self>, LedgerError> {
        let found = match location {
            Location::Memory => FoundLedger::in_memory(opening.memory)?,
            Location::File(path) => {
                let Opening { memory, tuning, restored_accepted, locking, .. } = &opening;
                FoundLedger::at(path, *memory, tuning.log_size, *restored_accepted, *locking)?
            }
        };
        Self::over(found, opening)
    }

    /// Copies a backup to a new ledger, which gets its name once it is verified.
    pub(crate) fn restore(from: &Path, to: &Path) -> Result<Verified, LedgerError> {
        let store = Store::look_only(from, MemoryBudget::DEFAULT)?;
        let snapshot = store.snapshot()?;
        if snapshot.log()?.is_open {
            let message = format!(
                "`{}` was not closed, so that its last commits may be in its log alone: open it, and make a backup with `backup()`",
                from.display()
            );
            return Err(LedgerError::new(LedgerErrorKind::LogMissing, message));
        }
        let verified = Store::copy(&snapshot, to, |copy| verify(copy, |_| ()))?;
        put_log_aside(to)?;
        Ok(verified)
    }

    /// The newest terms that the ledger in a file was opened with. A declaration is in the file before the opening ends.
    pub(crate) fn last_terms(path: &Path) -> Result<CatalogueData, LedgerError> {
        let store = Store::look_only(path, MemoryBudget::DEFAULT)?;
        last_terms(&store)?.ok_or_else(|| {
            let message = format!(
                "`{}` was never opened with a pricing, so that it has no entries: open it with its application",
                path.display()
            );
            LedgerError::new(LedgerErrorKind::NotALedger, message)
        })
    }

    /// Opens the ledger on the backends of its file and its log; creates it if the file is empty.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn open_on(
        backends: (impl super::store::Backend, impl super::store::Backend + Clone),
        opening: Opening,
    ) -> Result<Arc<Self>, LedgerError> {
        Self::over(FoundLedger::on(backends, opening.memory, opening.tuning.log_size)?, opening)
    }

    /// Opens a ledger to read it; neither its file nor its log is written.
    pub(crate) fn open_read_only(path: &Path, opening: Opening) -> Result<Arc<Self>, LedgerError> {
        let found = FoundLedger::to_read(path, opening.memory)?;
        let store = Arc::new(found.store);
        let recovered = recover(&store, &found.groups, None, opening.recovery(true))?;
        let parts = Parts::of(store, recovered, opening)?;
        parts.core.inboxes.close();
        Ok(Arc::new(Self {
            core: Arc::new(parts.core),
            writer: Mutex::default(),
            followers: Mutex::default(),
            closing: Mutex::default(),
            end: Shutdown::default(),
        }))
    }

    /// Opens a ledger in a database. `clock` is the application's, if it has one.
    #[cfg(feature = "postgres")]
    pub(crate) fn connect(
        url: &str,
        connecting: &Connecting,
        clock: Option<Arc<dyn Clock>>,
        opening: Opening,
    ) -> Result<Arc<Self>, LedgerError> {
        let Opening { terms, prices, policy, wording, clock_confirmed, tuning, queue, .. } = opening;
        let application = Application {
            terms: &terms,
            prices: &prices,
            policy,
            clock,
            clock_confirmed,
            waiting_max: tuning.waiting_max,
            queue,
        };
        let connected = connect(url, connecting, application)?;
        let (catalogue, covers) = (connected.catalogue, connected.covers);
        let core = Core {
            engine: Engine::Postgres(connected.engine),
            inboxes: connected.inboxes,
            queue,
            feed: connected.feed,
            opened_at: connected.clock.now(),
            clock: connected.clock,
            id: connected.id,
            terms: KnownTerms::of(connected.terms),
            catalogue,
            names: connected.names,
            low_balances: LowBalances::of(policy.low_balance_thresholds),
            policy,
            wording,
            sale: connected.sale,
            keys: GeneratedKeys::new()?,
            is_closed: AtomicBool::new(false),
        };
        let ledger = Self {
            core: Arc::new(core),
            writer: Mutex::default(),
            followers: Mutex::default(),
            closing: Mutex::default(),
            end: Shutdown::default(),
        };
        if connecting.role == Role::Application {
            ledger.fulfil_declared(catalogue, covers)?;
        }
        Ok(Arc::new(ledger))
    }

    /// Retries billing that needs attention, because the catalogue may now declare the purchased plans and packs, and
    /// changes covers to those of the application's catalogue.
    #[cfg(feature = "postgres")]
    fn fulfil_declared(&self, catalogue: u32, covers: Option<u32>) -> Result<(), LedgerError> {
        self.fulfil_each(Core::attention)?;
        if covers != Some(catalogue) && self.clock.unconfirmed().is_none() {
            self.fulfil_each(Core::billed_owners)?;
            if let Engine::Postgres(engine) = &self.core.engine {
                engine.put_covers(catalogue)?;
            }
        }
        Ok(())
    }

    #[cfg(feature = "postgres")]
    fn fulfil_each(
        &self,
        page: impl Fn(&Core, Option<&Owner>, usize) -> Result<Vec<Owner>, LedgerError>,
    ) -> Result<(), LedgerError> {
        let mut after: Option<Owner> = None;
        loop {
            let owners = page(self, after.as_ref(), ROWS_AT_ONCE)?;
            let Some(last) = owners.last() else { return Ok(()) };
            after = Some(last.clone());
            let fulfilled = owners.into_iter().map(|owner| {
                let reply = self.bill(Bill::Fulfil(owner.clone()), Key::none(), |_| Ok(()));
                (owner, reply)
            });
            for (owner, reply) in fulfilled.collect::<Vec<_>>() {
                if let Err(error) = reply.wait() {
                    tracing::error!(%owner, %error, "what is due could not be booked; the owner's next event does it");
                }
            }
        }
    }

    /// Starts the writer over a ledger's files.
    pub(crate) fn over(found: FoundLedger, opening: Opening) -> Result<Arc<Self>, LedgerError> {
        let (store, mut found_log) = (Arc::new(found.store), found.log);
        let recovered = recover(&store, &found.groups, found_log.as_mut(), opening.recovery(false))?;
        let next_fact = recovered.position.next.first();
        let log = found_log.map(|log| log.opened(next_fact)).transpose();
        let log = log.map_err(|error| LedgerError::io(store.path(), error))?.map(Arc::new);
        let parts = Parts::of(store, recovered, opening)?;
        let checkpointer = Arc::new(parts.checkpointer(log.clone())?);
        let mut writer = parts.writer(log.clone(), &checkpointer)?;
        let Parts { store, published, .. } = &parts;
        let engine = Engine::File(FileEngine {
            store: Arc::clone(store),
            published: Arc::clone(published),
            log,
            checkpointer: Some(checkpointer),
            feed: Arc::clone(&parts.core.feed),
        });
        writer.begin(parts.core.catalogue)?;
        let thread = thread::Builder::new().name("credits-writer".to_owned());
        let thread = thread.spawn(move || writer.run()).map_err(|error| {
            LedgerError::caused(LedgerErrorKind::Io, "cannot start the ledger's thread", error)
        })?;
        Ok(Arc::new(Self {
            core: Arc::new(Core { engine, ..parts.core }),
            writer: Mutex::new(Some(thread)),
            followers: Mutex::default(),
            closing: Mutex::default(),
            end: Shutdown::default(),
        }))
    }

    /// The core, for threads that follow the journal.
    pub(crate) fn core(&self) -> &Arc<Core> {
        &self.core
    }

    /// Registers a thread that follows the journal: closing the ledger waits for it.
    pub(crate) fn keep(&self, follower: JoinHandle<()>) {
        self.followers.lock().unwrap_or_else(PoisonError::into_inner).push(follower);
    }

    /// The end of the ledger, for those that wait for it.
    pub(crate) fn shutdown(&self) -> &Shutdown {
        &self.end
    }

    /// Finishes the waiting requests, then closes the files. Later requests of other handles fail with `Closed`.
    pub(crate) fn close(&self) -> Result<(), LedgerError> {
        self.end.begin();
        self.feed.close();
        let is_blocked = !self.end_followers();
        let _closing = self.closing.lock().unwrap_or_else(PoisonError::into_inner);
        self.inboxes.close();
        match &self.core.engine {
            Engine::File(engine) => self.close_file(engine)?,
            #[cfg(feature = "postgres")]
            Engine::Postgres(engine) => {
                engine.close();
                self.is_closed.store(true, Ordering::Release);
            }
        }
        if is_blocked {
            let message =
                "the ledger is closed, but a handler of its events has not returned: find what it waits for";
            return Err(LedgerError::new(LedgerErrorKind::HandlerBlocked, message));
        }
        Ok(())
    }

    /// Waits for the writer, and closes the files.
    fn close_file(&self, engine: &FileEngine) -> Result<(), LedgerError> {
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writer) = writer {
            while !is_finished(&writer) {
                // The writer may wait for a checkpoint on a full disk.
                if engine.store.is_out_of_space() {
                    engine.store.set_patience(Patience::Fails);
                }
                std::thread::park_timeout(CHECK_EVERY);
            }
            self.is_closed.store(true, Ordering::Release);
            let message = "the ledger's thread ended by a bug: commands that have a reply are durable";
            let ended = writer.join().map_err(|_| LedgerError::new(LedgerErrorKind::OutcomeUnknown, message));
            // The log may have a commit whose outcome is unknown: the next opening reads it.
            match ended {
                Ok(Ended::Complete) => engine.close()?,
                Ok(Ended::Stopped) => engine.stop_checkpoints(),
                Err(error) => {
                    engine.stop_checkpoints();
                    return Err(error);
                }
            }
        }
        self.is_closed.store(true, Ordering::Release);
        engine.store.close()
    }

    /// Waits a few seconds for the threads that follow the journal. Returns whether all have ended.
    fn end_followers(&self) -> bool {
        let mut followers =
            std::mem::take(&mut *self.followers.lock().unwrap_or_else(PoisonError::into_inner));
        // A handler may drop the last handle, and so close the ledger from its own thread.
        followers.retain(|follower| follower.thread().id() != std::thread::current().id());
        for _ in 0..FOLLOWER_CHECKS {
            if followers.iter().all(JoinHandle::is_finished) {
                break;
            }
            std::thread::park_timeout(CHECK_EVERY);
        }
        let has_ended = followers.iter().all(JoinHandle::is_finished);
        for follower in followers.into_iter().filter(JoinHandle::is_finished) {
            _ = follower.join();
        }
        has_ended
    }
}

/// The parts from which the writer, the checkpointer and the core of a ledger are built.
struct Parts {
    core: Core,
    store: Arc<Store>,
    published: Arc<Published>,
    position: Position,
    state: CheckpointState,
    next_due: Option<Timestamp>,
    tuning: Tuning,
    memory: MemoryBudget,
}

impl Parts {
    fn of(store: Arc<Store>, recovered: Recovered, opening: Opening) -> Result<Self, LedgerError> {
        let Recovered { id, published, position, state, terms, catalogue, names, clock, next_due } =
            recovered;
        let Opening { policy, prices, wording, tuning, memory, queue, .. } = opening;
        let sale = Arc::new(Sale::of(prices, &names, &terms, catalogue));
        let published = Arc::new(published);
        let feed = Arc::new(CommitFeed::new(position.next.first()));
        let engine = FileEngine {
            store: Arc::clone(&store),
            published: Arc::clone(&published),
            log: None,
            checkpointer: None,
            feed: Arc::clone(&feed),
        };
        let core = Core {
            engine: Engine::File(engine),
            inboxes: Inboxes::one(Inbox::new(queue.commands_max)),
            queue,
            feed,
            opened_at: clock.now(),
            clock: Arc::new(clock),
            id,
            terms: KnownTerms::of(terms),
            catalogue,
            names,
            low_balances: LowBalances::of(policy.low_balance_thresholds),
            policy,
            wording,
            sale,
            keys: GeneratedKeys::new()?,
            is_closed: AtomicBool::new(false),
        };
        Ok(Self { core, store, published, position, state, next_due, tuning, memory })
    }

    fn checkpointer(&self, log: Option<Arc<CommitLog>>) -> Result<Checkpointer, LedgerError> {
        let (Self { core, store, published, tuning, .. }, next_fact) = (self, self.position.next.first());
        let compactor = Compactor::new(&store.snapshot()?, core.policy.keep_keys, *tuning)?;
        let work = CheckpointWork {
            store: Arc::clone(store),
            published: Arc::clone(published),
            pass: Pass::new(next_fact, tuning.pass_facts),
            compactor,
            state: self.state.clone(),
        };
        Checkpointer::start(work, log, tuning.unwritten_bytes.unwrap_or(self.memory.unwritten()))
    }

    fn writer(
        &self,
        log: Option<Arc<CommitLog>>,
        checkpointer: &Arc<Checkpointer>,
    ) -> Result<Writer, LedgerError> {
        let Self { store, published, .. } = self;
        let Core { inboxes, feed, clock, policy, sale, .. } = &self.core;
        let inbox = inboxes.first();
        Ok(Writer {
            inbox: Arc::clone(inbox),
            decider: Decider {
                store: Arc::clone(store),
                published: Arc::clone(published),
                clock: Arc::clone(clock),
                policy: *policy,
                sale: Arc::clone(sale),
                waiting_max: self.tuning.waiting_max,
                position: self.position.clone(),
            },
            committer: Committer {
                store: Arc::clone(store),
                log,
                checkpointer: Arc::clone(checkpointer),
                published: Arc::clone(published),
                feed: Arc::clone(feed),
                buffer: Vec::new(),
            },
            replies: Replies {
                inbox: Arc::clone(inbox),
                counts: Arc::clone(&published.counts),
                feed: Arc::clone(feed),
            },
            renewals: Renewals::new(policy.hold_limit)?,
            failed_due: FailedDue::default(),
            schedule: Schedule::from(self.next_due),
            covers_wanted: None,
            stopped: None,
        })
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        if let Err(error) = self.close() {
            tracing::error!(%error, "closing the ledger failed");
        }
    }
}
