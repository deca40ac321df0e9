//! Opening and closing a ledger.

use std::fmt;
use std::marker::PhantomData;
use std::path::Path;
use std::sync::Arc;

use credits_core::Wording;

use crate::domain::billing::event::BillingEvent;
use crate::domain::billing::terms::PriceList;
use crate::domain::catalogue::CatalogueData;
use crate::domain::ids::ObjectId;
use crate::domain::ids::{Owner, WalletId};
use crate::domain::policy::Policy;
use crate::domain::time::Timestamp;
use crate::engine::clock::{Clock, SystemClock};
use crate::engine::inbox::Queue;
#[cfg(feature = "testing")]
use crate::engine::ledger::Core;
use crate::engine::ledger::{Ledger, Opening, Place, Statistics};
use crate::engine::memory::Memory;
use crate::engine::pace::Pace;
use crate::engine::reply::Reply;
use crate::engine::store::Locking;
use crate::engine::verify::Verified;
#[cfg(feature = "testing")]
use crate::engine::waiting::WaitingMax;
use crate::error::Error;
use crate::generated::Plan as _;
use crate::generated::Pricing;
use crate::service::billing::{self, Received, Unresolved};
use crate::service::events::{self, Handlers, Subscriber};
use crate::service::export::{self, ExportFormat};
use crate::service::report::{self, AccountTotal, Head};
use crate::service::wallet::Wallet;

/// A handle on an open ledger; cheap to clone. The last one dropped closes the file.
///
/// Applications use the alias that `usage_credits!` generates.
///
/// ```
/// use credits_runtime::usage_credits;
///
/// usage_credits! {
///     operation generate_image { costs 50.credits }
/// }
///
/// let credits = Credits::in_memory()?;
/// let user = credits.wallet("user:42");
/// user.give_credits(100).now().wait()?;
/// user.spend_credits_on(Operation::GenerateImage).now().wait()?;
/// assert_eq!(user.credits()?, 50);
/// # Ok::<(), credits_runtime::Error>(())
/// ```
pub struct Credits<C> {
    ledger: Arc<Ledger>,
    handlers: Arc<Handlers>,
    pricing: PhantomData<fn() -> C>,
}

/// How to open a ledger, where the defaults are not right.
#[must_use = "nothing is opened until `.open(..)` or `.in_memory()`"]
pub struct CreditsBuilder<C> {
    clock: Arc<dyn Clock>,
    clock_confirmed: bool,
    restored_accepted: bool,
    locking: Locking,
    pace: Pace,
    memory: Memory,
    queue: Queue,
    pricing: PhantomData<fn() -> C>,
}

