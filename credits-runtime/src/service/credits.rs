//! The handle on an open ledger, and the builder that opens one.
//!
//! All methods are in this file, because the compiler names those in another one by the path of its module.

use std::fmt;
use std::marker::PhantomData;
use std::path::Path;
use std::sync::Arc;

use credits_core::Wording;

use crate::domain::amount::IntoAmount;
use crate::domain::billing::award::AwardId;
use crate::domain::billing::event::BillingEvent;
#[cfg(feature = "stripe")]
use crate::domain::billing::terms::PackTerms;
use crate::domain::billing::terms::PriceList;
use crate::domain::catalogue::CatalogueData;
use crate::domain::ids::ObjectId;
use crate::domain::ids::{Owner, WalletId};
use crate::domain::policy::Policy;
use crate::domain::time::Timestamp;
use crate::engine::clock::{Clock, SystemClock};
#[cfg(feature = "testing")]
use crate::engine::core::Core;
use crate::engine::ledger::{Ledger, Location, Opening};
#[cfg(feature = "postgres")]
use crate::engine::postgres::opening::{Connecting, LANES_OF_PROGRAM_MAX, Role};
#[cfg(all(feature = "postgres", feature = "testing"))]
use crate::engine::postgres::schemas::empty_schema;
use crate::engine::request::inbox::Queue;
use crate::engine::request::reply::Reply;
use crate::engine::statistics::Statistics;
use crate::engine::store::Locking;
use crate::engine::tuning::Tuning;
#[cfg(feature = "testing")]
use crate::engine::tuning::WaitingMax;
use crate::engine::verify::{Verified, VerifyProgress};
use crate::engine::wallets::budget::MemoryBudget;
use crate::error::Error;
use crate::generated::Plan as _;
use crate::generated::Pricing;
use crate::service::billing::{self, GivenBefore, Received, Unresolved};
use crate::service::events::{self, Handlers, Subscriber};
use crate::service::export::{self, ExportFormat};
use crate::service::report::{self, AccountTotal, Head};
use crate::service::subscribe::{Subscribe, Unsubscribe};
use crate::service::wallet::Wallet;

/// A handle on an open ledger, cheap to clone. Dropping the last handle closes the ledger.
///
/// Applications use the alias that `usage_credits!` generates for their pricing.
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
    pub(crate) ledger: Arc<Ledger>,
    pub(super) handlers: Arc<Handlers>,
    pricing: PhantomData<fn() -> C>,
}

/// Options for opening a ledger.
#[must_use = "nothing is opened until `.open(..)` or `.in_memory()`"]
pub struct CreditsBuilder<C> {
    clock: Option<Arc<dyn Clock>>,
    clock_confirmed: bool,
    restored_accepted: bool,
    locking: Locking,
    tuning: Tuning,
    memory: MemoryBudget,
    queue: Queue,
    #[cfg(feature = "postgres")]
    connecting: Connecting,
    pricing: PhantomData<fn() -> C>,
}

impl<C: Pricing> Credits<C> {
    /// Opens the ledger in this PostgreSQL database, which several programs may have open at once. The tables of a new
    /// ledger are made with [`migrate`](CreditsBuilder::migrate).
    ///
    /// Errors: `NotALedger` if the database has no tables of a ledger, `NewerVersion` if they are of another version of
    /// the program, `PlanChanged`, `NameClash`, `Io` if the database cannot be reached or refuses.
    ///
    /// ```no_run
    /// # credits_runtime::usage_credits! { operation step { costs 1.credit } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let credits = Credits::builder().migrate().connect("postgres://app@localhost/app")?;
    /// credits.wallet("user:42").give_credits(100).now().wait()?;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "postgres")]
    pub fn connect(url: impl Into<String>) -> Result<Self, Error> {
        Self::builder().connect(url)
    }

