//! The core of an open ledger: the interface through which services submit requests and read state.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use credits_core::Wording;
use serde::{Deserialize, Serialize};

use super::batch::billing::Bill;
use super::checkpoint::checkpointer::Checkpointer;
use super::clock::LedgerClock;
use super::commit_log::CommitLog;
use super::feed::{CommitFeed, Followed};
use super::journal::block::Head;
use super::keys::{fingerprint_under, frames_under};
use super::published::Published;
use super::recovery::TermsByNumber;
use super::request::hold_guard::HoldGuard;
use super::request::inbox::{Inbox, Queue, Refused, Request, Waiting};
use super::request::reply::Reply;
use super::request::slot::{Outcome, Slot};
use super::rows::Milestone;
use super::store::{Changes, Cursors, LedgerId, Snapshot, Store, StoredBlock};
use super::verify::{Verified, VerifyProgress, head_at, verify};
use super::writer::GeneratedKeys;
#[cfg(feature = "stripe")]
use crate::domain::billing::objects::Object;
use crate::domain::billing::record::Billing;
use crate::domain::billing::sale::Sale;
use crate::domain::billing::terms::PriceList;
use crate::domain::billing::waiting::{WaitingEvent, WaitingRoom};
use crate::domain::booked::Booked;
use crate::domain::command::{Action, Command};
use crate::domain::declarations::Catalogues;
use crate::domain::explain::Terms;
use crate::domain::fact::Scope;
use crate::domain::fingerprint::key_row;
#[cfg(feature = "stripe")]
use crate::domain::ids::ObjectId;
use crate::domain::ids::{Asset, FactNumber, HoldId, Key, Owner, WalletId};
use crate::domain::names::Names;
use crate::domain::policy::Policy;
use crate::domain::pricing::OperationId;
use crate::domain::time::Timestamp;
use crate::domain::totals::Totals;
use crate::domain::wallet::Wallet;
use crate::error::{Error, LedgerError, LedgerErrorKind};

/// An open ledger, for readers and senders of requests. A reference to it does not keep the ledger open.
pub(crate) struct Core {
    pub(super) store: Arc<Store>,
    pub(super) log: Option<Arc<CommitLog>>,
    /// `None` for a ledger that is only read.
    pub(super) checkpointer: Option<Arc<Checkpointer>>,
    pub(super) published: Arc<Published>,
    pub(super) inbox: Arc<Inbox>,
    pub(super) queue: Queue,
    pub(super) feed: Arc<CommitFeed>,
    pub(super) clock: Arc<LedgerClock>,
    pub(super) id: LedgerId,
    pub(super) terms: TermsByNumber,
    pub(super) catalogue: u32,
    pub(super) names: Names,
    pub(super) policy: Policy,
    pub(super) wording: Wording<'static>,
    pub(super) sale: Arc<Sale>,
    pub(super) keys: GeneratedKeys,
    /// Whether the files are closed, so that reads of memory fail like those of the file.
    pub(super) is_closed: AtomicBool,
    pub(super) opened_at: Timestamp,
}

/// Counts and sizes of an open ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Statistics {
    /// When it was opened, by the ledger's time.
    pub opened_at: Timestamp,
    /// Facts in the journal.
    pub facts: u64,
    /// Durable commits since it was opened.
    pub commits: u64,
    /// Microseconds that these commits took: appending to the log, syncing it, publishing. By the operating system's
    /// time, whatever the ledger's clock is.
    pub commit_microseconds: u64,
    /// Commands with a reply since it was opened.
    pub commands: u64,
    /// The most commands of one batch since it was opened.
    pub largest_batch: u64,
    /// Commands that wait for the writer now.
    pub queued: usize,
    /// Checkpoints since it was opened.
    pub checkpoints: u64,
    /// The time of the last commit that the last checkpoint wrote to the file; `None` before the first one.
    pub checkpointed_at: Option<Timestamp>,
    /// Bytes of the ledger's file; 0 in memory.
    pub file_bytes: u64,
    /// Bytes of commits in the log that the file lacks.
    pub log_bytes: u64,
    /// Bytes of memory for wallets, keys, and rows that wait for a checkpoint, about.
    pub memory_bytes: u64,
}