impl<C: Pricing> Credits<C> {
    /// Opens the ledger in this file, or creates it. One handle at a time: clone it, or use
    /// [`shared`](Self::shared).
    ///
    /// Beside it lies its log, `<path>-log`, which has the last commits while the ledger is open and after a crash: the two
    /// files are copied and moved together, or the first one alone after [`close`](Self::close).
    ///
    /// Errors: [`Locked`](crate::LedgerErrorKind::Locked), [`Empty`](crate::LedgerErrorKind::Empty),
    /// [`NotALedger`](crate::LedgerErrorKind::NotALedger), [`NewerVersion`](crate::LedgerErrorKind::NewerVersion),
    /// [`LogDisagrees`](crate::LedgerErrorKind::LogDisagrees), [`LogMissing`](crate::LedgerErrorKind::LogMissing),
    /// [`Damaged`](crate::LedgerErrorKind::Damaged), [`Io`](crate::LedgerErrorKind::Io).
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::builder().open(path)
    }

    /// Opens the ledger in this file to read it: balances, history, `verify()`, exports. Neither the file nor its log is
    /// written to, so that it works on a read-only file system, on a full disk, and on what a crash left. Commits that only
    /// the log has are read too; for the last one of a ledger that was killed, no caller may have had a reply. Whatever writes
    /// is answered with [`ReadOnly`](crate::LedgerErrorKind::ReadOnly).
    ///
    /// Errors: as [`open`](Self::open).
    pub fn open_read_only(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::builder().open_read_only(path)
    }

    /// A ledger that is gone when its last handle is: for tests and previews.
    pub fn in_memory() -> Result<Self, Error> {
        Self::builder().in_memory()
    }

    /// The process-wide handle of this pricing: opened by the first call, the same afterwards. It lives as long
    /// as the process; [`close`](Self::close) it before exiting, so that the next opening is quick.
    ///
    /// Errors: as [`open`](Self::open), then [`SharedElsewhere`](crate::LedgerErrorKind::SharedElsewhere) if it
    /// was opened with another path.
    pub fn shared(path: impl AsRef<Path>) -> Result<&'static Self, Error> {
        C::shared().get_or_open(path.as_ref())
    }

    /// Copies a backup to a place where no ledger is, after [verifying](Self::verify) all of it, and makes it the
    /// ledger that belongs there. What was written after the backup is lost: commands of that time are sent again
    /// by their keys.
    ///
    /// Errors: those of [`open`](Self::open) about the backup, [`LogMissing`](crate::LedgerErrorKind::LogMissing) if it is a
    /// ledger that was not closed, [`Damaged`](crate::LedgerErrorKind::Damaged),
    /// [`Io`](crate::LedgerErrorKind::Io), also if something is there already.
    pub fn restore(backup: impl AsRef<Path>, to: impl AsRef<Path>) -> Result<Verified, Error> {
        report::restore(backup.as_ref(), to.as_ref())
    }

    /// Opening with another clock.
    pub fn builder() -> CreditsBuilder<C> {
        let clock = Arc::new(SystemClock);
        let (clock_confirmed, restored_accepted) = (false, false);
        let (pace, memory, queue, pricing) = (Pace::USUAL, Memory::USUAL, Queue::USUAL, PhantomData);
        let locking = Locking::Required;
        CreditsBuilder { clock, clock_confirmed, restored_accepted, locking, pace, memory, queue, pricing }
    }
}