    /// Opens the ledger in this PostgreSQL database for reading: it takes no lane and writes nothing, so that a role which may
    /// only read suffices. Writes return [`ReadOnly`](crate::LedgerErrorKind::ReadOnly).
    ///
    /// Errors: as [`connect`](Self::connect), but `PlanChanged` and `NameClash`; `NotALedger` also until an application has opened
    /// the ledger for the first time.
    ///
    /// ```no_run
    /// # credits_runtime::usage_credits! { operation step { costs 1.credit } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let credits = Credits::connect_read_only("postgres://reader@localhost/app")?;
    /// println!("{}", credits.wallet("user:42").credits()?);
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "postgres")]
    pub fn connect_read_only(url: impl Into<String>) -> Result<Self, Error> {
        Self::builder().connect_read_only(url)
    }

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
        let (clock_confirmed, restored_accepted) = (false, false);
        let (tuning, memory, queue, pricing) =
            (Tuning::DEFAULT, MemoryBudget::DEFAULT, Queue::DEFAULT, PhantomData);
        CreditsBuilder {
            clock: None,
            clock_confirmed,
            restored_accepted,
            locking: Locking::Required,
            tuning,
            memory,
            queue,
            #[cfg(feature = "postgres")]
            connecting: Connecting::DEFAULT,
            pricing,
        }
    }
}

