//! The ledger: what the services stand on. Commands are submitted to it, views are read from it.

use std::collections::HashMap;
use std::ops::Deref;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use credits_core::Wording;

use super::agenda::Agenda;
use super::billing::{Bill, Sale};
use super::checkpoint::Checkpoint;
use super::checkpointer::Checkpointer;
use super::clock::{Clock, LedgerClock};
use super::codec::Milestone;
use super::commit_log::CommitLog;
use super::committer::{Ahead, Committer};
use super::inbox::{Asked, Inbox, Linger, Queue, Refused, Waiting};
use super::journal::Numbered;
use super::keys::upkeep::Upkeep;
use super::keys::{fingerprint_under, frames_under};
use super::memory::Memory;
use super::news::News;
use super::opening::{Found, put_log_aside};
use super::pace::Pace;
use super::recovery::{Recovered, Recovery, TermsByNumber, recover};
use super::reply::{HoldGuard, Outcome, Reply, Slot};
use super::runs::Runs;
use super::store::{LedgerId, Locking, Patience, Snapshot, Store, StoredBlock};
use super::verify::{Verified, verify};
use super::views::{Views, stored_wallet};
use super::writer::{Ended, Rest, Writer};
use crate::domain::billing::terms::PriceList;
use crate::domain::catalogue::CatalogueData;
use crate::domain::command::{Action, Command};
use crate::domain::explain::Terms;
use crate::domain::fact::Scope;
use crate::domain::fingerprint::key_row;
use crate::domain::ids::{FactNumber, HoldId, Key, WalletId};
use crate::domain::metadata::Metadata;
use crate::domain::policy::Policy;
use crate::domain::pricing::OperationId;
use crate::domain::time::Timestamp;
use crate::domain::totals::Totals;
use crate::domain::wallet::Wallet;
use crate::error::{Error, LedgerError, LedgerErrorKind};

/// How often a closing looks whether handlers have returned, and how long it waits between two looks for threads to end.
const FOLLOWERS_LOOKS: usize = 1_000;
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Where a ledger is kept.
pub(crate) enum Place<'a> {
    File(&'a Path),
    Memory,
}

/// How a ledger is opened.
pub(crate) struct Opening {
    pub(crate) clock: Arc<dyn Clock>,
    /// What the application declares.
    pub(crate) terms: CatalogueData,
    pub(crate) policy: Policy,
    /// What it sells.
    pub(crate) prices: PriceList,
    /// How it names what it counts.
    pub(crate) wording: Wording<'static>,
    /// Whether the clock is right, however long ago the last fact was.
    pub(crate) clock_confirmed: bool,
    /// Whether the file may be another than its log belongs to.
    pub(crate) restored_accepted: bool,
    pub(crate) locking: Locking,
    pub(crate) pace: Pace,
    pub(crate) memory: Memory,
    pub(crate) queue: Queue,
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

/// An open ledger, shared by every handle on it. The last one dropped closes it.
pub(crate) struct Ledger {
    core: Arc<Core>,
    writer: Mutex<Option<JoinHandle<Ended>>>,
    followers: Mutex<Vec<JoinHandle<()>>>,
    /// What generated keys of this handle begin with, and how many there are.
    key_base: u64,
    key_count: AtomicU64,
}

/// What it takes to read a ledger: those who follow the journal have it, and do not keep the ledger open.
pub(crate) struct Core {
    store: Arc<Store>,
    log: Option<Arc<CommitLog>>,
    /// `None` of a ledger that is only read.
    checkpointer: Option<Arc<Checkpointer>>,
    views: Arc<Views>,
    inbox: Arc<Inbox>,
    queue: Queue,
    news: Arc<News>,
    clock: Arc<LedgerClock>,
    id: LedgerId,
    terms: TermsByNumber,
    catalogue: u32,
    policy: Policy,
    wording: Wording<'static>,
    /// What is on sale, and every operation that was ever declared, as scopes name it: by the first catalogue that has
    /// it.
    sale: Arc<Sale>,
}

impl Deref for Ledger {
    type Target = Core;

