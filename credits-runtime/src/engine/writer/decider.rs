//! The decider: turns requests into a sealed batch, in their order of arrival.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::renewals::Renewals;
use crate::domain::billing::sale::Sale;
use crate::domain::command::{Action, Command};
use crate::domain::ids::{HoldId, WalletId};
use crate::domain::policy::Policy;
use crate::domain::rejection::Rejection;
use crate::domain::time::Timestamp;
use crate::engine::batch::batch::{Batch, DueBooked, Position, Verdict};
use crate::engine::batch::file_source::FileSource;
use crate::engine::batch::sealed::SealedBatch;
use crate::engine::clock::LedgerClock;
use crate::engine::feed::{CommitFeed, Refusal};
use crate::engine::published::Published;
use crate::engine::request::inbox::{Request, Waiting};
use crate::engine::request::slot::Slot;
use crate::engine::store::Store;
use crate::engine::tuning::WaitingMax;
use crate::error::{LedgerError, LedgerErrorKind};

/// Decides batches over the committed records.
pub(crate) struct Decider {
    pub(crate) store: Arc<Store>,
    pub(crate) published: Arc<Published>,
    pub(crate) feed: Arc<CommitFeed>,
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
    pub(crate) due: Option<DueBooked<LedgerError>>,
}

/// The input and output of one batch.
pub(crate) struct BatchWork<'a> {
    /// Undecided requests. A full batch leaves some.
    pub(crate) waiting: &'a mut VecDeque<Waiting>,
    /// Decided requests.
    pub(crate) decided: &'a mut Vec<DecidedRequest>,
    /// Holds to release.
    pub(crate) releases: &'a [(WalletId, HoldId)],
    /// Whether due work is booked, and holds are renewed, before the requests are decided.
    pub(crate) is_due: bool,
    pub(crate) renewals: &'a mut Renewals,
}

impl Decider {
    /// The ledger's time.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now().max(self.position.last_at)
    }

    /// Decides one batch. A panic in due work or in a request, and an error of a request after some of its facts were
    /// booked, discard the batch; it is then decided again without the culprit.
    pub(crate) fn decide(&self, mut work: BatchWork<'_>) -> Result<DecidedBatch, LedgerError> {
        let (mut failed, mut due) = (Vec::new(), None);
        loop {
            let mut batch = self.batch(work.waiting.len());
            let mut is_booking_due = work.is_due;
            let deciding = catch_unwind(AssertUnwindSafe(|| {
                let now = self.now();
                if work.is_due {
                    due = Some(self.book_due(&mut batch, work.renewals, now));
                    is_booking_due = false;
                }
                self.decide_requests(&mut batch, &mut work, now)
            }));
            match deciding {
                Ok(true) => {
                    work.decided.append(&mut failed);
                    let next_due = batch.next_due_at();
                    return Ok(DecidedBatch {
                        sealed: (!batch.is_empty()).then(|| batch.sealed()),
                        next_due,
                        due,
                    });
                }
                Ok(false) => {}
                Err(_) => {
                    tracing::error!("a rule was broken while deciding; nothing of the batch was written");
                }
            }
            work.renewals.undo();
            if is_booking_due {
                work.is_due = false;
                due = Some(DueBooked { next: None, failed: Some(rule_broken()) });
                continue;
            }
            let Some(culprit) = work.decided.pop() else { return Err(rule_broken()) };
            failed.push(culprit);
            let again = work.decided.drain(..);
            again.rev().for_each(|DecidedRequest { request, slot, .. }| {
                work.waiting.push_front(Waiting { request, slot });
            });
        }
    }

    fn book_due(
        &self,
        batch: &mut Batch<'_, FileSource<'_>>,
        renewals: &mut Renewals,
        now: Timestamp,
    ) -> DueBooked<LedgerError> {
        renewals.extend_due(batch, now);
        let booked = batch.book_due(now, &self.sale);
        booked.unwrap_or_else(|error| DueBooked { next: None, failed: Some(error) })
    }

    /// Decides requests until the batch is full. Returns `false` if the last one failed after some of its facts were
    /// booked.
    fn decide_requests(
        &self,
        batch: &mut Batch<'_, FileSource<'_>>,
        BatchWork { waiting, decided, releases, .. }: &mut BatchWork<'_>,
        now: Timestamp,
    ) -> bool {
        for (wallet, hold) in *releases {
            self.release(batch, wallet, *hold, now);
        }
        while !batch.is_full()
            && let Some(Waiting { request, slot }) = waiting.pop_front()
        {
            // Listed before it is decided, so that the caller of a request that panics can be found.
            let decided = decided.push_mut(DecidedRequest { request, slot, verdict: Err(rule_broken()) });
            let before = batch.next_fact();
            decided.verdict = self.submit(batch, &decided.request, now);
            if decided.verdict.is_err() && batch.next_fact() > before {
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
        match request {
            Request::Command(command) => self.submit_command(batch, command, now),
            Request::Bill(bill, _) => match self.unconfirmed() {
                Some(rejection) => Ok(Err(rejection)),
                None => batch.bill(bill, &self.sale, now),
            },
        }
    }

    fn submit_command(
        &self,
        batch: &mut Batch<'_, FileSource<'_>>,
        command: &Command,
        now: Timestamp,
    ) -> Result<Verdict, LedgerError> {
        if let Some(rejection) = self.unconfirmed() {
            return Ok(Err(rejection));
        }
        let verdict = batch.submit(command, now)?;
        if let Err(Rejection::InsufficientCredits { needed, available }) = &verdict
            && matches!(command.action, Action::Spend(_) | Action::Hold { .. })
        {
            let (wallet, needed, available) = (command.wallet.clone(), *needed, *available);
            self.feed.refused(Refusal { wallet, needed, available, at: now });
        }
        Ok(verdict)
    }

    fn unconfirmed(&self) -> Option<Rejection> {
        let now = self.clock.unconfirmed()?;
        Some(Rejection::ClockUnconfirmed { now, last: self.position.last_at })
    }

    /// Releases a hold whose guard was dropped. If the hold has ended, this has no effect; if it fails, the hold
    /// lapses.
    fn release(
        &self,
        batch: &mut Batch<'_, FileSource<'_>>,
        wallet: &WalletId,
        hold: HoldId,
        now: Timestamp,
    ) {
        let command = Command::closing_hold(wallet.clone(), hold, Action::Release(hold));
        match self.submit_command(batch, &command, now) {
            Ok(Ok(_)) => {}
            Ok(Err(rejection)) => tracing::debug!(%hold, %rejection, "a dropped hold was closed already"),
            Err(error) => tracing::warn!(%hold, %error, "a dropped hold could not be released"),
        }
    }
}

fn rule_broken() -> LedgerError {
    let message = "the write did not happen, a rule of the ledger was broken: please report it";
    LedgerError::new(LedgerErrorKind::NotDone, message)
}