macro_rules! handlers {
    ($($(#[$doc:meta])* $name:ident $event:ident)*) => {$(
        $(#[$doc])*
        ///
        /// The handler runs after the commit, in the order of the journal, on a background thread, for events
        /// from now on. Events that this process has not delivered before it ends are lost; a
        /// [`subscriber`](Self::subscriber) receives every event across restarts. A panic of the handler is
        /// logged and has no other effect. The handler may call the ledger; a handle that it captures keeps
        /// the ledger open until [`close`](Self::close) is called.
        ///
        /// ```
        /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
        /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// # let credits = Credits::in_memory()?;
        #[doc = concat!("credits.", stringify!($name), "(|event| println!(\"{event:?}\"))?;")]
        /// # Ok(())
        /// # }
        /// ```
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
    pub(super) fn of(ledger: Arc<Ledger>) -> Self {
        Self { ledger, handlers: Arc::default(), pricing: PhantomData }
    }

    pub(super) fn sharing(ledger: Arc<Ledger>, handlers: Arc<Handlers>) -> Self {
        Self { ledger, handlers, pricing: PhantomData }
    }

    /// Restores a backup: copies it to a path where no file exists, once all of it is
    /// [verified](Self::verify). A log that a former ledger left beside that path is renamed. Writes made
    /// after the backup are lost: send those commands again under their keys.
    ///
    /// Errors: those of [`open`](Self::open) about the backup,
    /// [`LogMissing`](crate::LedgerErrorKind::LogMissing) if it is a ledger that was not closed,
    /// [`Damaged`](crate::LedgerErrorKind::Damaged), [`Io`](crate::LedgerErrorKind::Io), also if `to` exists
    /// already.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("credits.redb");
    /// let credits = Credits::open(&path)?;
    /// credits.wallet("user:42").give_credits(100).now().wait()?;
    /// let (backup, restored) = (folder.path().join("backup.redb"), folder.path().join("restored.redb"));
    /// credits.backup(&backup)?;
    ///
    /// let verified = Credits::restore(&backup, &restored)?;
    /// assert_eq!(verified.wallets, 1);
    /// assert_eq!(Credits::open(&restored)?.wallet("user:42").credits()?, 100);
    /// # Ok(())
    /// # }
    /// ```
    pub fn restore(backup: impl AsRef<Path>, to: impl AsRef<Path>) -> Result<Verified, Error> {
        report::restore(backup.as_ref(), to.as_ref())
    }

    handlers! {
        /// Adds a handler for credits that came into a wallet: given, received, bought or awarded.
        on_credits_added CreditsAdded
        /// Adds a handler for credits that left a wallet: charged, sent, deducted or taken back.
        on_credits_deducted CreditsDeducted
        /// Adds a handler for the free part of a grant that expired.
        on_credits_expired CreditsExpired
        /// Adds a handler for a balance that fell below a `low_balance_threshold` of the settings.
        on_low_balance_reached LowBalanceReached
        /// Adds a handler for a balance that fell to zero or below.
        on_balance_depleted BalanceDepleted
        /// Adds a handler for a balance that rose above zero.
        on_balance_recovered BalanceRecovered
        /// Adds a handler for completed transfers.
        on_transfer_completed TransferCompleted
        /// Adds a handler for a hold that reached its limit before it was settled or released.
        on_hold_lapsed HoldLapsed
        /// Adds a handler for a pack that was paid, with its credits given.
        on_credit_pack_purchased CreditPackPurchased
        /// Adds a handler for credits of a subscription: of a cycle, a rise within one, a trial, or a bonus.
        on_subscription_credits_awarded SubscriptionCreditsAwarded
        /// Adds a handler for changes of a subscription's state.
        on_subscription_changed SubscriptionChanged
        /// Adds a handler for payments that a refund, a credit note or a dispute returned, so that credits
        /// were taken back, and for returns that were undone, so that credits were given back. It also runs
        /// when credited time takes credits back, and when a subscription's invoice is returned in part, for
        /// which nothing is taken.
        on_refund Refund
        /// Adds a handler for entries that need an administrator: see [`unresolved`](Credits::unresolved). An
        /// entry of an owner's billing is reported after an hour on that list, an event of an unknown owner
        /// at once.
        on_unresolved UnresolvedReported
    }

    /// Adds a handler for spends and holds that were rejected for insufficient credits. Delivery is best
    /// effort, because a rejection is not in the journal: up to 1,024 wait for their handlers, beyond that
    /// the oldest are dropped, and a crash loses all of them.
    ///
    /// Otherwise like [`on_credits_deducted`](Self::on_credits_deducted).
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// credits.on_insufficient_credits(|event| println!("{event:?}"))?;
    /// assert!(credits.wallet("user:42").spend_credits_on(Operation::render()).now().wait().is_err());
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_insufficient_credits(
        &self,
        handler: impl Fn(&events::InsufficientCredits) + Send + Sync + 'static,
    ) -> Result<(), Error> {
        self.ledger.feed().want_refusals();
        self.handlers.add(&self.ledger, move |event| {
            if let events::Event::InsufficientCredits(event) = event {
                handler(event);
            }
        })
    }

    /// Returns a named subscriber, which receives every event at least once, across crashes: finish with
    /// `.start(handler)`. The ledger stores its position in the journal under this name.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// use credits_runtime::events::Event;
    ///
    /// # fn send(_: &Event) -> Result<(), std::io::Error> { Ok(()) }
    /// credits.subscriber("mailer").start(|event| match event {
    ///     Event::LowBalanceReached(_) => send(event),
    ///     _ => Ok(()),
    /// })?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn subscriber(&self, name: &str) -> Subscriber {
        Subscriber::new(&self.ledger, &self.handlers, name)
    }

    /// Moves the subscribers of earlier versions of this plan to its declared terms, from their next cycle on
    /// and without its signup bonus. Returns the number of owners whose terms changed. It is harmless to
    /// repeat.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { subscription_plan pro { version 2 stripe_price "price_1" gives 2_000.credits.every(month) } operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// let owners = credits.migrate_subscribers(Plan::Pro)?;
    /// println!("{owners} owners get 2,000 credits from their next cycle on");
    /// # Ok(())
    /// # }
    /// ```
    pub fn migrate_subscribers(&self, plan: C::Plan) -> Result<u64, Error>
    where
        C: Pricing,
    {
        let declared = plan.spec();
        let kept = self.ledger.prices().plan_named(declared.name).cloned();
        billing::migrate(&self.ledger, &kept.unwrap_or_else(|| declared.into()))
    }

    /// Returns a builder that gives an owner a plan without a payment processor: finish with `.now()`. Its time
    /// counts as paid, for ever or until [`until`](Subscribe::until), so that cycles, rises, policies and events
    /// are those of a paid subscription. Subscribing to another plan changes it, and repeating a request changes
    /// nothing. A plan with a price needs [`complimentary`](Subscribe::complimentary).
    ///
    /// ```
    /// # mod app {
    /// credits_runtime::usage_credits! {
    ///     subscription_plan free { gives 100.credits.every(month) }
    ///     operation step { costs 1.credit }
    /// }
    /// # }
    /// # use app::*;
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let credits = Credits::in_memory()?;
    /// credits.subscribe("user:42", Plan::Free).now().wait()?;
    /// assert_eq!(credits.wallet("user:42").credits()?, 100);
    /// assert!(!credits.subscribe("user:42", Plan::Free).now().wait()?.is_new);
    /// # Ok(())
    /// # }
    /// ```
    pub fn subscribe(&self, owner: impl AsRef<str>, plan: C::Plan) -> Subscribe
    where
        C: Pricing,
    {
        Subscribe::new(Arc::clone(&self.ledger), owner.as_ref(), plan.spec())
    }

    /// Returns a builder that ends an owner's subscription of the application's own: finish with `.now()`. It
    /// ends with the running cycle, or now with [`at_once`](Unsubscribe::at_once).
    ///
    /// ```
    /// # mod app {
    /// credits_runtime::usage_credits! {
    ///     subscription_plan free { gives 100.credits.every(month) }
    ///     operation step { costs 1.credit }
    /// }
    /// # }
    /// # use app::*;
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// credits.subscribe("user:42", Plan::Free).now().wait()?;
    /// credits.unsubscribe("user:42").now().wait()?;
    /// let subscription = &credits.wallet("user:42").subscriptions()?[0];
    /// assert_eq!(subscription.ends_at, subscription.paid_until);
    /// # Ok(())
    /// # }
    /// ```
    pub fn unsubscribe(&self, owner: impl AsRef<str>) -> Unsubscribe {
        Unsubscribe::new(Arc::clone(&self.ledger), owner.as_ref())
    }

    /// Returns the wallet of this owner, used before or not. It cannot fail: an invalid owner is rejected as
    /// `OwnerInvalid` by the first read or write.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// let user = credits.wallet("user:42");
    /// assert_eq!(user.credits()?, 0);
    /// assert!(credits.wallet("").credits().is_err());
    /// # Ok(())
    /// # }
    /// ```
    pub fn wallet(&self, owner: impl AsRef<str>) -> Wallet<C> {
        Wallet::new(Arc::clone(&self.ledger), Owner::new(owner.as_ref()).map(WalletId::of_credits))
    }

    /// A handle on the same ledger for code that serves any application: it reads and administers wallets, and names
    /// plans, packs, operations and assets by text. It spends on no operation, for which the application's types are needed.
    ///
    /// ```
    /// use credits_runtime::{Amount, Credits, Error};
    ///
    /// fn outstanding(credits: &Credits<()>) -> Result<Amount, Error> {
    ///     credits.wallet("user:42").balance()
    /// }
    ///
    /// # mod app { credits_runtime::usage_credits! { operation step { costs 1.credit } } }
    /// # let credits = app::Credits::in_memory()?;
    /// credits.wallet("user:42").give_credits(100).now().wait()?;
    /// assert_eq!(outstanding(&credits.without_pricing())?, 100);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn without_pricing(&self) -> Credits<()> {
        Credits {
            ledger: Arc::clone(&self.ledger),
            handlers: Arc::clone(&self.handlers),
            pricing: PhantomData,
        }
    }

    /// The ledger's time: the clock's, but never before the last commit.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// let before = credits.now();
    /// let entry = credits.wallet("user:42").give_credits(100).now().wait()?.entry;
    /// assert!(entry.recorded_at >= before);
    /// # Ok(())
    /// # }
    /// ```
    pub fn now(&self) -> Timestamp {
        self.ledger.now()
    }

    /// The reading of the clock itself, to compare with times of other machines. Facts never use it.
    #[cfg(feature = "stripe")]
    pub(crate) fn clock_reading(&self) -> Timestamp {
        self.ledger.clock_reading()
    }

    /// The engine, for tests that measure its parts.
    #[cfg(feature = "testing")]
    pub(crate) fn core(&self) -> &Core {
        &self.ledger
    }

    /// The random id that the ledger got when it was created, as 32 hexadecimal digits.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// assert_eq!(credits.ledger_id().len(), 32);
    /// # Ok(())
    /// # }
    /// ```
    pub fn ledger_id(&self) -> String {
        format!("{:032x}", u128::from_be_bytes(self.ledger.id()))
    }

    /// Adopts the clock's time after the clock leapt ahead by more than 30 days, or after more than 400 days
    /// without a fact.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use credits_runtime::testing::ManualClock;
    /// use std::time::Duration;
    ///
    /// let clock = ManualClock::at("2026-01-01T00:00:00Z".parse()?);
    /// let credits = Credits::builder().clock(clock.clone()).in_memory()?;
    /// let year = Duration::from_secs(365 * 86_400);
    /// clock.leap(year);
    /// assert!(credits.now() < "2026-02-01T00:00:00Z".parse()?);
    /// credits.confirm_clock();
    /// assert!(credits.now() > "2026-12-01T00:00:00Z".parse()?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn confirm_clock(&self) {
        self.ledger.confirm_clock();
    }

    /// Books everything that is due by now, such as expiries and lapses of holds. An open ledger does this by
    /// itself at the due instant; call it with a clock that is set by hand.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use credits_runtime::testing::ManualClock;
    /// use std::time::Duration;
    ///
    /// let clock = ManualClock::at("2026-01-01T00:00:00Z".parse()?);
    /// let credits = Credits::builder().clock(clock.clone()).in_memory()?;
    /// let user = credits.wallet("user:42");
    /// user.give_credits(100).expires_in(Duration::from_secs(60)).now().wait()?;
    /// clock.advance(Duration::from_secs(61));
    /// credits.book_due()?;
    /// assert_eq!(user.credit_history().page()?.entries[0].amount, -100);
    /// # Ok(())
    /// # }
    /// ```
    pub fn book_due(&self) -> Result<(), Error> {
        Ok(self.ledger.book_due()?)
    }

    /// Applies an event of a payment processor. Credits that become due because of it are given or taken back
    /// in the same commit; beyond 64 awards the rest follows in the next commits. Applying an event again, in
    /// any order, changes nothing.
    ///
    /// The event's owner is the first of these that is known: the owner to whom an administrator
    /// [linked](Self::link) one of its objects, the owner that the event names, the owner that its most
    /// specific object had at that time. An event that names an owner assigns its own object to that owner.
    /// An event without a known owner waits until one of its objects has an owner, and is
    /// [listed](Self::unresolved). Up to 1,000 events wait for an object and up to 100,000 in all; beyond
    /// that a new event evicts the oldest. An event with neither an owner nor an object is dropped.
    ///
    /// The feature `stripe` translates Stripe's events; call this for other processors.
    ///
    /// Rejections in order: `ClockUnconfirmed`, `BillingEventTooLarge`.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// use credits_runtime::Owner;
    /// use credits_runtime::billing::{BillingEvent, Happening, ObjectId};
    ///
    /// let id = |text: &str| ObjectId::new(text).ok_or("an id has 1 to 255 bytes");
    /// // A refund by a processor of one's own: its payment is not known, so it is listed.
    /// let (payment, refund) = (id("pay-1")?, id("refund-1")?);
    /// let what = Happening::Refunded { payment: payment.clone(), refund, amount: 900, stands: true, made_at: None };
    /// let event = BillingEvent { at: credits.now(), objects: vec![payment], owner: Some(Owner::new("user:42")?), what };
    /// assert!(credits.receive(event.clone()).wait()?.is_new);
    /// assert!(!credits.receive(event).wait()?.is_new);
    /// assert_eq!(credits.unresolved()?.len(), 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn receive(&self, event: BillingEvent) -> Reply<Received> {
        billing::receive(&self.ledger, event)
    }

    /// Gives and takes back the credits that are due for an owner's subscriptions and purchases. An open
    /// ledger does this by itself at the due instant; call it with a clock that is set by hand.
    ///
    /// Rejections: `OwnerInvalid`, `ClockUnconfirmed`.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { subscription_plan free { gives 100.credits.every(month) } operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use credits_runtime::testing::ManualClock;
    ///
    /// let clock = ManualClock::at("2026-01-15T00:00:00Z".parse()?);
    /// let credits = Credits::builder().clock(clock.clone()).in_memory()?;
    /// credits.subscribe("user:42", Plan::Free).now().wait()?;
    /// clock.set("2026-02-15T00:00:01Z".parse()?);
    /// credits.fulfill_due("user:42").wait()?;
    /// let awards = credits.wallet("user:42").credit_history().category("subscription_credits").page()?;
    /// assert_eq!(awards.entries.len(), 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn fulfill_due(&self, owner: impl AsRef<str>) -> Reply<Received> {
        match Owner::new(owner.as_ref()) {
            Ok(owner) => billing::fulfill(&self.ledger, owner),
            Err(rejection) => Reply::failed(rejection),
        }
    }

    /// Lists the billing entries that need an administrator: events of unknown owners, and the count of those
    /// that newer ones evicted; unknown prices, items and statuses; payments that fit neither their offer nor
    /// the catalogue; unpaid changes to more credits; subscriptions' invoices that were returned in part;
    /// returned payments of no known invoice or purchase; awards beyond the range of a balance; payments that
    /// arrived too late. Each entry has a [`remedy`](Unresolved::remedy).
    ///
    /// Declaring a missing price or pack resolves its entries when the ledger is next opened;
    /// [`link`](Self::link) resolves events of unknown owners.
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

    /// The terms of a pack as records keep them, by its declared name.
    #[cfg(feature = "stripe")]
    pub(crate) fn pack_terms(&self, name: &str) -> Option<PackTerms> {
        self.ledger.prices().pack_named(name).cloned()
    }

    /// Whether the ledger has the offer of a checkout, because it began that checkout.
    #[cfg(feature = "stripe")]
    pub(crate) fn has_offer(&self, session: &ObjectId) -> Result<bool, Error> {
        billing::has_offer(&self.ledger, session)
    }

    /// Whether an owner's billing has a purchase, an invoice or a subscription with this id.
    #[cfg(feature = "stripe")]
    pub(crate) fn has_billed(&self, object: &ObjectId) -> Result<bool, Error> {
        billing::has_billed(&self.ledger, object)
    }

    /// Removes an entry from [`unresolved`](Self::unresolved) after an administrator dealt with it. No
    /// credits change, and credits that become due later are given all the same. Dismissing an entry again
    /// changes nothing.
    ///
    /// An entry is identified by its [`key`](Unresolved::key). A further return of the same invoice or
    /// payment, or another change of the same subscription, has another key and is listed again.
    ///
    /// Rejections in order: `NotDismissible` for an entry without a key, `ClockUnconfirmed`. Then the
    /// ledger's errors.
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

    /// Links an object at the payment processor to an owner: a customer, a subscription, an item of one, a
    /// session, a payment, or an invoice. From now on every event about the object belongs to that owner,
    /// even if other events name another one, until it is linked again. Events that wait for its owner are
    /// applied. Earlier bookings stay as they are.
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

    /// Marks an award as given before, outside of this ledger: finish with `.now()`. Credits are not given for it again,
    /// and refunds, changes of the plan and its end treat it as given here.
    ///
    /// It is for filling a ledger from another system: give the rest of the award, mark the award, and only then
    /// receive the events of its subscription or purchase.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation step { costs 1.credit } }
    /// use credits_runtime::billing::{AwardId, ObjectId};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let credits = Credits::in_memory()?;
    /// let user = credits.wallet("user:42");
    /// // Of a pack of 1,000 credits 300 are left.
    /// let left = user.give_credits(300).key("tx:17").now().wait()?.entry.number;
    /// let session = ObjectId::new("cs_live_a1").ok_or("an id has 1 to 255 bytes")?;
    /// credits.given_before("user:42", AwardId::Pack(session), 1_000).grant(left).now().wait()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn given_before(
        &self,
        owner: impl AsRef<str>,
        award: AwardId,
        amount: impl IntoAmount,
    ) -> GivenBefore {
        GivenBefore::new(&self.ledger, Owner::new(owner.as_ref()), award, amount.into_amount())
    }

    /// The sums of all entries, by asset and counter-account: the charged operation, or the category of the
    /// entries. For each asset they add up to the balances of all wallets, without the accounts of charges that
    /// plans covered (`is_covered`).
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// let user = credits.wallet("user:42");
    /// user.give_credits(100).now().wait()?;
    /// user.spend_credits_on(Operation::render()).now().wait()?;
    /// let outstanding: i128 = credits.totals()?.iter().map(|total| total.amount).sum();
    /// assert_eq!(outstanding.abs(), 90);
    /// # Ok(())
    /// # }
    /// ```
    pub fn totals(&self) -> Result<Vec<AccountTotal>, Error> {
        self.ledger.check_open()?;
        Ok(report::totals(&self.ledger)?)
    }

    /// Derives every record from the journal again and compares it with the stored one: wallets, keys,
    /// totals, the parts of every grant, every price that needs no Rust expression, and the chain of hashes.
    /// Returns counts of the verified records.
    ///
    /// It takes about a second per million entries, and memory for every wallet. While it runs, freed space
    /// in the file is not reused.
    ///
    /// Errors: [`Damaged`](crate::LedgerErrorKind::Damaged) with the first contradiction, and the ledger's.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// credits.wallet("user:42").give_credits(100).now().wait()?;
    /// let verified = credits.verify()?;
    /// assert_eq!((verified.wallets, verified.grants), (1, 1));
    /// # Ok(())
    /// # }
    /// ```
    pub fn verify(&self) -> Result<Verified, Error> {
        self.verify_with(|_| ())
    }

    /// [`verify`](Self::verify) for a program that shows how far it is: `progress` is called on this thread after each block of
    /// the journal, at most once for each commit.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation step { costs 1.credit } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # credits.wallet("user:42").give_credits(10).now().wait()?;
    /// let verified = credits.verify_with(|progress| eprint!("\r{} of {} facts", progress.facts, progress.of))?;
    /// assert_eq!(verified.wallets, 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Errors: those of [`verify`](Self::verify).
    pub fn verify_with(&self, progress: impl FnMut(VerifyProgress)) -> Result<Verified, Error> {
        report::verified(&self.ledger, progress)
    }

    /// Verifies the wallets and the billing of one owner in a ledger in a database, in milliseconds for a few thousand
    /// entries. It reads nothing of other owners, and writes go on.
    ///
    /// ```no_run
    /// # credits_runtime::usage_credits! { operation step { costs 1.credit } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let credits = Credits::connect("postgres://app@localhost/app")?;
    /// assert_eq!(credits.verify_owner("user:42")?.wallets, 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Errors: `Unsupported` for a ledger in a file, which is verified as a whole; `OwnerInvalid`; `Damaged` with the first
    /// contradiction; those of reading.
    #[cfg(feature = "postgres")]
    pub fn verify_owner(&self, owner: impl AsRef<str>) -> Result<Verified, Error> {
        Ok(self.ledger.verify_owner(&Owner::new(owner.as_ref())?)?)
    }

    /// Returns the current head of the journal's hash chain. Store it elsewhere, and
    /// [`check_head`](Self::check_head) shows later that no earlier fact was changed.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// let head = credits.head()?.to_string(); // keep it where the ledger's machine cannot write
    /// credits.check_head(&head.parse()?)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn head(&self) -> Result<Head, Error> {
        Ok(report::head(&self.ledger)?)
    }

    /// Recomputes the hash chain up to a stored head and compares the two.
    ///
    /// Errors: [`HeadDisagrees`](crate::LedgerErrorKind::HeadDisagrees), and the ledger's.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// let head = credits.head()?;
    /// credits.wallet("user:42").give_credits(100).now().wait()?;
    /// credits.check_head(&head)?; // what was there then is unchanged
    /// # Ok(())
    /// # }
    /// ```
    pub fn check_head(&self, head: &Head) -> Result<(), Error> {
        Ok(report::check_head(&self.ledger, head)?)
    }

    /// Copies the current committed state to a new file, completely or not at all, while the ledger stays in
    /// use. The copy is a ledger itself. While the copy is made, freed space in the file is not reused.
    ///
    /// Errors: [`Io`](crate::LedgerErrorKind::Io), also if `to` exists already.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("credits.redb");
    /// let credits = Credits::open(&path)?;
    /// let backup = folder.path().join("backup.redb");
    /// credits.backup(&backup)?; // other threads go on writing
    /// assert!(backup.exists());
    /// # Ok(())
    /// # }
    /// ```
    pub fn backup(&self, to: impl AsRef<Path>) -> Result<(), Error> {
        report::backup(&self.ledger, to.as_ref())
    }

    /// Writes every entry of every wallet, in the order of the journal, and returns their number.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// use credits_runtime::ExportFormat;
    ///
    /// credits.wallet("user:42").give_credits(100).now().wait()?;
    /// let mut csv = Vec::new();
    /// assert_eq!(credits.export(ExportFormat::Csv, &mut csv)?, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn export(&self, format: ExportFormat, writer: impl std::io::Write) -> Result<u64, Error> {
        export::export(&self.ledger, format, writer)
    }

    /// Counts and sizes of the open ledger, for a page of figures and for metrics.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// credits.wallet("user:42").give_credits(100).now().wait()?;
    /// let statistics = credits.statistics();
    /// assert_eq!((statistics.commits, statistics.queued), (1, 0));
    /// # Ok(())
    /// # }
    /// ```
    pub fn statistics(&self) -> Statistics {
        self.ledger.statistics()
    }

    /// Commits the waiting commands, then closes the ledger for all of its handles: from then on their writes
    /// and their reads of the file return [`Closed`](crate::LedgerErrorKind::Closed). Dropping the last
    /// handle closes the ledger too, but cannot report an error.
    ///
    /// Errors: the ledger's; [`HandlerBlocked`](crate::LedgerErrorKind::HandlerBlocked) if a handler of
    /// events has not returned after 5 seconds. The ledger is closed all the same.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("credits.redb");
    /// let credits = Credits::open(&path)?;
    /// let user = credits.wallet("user:42");
    /// credits.close()?;
    /// assert!(user.give_credits(1).now().wait().is_err());
    /// # Ok(())
    /// # }
    /// ```
    pub fn close(&self) -> Result<(), Error> {
        Ok(self.ledger.close()?)
    }
}