    fn deref(&self) -> &Core {
        &self.core
    }
}

/// What the writer has done since the ledger was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statistics {
    /// Durable commits.
    pub commits: u64,
    /// Commands that were answered.
    pub commands: u64,
    /// The most commands that one batch answered.
    pub largest_batch: u64,
}

impl Ledger {
    /// Opens a ledger, or creates it, for an application of these terms.
    pub(crate) fn open(place: &Place<'_>, opening: Opening) -> Result<Arc<Self>, LedgerError> {
        let found = match place {
            Place::Memory => Found::in_memory(opening.memory)?,
            Place::File(path) => {
                let Opening { memory, pace, restored_accepted, locking, .. } = &opening;
                Found::at(path, *memory, pace.log_size, *restored_accepted, *locking)?
            }
        };
        Self::over(found, opening)
    }

    /// Copies a backup to a place where no ledger is, once everything in the copy was verified.
    pub(crate) fn restore(from: &Path, to: &Path) -> Result<Verified, LedgerError> {
        let store = Store::look_only(from, Memory::USUAL)?;
        let snapshot = store.snapshot()?;
        if snapshot.log()?.is_open {
            let message = format!(
                "`{}` was not closed, so that its last commits may be in its log alone: open it, and make a backup with `backup()`",
                from.display()
            );
            return Err(LedgerError::new(LedgerErrorKind::LogMissing, message));
        }
        let verified = Store::copy(&snapshot, to, verify)?;
        put_log_aside(to)?;
        Ok(verified)
    }