macro_rules! handlers {
    ($($(#[$doc:meta])* $name:ident $event:ident)*) => {$(
        $(#[$doc])*
        ///
        /// Called after the commit, in the order of the journal, on a thread of the ledger's own, from now on and
        /// as long as this program runs: [`subscriber`](Self::subscriber) misses nothing across crashes. A handler
        /// that panics is logged and harms nothing. It may call the ledger; a handle that it captures keeps the
        /// ledger open until [`close`](Self::close) is called.
        pub fn $name(&self, handler: impl Fn(&events::$event) + Send + Sync + 'static) -> Result<(), Error> {
            self.handlers.add(&self.ledger, move |event| {
                if let events::Event::$event(event) = event {
                    handler(event);
                }
            })
        }
    )*};
}

impl<C> Credits<C> {
    fn of(ledger: Arc<Ledger>) -> Self {
        Self { ledger, handlers: Arc::default(), pricing: PhantomData }
    }

    handlers! {
        /// Credits came into a wallet: given, received, bought or awarded.
        on_credits_added CreditsAdded
        /// Credits left a wallet, by spending, transfer or hand.
        on_credits_deducted CreditsDeducted
        /// The free part of a grant expired.
        on_credits_expired CreditsExpired
        /// A balance fell below one of the settings' `low_balance_threshold`s.
        on_low_balance_reached LowBalanceReached
        /// A balance fell to zero or below.
        on_balance_depleted BalanceDepleted
        /// A balance rose above zero.
        on_balance_recovered BalanceRecovered
        /// A transfer was made.
        on_transfer_completed TransferCompleted
        /// A hold reached its limit before it was settled or released.
        on_hold_lapsed HoldLapsed
        /// A pack was paid, and its credits given.
        on_credit_pack_purchased CreditPackPurchased
        /// Credits of a subscription were given: of a cycle, a rise, a trial, or a bonus.
        on_subscription_credits_awarded SubscriptionCreditsAwarded
        /// A subscription is otherwise than it was.
        on_subscription_changed SubscriptionChanged
        /// A payment came back, by a refund, a credit note or a dispute, and credits with it; or it was paid again. Also when
        /// credited time takes credits back, and when a subscription's invoice came back in part: nothing is taken then.
        on_refund Refund
        /// Something needs an administrator: see [`unresolved`](Credits::unresolved). An entry of an owner's billing is
        /// told once it has been there for an hour, an event of an unknown owner at once.
        on_unresolved UnresolvedReported
    }

    /// A spending was refused for want of credits. It changed nothing, so it is told as best as it can be: many
    /// at once may be told in part, and none of them after a crash.
    ///
    /// Otherwise as [`on_credits_deducted`](Self::on_credits_deducted).
    pub fn on_insufficient_credits(
        &self,
        handler: impl Fn(&events::InsufficientCredits) + Send + Sync + 'static,
    ) -> Result<(), Error> {
        self.ledger.news().want_refusals();
        self.handlers.add(&self.ledger, move |event| {
            if let events::Event::InsufficientCredits(event) = event {
                handler(event);
            }
        })
    }

    /// Somebody who is told of every event at least once, across crashes: finish with `.start(handler)`. Its place
    /// in the journal is kept in the ledger under this name.
    pub fn subscriber(&self, name: &str) -> Subscriber {
        Subscriber::new(&self.ledger, &self.handlers, name)
    }

    /// Gives everybody who subscribes to an earlier version of this plan its declared terms, from their next cycle on
    /// and without its bonus. Answers how many had others. Harmless to repeat.
    pub fn migrate_subscribers(&self, plan: C::Plan) -> Result<u64, Error>
    where
        C: Pricing,
    {
        billing::migrate(&self.ledger, &plan.spec().into())
    }

    /// The wallet of this owner, which need not have been used before. Cannot fail: an owner that the ledger
    /// cannot name is rejected as `OwnerInvalid` by the first read or write.
    pub fn wallet(&self, owner: impl AsRef<str>) -> Wallet<C> {
        Wallet::new(Arc::clone(&self.ledger), Owner::new(owner.as_ref()).map(WalletId::of_credits))
    }

    /// The ledger's time: the clock's, never before its last entry.
    pub fn now(&self) -> Timestamp {
        self.ledger.now()
    }

    /// The reading of the clock itself: for comparison with times of other machines, never for facts.
    #[cfg(feature = "stripe")]
    pub(crate) fn clock_reading(&self) -> Timestamp {
        self.ledger.clock_reading()
    }

    /// What reads it.
    #[cfg(feature = "testing")]
    pub(crate) fn core(&self) -> &Core {
        &self.ledger
    }

    /// The id that the ledger was given when it was created, as 32 hexadecimal digits.
    pub fn ledger_id(&self) -> String {
        format!("{:032x}", u128::from_be_bytes(self.ledger.id()))
    }

    /// Believes what the clock says, after it leapt ahead or the ledger was not opened for long.
    pub fn confirm_clock(&self) {
        self.ledger.confirm_clock();
    }

    /// Books everything that is due by now: what expired, what lapsed. An open ledger does so by itself, at the
    /// instant; this is for clocks that are set by hand.
    pub fn book_due(&self) -> Result<(), Error> {
        Ok(self.ledger.book_due()?)
    }

    /// Tells the ledger what happened at a payment processor. Everything that is due because of it is given or taken
    /// back in the same commit; told again, in whatever order, it changes nothing.
    ///
    /// The event belongs to the first of these that is known: the owner that an administrator [linked](Self::link) one
    /// of its objects to, the owner that it names, the owner that the most specific of its objects had then. One that
    /// names an owner takes its own object with it. One whose owner is not known waits until one of its objects has an
    /// owner, and is [listed](Self::unresolved). Up to 1,000 events wait for an object and up to 100,000 in all; beyond
    /// that the oldest gives way to the new one. An event with neither an owner nor an object is not kept.
    ///
    /// The feature `stripe` translates Stripe's events; this is for other processors.
    ///
    /// Rejections in order: `ClockUnconfirmed`, `BillingEventTooLarge`.
    pub fn receive(&self, event: BillingEvent) -> Reply<Received> {
        billing::receive(&self.ledger, event)
    }

    /// Looks again at what is due to an owner of subscriptions and purchases. An open ledger does so by itself, at the
    /// instant; this is for clocks that are set by hand.
    ///
    /// Rejections: `OwnerInvalid`, `ClockUnconfirmed`.
    pub fn fulfill_due(&self, owner: impl AsRef<str>) -> Reply<Received> {
        match Owner::new(owner.as_ref()) {
            Ok(owner) => billing::fulfill(&self.ledger, owner),
            Err(rejection) => Reply::failed(rejection),
        }
    }

    /// Everything about billing that an administrator should look at: events of unknown owners and the count of those that
    /// gave way to newer ones; prices, items and statuses that are not known; payments that are not for what is on sale;
    /// changes that were not paid; invoices that came back in part; payments that came back and are for nothing known;
    /// awards that do not fit. Each has its [`remedy`](Unresolved::remedy).
    ///
    /// A price or pack that is declared is resolved when the ledger is next opened, an owner with [`link`](Self::link).
    ///
    /// Errors: the ledger's.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation step { costs 1.credit } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let credits = Credits::in_memory()?;
    /// for entry in credits.unresolved()? {
    ///     println!("{}", entry.remedy());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn unresolved(&self) -> Result<Vec<Unresolved>, Error> {
        billing::unresolved(&self.ledger)
    }

    /// Whether a checkout was begun here, so that what it offers is recorded.
    #[cfg(feature = "stripe")]
    pub(crate) fn has_offer(&self, session: &ObjectId) -> Result<bool, Error> {
        billing::has_offer(&self.ledger, session)
    }

    /// Takes an entry off [`unresolved`](Self::unresolved) because it was dealt with by hand. It changes no credits, and
    /// what becomes due later is given all the same. Dismissed again it changes nothing.
    ///
    /// An entry is known by its [`key`](Unresolved::key): more that comes back of an invoice or a payment, or another change of
    /// a subscription, is listed again.
    ///
    /// Rejections in order: `NotDismissible` for an entry without a key, `ClockUnconfirmed`. Then the ledger's errors.
    ///
    /// ```
    /// # mod app {
    /// # credits_runtime::usage_credits! {
    /// #     credit_pack boost { stripe_price "price_boost" gives 100.credits costs 9.dollars }
    /// #     operation step { costs 1.credit }
    /// # }
    /// # }
    /// # use app::*;
    /// use credits_runtime::billing::{BillingEvent, Happening, ObjectId};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let id = |text: &str| ObjectId::new(text).ok_or("an id has 1 to 255 bytes");
    /// // A refund of a payment that nothing tells of.
    /// let (payment, refund, at) = (id("pi_1")?, id("re_1")?, credits.now());
    /// let what = Happening::Refunded { payment: payment.clone(), refund, amount: 900, stands: true, made_at: None };
    /// let owner = Some(credits_runtime::Owner::new("user:42")?);
    /// credits.receive(BillingEvent { at, objects: vec![payment], owner, what }).wait()?;
    ///
    /// let unresolved = credits.unresolved()?;
    /// assert_eq!(unresolved[0].key().as_deref(), Some("payment pi_1 900"));
    /// credits.dismiss(&unresolved[0])?;
    /// assert!(credits.unresolved()?.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn dismiss(&self, entry: &Unresolved) -> Result<Received, Error> {
        billing::dismiss(&self.ledger, entry)
    }

    /// Links an object at the payment processor to an owner: a customer, a subscription, an item of one, a session, a
    /// payment, an invoice. Every event about it belongs to that owner from now on, whatever events said before or say
    /// later, until it is linked to another one. Events that waited for its owner are applied. What was booked stays
    /// where it is.
    ///
    /// Rejections in order: `OwnerInvalid`, `ClockUnconfirmed`.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation step { costs 1.credit } }
    /// use credits_runtime::billing::ObjectId;
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let credits = Credits::in_memory()?;
    /// if let Some(customer) = ObjectId::new("cus_NffrFeUfNV2Hib") {
    ///     credits.link(customer, "user:42").wait()?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn link(&self, object: ObjectId, owner: impl AsRef<str>) -> Reply<Received> {
        match Owner::new(owner.as_ref()) {
            Ok(owner) => billing::link(&self.ledger, object, owner),
            Err(rejection) => Reply::failed(rejection),
        }
    }

    /// What every entry of the ledger moved, by asset and counter-account: the operation that was charged, the
    /// source that gave. With the balances of all wallets they sum to zero.
    pub fn totals(&self) -> Result<Vec<AccountTotal>, Error> {
        Ok(report::totals(&self.ledger))
    }

    /// Derives everything from the journal again and compares it with what is kept: wallets, keys, totals, the sum
    /// of every grant, every price that is data, and the chain of hashes. Answers what was verified.
    ///
    /// It takes about a second a million entries, and memory for every wallet; while it runs, space in the file is
    /// not used again.
    ///
    /// Errors: [`Damaged`](crate::LedgerErrorKind::Damaged) with the first contradiction, and the ledger's.
    pub fn verify(&self) -> Result<Verified, Error> {
        report::verified(&self.ledger)
    }

    /// Where the chain of hashes stands: kept elsewhere, it shows later that nothing before it was changed.
    pub fn head(&self) -> Result<Head, Error> {
        Ok(report::head(&self.ledger)?)
    }

    /// Follows the chain up to a head that was kept.
    ///
    /// Errors: [`HeadDisagrees`](crate::LedgerErrorKind::HeadDisagrees), and the ledger's.
    pub fn check_head(&self, head: &Head) -> Result<(), Error> {
        Ok(report::check_head(&self.ledger, head)?)
    }

    /// Copies everything that is committed now to a new file, whole or not at all, while the ledger goes on. It is a
    /// ledger itself. While it runs, space in the file is not used again.
    ///
    /// Errors: [`Io`](crate::LedgerErrorKind::Io), also if something is there already.
    pub fn backup(&self, to: impl AsRef<Path>) -> Result<(), Error> {
        report::backup(&self.ledger, to.as_ref())
    }

    /// Writes every entry of every wallet, in the order of the journal; answers how many.
    pub fn export(&self, format: ExportFormat, writer: impl std::io::Write) -> Result<u64, Error> {
        export::export(&self.ledger, format, writer)
    }

    /// What the writer has done since the ledger was opened.
    pub fn statistics(&self) -> Statistics {
        self.ledger.statistics()
    }

    /// Does what was asked, then closes the file, whoever else has a handle: theirs answer
    /// [`Closed`](crate::LedgerErrorKind::Closed) from then on. Dropping the last handle closes too, but cannot
    /// report an error.
    ///
    /// Errors: the ledger's; [`HandlerBlocked`](crate::LedgerErrorKind::HandlerBlocked) if a handler of events has not
    /// returned after 5 seconds, when the ledger is closed all the same.
    pub fn close(&self) -> Result<(), Error> {
        Ok(self.ledger.close()?)
    }
}

