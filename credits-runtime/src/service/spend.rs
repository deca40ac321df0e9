//! Spends: at once, around work, or by a hold.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::domain::amount::Amount;
use crate::domain::command::Action;
use crate::domain::fact::Kind;
use crate::domain::hold::Purpose;
use crate::domain::ids::HoldId;
use crate::domain::metadata::Metadata;
use crate::domain::rejection::Rejection;
use crate::engine::request::reply::Reply;
use crate::error::{Error, LedgerError};
use crate::generated::{Pricing, quote};
use crate::service::entry::{self, Receipt, Settled};
use crate::service::hold::Hold;
use crate::service::write::{Write, not_sent, write_options};

/// Builder of a spend: finish with `.now()`, `.run(..)`, `.run_async(..)` or `.hold(..)`.
#[must_use = "nothing is spent until `.now()`, `.run(..)` or `.hold(..)`"]
pub struct Spend<C: Pricing> {
    write: Write,
    operation: C::Operation,
}

/// The failure of a spend around work.
///
/// Its `Debug` is its `Display`, so that `fn main() -> Result<(), Box<dyn Error>>` prints a sentence.
#[non_exhaustive]
pub enum RunError<E, T = ()> {
    /// The work under this key was charged before; it was not run again.
    AlreadyCharged(Box<Receipt>),
    /// The ledger rejected the spend; the work was not run.
    Rejected(Rejection),
    /// The ledger failed before the work began; the work was not run.
    Ledger(LedgerError),
    /// The work failed, and nothing was charged.
    Work(E),
    /// The work was done, but its charge failed or the outcome of the charge is unknown.
    Unsettled {
        /// The value of the work.
        value: T,
        /// The hold with its price, which [`Wallet::settle`](crate::Wallet::settle) charges before it lapses.
        hold: HoldId,
        /// The error of the charge.
        error: Error,
    },
}

/// Work for [`Spend::run`]: a closure that returns a `Result`.
#[diagnostic::on_unimplemented(
    message = "the work of `.run(..)` is a closure that returns a `Result`; for a future write `.run_async(..)`",
    label = "not a closure that returns a `Result`",
    note = "work that cannot fail ends in `Ok::<_, std::convert::Infallible>(..)`"
)]
pub trait Work<T, E> {
    /// Runs the work.
    fn done(self) -> Result<T, E>;
}

#[diagnostic::do_not_recommend]
impl<T, E, F: FnOnce() -> R, R: Done<T, E>> Work<T, E> for F {
    fn done(self) -> Result<T, E> {
        self().result()
    }
}

/// The return type of work: a `Result`. It is a trait so that the compiler reports another return type as
/// wrong work, not as a type mismatch.
pub trait Done<T, E> {
    /// The result.
    fn result(self) -> Result<T, E>;
}

impl<T, E> Done<T, E> for Result<T, E> {
    fn result(self) -> Self {
        self
    }
}

/// The charge of work in progress: the work writes metadata on it. Clones are of the same charge.
#[derive(Clone, Debug)]
pub struct WorkCharge {
    hold: HoldId,
    amount: Amount,
    written: Arc<Mutex<Metadata>>,
}

impl WorkCharge {
    fn of<C>(hold: &Hold<C>) -> Self {
        Self { hold: hold.id(), amount: hold.amount(), written: Arc::default() }
    }

    /// The hold that the charge will settle.
    pub fn hold(&self) -> HoldId {
        self.hold
    }

    /// The credits set aside for the charge.
    pub fn amount(&self) -> Amount {
        self.amount
    }

    /// Writes metadata that is stored with the entry if the work returns `Ok`, over that of the spend and of earlier
    /// calls: members of two objects are joined, and any other value replaces the earlier one.
    pub fn metadata(&self, metadata: impl Into<Metadata>) {
        let metadata = metadata.into();
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        *written = metadata.over(&written);
    }

