//! The writer: takes requests, decides a batch, commits it, and replies. Between requests it books due work.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::committer::Committer;
use super::decider::{BatchWork, DecidedBatch, Decider, DueOutcome};
use super::renewals::Renewals;
use super::replies::{Replies, refuse};
use crate::domain::billing::record::Billing;
use crate::domain::ids::{HoldId, Key, Owner, WalletId};
use crate::domain::time::Timestamp;
use crate::engine::batch::billing::Bill;
use crate::engine::batch::failed_due::FailedDue;
use crate::engine::batch::sealed::SealedBatch;
use crate::engine::presence::check_files;
use crate::engine::request::inbox::{DueCaller, Inbox, Request, TakenWork, Waiting, Work};
use crate::engine::request::slot::Slot;
use crate::engine::store::{Changes, Snapshot};
use crate::engine::tuning::ROWS_AT_ONCE;
use crate::error::{LedgerError, LedgerErrorKind};

/// Idle time after which every dirty row is written to the ledger's file.
const FLUSH_AFTER: Duration = Duration::from_secs(1);
/// Minimum interval between two checks that the ledger's files still have their paths.
const FILE_CHECK_EVERY: Duration = Duration::from_secs(1);
/// Delay before due work is retried if all of it failed.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The writer's thread.
pub(crate) struct Writer {
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) decider: Decider,
    pub(crate) committer: Committer,
    pub(crate) replies: Replies,
    pub(crate) renewals: Renewals,
    pub(crate) failed_due: FailedDue,
    pub(crate) schedule: Schedule,
    /// The catalogue to whose covers wallets are to be changed.
    pub(crate) covers_wanted: Option<u32>,
    /// The error of all further writes, set once an outcome is unknown or a file is gone.
    pub(crate) stopped: Option<LedgerError>,
}

/// The writer's timers: due work, flushes, retries and file checks.
#[derive(Debug, Default)]
pub(crate) struct Schedule {
    /// The earliest due instant of any record that has not failed; it may be early.
    next_due: Option<Timestamp>,
    /// Whether there was a commit since the last flush.
    is_unflushed: bool,
    /// No due work is booked before this instant, because all of it failed.
    retry_at: Option<Timestamp>,
    /// The monotonic reading of the last file check.
    files_checked_at: Option<Duration>,
}

impl From<Option<Timestamp>> for Schedule {
    /// A schedule whose first due instant is this one.
    fn from(next_due: Option<Timestamp>) -> Self {
        Self { next_due, ..Self::default() }
    }
}

/// The final state of the writer's thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Every commit's outcome is known.
    Complete,
    /// The writer stopped after an error: the outcome of the last commit may be unknown.
    Stopped,
}

/// Closes the inbox when the thread ends, even by a panic, so that no caller waits for ever.
pub(crate) struct Abandoning(pub(crate) Arc<Inbox>);

impl Drop for Abandoning {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

impl Writer {
    /// Runs until the inbox is closed and empty.
    pub(crate) fn run(mut self) -> Ended {
        let _abandoning = Abandoning(Arc::clone(&self.inbox));
        loop {
            match self.inbox.take(self.wait()) {
                TakenWork::Work(work) => self.work(work),
                TakenWork::TimedOut if self.is_due() || self.may_change_covers() => {
                    self.work(Work::default());
                }
                TakenWork::TimedOut => self.flush(),
                TakenWork::Closed if self.stopped.is_some() => return Ended::Stopped,
                TakenWork::Closed => return Ended::Complete,
            }
        }
    }

    /// Books the work that came due while the ledger was closed, and retries billing that needs attention, because
    /// the catalogue may now declare the purchased plans and packs. Changes covers to those of another catalogue.
    pub(crate) fn begin(&mut self, catalogue: u32) -> Result<(), LedgerError> {
        while self.is_due() {
            // Due work that is left out is logged, and retried once the ledger is open.
            _ = self.commit(&mut VecDeque::new(), &mut Vec::new())?;
        }
        self.fulfil_each(Snapshot::attention, |_| true)?;
        let is_of_another = self.committer.store.snapshot()?.covers()? != Some(catalogue);
        self.covers_wanted = is_of_another.then_some(catalogue);
        self.change_covers()
    }