impl Core {
    /// Sends a command to the writer. `read` converts the outcome once it is durable.
    pub(crate) fn submit<T>(
        &self,
        command: Command,
        read: impl FnOnce(Outcome) -> Result<T, Error> + Send + 'static,
    ) -> Reply<T> {
        self.ask(Request::Command(command), read)
    }

    /// Sends a billing command to the writer.
    pub(crate) fn bill<T>(
        &self,
        bill: Bill,
        key: Key,
        read: impl FnOnce(Outcome) -> Result<T, Error> + Send + 'static,
    ) -> Reply<T> {
        self.ask(Request::Bill(bill, key), read)
    }

    fn ask<T>(
        &self,
        request: Request,
        read: impl FnOnce(Outcome) -> Result<T, Error> + Send + 'static,
    ) -> Reply<T> {
        let (mut slot, receiver) = Slot::new();
        if let Request::Command(Command { action: Action::Hold { .. }, wallet, .. }) = &request {
            slot = slot.guarded(HoldGuard::unarmed(&self.inbox, wallet));
        }
        let request = Arc::new(request);
        match self.inbox.submit(Waiting { request: Arc::clone(&request), slot }) {
            Ok(()) => Reply::waiting(receiver, request, read),
            Err(Refused::Full(waiting)) if self.queue.waits => {
                Reply::queued((Arc::clone(&self.inbox), waiting), receiver, read)
            }
            Err(Refused::Full(_)) => Reply::failed(self.inbox.full().of(request.key())),
            Err(Refused::Closed) => Reply::failed(self.refusal().of(request.key())),
        }
    }

    /// The error of a write to a closed inbox: the ledger is read-only or closed.
    fn refusal(&self) -> LedgerError {
        if self.checkpointer.is_none() { LedgerError::read_only() } else { LedgerError::closed() }
    }

    /// Generates a key for a write without one.
    pub(crate) fn generated_key(&self) -> Key {
        self.keys.next()
    }

    /// A guard that releases an open hold when it is dropped.
    pub(crate) fn guard(&self, wallet: &WalletId, hold: HoldId) -> HoldGuard {
        let mut guard = HoldGuard::unarmed(&self.inbox, wallet);
        guard.hold = Some(hold);
        guard
    }

