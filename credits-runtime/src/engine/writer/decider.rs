//! The decider: turns requests into a sealed batch, in their order of arrival.

use std::collections::VecDeque;
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::renewals::Renewals;
use crate::domain::billing::sale::Sale;
use crate::domain::command::{Action, Command};
use crate::domain::ids::{HoldId, WalletId};
use crate::domain::metadata::Metadata;
use crate::domain::policy::Policy;
use crate::domain::rejection::Rejection;
use crate::domain::time::Timestamp;
use crate::engine::batch::batch::{Batch, Position, Submitted, Verdict};
use crate::engine::batch::failed_due::FailedDue;
use crate::engine::batch::file_source::FileSource;
use crate::engine::batch::sealed::SealedBatch;
use crate::engine::batch::source::Source;
use crate::engine::clock::LedgerClock;
use crate::engine::published::Published;
use crate::engine::request::inbox::{Request, Waiting};
use crate::engine::request::slot::Slot;
use crate::engine::store::Store;
use crate::engine::tuning::WaitingMax;
use crate::error::{LedgerError, LedgerErrorKind};

/// Records that may break a rule in one decision before its due work is left for a later batch.
const PASSED_OVER_MAX: usize = 16;

/// Decides batches over the committed records.
pub(crate) struct Decider {
    pub(crate) store: Arc<Store>,
    pub(crate) published: Arc<Published>,
    pub(crate) clock: Arc<LedgerClock>,
    pub(crate) policy: Policy,
    pub(crate) sale: Arc<Sale>,
    pub(crate) waiting_max: WaitingMax,
    /// The end of the journal.
    pub(crate) position: Position,
}

/// A request with its outcome, which is not durable yet.
pub(crate) struct DecidedRequest {
    pub(crate) request: Arc<Request>,
    pub(crate) slot: Slot,
    pub(crate) verdict: Result<Verdict, LedgerError>,
}

/// A decided batch.
pub(crate) struct DecidedBatch {
    /// `None` if there is nothing to commit.
    pub(crate) sealed: Option<SealedBatch>,
    /// The earliest due instant of the records that the batch changed; it may be early.
    pub(crate) next_due: Option<Timestamp>,
    /// The outcome of due work, if it was booked.
    pub(crate) due: Option<DueOutcome>,
}

/// The outcome of due work.
#[derive(Default)]
pub(crate) struct DueOutcome {
    /// The earliest due instant of other records; it may be early.
    pub(crate) next: Option<Timestamp>,
    /// The first error.
    pub(crate) failed: Option<LedgerError>,
    /// Whether all due work has to pause: the list of due records could not be read, or too many of them failed.
    pub(crate) pauses: bool,
}

/// The input and output of one batch.
pub(crate) struct BatchWork<'a> {
    /// Undecided requests. A full batch leaves some.
    pub(crate) waiting: &'a mut VecDeque<Waiting>,
    /// Decided requests.
    pub(crate) decided: &'a mut Vec<DecidedRequest>,
    /// Holds to release.
    pub(crate) releases: &'a mut Vec<(WalletId, HoldId)>,
    /// Whether due work is booked, and holds are renewed, before the requests are decided.
    pub(crate) is_due: bool,
    pub(crate) renewals: &'a mut Renewals,
    pub(crate) failed_due: &'a mut FailedDue,
}

/// The progress of deciding a batch, which names the culprit of a panic.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Reads the clock.
    Clock,
    /// Extends holds. The culprit is no longer among the holds to extend.
    Renewals,
    Due,
    /// Releases the hold at this place.
    Releases(usize),
    /// Decides the last request of the decided ones.
    Requests,
}