impl<C: Pricing> CreditsBuilder<C> {
    /// Takes the time from this clock.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Some(Arc::new(clock));
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

    /// Connects as a tool beside the application's programs, such as a command line: it declares no price list but the first one
    /// of a ledger, fulfils nothing by itself and books nothing that is due. If the application has opened the ledger with
    /// another price list since, [`connect`](Self::connect) fails with `PlanChanged`.
    #[cfg(feature = "postgres")]
    pub fn as_tool(mut self) -> Self {
        self.connecting.role = Role::Tool;
        self
    }

    /// Makes the tables of a ledger in a database, if they are missing. Without this, [`connect`](Self::connect) refuses a
    /// database without them.
    #[cfg(feature = "postgres")]
    pub fn migrate(mut self) -> Self {
        self.connecting.makes_tables = true;
        self
    }

    /// The number of threads and connections with which this program writes to a database, from 1 to 16; 2 unless set.
    /// Other values are clamped. More pay with several hundred writes at one time.
    #[cfg(feature = "postgres")]
    pub fn lanes(mut self, count: usize) -> Self {
        self.connecting.lanes = count.clamp(1, LANES_OF_PROGRAM_MAX);
        self
    }

    /// The longest time until a write to a database is answered, from when it is sent, while the database is away; 30 seconds
    /// unless set. An attempt that is under way then ends first, in some seconds. A
    /// write whose commit was not answered by then fails with `OutcomeUnknown`, any other with `NotDone`.
    #[cfg(feature = "postgres")]
    pub fn answer_within(mut self, time: std::time::Duration) -> Self {
        self.connecting.answer_within = time;
        self
    }