    /// Opens the ledger that these backends keep, the second one its log; creates it if the first is empty.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn open_on(
        backends: (impl super::store::Backend, impl super::store::Backend + Clone),
        opening: Opening,
    ) -> Result<Arc<Self>, LedgerError> {
        Self::over(Found::on(backends, opening.memory, opening.pace.log_size)?, opening)
    }

    /// Opens a ledger to read it: neither its file nor its log is written to.
    pub(crate) fn open_read_only(path: &Path, opening: Opening) -> Result<Arc<Self>, LedgerError> {
        let found = Found::to_read(path, opening.memory)?;
        let store = Arc::new(found.store);
        let recovered = recover(&store, &found.groups, None, opening.recovery(true))?;
        let Recovered { id, views, position, terms, catalogue, clock, .. } = recovered;
        let Opening { policy, prices, wording, queue, .. } = opening;
        let sale = Arc::new(Sale { prices, operations: operations(&terms) });
        let (news, inbox) = (Arc::new(News::new(position.next_fact)), Arc::new(Inbox::new(1)));
        inbox.close();
        let core = Core {
            store,
            log: None,
            checkpointer: None,
            views: Arc::new(views),
            inbox,
            queue,
            news,
            clock: Arc::new(clock),
            id,
            terms,
            catalogue,
            policy,
            wording,
            sale,
        };
        let (writer, followers) = (Mutex::default(), Mutex::default());
        let (key_base, key_count) = (random()?, AtomicU64::new(0));
        Ok(Arc::new(Self { core: Arc::new(core), writer, followers, key_base, key_count }))
    }

    /// Starts the writer over a ledger's files.
    pub(crate) fn over(found: Found, opening: Opening) -> Result<Arc<Self>, LedgerError> {
        let (store, mut found_log) = (Arc::new(found.store), found.log);
        let recovered = recover(&store, &found.groups, found_log.as_mut(), opening.recovery(false))?;
        let Recovered { id, views, position, terms, catalogue, clock, next_due } = recovered;
        let Opening { policy, prices, wording, pace, memory, queue, .. } = opening;
        let log = found_log.map(|log| log.opened(position.next_fact)).transpose();
        let log = log.map_err(|error| LedgerError::io(store.path(), error))?.map(Arc::new);
        let unwritten_bytes = pace.unwritten_bytes.unwrap_or(memory.unwritten());
        let checkpointer = Arc::new(Checkpointer::start(Arc::clone(&store), log.clone(), unwritten_bytes)?);
        let sale = Arc::new(Sale { prices, operations: operations(&terms) });
        let (views, inbox) = (Arc::new(views), Arc::new(Inbox::new(queue.commands_max)));
        let (news, clock) = (Arc::new(News::new(position.next_fact)), Arc::new(clock));
        let checkpoint = Checkpoint::of_passes(position.next_fact, pace.pass_facts);
        let upkeep = Upkeep::after(&store.snapshot()?, policy.keep_keys, pace)?;
        let runs = Arc::new(super::sync::Mutex::new(Runs::new(&policy)));
        let committer = Committer {
            store: Arc::clone(&store),
            log: log.clone(),
            checkpointer: Arc::clone(&checkpointer),
            views: Arc::clone(&views),
            inbox: Arc::clone(&inbox),
            news: Arc::clone(&news),
            runs: Arc::clone(&runs),
            packing: Vec::new(),
        };
        let mut writer = Writer {
            store: Arc::clone(&store),
            views: Arc::clone(&views),
            inbox: Arc::clone(&inbox),
            news: Arc::clone(&news),
            clock: Arc::clone(&clock),
            position,
            policy,
            sale: Arc::clone(&sale),
            checkpoint,
            upkeep,
            pace,
            agenda: Agenda::default(),
            runs,
            extending: Vec::new(),
            ahead: Ahead::start(committer.clone())?,
            committer,
            flight: None,
            keys: (random()?, 0),
            next_due,
            booked: Vec::new(),
            rooms: Vec::new(),
            decided: Vec::new(),
            commands: Vec::new(),
            linger: Linger::NOT,
            rest: Rest::default(),
            stopped: None,
        };
        writer.begin()?;
        let thread =
            std::thread::Builder::new().name("credits-writer".to_owned()).spawn(move || writer.run());
        let thread = thread.map_err(|error| {
            LedgerError::caused(LedgerErrorKind::Io, "cannot start the ledger's thread", error)
        })?;
        let (writer, key_base) = (Mutex::new(Some(thread)), random()?);
        let (key_count, followers) = (AtomicU64::new(0), Mutex::default());
        let core = Core {
            store,
            log,
            checkpointer: Some(checkpointer),
            views,
            inbox,
            queue,
            news,
            clock,
            id,
            terms,
            catalogue,
            policy,
            wording,
            sale,
        };
        Ok(Arc::new(Self { core: Arc::new(core), writer, followers, key_base, key_count }))
    }

    /// Settling or releasing a hold by its number.
    pub(crate) fn close_hold(wallet: WalletId, hold: HoldId, action: Action) -> Command {
        Command::new(wallet, Key::of_hold(hold), action, Metadata::default())
    }

    /// What those who follow the journal have of it.
    pub(crate) fn core(&self) -> &Arc<Core> {
        &self.core
    }

    /// A key for a write that was given none.
    pub(crate) fn generated_key(&self) -> Key {
        Key::generated(self.key_base, self.key_count.fetch_add(1, Ordering::Relaxed))
    }

    /// Keeps a thread that follows the journal, to wait for when the ledger is closed.
    pub(crate) fn keep(&self, follower: JoinHandle<()>) {
        self.followers.lock().unwrap_or_else(PoisonError::into_inner).push(follower);
    }

    /// Does what is waiting, then closes the file. Whoever still has a handle is told that it is closed.
    pub(crate) fn close(&self) -> Result<(), LedgerError> {
        self.news.close();
        let is_blocked = !self.end_followers();
        self.inbox.close();
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writer) = writer {
            while !writer.is_finished() {
                // It may wait for a checkpoint that finds no space.
                if self.store.is_out_of_space() {
                    self.store.set_patience(Patience::Fails);
                }
                std::thread::park_timeout(LOOK_EVERY);
            }
            let message = "the ledger's thread ended by a bug: what it had answered is durable";
            let ended = writer.join().map_err(|_| LedgerError::new(LedgerErrorKind::OutcomeUnknown, message));
            // The log may have a commit whose outcome is unknown: the next opening reads it.
            match ended {
                Ok(Ended::Complete) => self.close_files()?,
                Ok(Ended::Stopped) => self.stop_checkpoints(),
                Err(error) => {
                    self.stop_checkpoints();
                    return Err(error);
                }
            }
        }
        self.store.close()?;
        if is_blocked {
            let message = "the ledger is closed, but a handler of its events has not returned: look for what it waits for";
            return Err(LedgerError::new(LedgerErrorKind::HandlerBlocked, message));
        }
        Ok(())
    }

    /// Waits for the threads that follow the journal, for a few seconds at most. Returns whether all have ended.
    fn end_followers(&self) -> bool {
        let mut followers =
            std::mem::take(&mut *self.followers.lock().unwrap_or_else(PoisonError::into_inner));
        // A handler may hold the last handle, and so close the ledger from its own thread.
        followers.retain(|follower| follower.thread().id() != std::thread::current().id());
        for _ in 0..FOLLOWERS_LOOKS {
            if followers.iter().all(JoinHandle::is_finished) {
                break;
            }
            std::thread::park_timeout(LOOK_EVERY);
        }
        let has_ended = followers.iter().all(JoinHandle::is_finished);
        for follower in followers.into_iter().filter(JoinHandle::is_finished) {
            _ = follower.join();
        }
        has_ended
    }

    fn stop_checkpoints(&self) {
        if let Some(checkpointer) = &self.checkpointer {
            checkpointer.stop();
        }
    }

    /// Writes everything to the ledger's file, after which it needs no log.
    fn close_files(&self) -> Result<(), LedgerError> {
        let Some(checkpointer) = &self.checkpointer else { return Ok(()) };
        // In two steps: a checkpoint in progress may lack the last rows, and must not mark the ledger as closed.
        let written = checkpointer.finish().and_then(|()| {
            self.store.close_log();
            checkpointer.finish()
        });
        checkpointer.stop();
        // What the file lacks is in the log, and read from there by the next opening.
        if let Err(error) = written {
            _ = self.store.close();
            return Err(error);
        }
        let next_fact = self.store.snapshot()?.end()?.next_fact;
        self.store.close()?;
        match &self.log {
            Some(log) => log.close(next_fact).map_err(|error| LedgerError::io(self.store.path(), error)),
            None => Ok(()),
        }
    }
}

