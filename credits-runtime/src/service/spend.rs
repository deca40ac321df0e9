//! Spending credits: at once, around work, or by a hold.

use std::fmt;
use std::time::Duration;

use crate::domain::command::Action;
use crate::domain::fact::{Kind, Purpose};
use crate::domain::ids::HoldId;
use crate::domain::rejection::Rejection;
use crate::engine::reply::Reply;
use crate::error::{Error, LedgerError};
use crate::generated::{Pricing, quote};
use crate::service::entry::{self, Receipt, Settled};
use crate::service::hold::Hold;
use crate::service::write::{Write, not_sent, write_options};

/// Credits about to be spent on an operation.
#[must_use = "nothing is spent until `.now()`, `.run(..)` or `.hold(..)`"]
pub struct Spend<C: Pricing> {
    write: Write,
    operation: C::Operation,
}

/// Why spending around work did not end with the work's value.
///
/// Its `Debug` is its `Display`, so that `fn main() -> Result<(), Box<dyn Error>>` prints a sentence.
#[non_exhaustive]
pub enum RunError<E, T = ()> {
    /// The work under this key was charged before; it was not done again.
    AlreadyCharged(Box<Receipt>),
    /// The ledger said no; the work was not done.
    Rejected(Rejection),
    /// The ledger failed before the work began; it was not done.
    Ledger(LedgerError),
    /// The work failed, and nothing was charged.
    Work(E),
    /// The work was done, and its charge could not be written, or its outcome is unknown.
    Unsettled {
        /// The value of the work.
        value: T,
        /// The hold with its price: [`Wallet::settle`](crate::Wallet::settle) charges it, until it lapses.
        hold: HoldId,
        /// Why it is not charged.
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
    /// Does it.
    fn done(self) -> Result<T, E>;
}

#[diagnostic::do_not_recommend]
impl<T, E, F: FnOnce() -> R, R: Done<T, E>> Work<T, E> for F {
    fn done(self) -> Result<T, E> {
        self().result()
    }
}

/// What work returns. A trait, so that other types are judged as work and not as results.
pub trait Done<T, E> {
    /// The result.
    fn result(self) -> Result<T, E>;
}

impl<T, E> Done<T, E> for Result<T, E> {
    fn result(self) -> Self {
        self
    }
}

/// What a hold for work under a key comes to.
enum Start<C> {
    Hold(Hold<C>),
    Charged(Box<Receipt>),
}

impl<C: Pricing> Spend<C> {
    pub(crate) fn new(write: Write, operation: C::Operation) -> Self {
        Self { write, operation }
    }

    write_options!();

    /// Charges at once.
    ///
    /// Rejections in order: `IdempotencyKeyReused`, `OwnerInvalid`, `KeyInvalid`, `MetadataTooLarge`,
    /// `MetadataTooDeep`, those of the operation's cost, `InsufficientCredits`.
    pub fn now(self) -> Reply<Receipt> {
        let quote = quote::<C>(&self.operation, &self.write.ledger);
        self.write.send(Action::Spend(quote), |ledger, _, outcome| entry::receipt(ledger, &outcome))
    }

    /// Sets the cost aside, does the work on this thread and outside any lock, and charges if it returned `Ok`.
    /// If it returned `Err` or panicked, the credits are free again and nothing is charged.
    ///
    /// A crash leaves the credits set aside until `hold_limit` of the settings, 15 minutes unless set.
    pub fn run<T, E>(self, work: impl Work<T, E>) -> Result<T, RunError<E, T>> {
        let hold = match self.start().wait()? {
            Start::Charged(receipt) => return Err(RunError::AlreadyCharged(receipt)),
            Start::Hold(hold) => hold,
        };
        match work.done() {
            Ok(value) => {
                let id = hold.id();
                settled(hold.settle().wait(), value, id)
            }
            // Waited for, so that the caller finds the credits free; if it fails, the hold's limit frees them.
            Err(error) => {
                drop(hold.release().wait());
                Err(RunError::Work(error))
            }
        }
    }

    /// As [`run`](Self::run), for work that is a future; the closure is called once the cost is set aside.
    /// Dropping the returned future gives the credits back.
    pub async fn run_async<T, E, F>(self, work: impl FnOnce() -> F) -> Result<T, RunError<E, T>>
    where
        F: Future<Output = Result<T, E>>,
    {
        let hold = match self.start().await? {
            Start::Charged(receipt) => return Err(RunError::AlreadyCharged(receipt)),
            Start::Hold(hold) => hold,
        };
        match work().await {
            Ok(value) => {
                let id = hold.id();
                settled(hold.settle().await, value, id)
            }
            Err(error) => {
                drop(hold.release().await);
                Err(RunError::Work(error))
            }
        }
    }

    /// Sets the cost aside for at most this long, `hold_limit_max` of the settings (24 hours unless set) at the most.
    ///
    /// Rejections in order: `IdempotencyKeyReused`, `HoldClosed` if the hold under this key has ended,
    /// `OwnerInvalid`, `KeyInvalid`, `MetadataTooLarge`, `MetadataTooDeep`, those of the operation's cost,
    /// `HoldLimitInvalid`, `OpenHoldsLimit`, `InsufficientCredits`.
    pub fn hold(self, limit: Duration) -> Reply<Hold<C>> {
        let action = self.action(limit, Purpose::Hold);
        self.write.send(action, Hold::of)
    }

    fn start(self) -> Reply<Start<C>> {
        let action = self.action(self.write.ledger.policy().hold_limit, Purpose::Run);
        self.write.send(action, |ledger, wallet, outcome| match outcome.frame.1.kind {
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

/// The value of work, if its hold was settled.
fn settled<T, E>(settled: Result<Settled, Error>, value: T, hold: HoldId) -> Result<T, RunError<E, T>> {
    match settled {
        Ok(_) => Ok(value),
        Err(error) => Err(RunError::Unsettled { value, hold, error }),
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

/// The source is the cause of what is shown. The work's own error is shown, and matched by its variant.
impl<E: fmt::Display, T> std::error::Error for RunError<E, T> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::AlreadyCharged(_) | Self::Rejected(_) | Self::Work(_) => None,
            Self::Ledger(error) => error.source(),
            Self::Unsettled { error, .. } => Some(error),
        }
    }
}