    /// Changes covers to those of the application's catalogue, if they are another one's. Waits for the clock to be
    /// confirmed, because fulfilment does.
    fn change_covers(&mut self) -> Result<(), LedgerError> {
        let Some(catalogue) = self.covers_wanted.filter(|_| self.may_change_covers()) else { return Ok(()) };
        let failed = self.fulfil_each(Snapshot::billed_owners, Billing::has_unlimited)?;
        self.covers_wanted = None;
        // The next opening tries again for owners that failed.
        if failed == 0 {
            let mut changes = Changes::default();
            changes.put_covers(Some(catalogue));
            self.committer.store.publish(changes);
        }
        Ok(())
    }

    fn may_change_covers(&self) -> bool {
        self.covers_wanted.is_some() && self.decider.clock.unconfirmed().is_none()
    }

    /// Fulfils owners whose billing counts, a page of owners at a time. Returns how many failed.
    fn fulfil_each(
        &mut self,
        page: impl Fn(&Snapshot, Option<&Owner>, usize) -> Result<Vec<Owner>, LedgerError>,
        counts: impl Fn(&Billing) -> bool,
    ) -> Result<usize, LedgerError> {
        let (mut after, mut failed): (Option<Owner>, usize) = (None, 0);
        loop {
            let snapshot = self.committer.store.snapshot()?;
            let owners = page(&snapshot, after.as_ref(), ROWS_AT_ONCE)?;
            let Some(last) = owners.last() else { return Ok(failed) };
            after = Some(last.clone());
            let (mut requests, mut outcomes) = (VecDeque::new(), Vec::new());
            for owner in owners {
                // A row that cannot be read fails for its owner alone.
                if snapshot.billing(&owner).map_or(true, |row| counts(&row.billing)) {
                    let (slot, outcome) = Slot::new();
                    outcomes.push((owner.clone(), outcome));
                    let request = Arc::new(Request::Bill(Bill::Fulfil(owner), Key::none()));
                    requests.push_back(Waiting { request, slot, since: Duration::ZERO });
                }
            }
            while !requests.is_empty() {
                self.commit(&mut requests, &mut Vec::new())?;
            }
            for (owner, outcome) in outcomes {
                if let Ok(Err(error)) = outcome.try_recv() {
                    tracing::error!(%owner, %error, "what is due could not be booked; the owner's next event does it");
                    failed = failed.saturating_add(1);
                }
            }
        }
    }

    /// Books all due work, that of records which failed before too; fails with the first error.
    fn book_due(&mut self) -> Result<(), LedgerError> {
        self.schedule.retry_at = None;
        if self.failed_due.next_at().is_some() {
            self.failed_due.retry_now();
            self.schedule.next_due = Some(Timestamp::MIN);
        }
        let mut first = None;
        while self.is_due() {
            let failed = self.commit(&mut VecDeque::new(), &mut Vec::new())?;
            first = first.or(failed);
        }
        first.map_or(Ok(()), Err)
    }

    /// The time until the next timer; `None` if the writer may wait for ever.
    fn wait(&self) -> Option<Duration> {
        if self.stopped.is_some() {
            return None;
        }
        let clock = &self.decider.clock;
        let until = |instant: Option<Timestamp>| instant.and_then(|instant| clock.wait_until(instant));
        let flush = self.schedule.is_unflushed.then(|| clock.now().after(FLUSH_AFTER));
        // Covers wait for the clock alone.
        let covers = self.covers_wanted.map(|_| Timestamp::MIN);
        let waits = [until(self.next_due()), until(flush), until(covers)];
        waits.into_iter().flatten().min()
    }

    /// The instant of the next due work: of a record, of a retry, or of a hold to extend.
    fn next_due(&self) -> Option<Timestamp> {
        let records = [self.schedule.next_due, self.failed_due.next_at()].into_iter().flatten().min();
        let due = records.into_iter().chain(self.renewals.next_due_at()).min()?;
        Some(due.max(self.schedule.retry_at.unwrap_or(due)))
    }

    /// Whether work is due now, and may be booked.
    fn is_due(&self) -> bool {
        let now = self.decider.now();
        self.decider.clock.unconfirmed().is_none()
            && self.stopped.is_none()
            && self.next_due().is_some_and(|due| due <= now)
    }

    /// Requests a flush of every dirty row, after which an opening replays nothing.
    fn flush(&mut self) {
        if self.stopped.is_none() && std::mem::take(&mut self.schedule.is_unflushed) {
            self.committer.checkpointer.request_flush(self.decider.position.next.first());
        }
    }