    /// Begins transactions at another isolation level than READ COMMITTED, for tests: each is correct.
    #[cfg(all(feature = "postgres", feature = "testing"))]
    pub fn isolation(mut self, level: &str) -> Self {
        self.connecting.begin = match level {
            "REPEATABLE READ" => "BEGIN ISOLATION LEVEL REPEATABLE READ",
            _ => "BEGIN ISOLATION LEVEL SERIALIZABLE",
        };
        self
    }

    /// Opens the ledger like [`Credits::connect`].
    #[cfg(feature = "postgres")]
    pub fn connect(mut self, url: impl Into<String>) -> Result<Credits<C>, Error> {
        let (clock, connecting) = (self.clock.take(), self.connecting);
        let ledger = Ledger::connect(&url.into(), &connecting, clock, self.opening())?;
        Ok(Credits::of(ledger))
    }

    /// Opens the ledger like [`Credits::connect_read_only`].
    #[cfg(feature = "postgres")]
    pub fn connect_read_only(mut self, url: impl Into<String>) -> Result<Credits<C>, Error> {
        self.connecting = Connecting { role: Role::Reader, makes_tables: false, ..self.connecting };
        self.connect(url)
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
        #[cfg(all(feature = "postgres", feature = "testing"))]
        if let Some(url) = empty_schema()? {
            // Where time does not pass by itself, one thread does everything with the next write.
            let is_ticking = self.clock.as_ref().is_none_or(|clock| clock.is_ticking());
            let lanes = if is_ticking { 2 } else { 1 };
            return self.migrate().lanes(lanes).connect(url);
        }
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
            clock: self.clock.unwrap_or_else(|| Arc::new(SystemClock)),
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
