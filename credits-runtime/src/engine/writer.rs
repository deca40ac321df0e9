//! The writer: one thread, one batch at a time. Commands in, one commit, answers out.
//!
//! overlay -> facts -> commit -> publish -> answer, so that a caller reads its own write, and nobody reads what
//! is not durable.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::clock::Clock;
use super::inbox::{Inbox, Waiting, Work};
use super::ledger::Ledger;
use super::overlay::{Batch, Position, Submitted};
use super::reply::{HoldGuard, Outcome, Slot};
use super::store::{Failure, Store};
use super::views::Views;
use crate::domain::command::{Action, Command};
use crate::domain::fact::Kind;
use crate::domain::ids::{HoldId, WalletId};
use crate::domain::policy::Policy;
use crate::error::{Error, LedgerError, LedgerErrorKind};

/// What the writer's thread owns and shares.
pub(crate) struct Writer {
    pub(crate) store: Arc<Store>,
    pub(crate) views: Arc<Views>,
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) position: Position,
    pub(crate) policy: Policy,
    /// Set once an outcome is unknown: this handle writes no more.
    pub(crate) stopped: Option<LedgerError>,
}

/// Answers whoever waits when the thread ends, by a bug too.
struct Ended(Arc<Inbox>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

/// Commands with what they came to, while it is not yet durable.
type Decided = Vec<(Command, Slot, Result<Submitted, LedgerError>)>;

impl Writer {
    /// Works until the inbox is closed and empty.
    pub(crate) fn run(mut self) {
        let _ended = Ended(Arc::clone(&self.inbox));
        while let Some(work) = self.inbox.take() {
            self.work(work);
        }
    }

    fn work(&mut self, work: Work) {
        let Work { mut commands, releases } = work;
        if let Some(stopped) = &self.stopped {
            return refuse(commands, stopped);
        }
        let count = commands.len().saturating_add(releases.len());
        let mut decided = Vec::with_capacity(commands.len());
        match self.commit(&mut commands, &releases, &mut decided) {
            Ok(()) => {
                self.views.commands.fetch_add(count as u64, Ordering::Relaxed);
                self.views.largest_batch.fetch_max(count as u64, Ordering::Relaxed);
                for (command, slot, submitted) in decided {
                    slot.answer(self.answer(&command, submitted));
                }
            }
            Err(error) => {
                let decided = decided.into_iter().map(|(command, slot, _)| Waiting { command, slot });
                refuse(decided.chain(commands), &error);
            }
        }
    }

    /// Decides and commits a batch: everything in it, or, on an error, nothing that anybody may count on.
    fn commit(
        &mut self,
        commands: &mut Vec<Waiting>,
        releases: &[(WalletId, HoldId)],
        decided: &mut Decided,
    ) -> Result<(), LedgerError> {
        let (store, views, policy) = (Arc::clone(&self.store), Arc::clone(&self.views), self.policy);
        let mut batch = Batch::new(&store, &views, &policy, &self.position);
        // A panic before the commit is a bug of ours that must not take the ledger with it: nothing is written.
        let deciding = catch_unwind(AssertUnwindSafe(|| {
            for (wallet, hold) in releases {
                self.release(&mut batch, wallet, *hold);
            }
            for Waiting { command, slot } in commands.drain(..) {
                // What cannot be read harms this command alone: nothing of it is booked.
                let submitted = batch.submit(&command, self.clock.now());
                decided.push((command, slot, submitted));
            }
        }));
        if deciding.is_err() {
            tracing::error!("a rule was broken while deciding; nothing of the batch was written");
            let message = "the write did not happen, a rule of the ledger was broken: please report it";
            return Err(LedgerError::new(LedgerErrorKind::NotDone, message));
        }
        if batch.is_empty() {
            return Ok(());
        }
        self.write(&batch)?;
        let (position, wallets) = batch.committed();
        self.views.publish(wallets, position.last_at);
        self.views.commits.fetch_add(1, Ordering::Relaxed);
        self.position = position;
        Ok(())
    }

    fn write(&mut self, batch: &Batch<'_>) -> Result<(), LedgerError> {
        let committed = catch_unwind(AssertUnwindSafe(|| self.store.commit(&batch.changes())));
        let message = "whether the write happened is not known: open the ledger again and send the command under the same key";
        let unknown = match committed {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(Failure::NotDone(error))) => {
                let message = format!("the write did not happen ({error}): send it again");
                return Err(LedgerError::caused(LedgerErrorKind::NotDone, message, error));
            }
            Ok(Err(Failure::OutcomeUnknown(error))) => {
                LedgerError::caused(LedgerErrorKind::OutcomeUnknown, message, error)
            }
            Err(_) => LedgerError::new(LedgerErrorKind::OutcomeUnknown, message),
        };
        tracing::error!(error = %unknown, "a commit failed; this handle writes no more");
        let message =
            "an earlier write's outcome is unknown, so this handle writes no more: open the ledger again";
        self.stopped = Some(LedgerError::new(LedgerErrorKind::Stopped, message));
        Err(unknown)
    }

    /// Releases a dropped hold; one that is closed already needs nothing, and its limit frees any other.
    fn release(&self, batch: &mut Batch<'_>, wallet: &WalletId, hold: HoldId) {
        let command = Ledger::close_hold(wallet.clone(), hold, Action::Release(hold));
        match batch.submit(&command, self.clock.now()) {
            Ok(Ok(_)) => {}
            Ok(Err(rejection)) => tracing::debug!(%hold, %rejection, "a dropped hold was closed already"),
            Err(error) => tracing::warn!(%hold, %error, "a dropped hold could not be released"),
        }
    }

    /// The answer of a durable command. A hold that it opened is guarded from here on: not before, because the
    /// number of one that was not written is given to another.
    fn answer(&self, command: &Command, submitted: Result<Submitted, LedgerError>) -> Result<Outcome, Error> {
        let (frame, replayed) = submitted.map_err(|error| error.of(&command.key))??;
        if let Action::Settle { hold, .. } = command.action
            && replayed
        {
            // Its key may have been charged through another hold; then nothing is owed for this one.
            self.inbox.release(command.wallet.clone(), hold);
        }
        let opened = frame.1.answer().filter(|_| frame.1.kind == Kind::Hold && !replayed);
        let guard = opened.map(|(place, _)| HoldGuard {
            inbox: Arc::clone(&self.inbox),
            wallet: command.wallet.clone(),
            hold: Some(HoldId(frame.0.plus(place))),
        });
        Ok(Outcome { frame, replayed, guard })
    }
}

fn refuse(commands: impl IntoIterator<Item = Waiting>, error: &LedgerError) {
    for Waiting { command, slot } in commands {
        slot.answer(Err(error.of(&command.key).into()));
    }
}
