//! The ledger: what the services stand on. Commands are submitted to it, views are read from it.

use std::collections::HashMap;
use std::ops::Deref;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use credits_core::Wording;

use super::agenda::Agenda;
use super::billing::{Bill, Sale};
use super::checkpoint::Checkpoint;
use super::clock::{Clock, LedgerClock};
use super::codec::Milestone;
use super::committer::{Ahead, Committer};
use super::inbox::{Asked, Inbox, Linger, Queue, Refused, Waiting};
use super::journal::Numbered;
use super::keys::upkeep::Upkeep;
use super::keys::{fingerprint_under, frames_under};
use super::memory::Memory;
use super::news::News;
use super::pace::Pace;
use super::recovery::{Recovered, TermsByNumber, recover};
use super::reply::{HoldGuard, Outcome, Reply, Slot};
use super::runs::Runs;
use super::sidecar::{Said, Sidecar};
use super::store::{LedgerId, Snapshot, Store, StoredBlock};
use super::verify::{Verified, verify};
use super::views::{Views, stored_wallet};
use super::writer::{Rest, Writer};
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
    /// Whether the file may be another than its sidecar tells of.
    pub(crate) restored_accepted: bool,
    pub(crate) pace: Pace,
    pub(crate) memory: Memory,
    pub(crate) queue: Queue,
}

/// An open ledger, shared by every handle on it. The last one dropped closes it.
pub(crate) struct Ledger {
    core: Arc<Core>,
    writer: Mutex<Option<JoinHandle<()>>>,
    followers: Mutex<Vec<JoinHandle<()>>>,
    /// What generated keys of this handle begin with, and how many there are.
    key_base: u64,
    key_count: AtomicU64,
}

/// What it takes to read a ledger: those who follow the journal have it, and do not keep the ledger open.
pub(crate) struct Core {
    store: Arc<Store>,
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
        let Place::File(path) = place else {
            return Self::over(Store::in_memory(opening.memory)?, None, opening);
        };
        let sidecar = Sidecar::of(path);
        if path.exists() {
            let store = Store::open(path, opening.memory)?;
            let snapshot = store.snapshot()?;
            let found = Said { id: snapshot.id()?, next_fact: snapshot.end()?.next_fact };
            if !opening.restored_accepted {
                sidecar.check(found)?;
            }
            drop(snapshot);
            return Self::over(store, Some(sidecar), opening);
        }
        if !opening.restored_accepted {
            sidecar.check_missing()?;
        }
        Self::over(Store::create(path, opening.memory)?, Some(sidecar), opening)
    }

    /// Copies a backup to a place where no ledger is, once everything in the copy was verified.
    pub(crate) fn restore(from: &Path, to: &Path) -> Result<Verified, LedgerError> {
        let snapshot = Store::read_only(from)?;
        let verified = Store::copy(&snapshot, to, verify)?;
        Sidecar::of(to).write(Said { id: snapshot.id()?, next_fact: snapshot.end()?.next_fact });
        Ok(verified)
    }

    /// Opens the ledger that this backend keeps; creates it if the backend is empty.
    #[cfg(feature = "testing")]
    pub(crate) fn open_on(
        backend: impl super::store::Backend,
        opening: Opening,
    ) -> Result<Arc<Self>, LedgerError> {
        Self::over(Store::open_on(backend, opening.memory)?, None, opening)
    }

    /// Starts the writer over a store.
    pub(crate) fn over(
        store: Store,
        sidecar: Option<Sidecar>,
        opening: Opening,
    ) -> Result<Arc<Self>, LedgerError> {
        let Opening { clock, terms, policy, prices, wording, clock_confirmed, pace, memory, queue, .. } =
            opening;
        let Recovered { id, views, position, terms, catalogue, clock, next_due } =
            recover(&store, (&terms, &prices), (&policy, memory), (clock, clock_confirmed))?;
        let sale = Arc::new(Sale { prices, operations: operations(&terms) });
        let (store, views, inbox) =
            (Arc::new(store), Arc::new(views), Arc::new(Inbox::new(queue.commands_max)));
        let (news, clock) = (Arc::new(News::new(position.next_fact)), Arc::new(clock));
        let checkpoint = Checkpoint::of_passes(position.next_fact, pace.pass_facts);
        let upkeep = Upkeep::after(&store.snapshot()?, policy.keep_keys, pace)?;
        let runs = Arc::new(super::sync::Mutex::new(Runs::new(&policy)));
        let committer = Committer {
            store: Arc::clone(&store),
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
            sidecar,
            id,
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
        let core =
            Core { store, views, inbox, queue, news, clock, id, terms, catalogue, policy, wording, sale };
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
        let followers = std::mem::take(&mut *self.followers.lock().unwrap_or_else(PoisonError::into_inner));
        for follower in followers {
            // A handler may hold the last handle, and so close the ledger from its own thread.
            if follower.thread().id() != std::thread::current().id() {
                drop(follower.join());
            }
        }
        self.inbox.close();
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writer) = writer {
            let message = "the ledger's thread ended by a bug: what it had answered is durable";
            writer.join().map_err(|_| LedgerError::new(LedgerErrorKind::OutcomeUnknown, message))?;
        }
        self.store.close()
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
            Err(Refused::Closed) => Reply::failed(LedgerError::closed().of(asked.key())),
        }
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
        self.inbox.book_due(sender)?;
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