    /// The ledger's time: the clock's, but never before the last frame's.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now().max(self.published.last_at())
    }

    /// The reading of the clock itself, which may be before the last frame's time.
    #[cfg(feature = "stripe")]
    pub(crate) fn clock_reading(&self) -> Timestamp {
        self.clock.reading()
    }

    /// Accepts the clock's reading.
    pub(crate) fn confirm_clock(&self) {
        self.clock.confirm();
    }

    /// Books all due work, and waits until it is durable.
    pub(crate) fn book_due(&self) -> Result<(), LedgerError> {
        let (sender, receiver) = oneshot::channel();
        self.inbox.book_due(sender).map_err(|error| match error.kind() {
            LedgerErrorKind::Closed => self.refusal(),
            _ => error,
        })?;
        let message = "the ledger stopped before it answered: open it again";
        let stopped = |_| LedgerError::new(LedgerErrorKind::OutcomeUnknown, message);
        receiver.recv().map_err(stopped)?
    }

    /// The position after the last committed frame.
    pub(crate) fn end(&self) -> JournalPosition {
        JournalPosition(self.feed.next_fact())
    }

    /// Waits for frames after a position, or for rejected spends if `takes_refusals`, up to a time if one is given.
    pub(crate) fn wait(
        &self,
        after: JournalPosition,
        takes_refusals: bool,
        at_most: Option<Duration>,
    ) -> Followed {
        self.feed.wait(after.0, takes_refusals, at_most)
    }

    /// The feed of commits.
    pub(crate) fn feed(&self) -> &Arc<CommitFeed> {
        &self.feed
    }

    /// Sets the position of a subscriber; the next checkpoint writes it.
    pub(crate) fn advance(&self, subscriber: &str, JournalPosition(next): JournalPosition) {
        let mut changes = Changes::default();
        changes.put_cursors(Cursors::from([(subscriber.to_owned(), next)]));
        self.store.publish(changes);
    }

    /// Requests a checkpoint soon, which writes the positions of subscribers.
    pub(crate) fn save_cursors_soon(&self) {
        if let Some(checkpointer) = &self.checkpointer {
            checkpointer.request_soon();
        }
    }

    /// Writes the positions of subscribers, durably.
    pub(crate) fn save_cursors(&self) -> Result<(), LedgerError> {
        self.checkpointer.as_ref().ok_or_else(LedgerError::read_only)?.checkpoint()
    }

    /// The position of a subscriber, if it has one.
    pub(crate) fn cursor(&self, subscriber: &str) -> Result<Option<JournalPosition>, LedgerError> {
        Ok(self.store.snapshot()?.cursor(subscriber)?.map(JournalPosition))
    }

    /// Fails once the ledger is closed.
    pub(crate) fn check_open(&self) -> Result<(), LedgerError> {
        if self.is_closed.load(Ordering::Acquire) { Err(LedgerError::closed()) } else { Ok(()) }
    }

    /// The wallet as of its last committed fact.
    pub(crate) fn wallet(&self, id: &WalletId) -> Result<Wallet, LedgerError> {
        self.check_open()?;
        match self.published.wallets.get(id) {
            Some(cached) => Ok(cached.wallet),
            None => Ok(self.store.snapshot()?.wallet(id)?.wallet),
        }
    }

    /// The wallet, and the ledger's time, which is not before its last fact.
    pub(crate) fn wallet_now(&self, id: &WalletId) -> Result<(Wallet, Timestamp), LedgerError> {
        let wallet = self.wallet(id)?;
        Ok((wallet, self.now()))
    }

    /// The milestone of a wallet's history at this ordinal, a multiple of the distance between milestones.
    pub(crate) fn milestone(&self, wallet: &WalletId, ordinal: u64) -> Result<Milestone, LedgerError> {
        // Memory first: a checkpoint removes a milestone from memory only after publishing its row.
        if let Some(unwritten) = self.published.milestones.find(wallet, ordinal) {
            return Ok(unwritten);
        }
        let missing =
            || LedgerError::damaged(format!("milestone {ordinal} of `{}` is missing", wallet.owner));
        self.store.snapshot()?.milestone(wallet, ordinal)?.ok_or_else(missing)
    }

    /// A reader of the journal as of now. Its snapshot keeps redb from reusing pages until it is dropped.
    pub(crate) fn journal(&self) -> Result<JournalReader, LedgerError> {
        // The end first: a snapshot taken later has every frame before it.
        let end = self.feed.next_fact();
        Ok(JournalReader { last: None, block: None, snapshot: self.store.snapshot()?, end })
    }

    /// The number of the application's catalogue in the journal.
    pub(crate) fn catalogue(&self) -> u32 {
        self.catalogue
    }

    /// The policy from the application's settings.
    pub(crate) fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The application's names of its assets.
    pub(crate) fn wording(&self) -> Wording<'static> {
        self.wording
    }

    /// The id of an operation that any catalogue has declared, by any name that it had.
    pub(crate) fn operation(&self, name: &str) -> Option<OperationId> {
        self.names.operation_id(name)
    }

    /// Whether the application's catalogue has this operation, under this name or a later one.
    pub(crate) fn declares(&self, operation: &str) -> bool {
        let present = self.names.operations.present(operation);
        let declared = self.terms(self.catalogue).map(|terms| terms.data.operations.as_slice());
        declared.unwrap_or_default().iter().any(|known| known.name == present)
    }

    /// The names of operations, plans and packs in every declared catalogue.
    pub(crate) fn names(&self) -> &Names {
        &self.names
    }

    /// The plans and packs that the application sells, under the names that records keep.
    pub(crate) fn prices(&self) -> &PriceList {
        &self.sale.prices
    }

    /// Whether the application's catalogue declares this category.
    pub(crate) fn has_category(&self, name: &str) -> bool {
        let declared = self.terms(self.catalogue).map(|terms| &terms.data.settings.categories);
        declared.is_some_and(|categories| categories.iter().any(|category| category == name))
    }

    /// The asset with this name as it is displayed, if any catalogue has declared it.
    pub(crate) fn asset_named(&self, shown: &str) -> Option<Asset> {
        let asset = Asset::of_shown(shown);
        let declares = |terms: &Arc<Terms>| terms.data.assets.iter().any(|known| known.name == asset.name());
        // An empty text is no name of credits.
        let is_name = asset.shown() == shown;
        (is_name && (asset == Asset::credits() || self.terms.values().any(declares))).then_some(asset)
    }

    /// The terms of a declared catalogue, by its number.
    pub(crate) fn terms(&self, catalogue: u32) -> Option<&Arc<Terms>> {
        self.terms.get(&catalogue)
    }

    /// The declared catalogues, in the order of their declaration.
    pub(crate) fn catalogues(&self) -> Result<Catalogues, LedgerError> {
        self.store.snapshot()?.catalogues()
    }

    /// The last frame that used a key.
    pub(crate) fn keyed(&self, scope: &Scope, key: &Key) -> Result<Option<Booked>, LedgerError> {
        let hash = key_row(scope, key.as_str());
        // Memory first: a checkpoint removes a key from memory only after publishing its segment.
        let recent = self.published.keys.recent(&hash);
        let snapshot = self.store.snapshot()?;
        let frames = if let Some(frame) = recent {
            vec![frame]
        } else {
            frames_under(&snapshot, &self.published.keys.segments_of(snapshot.segments()?, &hash), &hash)?
        };
        let mut journal = JournalReader { last: None, block: None, snapshot, end: self.feed.next_fact() };
        for first in frames {
            let frame = journal.frame(first)?;
            if fingerprint_under(&frame, &hash).is_some() {
                return Ok(Some(frame));
            }
        }
        Ok(None)
    }

    /// An owner's billing.
    pub(crate) fn billing(&self, owner: &Owner) -> Result<Billing, LedgerError> {
        Ok(self.store.snapshot()?.billing(owner)?.billing)
    }

    /// An owner's billing, and the contents of its other rows.
    #[cfg(feature = "testing")]
    pub(crate) fn billing_row(&self, owner: &Owner) -> Result<super::rows::BillingRow, LedgerError> {
        self.store.snapshot()?.billing(owner)
    }

    /// An object at a payment processor.
    #[cfg(feature = "stripe")]
    pub(crate) fn object(&self, id: &ObjectId) -> Result<Object, LedgerError> {
        self.store.snapshot()?.object(id)
    }

    /// Owners with billing, after an owner, up to a number of them.
    pub(crate) fn billed_owners(&self, after: Option<&Owner>, max: usize) -> Result<Vec<Owner>, LedgerError> {
        self.store.snapshot()?.billed_owners(after, max)
    }

    /// Owners whose billing needs attention, after an owner, up to a number of them.
    pub(crate) fn attention(&self, after: Option<&Owner>, max: usize) -> Result<Vec<Owner>, LedgerError> {
        self.store.snapshot()?.attention(after, max)
    }

    /// The waiting room.
    pub(crate) fn waiting_room(&self) -> Result<WaitingRoom, LedgerError> {
        self.store.snapshot()?.waiting_room()
    }

    /// Events that wait for their owners, after a number, up to a number of them.
    pub(crate) fn waiting_events(
        &self,
        after: Option<FactNumber>,
        max: usize,
    ) -> Result<Vec<(FactNumber, WaitingEvent)>, LedgerError> {
        self.store.snapshot()?.waiting_events(after, max)
    }

    /// The end of the journal: its last fact, and the head of its chain.
    pub(crate) fn head(&self) -> Result<(FactNumber, Head), LedgerError> {
        let end = self.store.snapshot()?.end()?;
        Ok((FactNumber(end.next_fact.get().saturating_sub(1)), end.head))
    }

    /// The head of the chain as of a fact; `None` if no frame ends with it.
    pub(crate) fn head_at(&self, last_fact: FactNumber) -> Result<Option<Head>, LedgerError> {
        head_at(&self.store.snapshot()?, last_fact)
    }

    /// Verifies the ledger: replays the journal, and compares every row with the result.
    pub(crate) fn verify(&self, progress: impl FnMut(VerifyProgress)) -> Result<Verified, LedgerError> {
        verify(&self.store.snapshot()?, progress)
    }

    /// Copies everything that is committed to a new file.
    pub(crate) fn backup(&self, to: &Path) -> Result<(), LedgerError> {
        Store::copy(&self.store.snapshot()?, to, |_| Ok(()))
    }

    /// The store, whose rows tests inspect.
    #[cfg(test)]
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// The published state.
    #[cfg(test)]
    pub(crate) fn published(&self) -> &Published {
        &self.published
    }

    /// The path of the ledger's file; `None` in memory.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.store.file()
    }

    /// The ledger's id.
    pub(crate) fn id(&self) -> LedgerId {
        self.id
    }

    /// Counts and sizes.
    pub(crate) fn statistics(&self) -> Statistics {
        let Published { counts, wallets, keys, .. } = &*self.published;
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let rows = self.store.unwritten_bytes();
        let checkpointed_at = counts.checkpointed_at.load(Ordering::Relaxed);
        let checkpoints = read(&counts.checkpoints);
        Statistics {
            opened_at: self.opened_at,
            facts: self.feed.next_fact().get().saturating_sub(FactNumber::FIRST.get()),
            commits: read(&counts.commits),
            commit_microseconds: read(&counts.commit_nanoseconds) / 1_000,
            commands: read(&counts.commands),
            largest_batch: read(&counts.largest_batch),
            queued: self.inbox.len(),
            checkpoints,
            checkpointed_at: (checkpoints > 0).then(|| Timestamp::from_microseconds(checkpointed_at)),
            file_bytes: std::fs::metadata(self.store.path()).map_or(0, |file| file.len()),
            log_bytes: self.log.as_ref().map_or(0, |log| log.uncovered_bytes()) as u64,
            memory_bytes: wallets.bytes().saturating_add(keys.bytes()).saturating_add(rows) as u64,
        }
    }

    /// The sum of all entries by counter-account.
    pub(crate) fn totals(&self) -> Arc<Totals> {
        self.published.totals()
    }
}

