//! The handle on an open ledger: its wallets, its time, its end.

mod billing;
mod events;
mod opening;
mod operating;

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::domain::ids::{Owner, WalletId};
use crate::domain::time::Timestamp;
#[cfg(feature = "testing")]
use crate::engine::core::Core;
use crate::engine::ledger::Ledger;
use crate::error::Error;
use crate::service::events::Handlers;
use crate::service::wallet::Wallet;

pub use opening::CreditsBuilder;

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

impl<C> Credits<C> {
    pub(super) fn of(ledger: Arc<Ledger>) -> Self {
        Self { ledger, handlers: Arc::default(), pricing: PhantomData }
    }

    pub(super) fn sharing(ledger: Arc<Ledger>, handlers: Arc<Handlers>) -> Self {
        Self { ledger, handlers, pricing: PhantomData }
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