impl Core {
    /// Sends a command to the writer; its outcome is read once it is durable.
    pub(crate) fn submit<T>(
        &self,
        command: Command,
        read: impl FnOnce(Outcome) -> Result<T, Error> + Send + 'static,
    ) -> Reply<T> {
        self.ask(Asked::Command(command), read)
    }

    /// Sends something about billing to the writer.
    pub(crate) fn bill<T>(
        &self,
        bill: Bill,
        key: Key,
        read: impl FnOnce(Outcome) -> Result<T, Error> + Send + 'static,
    ) -> Reply<T> {
        self.ask(Asked::Bill(bill, key), read)
    }

    fn ask<T>(
        &self,
        asked: Asked,
        read: impl FnOnce(Outcome) -> Result<T, Error> + Send + 'static,
    ) -> Reply<T> {
        let (mut slot, receiver) = Slot::new();
        if let Asked::Command(Command { action: Action::Hold { .. }, wallet, .. }) = &asked {
            slot = slot.guarded(HoldGuard::unarmed(&self.inbox, wallet));
        }
        let asked = Arc::new(asked);
        match self.inbox.submit(Waiting { asked: Arc::clone(&asked), slot }) {
            Ok(()) => Reply::waiting(receiver, asked, read),
            Err(Refused::Full(waiting)) if self.queue.waits => {
                Reply::queued((Arc::clone(&self.inbox), waiting), receiver, read)
            }
            Err(Refused::Full(_)) => Reply::failed(self.inbox.full().of(asked.key())),
            Err(Refused::Closed) => Reply::failed(self.refusal().of(asked.key())),
        }
    }