/// A reader of the journal's frames. Consecutive reads from one block read it once.
pub(crate) struct JournalReader {
    /// The last frame read: several of its facts may be read in a row.
    last: Option<Booked>,
    /// The last block read. Declared before the snapshot, so that it is dropped first.
    block: Option<StoredBlock>,
    snapshot: Snapshot,
    end: FactNumber,
}

/// A position in the journal: between two frames. Frames of one record follow each other in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct JournalPosition(FactNumber);

impl JournalPosition {
    /// Before the first frame.
    pub(crate) const START: Self = Self(FactNumber::FIRST);

    /// Whether a frame that begins with this fact comes after it.
    pub(crate) fn is_before(self, frame: &Booked) -> bool {
        self.0 <= frame.first()
    }
}

impl JournalReader {
    /// The frame that has this fact.
    pub(crate) fn frame(&mut self, number: FactNumber) -> Result<Booked, LedgerError> {
        if let Some(last) = self.last.as_ref().filter(|last| last.fact(number).is_some()) {
            return Ok(last.clone());
        }
        let found = self.block.as_mut().map(|block| block.frame(number)).transpose()?.flatten();
        let booked = if let Some(booked) = found {
            booked
        } else {
            let block = self.block.insert(self.snapshot.stored_block(number)?);
            block.frame(number)?.ok_or_else(|| LedgerError::damaged(format!("fact {number} is missing")))?
        };
        Ok(self.last.insert(booked).clone())
    }

    /// The frame after a position, and the position after it; `None` at the end of the journal as of the reader's
    /// creation.
    pub(crate) fn after(
        &mut self,
        position: JournalPosition,
    ) -> Result<Option<(Booked, JournalPosition)>, LedgerError> {
        if position.0 >= self.end {
            return Ok(None);
        }
        let booked = self.frame(position.0)?;
        let next = JournalPosition(booked.next());
        Ok(Some((booked, next)))
    }
}
