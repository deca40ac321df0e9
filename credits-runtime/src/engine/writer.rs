//! The writer: one thread, one batch at a time. Commands in, one commit, answers out.
//!
//! overlay -> facts -> commit -> publish -> answer, so that a caller reads its own write, and nobody reads what
//! is not durable.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::clock::Clock;
use super::inbox::{Inbox, Waiting, Work};
use super::overlay::{Batch, Position, Submitted};
use super::reply::{HoldGuard, Outcome, Slot};
use super::store::{Failure, Store};
use super::views::Views;
use crate::domain::command::{Action, Command};
use crate::domain::fact::Kind;
use crate::domain::ids::{HoldId, Key, WalletId};
use crate::domain::metadata::Metadata;
use crate::error::{Error, LedgerError, LedgerErrorKind};

/// What the writer's thread owns and shares.
pub(crate) struct Writer {
    pub(crate) store: Arc<Store>,
    pub(crate) views: Arc<Views>,
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) position: Position,
    /// Set once an outcome is unknown: this handle writes no more.
    pub(crate) stopped: Option<LedgerError>,
}

type Answered = Vec<(Key, Slot, Result<Outcome, Error>)>;

impl Writer {
    /// Works until the inbox is closed and empty.
    pub(crate) fn run(mut self) {
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
        match self.commit(&mut commands, &releases) {
            Ok(answers) => {
                self.views.commands.fetch_add(count as u64, Ordering::Relaxed);
                self.views.largest_batch.fetch_max(count as u64, Ordering::Relaxed);
                for (_, slot, answer) in answers {
                    slot.answer(answer);
                }
            }
            Err((answers, error)) => {
                for (key, slot, _) in answers {
                    slot.answer(Err(error.of(&key).into()));
                }
                refuse(commands, &error);
            }
        }
    }

    /// Decides and commits a batch. On success every command has an answer; on failure the error is everyone's.
    fn commit(
        &mut self,
        commands: &mut Vec<Waiting>,
        releases: &[(WalletId, HoldId)],
    ) -> Result<Answered, (Answered, LedgerError)> {
        let (store, views) = (Arc::clone(&self.store), Arc::clone(&self.views));
        let mut answers = Vec::with_capacity(commands.len());
        let mut batch = Batch::new(&store, &views, &self.position);
        // A panic before the commit is a bug of ours that must not take the ledger with it: nothing is written.
        let decided = catch_unwind(AssertUnwindSafe(|| {
            for (wallet, hold) in releases {
                self.release(&mut batch, wallet, *hold)?;
            }
            for Waiting { command, slot } in commands.drain(..) {
                let submitted = batch.submit(&command, self.clock.now());
                let failed = submitted.as_ref().err().cloned();
                let answer = submitted
                    .map_err(Error::from)
                    .and_then(|submitted| self.outcome(&batch, &command, submitted));
                answers.push((command.key, slot, answer));
                if let Some(error) = failed {
                    return Err(error);
                }
            }
            Ok(())
        }));
        match decided {
            Ok(Ok(())) if batch.is_empty() => return Ok(answers),
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Err((answers, not_done(error))),
            Err(_) => {
                return Err((
                    answers,
                    not_done(LedgerError::new(LedgerErrorKind::NotDone, "a rule was broken")),
                ));
            }
        }
        match self.write(&batch) {
            Ok(()) => {
                let (position, wallets) = batch.committed();
                self.views.publish(wallets, position.last_at);
                self.views.commits.fetch_add(1, Ordering::Relaxed);
                self.position = position;
                Ok(answers)
            }
            Err(error) => Err((answers, error)),
        }
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

    /// Releases a dropped hold; one that is closed already needs nothing.
    fn release(&self, batch: &mut Batch<'_>, wallet: &WalletId, hold: HoldId) -> Result<(), LedgerError> {
        let command = Command {
            wallet: wallet.clone(),
            key: Key::of_hold(hold),
            action: Action::Release(hold),
            metadata: Metadata::default(),
        };
        if let Err(rejection) = batch.submit(&command, self.clock.now())? {
            tracing::debug!(%hold, %rejection, "a dropped hold was closed already");
        }
        Ok(())
    }

    fn outcome(&self, batch: &Batch<'_>, command: &Command, submitted: Submitted) -> Result<Outcome, Error> {
        let (frame, replayed) = submitted?;
        if let Action::Settle(hold) = command.action
            && batch.is_open(&command.wallet, hold)
        {
            // Its key was charged through another hold, so nothing is owed for this one.
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

fn refuse(commands: Vec<Waiting>, error: &LedgerError) {
    for Waiting { command, slot } in commands {
        slot.answer(Err(error.of(&command.key).into()));
    }
}

fn not_done(error: LedgerError) -> LedgerError {
    tracing::error!(%error, "a batch was given up before its commit; nothing of it was written");
    let message = format!("the write did not happen ({error}): send it again");
    LedgerError::caused(LedgerErrorKind::NotDone, message, error)
}