    /// Why nothing is written any more, or ever.
    fn refusal(&self) -> LedgerError {
        if self.checkpointer.is_none() { LedgerError::read_only() } else { LedgerError::closed() }
    }

    /// A guard for a hold that is open: dropped, it releases the hold.
    pub(crate) fn guard(&self, wallet: &WalletId, hold: HoldId) -> HoldGuard {
        let mut guard = HoldGuard::unarmed(&self.inbox, wallet);
        guard.hold = Some(hold);
        guard
    }

    /// The ledger's time: the clock's, but never before the last frame's.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now().max(self.views.last_at())
    }

    /// The reading of the clock itself, which may be before the last frame's time.
    #[cfg(feature = "stripe")]
    pub(crate) fn clock_reading(&self) -> Timestamp {
        self.clock.reading()
    }

    /// Believes what the clock says.
    pub(crate) fn confirm_clock(&self) {
        self.clock.confirm();
    }

    /// Books everything that is due, and waits for it.
    pub(crate) fn book_due(&self) -> Result<(), LedgerError> {
        let (sender, receiver) = oneshot::channel();
        self.inbox.book_due(sender).map_err(|_| self.refusal())?;
        let message = "the ledger stopped before it answered: open it again";
        let stopped = |_| LedgerError::new(LedgerErrorKind::OutcomeUnknown, message);
        receiver.recv().map_err(stopped)?
    }

    /// What those who follow the journal wait for.
    pub(crate) fn news(&self) -> &Arc<News> {
        &self.news
    }

    /// Where a subscriber has come to; written with the next commit.
    pub(crate) fn advance(&self, subscriber: &str, next: FactNumber) {
        self.inbox.advance(subscriber, next);
    }

    /// Has cursors written although there is nothing else to write.
    pub(crate) fn write_cursors_when_idle(&self) {
        self.inbox.poke();
    }

    /// Which fact a subscriber is given next, if it was there before.
    pub(crate) fn cursor(&self, subscriber: &str) -> Result<Option<FactNumber>, LedgerError> {
        self.store.snapshot()?.cursor(subscriber)
    }

    /// The wallet as of its last committed fact.
    pub(crate) fn wallet(&self, id: &WalletId) -> Result<Wallet, LedgerError> {
        match self.views.wallet(id) {
            Some((wallet, _)) => Ok(wallet),
            None => stored_wallet(&self.store.snapshot()?, id),
        }
    }

    /// Where a wallet's history stood at this ordinal, a multiple of the distance of milestones, of a fact that was
    /// published.
    pub(crate) fn milestone(&self, wallet: &WalletId, ordinal: u64) -> Result<Milestone, LedgerError> {
        // In this order: one that does not lag any more is in the file as it is now.
        if let Some(lagging) = self.views.milestones.find(wallet, ordinal) {
            return Ok(lagging);
        }
        let missing =
            || LedgerError::damaged(format!("milestone {ordinal} of `{}` is missing", wallet.owner));
        self.store.snapshot()?.milestone(wallet, ordinal)?.ok_or_else(missing)
    }

    /// Reads facts of the journal as it is now.
    pub(crate) fn journal(&self) -> Result<JournalReader, LedgerError> {
        Ok(JournalReader::of(self.store.snapshot()?))
    }

    /// The number of the application's catalogue in the journal.
    pub(crate) fn catalogue(&self) -> u32 {
        self.catalogue
    }

    /// What the settings decide.
    pub(crate) fn policy(&self) -> &Policy {
        &self.policy
    }

    /// How the application names what it counts.
    pub(crate) fn wording(&self) -> Wording<'static> {
        self.wording
    }

    /// An operation as scopes name it, if it was ever declared.
    pub(crate) fn operation(&self, name: &str) -> Option<OperationId> {
        self.sale.operations.get(name).copied()
    }

    /// Whether the application lists this category as its own.
    pub(crate) fn has_category(&self, name: &str) -> bool {
        let declared = self.terms(self.catalogue).map(|terms| &terms.data.settings.categories);
        declared.is_some_and(|categories| categories.iter().any(|category| category == name))
    }

    /// The terms of a catalogue that facts name.
    pub(crate) fn terms(&self, catalogue: u32) -> Option<&Arc<Terms>> {
        self.terms.get(&catalogue)
    }

    /// The frame that a wallet's key was used for.
    pub(crate) fn keyed(&self, wallet: &WalletId, key: &Key) -> Result<Option<Numbered>, LedgerError> {
        let hash = key_row(&Scope::Wallet(wallet.clone()), key.as_str());
        // In this order: a key that is not recent any more is in a segment of the snapshot.
        let recent = self.views.keys.recent(&hash);
        let snapshot = self.store.snapshot()?;
        let frames = if let Some(frame) = recent {
            vec![frame]
        } else {
            frames_under(&snapshot, &self.views.keys.segments_of(snapshot.segments()?, &hash), &hash)?
        };
        let mut journal = JournalReader::of(snapshot);
        for first in frames {
            let frame = journal.frame(first)?;
            if fingerprint_under(&frame, &hash).is_some() {
                return Ok(Some(frame));
            }
        }
        Ok(None)
    }

    /// What is committed now. Held for long it makes the file grow.
    pub(crate) fn snapshot(&self) -> Result<Snapshot, LedgerError> {
        self.store.snapshot()
    }

    /// The store, to look at its rows.
    #[cfg(test)]
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// What is in memory, to decide over it.
    #[cfg(test)]
    pub(crate) fn views(&self) -> &Views {
        &self.views
    }

    /// The ledger's id.
    pub(crate) fn id(&self) -> LedgerId {
        self.id
    }

    /// What the writer has done.
    pub(crate) fn statistics(&self) -> Statistics {
        let Views { commits, commands, largest_batch, .. } = &*self.views;
        let [commits, commands, largest_batch] =
            [commits, commands, largest_batch].map(|count| count.load(Ordering::Relaxed));
        Statistics { commits, commands, largest_batch }
    }

    /// What every entry moved, by its counter-account.
    pub(crate) fn totals(&self) -> Arc<Totals> {
        self.views.totals()
    }
}

