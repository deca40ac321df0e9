//! The decider: requests become a sealed batch, in the order in which they came.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::renewals::Renewals;
use crate::domain::billing::sale::Sale;
use crate::domain::command::{Action, Command};
use crate::domain::ids::{HoldId, WalletId};
use crate::domain::policy::Policy;
use crate::domain::rejection::Rejection;
use crate::domain::time::Timestamp;
use crate::engine::batch::batch::{Batch, Position, Verdict};
use crate::engine::batch::file_source::FileSource;
use crate::engine::batch::sealed::SealedBatch;
use crate::engine::batch::waiting::WaitingMax;
use crate::engine::clock::LedgerClock;
use crate::engine::feed::{CommitFeed, Refusal};
use crate::engine::published::Published;
use crate::engine::request::inbox::{Request, Waiting};
use crate::engine::request::slot::Slot;
use crate::engine::store::Store;
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

/// A request with its outcome, before that is durable.
pub(crate) struct DecidedRequest {
    pub(crate) request: Arc<Request>,
    pub(crate) slot: Slot,
    pub(crate) verdict: Result<Verdict, LedgerError>,
}

/// The requests of one batch.
pub(crate) struct BatchWork<'a> {
    /// Requests that are not decided yet. Some are left when the batch is full.
    pub(crate) commands: &'a mut Vec<Waiting>,
    /// Holds to release.
    pub(crate) releases: &'a [(WalletId, HoldId)],
    /// Whether due work is booked first.
    pub(crate) is_due: bool,
}

/// A decided batch; `None` if nothing is to be committed.
pub(crate) struct DecidedBatch {
    pub(crate) sealed: Option<SealedBatch>,
    /// When something is due next in any record; it may be early.
    pub(crate) next_due: Option<Timestamp>,
}

impl Decider {
    /// The ledger's time.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now().max(self.position.last_at)
    }

    /// Decides one batch. The outcomes are in `decided`, whether or not the batch as a whole failed.
    pub(crate) fn decide(
        &self,
        work: BatchWork<'_>,
        renewals: &mut Renewals,
        decided: &mut Vec<DecidedRequest>,
    ) -> Result<DecidedBatch, LedgerError> {
        let BatchWork { commands, releases, is_due } = work;
        // Only between batches: a row that is read in a batch stays the newest.
        self.published.evict(commands.len());
        let source = FileSource::new(&self.store, &self.published);
        let batch = Batch::new(source, &self.policy, &self.position);
        let mut batch = batch.waiting_up_to(self.waiting_max);
        let mut after_due = Ok(None);
        let mut waiting = std::mem::take(commands).into_iter();
        // A panic is a bug that must not end the ledger: nothing of the batch is written.
        let deciding = catch_unwind(AssertUnwindSafe(|| {
            let now = self.now();
            if is_due {
                renewals.extend_due(&mut batch, now);
                after_due = batch.book_due(now, &self.sale);
            }
            for (wallet, hold) in releases {
                self.release(&mut batch, wallet, *hold, now);
            }
            while !batch.is_full()
                && let Some(Waiting { request, slot }) = waiting.next()
            {
                // In the list before it is decided: a request that panics has its caller there.
                let verdict = Err(rule_broken());
                let decided = decided.push_mut(DecidedRequest { request, slot, verdict });
                // An error, such as a damaged row, fails this request alone: none of its facts are booked.
                decided.verdict = self.submit(&mut batch, &decided.request, now);
            }
        }));
        commands.extend(waiting);
        if deciding.is_err() {
            tracing::error!("a rule was broken while deciding; nothing of the batch was written");
            return Err(rule_broken());
        }
        let next_due = after_due?.into_iter().chain(batch.next_due_at()).min();
        let sealed = (!batch.is_empty()).then(|| batch.sealed());
        Ok(DecidedBatch { sealed, next_due })
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

    /// Releases a hold whose guard was dropped. A hold that has ended needs nothing; one that cannot be released lapses.
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
