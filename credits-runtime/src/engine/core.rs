//! The core of an open ledger: the interface through which services submit requests and read state.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use credits_core::Wording;

use super::batch::billing::Bill;
use super::clock::LedgerClock;
use super::feed::{CommitFeed, Followed, Following};
use super::file_engine::FileEngine;
use super::inboxes::Inboxes;
use super::journal::block::Head;
use super::journal_reader::{JournalPosition, JournalReader};
use super::known_terms::KnownTerms;
#[cfg(feature = "postgres")]
use super::postgres::engine::PostgresEngine;
use super::recovery::TermsByNumber;
use super::request::hold_guard::HoldGuard;
use super::request::inbox::{Queue, Refused, Request, Waiting};
use super::request::reply::Reply;
use super::request::slot::{Outcome, Slot};
use super::rows::Milestone;
use super::statistics::Statistics;
use super::store::LedgerId;
use super::verify::{Verified, VerifyProgress};
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
#[cfg(feature = "stripe")]
use crate::domain::ids::ObjectId;
use crate::domain::ids::{Asset, FactNumber, HoldId, Key, Owner, WalletId};
use crate::domain::low_balances::LowBalances;
use crate::domain::names::Names;
use crate::domain::policy::Policy;
use crate::domain::pricing::OperationId;
use crate::domain::time::Timestamp;
use crate::domain::totals::Totals;
use crate::domain::wallet::Wallet;
use crate::error::{Error, LedgerError, LedgerErrorKind};

/// An open ledger, for readers and senders of requests. A reference to it does not keep the ledger open.
pub(crate) struct Core {
    pub(super) engine: Engine,
    /// The inboxes of the threads that write.
    pub(super) inboxes: Inboxes,
    pub(super) queue: Queue,
    pub(super) feed: Arc<CommitFeed>,
    pub(super) clock: Arc<LedgerClock>,
    pub(super) id: LedgerId,
    pub(super) terms: KnownTerms,
    pub(super) catalogue: u32,
    pub(super) names: Names,
    pub(super) policy: Policy,
    pub(super) low_balances: LowBalances,
    pub(super) wording: Wording<'static>,
    pub(super) sale: Arc<Sale>,
    pub(super) keys: GeneratedKeys,
    /// Whether the files are closed, so that reads of memory fail like those of the file.
    pub(super) is_closed: AtomicBool,
    pub(super) opened_at: Timestamp,
}

/// The engine that keeps a ledger's records.
pub(crate) enum Engine {
    File(FileEngine),
    #[cfg(feature = "postgres")]
    Postgres(PostgresEngine),
}