    fn written(&self) -> Metadata {
        self.written.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The start of work: its hold, or the charge that its key was used for.
enum Start<C> {
    Hold(Hold<C>),
    Charged(Box<Receipt>),
}

/// Finished work and its charge.
struct Charged<T> {
    value: T,
    receipt: Receipt,
}

impl<C: Pricing> Spend<C> {
    pub(crate) fn new(write: Write, operation: C::Operation) -> Self {
        Self { write, operation }
    }

    write_options!();

    /// Charges the cost at once.
    ///
    /// Rejections in order: `OwnerInvalid`, `KeyInvalid`, `ClockUnconfirmed`, `IdempotencyKeyReused`, `MetadataTooLarge`,
    /// `MetadataTooDeep`, those of the operation's cost, `InsufficientCredits`.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// let receipt = user.spend_credits_on(Operation::render()).key("job-17").now().wait()?;
    /// assert_eq!(receipt.entry.amount, -10);
    /// let again = user.spend_credits_on(Operation::render()).key("job-17").now().wait()?;
    /// assert!(again.replayed && user.credits()? == 90);
    /// # Ok(())
    /// # }
    /// ```
    pub fn now(self) -> Reply<Receipt> {
        let quote = quote::<C>(&self.operation, &self.write.ledger);
        self.write.send(Action::Spend(quote), |ledger, _, outcome| entry::receipt(ledger, &outcome))
    }

    /// Sets the cost aside, runs the work on this thread and outside of any lock, and charges if the work
    /// returns `Ok`. If it returns `Err` or panics, the credits are released and nothing is charged.
    ///
    /// After a crash the credits stay set aside for up to `hold_limit` of the settings, 15 minutes unless
    /// set.
    ///
    /// Errors: [`RunError::AlreadyCharged`] under a key that was charged; the rejections of [`hold`](Self::hold), or
    /// `InProgress` while other work under the key has not ended; [`RunError::Work`] with the error of the work;
    /// [`RunError::Unsettled`] if the charge could not be written.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// # fn render() -> Result<String, std::io::Error> { Ok("v-1".to_owned()) }
    /// let video = user.spend_credits_on(Operation::render()).key("job-17").run(|| render())?;
    /// assert_eq!((video.as_str(), user.credits()?.get()), ("v-1", 90));
    ///
    /// let failed = user.spend_credits_on(Operation::render()).run(|| Err::<(), _>("out of memory"));
    /// assert!(failed.is_err() && user.credits()? == 90);
    /// # Ok(())
    /// # }
    /// ```
    pub fn run<T, E>(self, work: impl Work<T, E>) -> Result<T, RunError<E, T>> {
        self.run_with(|_| work.done())
    }

    /// Like [`run`](Self::run), for work that writes metadata on its charge, such as the id or the tokens that it came
    /// to. A replay by key hands the metadata back with the receipt of the charge.
    ///
    /// Errors: those of `run`; [`RunError::Unsettled`] also if the metadata exceeds its limits.
    ///
    /// ```
    /// # use credits_runtime::RunError;
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// # fn render() -> Result<String, std::io::Error> { Ok("v-1".to_owned()) }
    /// let render = || {
    ///     user.spend_credits_on(Operation::render()).key("job-17").run_with(|charge| {
    ///         let video = render()?;
    ///         charge.metadata(serde_json::json!({ "video": video }));
    ///         Ok::<_, std::io::Error>(video)
    ///     })
    /// };
    /// assert_eq!(render()?, "v-1");
    /// let Err(RunError::AlreadyCharged(receipt)) = render() else { unreachable!() };
    /// assert_eq!(receipt.entry.metadata.value()["video"], "v-1");
    /// # Ok(())
    /// # }
    /// ```
    pub fn run_with<T, E>(self, work: impl FnOnce(WorkCharge) -> Result<T, E>) -> Result<T, RunError<E, T>> {
        self.charged(work).map(|charged| charged.value)
    }

    /// Like [`run_with`](Self::run_with), but returns the receipt of the charge. Under a key that was charged it returns the
    /// receipt of that charge, with `replayed` set, and does not run the work. So the first call and every repetition return
    /// the same entry, with the metadata in which the work wrote its result.
    ///
    /// Errors: those of `run_with`, without `AlreadyCharged`.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// # fn render() -> Result<String, std::io::Error> { Ok("v-1".to_owned()) }
    /// let render = || {
    ///     user.spend_credits_on(Operation::render()).key("job-17").run_for_receipt(|charge| {
    ///         charge.metadata(serde_json::json!({ "video": render()? }));
    ///         Ok::<_, std::io::Error>(())
    ///     })
    /// };
    /// let (first, again) = (render()?, render()?);
    /// assert_eq!(first.entry.metadata.value()["video"], "v-1");
    /// assert_eq!(first.entry, again.entry);
    /// assert!(again.replayed);
    /// # Ok(())
    /// # }
    /// ```
    pub fn run_for_receipt<E>(
        self,
        work: impl FnOnce(WorkCharge) -> Result<(), E>,
    ) -> Result<Receipt, RunError<E>> {
        receipt_of(self.charged(work))
    }

    /// Like [`run`](Self::run), for work that is a future. The closure is called once the cost is set aside.
    /// Dropping the returned future releases the credits.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// async fn video(user: Wallet) -> Result<String, Box<dyn std::error::Error>> {
    ///     # async fn render() -> Result<String, std::io::Error> { Ok("v-1".to_owned()) }
    ///     let video = user.spend_credits_on(Operation::render()).key("job-17").run_async(|| render()).await?;
    ///     Ok(video)
    /// }
    /// # drop(video(user));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn run_async<T, E, F>(self, work: impl FnOnce() -> F) -> Result<T, RunError<E, T>>
    where
        F: Future<Output = Result<T, E>>,
    {
        self.run_async_with(|_| work()).await
    }

    /// Like [`run_with`](Self::run_with), for work that is a future, as [`run_async`](Self::run_async) runs it.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// async fn answer(user: Wallet) -> Result<String, Box<dyn std::error::Error>> {
    ///     # async fn complete() -> Result<(String, u32), std::io::Error> { Ok(("42".to_owned(), 912)) }
    ///     let spend = user.spend_credits_on(Operation::render()).key("job-17");
    ///     let answer = spend.run_async_with(|charge| async move {
    ///         let (answer, tokens) = complete().await?;
    ///         charge.metadata(serde_json::json!({ "tokens": tokens }));
    ///         Ok::<_, std::io::Error>(answer)
    ///     });
    ///     Ok(answer.await?)
    /// }
    /// # drop(answer(user));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn run_async_with<T, E, F>(
        self,
        work: impl FnOnce(WorkCharge) -> F,
    ) -> Result<T, RunError<E, T>>
    where
        F: Future<Output = Result<T, E>>,
    {
        self.charged_async(work).await.map(|charged| charged.value)
    }

    /// Like [`run_for_receipt`](Self::run_for_receipt), for work that is a future, as [`run_async`](Self::run_async) runs it.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// async fn video(user: Wallet, key: &str) -> Result<String, Box<dyn std::error::Error>> {
    ///     # async fn render() -> Result<String, std::io::Error> { Ok("v-1".to_owned()) }
    ///     let spend = user.spend_credits_on(Operation::render()).key(key);
    ///     let receipt = spend.run_async_for_receipt(|charge| async move {
    ///         charge.metadata(serde_json::json!({ "video": render().await? }));
    ///         Ok::<_, std::io::Error>(())
    ///     });
    ///     // The same for the first request under this key and for each repetition.
    ///     Ok(receipt.await?.entry.metadata.value()["video"].to_string())
    /// }
    /// # drop(video(user, "job-17"));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn run_async_for_receipt<E, F>(
        self,
        work: impl FnOnce(WorkCharge) -> F,
    ) -> Result<Receipt, RunError<E>>
    where
        F: Future<Output = Result<(), E>>,
    {
        receipt_of(self.charged_async(work).await)
    }