impl<C: Pricing> CreditsBuilder<C> {
    /// Takes the time from this clock.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Believes the clock although the ledger's last fact is more than 400 days ago. Without it such a ledger
    /// rejects every write as `ClockUnconfirmed`, because a clock that is wrong would expire what it should not.
    pub fn confirm_clock(mut self) -> Self {
        self.clock_confirmed = true;
        self
    }

    /// Opens the file although the log beside it is missing, damaged, another ledger's, or has more facts: a backup that was
    /// put in place by hand, or what is left after damage. The commits that only the log has are left out, and the log is kept
    /// under another name.
    pub fn accept_restored(mut self) -> Self {
        self.restored_accepted = true;
        self
    }

    /// Opens the file without locking it, as on a file system that has no locks. No other program may open it meanwhile: two
    /// that write to one ledger destroy it.
    pub fn without_lock(mut self) -> Self {
        self.locking = Locking::None;
        self
    }

    /// How many bytes the ledger may take in memory, about; 256 MiB unless set. A quarter is for pages of the file, a fifth for
    /// wallets, or what is left of a third by what tells whether a key was used; the rest is what it works with. A wallet that
    /// is not in memory is read from the file.
    ///
    /// It takes some 40 MiB whatever is set, and 2 bytes for each key that is remembered.
    pub fn memory(mut self, bytes: usize) -> Self {
        self.memory = Memory(bytes);
        self
    }