/// Does the same with each engine.
macro_rules! on {
    ($core:expr, $engine:ident => $result:expr) => {
        match &$core.engine {
            Engine::File($engine) => $result,
            #[cfg(feature = "postgres")]
            Engine::Postgres($engine) => $result,
        }
    };
}
pub(super) use on;

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
        let inbox = self.inboxes.of_request(&request);
        let (mut slot, receiver) = Slot::new();
        if let Request::Command(Command { action: Action::Hold { .. }, wallet, .. }) = &request {
            slot = slot.guarded(HoldGuard::unarmed(inbox, wallet));
        }
        let request = Arc::new(request);
        let since = on!(self, engine => engine.sent_at());
        match inbox.submit(Waiting { request: Arc::clone(&request), slot, since }) {
            Ok(()) => Reply::waiting(receiver, request, read),
            Err(Refused::Full(waiting)) if self.queue.waits => {
                Reply::queued((Arc::clone(inbox), waiting), receiver, read)
            }
            Err(Refused::Full(_)) => Reply::failed(inbox.full().of(request.key())),
            Err(Refused::Closed) => Reply::failed(self.refusal().of(request.key())),
        }
    }

    /// The error of a write to a closed inbox: the ledger is read-only or closed.
    fn refusal(&self) -> LedgerError {
        if on!(self, engine => engine.is_read_only()) {
            LedgerError::read_only()
        } else {
            LedgerError::closed()
        }
    }

    /// Generates a key for a write without one.
    pub(crate) fn generated_key(&self) -> Key {
        self.keys.next()
    }

    /// A guard that releases an open hold when it is dropped.
    pub(crate) fn guard(&self, wallet: &WalletId, hold: HoldId) -> HoldGuard {
        let mut guard = HoldGuard::unarmed(self.inboxes.of(&wallet.owner), wallet);
        guard.hold = Some(hold);
        guard
    }

    /// The ledger's time: the clock's, but never before the last frame's.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now().max(on!(self, engine => engine.last_at()))
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
        self.inboxes.first().book_due(sender).map_err(|error| match error.kind() {
            LedgerErrorKind::Closed => self.refusal(),
            _ => error,
        })?;
        let message = "the ledger stopped before it answered: open it again";
        let stopped = |_| LedgerError::new(LedgerErrorKind::OutcomeUnknown, message);
        receiver.recv().map_err(stopped)?
    }

    /// The feed of commits.
    pub(crate) fn feed(&self) -> &Arc<CommitFeed> {
        &self.feed
    }

    /// Fails once the ledger is closed.
    pub(crate) fn check_open(&self) -> Result<(), LedgerError> {
        if self.is_closed.load(Ordering::Acquire) { Err(LedgerError::closed()) } else { Ok(()) }
    }

    /// The wallet, and the ledger's time, which is not before its last fact.
    pub(crate) fn wallet_now(&self, id: &WalletId) -> Result<(Wallet, Timestamp), LedgerError> {
        let wallet = self.wallet(id)?;
        Ok((wallet, self.now()))
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
        let declared = self.terms(self.catalogue);
        declared.is_some_and(|terms| terms.data.operations.iter().any(|known| known.name == present))
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
        let declared = self.terms(self.catalogue);
        declared.is_some_and(|terms| terms.data.settings.categories.iter().any(|known| known == name))
    }

    /// The asset with this name as it is displayed, if any catalogue has declared it.
    pub(crate) fn asset_named(&self, shown: &str) -> Option<Asset> {
        let asset = Asset::of_shown(shown);
        let declares = |terms: &Arc<Terms>| terms.data.assets.iter().any(|known| known.name == asset.name());
        // An empty text is no name of credits.
        let is_name = asset.shown() == shown;
        (is_name && (asset == Asset::credits() || self.has_terms(|all| all.values().any(declares))))
            .then_some(asset)
    }

    /// The terms of a declared catalogue, by its number.
    pub(crate) fn terms(&self, catalogue: u32) -> Option<Arc<Terms>> {
        let found = || self.terms.all().get(&catalogue).cloned();
        found().or_else(|| {
            self.read_terms();
            found()
        })
    }

    /// Whether a condition holds for the declared catalogues.
    fn has_terms(&self, holds: impl Fn(&TermsByNumber) -> bool) -> bool {
        let found = holds(&self.terms.all());
        found || {
            self.read_terms();
            holds(&self.terms.all())
        }
    }

    /// Reads the catalogues that other programs have declared meanwhile.
    pub(super) fn read_terms(&self) {
        match &self.engine {
            // One program has the file open.
            Engine::File(_) => {}
            #[cfg(feature = "postgres")]
            Engine::Postgres(engine) if self.terms.may_be_read() => {
                match engine.terms_besides(&self.terms.all()) {
                    Ok(terms) => self.terms.put(terms),
                    Err(error) => tracing::warn!(%error, "the price lists of other programs cannot be read"),
                }
            }
            #[cfg(feature = "postgres")]
            Engine::Postgres(_) => {}
        }
    }

    /// The ledger's id.
    pub(crate) fn id(&self) -> LedgerId {
        self.id
    }

    /// The position after the last committed frame.
    #[cfg_attr(not(feature = "postgres"), expect(clippy::unnecessary_wraps, reason = "a database may fail"))]
    pub(crate) fn end(&self) -> Result<JournalPosition, LedgerError> {
        match &self.engine {
            Engine::File(engine) => Ok(engine.end()),
            #[cfg(feature = "postgres")]
            Engine::Postgres(engine) => Ok(engine.end()?.into()),
        }
    }

    /// The position after the last committed frame of this program, whose handlers are told of its frames alone.
    #[cfg_attr(not(feature = "postgres"), expect(clippy::unnecessary_wraps, reason = "a database may fail"))]
    pub(crate) fn own_end(&self) -> Result<JournalPosition, LedgerError> {
        match &self.engine {
            Engine::File(engine) => Ok(engine.end()),
            #[cfg(feature = "postgres")]
            Engine::Postgres(engine) => Ok(engine.own_end()?.into()),
        }
    }

    /// Waits for frames after a position, or for rejected spends if `takes_refusals`, up to a time if one is given.
    pub(crate) fn wait(
        &self,
        after: &JournalPosition,
        takes_refusals: bool,
        at_most: Option<Duration>,
    ) -> Followed {
        match &self.engine {
            Engine::File(engine) => engine.wait(after, takes_refusals, at_most),
            #[cfg(feature = "postgres")]
            Engine::Postgres(engine) => engine.wait(after.in_lanes(), takes_refusals, at_most),
        }
    }

    /// Lets a subscriber begin at a position; returns where it begins, which is durable.
    pub(crate) fn begin_cursor(
        &self,
        subscriber: &str,
        position: JournalPosition,
    ) -> Result<JournalPosition, LedgerError> {
        match &self.engine {
            Engine::File(engine) => {
                engine.advance(subscriber, &position);
                engine.save_cursors()?;
                Ok(position)
            }
            #[cfg(feature = "postgres")]
            Engine::Postgres(engine) => Ok(engine.begin_cursor(subscriber, position.in_lanes())?.into()),
        }
    }

    /// Follows the journal for a subscriber, unless another program does.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(clippy::unnecessary_wraps, unused_variables, reason = "a database may fail")
    )]
    pub(crate) fn follow(&self, subscriber: &str) -> Result<Following<JournalPosition>, LedgerError> {
        match &self.engine {
            // One program has the file open.
            Engine::File(_) => Ok(Following::Here),
            #[cfg(feature = "postgres")]
            Engine::Postgres(engine) => Ok(match engine.follow(subscriber)? {
                Following::Here => Following::Here,
                Following::Begun(position) => Following::Begun(position.into()),
                Following::Elsewhere => Following::Elsewhere,
            }),
        }
    }

    /// Sets the position of a subscriber. It is durable after [`save_cursors`](Self::save_cursors).
    pub(crate) fn advance(&self, subscriber: &str, next: &JournalPosition) {
        match &self.engine {
            Engine::File(engine) => engine.advance(subscriber, next),
            #[cfg(feature = "postgres")]
            Engine::Postgres(engine) => engine.advance(subscriber, next.in_lanes()),
        }
    }

    /// Makes the positions of subscribers durable soon.
    pub(crate) fn save_cursors_soon(&self) {
        on!(self, engine => engine.save_cursors_soon());
    }

    /// Makes the positions of subscribers durable.
    pub(crate) fn save_cursors(&self) -> Result<(), LedgerError> {
        on!(self, engine => engine.save_cursors())
    }

    /// The position of a subscriber, if it has one.
    pub(crate) fn cursor(&self, subscriber: &str) -> Result<Option<JournalPosition>, LedgerError> {
        match &self.engine {
            Engine::File(engine) => engine.cursor(subscriber),
            #[cfg(feature = "postgres")]
            Engine::Postgres(engine) => Ok(engine.cursor(subscriber)?.map(JournalPosition::from)),
        }
    }

    /// A reader of the journal as of now.
    pub(crate) fn journal(&self) -> Result<JournalReader, LedgerError> {
        match &self.engine {
            Engine::File(engine) => engine.journal(),
            #[cfg(feature = "postgres")]
            Engine::Postgres(engine) => Ok(engine.journal().into()),
        }
    }

    /// The wallet as of its last committed fact.
    pub(crate) fn wallet(&self, id: &WalletId) -> Result<Wallet, LedgerError> {
        self.check_open()?;
        on!(self, engine => engine.wallet(id))
    }

    /// The milestone of a wallet's history at this ordinal, a multiple of the distance between milestones.
    pub(crate) fn milestone(&self, wallet: &WalletId, ordinal: u64) -> Result<Milestone, LedgerError> {
        let missing =
            || LedgerError::damaged(format!("milestone {ordinal} of `{}` is missing", wallet.owner));
        on!(self, engine => engine.milestone(wallet, ordinal))?.ok_or_else(missing)
    }

    /// The declared catalogues, in the order of their declaration.
    pub(crate) fn catalogues(&self) -> Result<Catalogues, LedgerError> {
        on!(self, engine => engine.catalogues())
    }

    /// The last frame that used a key.
    pub(crate) fn keyed(&self, scope: &Scope, key: &Key) -> Result<Option<Booked>, LedgerError> {
        on!(self, engine => engine.keyed(scope, key))
    }

    /// An owner's billing.
    pub(crate) fn billing(&self, owner: &Owner) -> Result<Billing, LedgerError> {
        Ok(on!(self, engine => engine.billing(owner))?.billing)
    }

    /// An owner's billing, and the contents of its other rows.
    #[cfg(feature = "testing")]
    pub(crate) fn billing_row(&self, owner: &Owner) -> Result<super::rows::BillingRow, LedgerError> {
        on!(self, engine => engine.billing(owner))
    }

    /// An object at a payment processor.
    #[cfg(feature = "stripe")]
    pub(crate) fn object(&self, id: &ObjectId) -> Result<Object, LedgerError> {
        on!(self, engine => engine.object(id))
    }

    /// Owners with billing, after an owner, up to a number of them.
    pub(crate) fn billed_owners(&self, after: Option<&Owner>, max: usize) -> Result<Vec<Owner>, LedgerError> {
        on!(self, engine => engine.billed_owners(after, max))
    }

    /// Owners whose billing needs attention, after an owner, up to a number of them.
    pub(crate) fn attention(&self, after: Option<&Owner>, max: usize) -> Result<Vec<Owner>, LedgerError> {
        on!(self, engine => engine.attention(after, max))
    }

    /// The waiting room.
    pub(crate) fn waiting_room(&self) -> Result<WaitingRoom, LedgerError> {
        on!(self, engine => engine.waiting_room())
    }

    /// Events that wait for their owners, after a number, up to a number of them.
    pub(crate) fn waiting_events(
        &self,
        after: Option<FactNumber>,
        max: usize,
    ) -> Result<Vec<(FactNumber, WaitingEvent)>, LedgerError> {
        on!(self, engine => engine.waiting_events(after, max))
    }

    /// The ends of the journal's chains: the last fact and the head of each. A file has one.
    pub(crate) fn heads(&self) -> Result<Vec<(FactNumber, Head)>, LedgerError> {
        on!(self, engine => engine.heads())
    }

    /// The head of a fact's chain as of the fact; `None` if no frame ends with it.
    pub(crate) fn head_at(&self, last_fact: FactNumber) -> Result<Option<Head>, LedgerError> {
        on!(self, engine => engine.head_at(last_fact))
    }

    /// Verifies the ledger: replays the journal, and compares every row with the result.
    pub(crate) fn verify(&self, progress: impl FnMut(VerifyProgress)) -> Result<Verified, LedgerError> {
        on!(self, engine => engine.verify(progress))
    }

    /// Verifies the records of one owner.
    #[cfg(feature = "postgres")]
    pub(crate) fn verify_owner(&self, owner: &Owner) -> Result<Verified, LedgerError> {
        match &self.engine {
            Engine::File(_) => {
                let message = "a ledger in a file is verified as a whole: use `verify()`";
                Err(LedgerError::new(LedgerErrorKind::Unsupported, message))
            }
            Engine::Postgres(engine) => engine.verify_owner(owner),
        }
    }

    /// Copies everything that is committed to a new file.
    pub(crate) fn backup(&self, to: &Path) -> Result<(), LedgerError> {
        on!(self, engine => engine.backup(to))
    }

    /// The engine over a file, whose rows tests inspect.
    #[cfg(test)]
    pub(crate) fn engine(&self) -> &FileEngine {
        match &self.engine {
            Engine::File(engine) => engine,
            #[cfg(feature = "postgres")]
            Engine::Postgres(_) => panic!("the ledger is in no file"),
        }
    }

    /// The path of the ledger's file; `None` if it has none.
    pub(crate) fn file(&self) -> Option<&Path> {
        on!(self, engine => engine.file())
    }

    /// Counts and sizes.
    pub(crate) fn statistics(&self) -> Statistics {
        let queued = self.inboxes.len();
        Statistics { opened_at: self.opened_at, queued, ..on!(self, engine => engine.statistics()) }
    }

    /// The sum of all entries by counter-account.
    pub(crate) fn totals(&self) -> Result<Arc<Totals>, LedgerError> {
        on!(self, engine => engine.totals())
    }
}