    /// Sets the cost aside for this long, up to `hold_limit_max` of the settings (24 hours unless set).
    ///
    /// Rejections in order: `OwnerInvalid`, `KeyInvalid`, `ClockUnconfirmed`, `IdempotencyKeyReused`, `HoldClosed` if the
    /// hold under this key has ended, `MetadataTooLarge`, `MetadataTooDeep`, those of the operation's cost,
    /// `HoldLimitInvalid`, `OpenHoldsLimit`, `InsufficientCredits`.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// # let user = credits.wallet("user:42");
    /// # user.give_credits(100).now().wait()?;
    /// # let minute = std::time::Duration::from_secs(60);
    /// let hold = user.spend_credits_on(Operation::render()).key("job-17").hold(minute).wait()?;
    /// assert_eq!((hold.amount().get(), user.credits()?.get()), (10, 90));
    /// hold.settle().wait()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn hold(self, limit: Duration) -> Reply<Hold<C>> {
        let action = self.action(limit, Purpose::Hold);
        self.write.send(action, Hold::of)
    }

    fn charged<T, E>(
        self,
        work: impl FnOnce(WorkCharge) -> Result<T, E>,
    ) -> Result<Charged<T>, RunError<E, T>> {
        let hold = match self.start().wait()? {
            Start::Charged(receipt) => return Err(RunError::AlreadyCharged(receipt)),
            Start::Hold(hold) => hold,
        };
        let charge = WorkCharge::of(&hold);
        match work(charge.clone()) {
            Ok(value) => {
                let id = hold.id();
                settled(hold.settle().metadata(charge.written()).wait(), value, id)
            }
            // Waits, so that the credits are free when this returns. If the release fails, the hold's limit
            // frees them.
            Err(error) => {
                drop(hold.release().wait());
                Err(RunError::Work(error))
            }
        }
    }

    async fn charged_async<T, E, F>(
        self,
        work: impl FnOnce(WorkCharge) -> F,
    ) -> Result<Charged<T>, RunError<E, T>>
    where
        F: Future<Output = Result<T, E>>,
    {
        let hold = match self.start().await? {
            Start::Charged(receipt) => return Err(RunError::AlreadyCharged(receipt)),
            Start::Hold(hold) => hold,
        };
        let charge = WorkCharge::of(&hold);
        match work(charge.clone()).await {
            Ok(value) => {
                let id = hold.id();
                settled(hold.settle().metadata(charge.written()).await, value, id)
            }
            Err(error) => {
                drop(hold.release().await);
                Err(RunError::Work(error))
            }
        }
    }

    fn start(self) -> Reply<Start<C>> {
        let action = self.action(self.write.ledger.policy().hold_limit, Purpose::Run);
        self.write.send(action, |ledger, wallet, outcome| match outcome.frame.kind {
            Kind::Hold => Hold::of(ledger, wallet, outcome).map(Start::Hold),
            _ => entry::receipt(ledger, &outcome).map(|receipt| Start::Charged(Box::new(receipt))),
        })
    }

    fn action(&self, limit: Duration, purpose: Purpose) -> Action {
        let quote = quote::<C>(&self.operation, &self.write.ledger);
        Action::Hold { quote, limit, purpose }
    }
}