    /// How many commands may wait for the writer, at least one; 65,536 unless set. One that comes when so many are
    /// waiting is answered with [`QueueFull`](crate::LedgerErrorKind::QueueFull) and was not taken.
    pub fn queue_max(mut self, commands: usize) -> Self {
        self.queue.commands_max = commands.max(1);
        self
    }

    /// Has commands wait for room in the queue, in `.wait()` or `.await` of their reply, instead of being answered with
    /// [`QueueFull`](crate::LedgerErrorKind::QueueFull). One whose reply nobody waits for is not sent then, and of several
    /// that wait any may be the next.
    pub fn wait_when_full(mut self) -> Self {
        self.queue.waits = true;
        self
    }

    /// Tidies up as often as if the ledger were thousands of times larger: for tests of what happens then.
    #[cfg(feature = "testing")]
    pub fn hurried(mut self) -> Self {
        self.pace = Pace::HURRIED;
        self
    }

    /// Limits the waiting room to 20 events an object and 50 in all: for tests of a full one.
    #[cfg(feature = "testing")]
    pub fn narrow_waiting_room(mut self) -> Self {
        self.pace.waiting_max = WaitingMax::NARROW;
        self
    }

    /// As [`Credits::open`].
    pub fn open(self, path: impl AsRef<Path>) -> Result<Credits<C>, Error> {
        self.open_at(&Place::File(path.as_ref()))
    }