impl Decider {
    /// The ledger's time.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now().max(self.position.last_at)
    }

    /// Decides one batch. A panic, or an error after some facts of a request or of due work were booked, discards the
    /// batch; it is then decided again without the culprit, and without the requests after it, so that a request is
    /// decided twice at most.
    pub(crate) fn decide(&self, mut work: BatchWork<'_>) -> Result<DecidedBatch, LedgerError> {
        let (mut failed, mut error, mut requests_max) = (Vec::new(), None, usize::MAX);
        // Set after a panic that no record is known to cause, and after too many that records caused.
        let (mut skips_due, mut passed_over) = (false, 0);
        loop {
            let mut batch = self.batch(work.waiting.len());
            let (mut due, mut step) = (work.is_due.then(DueOutcome::default), Step::Clock);
            let mut now = self.position.last_at;
            let deciding = catch_unwind(AssertUnwindSafe(|| {
                now = self.now();
                if let Some(due) = due.as_mut().filter(|_| !skips_due) {
                    step = Step::Renewals;
                    work.renewals.extend_due(&mut batch, now);
                    step = Step::Due;
                    if !self.book_due(&mut batch, due, work.failed_due, now) {
                        return false;
                    }
                }
                for (place, (wallet, hold)) in work.releases.iter().enumerate() {
                    step = Step::Releases(place);
                    self.release(&mut batch, wallet, *hold, now);
                }
                step = Step::Requests;
                self.decide_requests(&mut batch, &mut work, requests_max, now)
            }));
            if let Some(due) = &mut due {
                error = error.or(due.failed.take());
            }
            match deciding {
                Ok(true) => {
                    work.decided.append(&mut failed);
                    work.failed_due.finish();
                    let next_due = batch.next_due_at();
                    let sealed = (!batch.is_empty()).then(|| batch.sealed());
                    let due =
                        due.map(|due| DueOutcome { failed: error, pauses: due.pauses || skips_due, ..due });
                    return Ok(DecidedBatch { sealed, next_due, due });
                }
                Ok(false) => {}
                Err(_) => {
                    tracing::error!(
                        ?step,
                        "a rule was broken while deciding; nothing of the batch was written"
                    );
                    match (step, batch.interrupted()) {
                        (Step::Due, Some(record)) => {
                            work.failed_due.add(record.clone(), now);
                            passed_over += 1;
                            skips_due = passed_over == PASSED_OVER_MAX || work.failed_due.is_full();
                        }
                        (Step::Clock, _) if skips_due || !work.is_due => {
                            work.decided.append(&mut failed);
                            return Err(rule_broken());
                        }
                        (Step::Clock, _) | (Step::Due, None) => skips_due = true,
                        _ => {}
                    }
                    if matches!(step, Step::Clock | Step::Due) {
                        error = error.or_else(|| Some(rule_broken()));
                    }
                }
            }
            work.renewals.undo();
            match step {
                Step::Clock | Step::Renewals | Step::Due => {}
                // The hold lapses at its limit.
                Step::Releases(place) => _ = work.releases.remove(place),
                Step::Requests => {
                    failed.extend(work.decided.pop());
                    requests_max = work.decided.len();
                    for DecidedRequest { request, slot, .. } in work.decided.drain(..).rev() {
                        work.waiting.push_front(Waiting { request, slot, since: Duration::ZERO });
                    }
                }
            }
        }
    }

    /// Books due work. Returns `false` if the batch must be dropped.
    fn book_due(
        &self,
        batch: &mut Batch<'_, FileSource<'_>>,
        due: &mut DueOutcome,
        failed_due: &mut FailedDue,
        now: Timestamp,
    ) -> bool {
        match batch.book_due(now, &self.sale, failed_due) {
            Ok(booked) => {
                (due.next, due.failed, due.pauses) = (booked.next, booked.failed, failed_due.is_full());
                !booked.is_torn
            }
            Err(error) => {
                (due.failed, due.pauses) = (Some(error), true);
                true
            }
        }
    }

    /// Decides requests until the batch is full, up to a number of them. Returns `false` if the last one failed after
    /// some of its facts were booked.
    fn decide_requests(
        &self,
        batch: &mut Batch<'_, FileSource<'_>>,
        BatchWork { waiting, decided, .. }: &mut BatchWork<'_>,
        requests_max: usize,
        now: Timestamp,
    ) -> bool {
        while !batch.is_full()
            && decided.len() < requests_max
            && let Some(Waiting { request, slot, .. }) = waiting.pop_front()
        {
            // Listed before it is decided, so that the caller of a request that panics can be found.
            decided.push(DecidedRequest { request, slot, verdict: Err(rule_broken()) });
            let Some(decided) = decided.last_mut() else { break };
            let before = batch.booked();
            decided.verdict = self.submit(batch, &decided.request, now);
            if decided.verdict.is_err() && batch.booked() > before {
                return false;
            }
        }
        true
    }

    fn batch(&self, commands: usize) -> Batch<'_, FileSource<'_>> {
        // Evicts only between batches: a wallet evicted within one could have a newer row than the batch's snapshot.
        self.published.evict(commands);
        let source = FileSource::new(&self.store, &self.published);
        Batch::new(source, &self.policy, &self.position).waiting_up_to(self.waiting_max)
    }

    fn submit(
        &self,
        batch: &mut Batch<'_, FileSource<'_>>,
        request: &Request,
        now: Timestamp,
    ) -> Result<Verdict, LedgerError> {
        match self.unconfirmed() {
            Some(rejection) => Ok(Err(rejection)),
            None => decide_request(batch, request, &self.sale, now),
        }
    }

    fn unconfirmed(&self) -> Option<Rejection> {
        let now = self.clock.unconfirmed()?;
        Some(Rejection::ClockUnconfirmed { now, last: self.position.last_at })
    }

    /// Releases a hold whose guard was dropped.
    fn release(
        &self,
        batch: &mut Batch<'_, FileSource<'_>>,
        wallet: &WalletId,
        hold: HoldId,
        now: Timestamp,
    ) {
        if self.unconfirmed().is_none() {
            release_hold(batch, wallet, hold, &self.sale, now);
        }
    }
}

