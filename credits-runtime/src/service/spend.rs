//! Spending credits: at once, around work, or by a hold.

use std::fmt;
use std::time::Duration;

use crate::domain::command::Action;
use crate::domain::fact::{Kind, Purpose};
use crate::domain::rejection::Rejection;
use crate::engine::reply::Reply;
use crate::error::{Error, LedgerError};
use crate::generated::{Pricing, quote};
use crate::service::entry::{self, Receipt};
use crate::service::hold::Hold;
use crate::service::write::{Write, not_sent, write_options};

/// Credits about to be spent on an operation.
#[must_use = "nothing is spent until `.now()`, `.run(..)` or `.hold(..)`"]
pub struct Spend<C: Pricing> {
    write: Write,
    operation: C::Operation,
}

/// Why spending around work did not end with the work's value.
#[derive(Debug)]
#[non_exhaustive]
pub enum RunError<E> {
    /// The work under this key was charged before; it was not done again.
    AlreadyCharged(Box<Receipt>),
    /// The ledger said no; the work was not done.
    Rejected(Rejection),
    /// The ledger failed. If the work was done, its value is dropped: who must keep it uses `.hold(..)`.
    Ledger(LedgerError),
    /// The work failed, and nothing was charged.
    Work(E),
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
    pub fn run<T, E>(self, work: impl Work<T, E>) -> Result<T, RunError<E>> {
        let hold = match self.start().wait()? {
            Start::Charged(receipt) => return Err(RunError::AlreadyCharged(receipt)),
            Start::Hold(hold) => hold,
        };
        match work.done() {
            Ok(value) => hold.settle().wait().map(|_| value).map_err(RunError::from),
            // Waited for, so that the caller finds the credits free; if it fails, the hold's limit frees them.
            Err(error) => {
                drop(hold.release().wait());
                Err(RunError::Work(error))
            }
        }
    }

    /// As [`run`](Self::run), for work that is a future; the closure is called once the cost is set aside.
    /// Dropping the returned future gives the credits back.
    pub async fn run_async<T, E, F>(self, work: impl FnOnce() -> F) -> Result<T, RunError<E>>
    where
        F: Future<Output = Result<T, E>>,
    {
        let hold = match self.start().await? {
            Start::Charged(receipt) => return Err(RunError::AlreadyCharged(receipt)),
            Start::Hold(hold) => hold,
        };
        match work().await {
            Ok(value) => hold.settle().await.map(|_| value).map_err(RunError::from),
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

impl<E> From<Error> for RunError<E> {
    fn from(error: Error) -> Self {
        match error {
            Error::Rejected(rejection) => Self::Rejected(rejection),
            Error::Ledger(error) => Self::Ledger(error),
        }
    }
}

impl<E: fmt::Display> fmt::Display for RunError<E> {
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
        }
    }
}

impl<E: fmt::Debug + fmt::Display> std::error::Error for RunError<E> {}