    /// Stops writing if a file of the ledger was deleted or replaced.
    fn check_files(&mut self) {
        let monotonic = self.decider.clock.monotonic();
        let checked_at = self.schedule.files_checked_at;
        if checked_at.is_some_and(|at| monotonic.saturating_sub(at) < FILE_CHECK_EVERY) {
            return;
        }
        self.schedule.files_checked_at = Some(monotonic);
        let checked = check_files(&self.committer.store, self.committer.log.as_deref());
        if let (Err(gone), None) = (checked, &self.stopped) {
            tracing::error!(error = %gone, "this handle writes no more");
            self.stopped = Some(gone);
        }
    }

    fn work(&mut self, work: Work) {
        self.check_files();
        let Work { commands, mut releases, due_booked } = work;
        let mut commands = VecDeque::from(commands);
        if let Err(error) = self.change_covers() {
            tracing::error!(%error, "covers could not be changed to another price list's; the next opening does it");
            self.covers_wanted = None;
        }
        loop {
            let committed = self.commit(&mut commands, &mut releases);
            if let Err(error) = committed {
                send(due_booked, &Err(error.clone()));
                return refuse(commands, &error);
            }
            if commands.is_empty() {
                break;
            }
            releases.clear();
        }
        if !due_booked.is_empty() {
            send(due_booked, &self.book_due());
        }
    }

    /// Decides and commits one batch, and replies to its callers. A full batch leaves requests in `waiting`. Returns
    /// the error of due work that was skipped and will be retried.
    fn commit(
        &mut self,
        waiting: &mut VecDeque<Waiting>,
        releases: &mut Vec<(WalletId, HoldId)>,
    ) -> Result<Option<LedgerError>, LedgerError> {
        self.stopped.clone().map_or(Ok(()), Err)?;
        let (is_due, mut decided) = (self.is_due(), Vec::with_capacity(waiting.len()));
        let Self { renewals, failed_due, .. } = self;
        let work = BatchWork { waiting, decided: &mut decided, releases, is_due, renewals, failed_due };
        let decided_batch = self.decider.decide(work);
        let committed =
            decided_batch.and_then(|batch| self.commit_batch(batch.sealed.as_ref()).map(|()| batch));
        let now = self.decider.now();
        self.renewals.finish(committed.is_ok(), now);
        let retry_at = now.after(RETRY_AFTER);
        let DecidedBatch { sealed, next_due, due } = match committed {
            Ok(batch) => batch,
            Err(error) => {
                if is_due {
                    self.schedule.retry_at = Some(retry_at);
                    self.schedule.next_due = self.schedule.next_due.into_iter().chain([retry_at]).min();
                }
                let requests = decided.into_iter();
                let since = Duration::ZERO;
                refuse(requests.map(|it| Waiting { request: it.request, slot: it.slot, since }), &error);
                return Err(error);
            }
        };
        let mut first_error = None;
        if let Some(DueOutcome { next, failed, pauses }) = due {
            self.schedule.retry_at = pauses.then_some(retry_at);
            self.schedule.next_due = next.into_iter().chain(self.schedule.retry_at).min();
            first_error = failed;
        }
        self.schedule.next_due = self.schedule.next_due.into_iter().chain(next_due).min();
        let frames = sealed.map(|sealed| sealed.frames).unwrap_or_default();
        self.replies.send(decided, releases.len(), &frames, &mut self.renewals, now);
        if let Some(error) = &first_error {
            tracing::error!(%error, "something that is due could not be booked; it is retried");
        }
        Ok(first_error)
    }

    fn commit_batch(&mut self, batch: Option<&SealedBatch>) -> Result<(), LedgerError> {
        let Some(batch) = batch else { return Ok(()) };
        self.committer.commit(batch).map_err(|error| self.stop_if_unknown(error))?;
        self.decider.position = batch.after();
        self.decider.position.drop_days_before(self.committer.written_day());
        self.schedule.is_unflushed = true;
        Ok(())
    }

    /// Stops writing if the outcome of a commit is unknown, because the end of the log is then unknown too.
    fn stop_if_unknown(&mut self, error: LedgerError) -> LedgerError {
        if error.kind() == LedgerErrorKind::OutcomeUnknown {
            tracing::error!(%error, "a commit failed; this handle writes no more");
            let message =
                "an earlier write's outcome is unknown, so this handle writes no more: open the ledger again";
            self.stopped = Some(LedgerError::caused(LedgerErrorKind::Stopped, message, error.clone()));
        }
        error
    }
}

fn send(callers: Vec<DueCaller>, result: &Result<(), LedgerError>) {
    for caller in callers {
        // The caller may have stopped waiting.
        _ = caller.send(result.clone());
    }
}