    /// As [`Credits::open_read_only`].
    pub fn open_read_only(self, path: impl AsRef<Path>) -> Result<Credits<C>, Error> {
        Ok(Credits::of(Ledger::open_read_only(path.as_ref(), self.opening())?))
    }

    /// As [`Credits::in_memory`].
    pub fn in_memory(self) -> Result<Credits<C>, Error> {
        self.open_at(&Place::Memory)
    }

    /// Opens the ledger that a storage keeps, or creates it if the storage is empty: for tests of what happens when disks
    /// fail.
    #[cfg(feature = "testing")]
    pub fn open_on(self, storage: &impl crate::testing::Storage) -> Result<Credits<C>, Error> {
        let ledger = Ledger::open_on((storage.ledger(), storage.log()), self.opening())?;
        Ok(Credits::of(ledger))
    }

    fn open_at(self, place: &Place<'_>) -> Result<Credits<C>, Error> {
        let ledger = Ledger::open(place, self.opening())?;
        Ok(Credits::of(ledger))
    }

    fn opening(self) -> Opening {
        Opening {
            clock: self.clock,
            terms: CatalogueData::from(C::CATALOGUE).terms(),
            policy: Policy::of(&C::CATALOGUE.settings),
            prices: PriceList::of(C::CATALOGUE),
            wording: Wording::of(C::CATALOGUE),
            clock_confirmed: self.clock_confirmed,
            restored_accepted: self.restored_accepted,
            locking: self.locking,
            pace: self.pace,
            memory: self.memory,
            queue: self.queue,
        }
    }
}

impl<C> Clone for Credits<C> {
    fn clone(&self) -> Self {
        let (ledger, handlers) = (Arc::clone(&self.ledger), Arc::clone(&self.handlers));
        Self { ledger, handlers, pricing: PhantomData }
    }
}

impl<C> fmt::Debug for Credits<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credits").field("ledger_id", &self.ledger_id()).finish_non_exhaustive()
    }
}