not_sent!(Spend<C>, C => Receipt);

/// The value of work with its charge, if its hold was settled.
fn settled<T, E>(
    settled: Result<Settled, Error>,
    value: T,
    hold: HoldId,
) -> Result<Charged<T>, RunError<E, T>> {
    match settled {
        Ok(Settled { entry, replayed, .. }) => Ok(Charged { value, receipt: Receipt { entry, replayed } }),
        Err(error) => Err(RunError::Unsettled { value, hold, error }),
    }
}

/// The receipt of work that was charged now or before.
fn receipt_of<E>(charged: Result<Charged<()>, RunError<E>>) -> Result<Receipt, RunError<E>> {
    match charged {
        Ok(Charged { receipt, value: () }) => Ok(receipt),
        Err(RunError::AlreadyCharged(receipt)) => Ok(*receipt),
        Err(error) => Err(error),
    }
}

impl<E, T> From<Error> for RunError<E, T> {
    fn from(error: Error) -> Self {
        match error {
            Error::Rejected(rejection) => Self::Rejected(rejection),
            Error::Ledger(error) => Self::Ledger(error),
        }
    }
}

impl<E: fmt::Display, T> fmt::Display for RunError<E, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyCharged(receipt) => {
                let entry = receipt.entry.number;
                write!(
                    f,
                    "the work under this key was charged before, by entry {entry}: use a new key to do it again"
                )
            }
            Self::Rejected(rejection) => rejection.fmt(f),
            Self::Ledger(error) => error.fmt(f),
            Self::Work(error) => error.fmt(f),
            Self::Unsettled { hold, error, .. } => write!(
                f,
                "the work was done and not charged ({error}): settle hold {hold} before it lapses, or send the work again under its key"
            ),
        }
    }
}

impl<E: fmt::Display, T> fmt::Debug for RunError<E, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// `Display` shows the ledger's error, so `source` returns its cause. The work's error may not implement
/// `Error`, so it is no source.
impl<E: fmt::Display, T> std::error::Error for RunError<E, T> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::AlreadyCharged(_) | Self::Rejected(_) | Self::Work(_) => None,
            Self::Ledger(error) => error.source(),
            Self::Unsettled { error, .. } => Some(error),
        }
    }
}