fn random() -> Result<u64, LedgerError> {
    getrandom::u64()
        .map_err(|error| LedgerError::caused(LedgerErrorKind::Io, "no random numbers for keys", error))
}

/// Each operation by the first catalogue that declares it.
fn operations(terms: &TermsByNumber) -> HashMap<String, OperationId> {
    let mut numbers: Vec<u32> = terms.keys().copied().collect();
    numbers.sort_unstable();
    let mut operations = HashMap::new();
    for catalogue in numbers {
        let declared = terms.get(&catalogue).into_iter().flat_map(|terms| &terms.data.operations);
        for (operation, index) in declared.zip(0..) {
            operations.entry(operation.name.clone()).or_insert(OperationId { catalogue, index });
        }
    }
    operations
}

impl Drop for Ledger {
    fn drop(&mut self) {
        if let Err(error) = self.close() {
            tracing::error!(%error, "closing the ledger failed");
        }
    }
}

/// Reads facts by number; those of one block cost one read.
pub(crate) struct JournalReader {
    /// The block that was read last; gone before the snapshot that it is of.
    block: Option<StoredBlock>,
    snapshot: Snapshot,
}

impl JournalReader {
    fn of(snapshot: Snapshot) -> Self {
        Self { block: None, snapshot }
    }

    /// The frame that holds this fact.
    pub(crate) fn frame(&mut self, number: FactNumber) -> Result<Numbered, LedgerError> {
        if let Some(frame) = self.block.as_mut().map(|block| block.frame(number)).transpose()?.flatten() {
            return Ok(frame);
        }
        let block = self.block.insert(self.snapshot.stored_block(number)?);
        block.frame(number)?.ok_or_else(|| LedgerError::damaged(format!("fact {number} is missing")))
    }
}