/// Decides a request.
pub(crate) fn decide_request<S: Source>(
    batch: &mut Batch<'_, S>,
    request: &Request,
    sale: &Sale,
    now: Timestamp,
) -> Result<Verdict, S::Error> {
    match request {
        Request::Command(command) => decide_command(batch, command, sale, now),
        Request::Bill(bill, _) => batch.bill(bill, sale, now),
    }
}

fn decide_command<S: Source>(
    batch: &mut Batch<'_, S>,
    command: &Command,
    sale: &Sale,
    now: Timestamp,
) -> Result<Verdict, S::Error> {
    let verdict = batch.submit(command, now)?;
    // Credits that returned to an award's grant may have to be taken for its refund, in the same commit.
    if let (Action::ReverseCharge(_), Ok(Submitted::Booked(..))) = (&command.action, &verdict) {
        batch.fulfil(&command.wallet.owner, sale, now)?;
    }
    Ok(verdict)
}

/// Releases a hold whose guard was dropped. If the hold has ended, this has no effect; if it fails, the hold lapses.
pub(crate) fn release_hold<S: Source<Error: Display>>(
    batch: &mut Batch<'_, S>,
    wallet: &WalletId,
    hold: HoldId,
    sale: &Sale,
    now: Timestamp,
) {
    let release = Action::Release(hold);
    let command = Command::closing_hold(wallet.clone(), hold, release, Metadata::default());
    match decide_command(batch, &command, sale, now) {
        Ok(Err(rejection)) => tracing::debug!(%hold, %rejection, "a dropped hold was closed already"),
        Err(error) if S::is_failure(&error) => {
            tracing::warn!(%hold, %error, "a dropped hold could not be released");
        }
        Ok(Ok(_)) | Err(_) => {}
    }
}

pub(crate) fn rule_broken() -> LedgerError {
    let message = "the write did not happen, a rule of the ledger was broken: please report it";
    LedgerError::new(LedgerErrorKind::NotDone, message)
}
