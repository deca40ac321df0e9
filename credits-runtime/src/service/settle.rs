//! Settlements of holds: the amount to charge, and metadata that the finished work writes on the charge.

use std::fmt;
use std::future::IntoFuture;
use std::sync::Arc;

use crate::domain::command::{Action, Command, SettleAt};
use crate::domain::ids::{HoldId, WalletId};
use crate::domain::metadata::Metadata;
use crate::domain::rejection::Rejection;
use crate::engine::ledger::Ledger;
use crate::engine::request::hold_guard::HoldGuard;
use crate::engine::request::reply::Reply;
use crate::error::Error;
use crate::service::entry::{self, Settled};

/// Builder of a settlement: finish with `.now()`, `.wait()` or `.await`.
///
/// Dropping it instead releases a [`Hold`](crate::Hold) as dropping the hold does.
#[must_use = "nothing is charged until `.wait()` or `.await`"]
pub struct Settle {
    // Declared before `ledger` so that it is dropped first: the last handle closes the ledger.
    guard: Option<HoldGuard>,
    ledger: Arc<Ledger>,
    wallet: Result<WalletId, Rejection>,
    hold: HoldId,
    at: SettleAt,
    metadata: Metadata,
}

impl Settle {
    pub(crate) fn new(
        ledger: &Arc<Ledger>,
        wallet: Result<WalletId, Rejection>,
        hold: HoldId,
        at: SettleAt,
    ) -> Self {
        let metadata = Metadata::default();
        Self { guard: None, ledger: Arc::clone(ledger), wallet, hold, at, metadata }
    }

    pub(crate) fn guarded(self, guard: HoldGuard) -> Self {
        Self { guard: Some(guard), ..self }
    }

    /// Metadata of the finished work, such as its id or the tokens that it used. It is written over the metadata of
    /// the hold: members of two objects are joined, and any other value replaces the earlier one. The same rules hold for
    /// another call.
    pub fn metadata(mut self, metadata: impl Into<Metadata>) -> Self {
        self.metadata = metadata.into().over(&self.metadata);
        self
    }

    /// Sends the settlement. Another one of the same hold, or of its key, returns the first outcome with its metadata.
    ///
    /// Rejections in order: `OwnerInvalid`, `ClockUnconfirmed`, `MetadataTooLarge`, `MetadataTooDeep`, `HoldUnknown`,
    /// `HoldClosed` if the hold was released, those of the amount; then `MetadataTooLarge` again if the metadata of the hold and of the
    /// settlement together exceed the limit. After a rejection the hold is open until its limit.
    pub fn now(self) -> Reply<Settled> {
        let Self { guard, ledger, wallet, hold, at, metadata } = self;
        // Disarmed before the command is sent, so that the drop of the guard does not release the hold too.
        if let Some(mut guard) = guard {
            guard.disarm();
        }
        match wallet {
            Err(rejection) => Reply::failed(rejection),
            Ok(wallet) => {
                let command = Command::closing_hold(wallet, hold, Action::Settle { hold, at }, metadata);
                let reader = Arc::clone(&ledger);
                ledger.submit(command, move |outcome| entry::settled(&reader, &outcome))
            }
        }
    }

    /// Sends the settlement, and waits on this thread until it is durable or has failed.
    ///
    /// Errors: those of [`now`](Self::now).
    pub fn wait(self) -> Result<Settled, Error> {
        self.now().wait()
    }
}

impl IntoFuture for Settle {
    type Output = Result<Settled, Error>;
    type IntoFuture = Reply<Settled>;

    fn into_future(self) -> Reply<Settled> {
        self.now()
    }
}

impl fmt::Debug for Settle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settle").field("hold", &self.hold).finish_non_exhaustive()
    }
}
