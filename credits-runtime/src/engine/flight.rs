//! Batches on their way to the disk: at most one, while the writer decides the next.

use std::sync::Arc;

use super::agenda::Agenda;
use super::checkpoint::Plan;
use super::committer::{Decided, Job, Landed, NotCommitted};
use super::inbox::Linger;
use super::keys::upkeep::KeysPlan;
use super::overlay::{Batch, Position};
use super::sealed::Sealed;
use super::store::Cursors;
use super::writer::Writer;
use crate::domain::ids::WalletId;
use crate::domain::limits::CHECKPOINT_ROWS_MAX;
use crate::domain::time::Timestamp;
use crate::error::{LedgerError, LedgerErrorKind};

/// A batch on its way to the disk.
pub(super) struct Flight {
    pub(super) sealed: Arc<Sealed>,
    plan: Plan,
    /// What is returned to if it is not committed.
    before: (Position, Option<Timestamp>),
    landed: oneshot::Receiver<Landed>,
}

impl Writer {
    /// Commits what was decided, with what the upkeep of keys and the checkpoint add: here, or elsewhere while others wait.
    pub(super) fn send(
        &mut self,
        mut batch: Batch<'_>,
        releases: usize,
        decided: &mut Decided,
        next_due: Option<Timestamp>,
    ) -> Result<(), LedgerError> {
        let waiting = self.inbox.len();
        self.linger = Linger::for_clients(decided.len().saturating_add(releases), waiting);
        if batch.is_empty() {
            self.extended(true);
            self.next_due = next_due;
            self.committer.count(decided.len().saturating_add(releases) as u64);
            self.committer.answer(decided, &Arc::default());
            self.rooms.push(batch.into_room());
            return Ok(());
        }
        let views = Arc::clone(&self.views);
        let (facts, next_fact) = (batch.facts(), batch.position.next_fact);
        let after = (next_fact, batch.position.last_at);
        let keys = if self.upkeep.owes(&views.keys, batch.used().len(), next_fact) {
            let (used, snapshot) = batch.keys()?;
            self.upkeep.plan(&views.keys, used, after, snapshot)
        } else {
            KeysPlan::unchanged(&views.keys)
        };
        let hurried = if views.is_over_budget() { facts.saturating_mul(2) } else { 0 };
        let plan = self.checkpoint.plan(facts, hurried, next_fact, |id| views.lags(id));
        let mut written: Vec<&WalletId> = self.checkpoint.planned().iter().collect();
        let forced = batch.forced();
        if !forced.is_empty() {
            written.extend(&forced);
            written.sort_unstable();
            written.dedup();
        }
        let sealed = Arc::new(batch.sealed(written));
        let before = (std::mem::replace(&mut self.position, sealed.after()), self.next_due);
        self.next_due = next_due;
        let job = Job {
            sealed: Arc::clone(&sealed),
            lacking: (self.checkpoint.replay_from(), plan.replay_from),
            keys,
            cursors: std::mem::take(&mut self.rest.cursors),
            releases,
            decided: std::mem::take(decided),
        };
        if job.decided.len().saturating_add(waiting) < self.pace.ahead_commands {
            let landed = self.committer.commit(job);
            return self.landed(sealed, &plan, before, landed);
        }
        let landed = self.ahead.commit(job);
        self.flight = Some(Flight { sealed, plan, before, landed });
        Ok(())
    }

    /// Waits for what is on its way.
    pub(super) fn land(&mut self) -> Result<(), LedgerError> {
        let Some(Flight { sealed, plan, before, landed }) = self.flight.take() else { return Ok(()) };
        let landed = landed.recv();
        self.inbox.forget_landing();
        let Ok(landed) = landed else {
            let message = "whether the write happened is not known: open the ledger again";
            return Err(self.stop(LedgerError::new(LedgerErrorKind::OutcomeUnknown, message)));
        };
        self.landed(sealed, &plan, before, landed)
    }

    /// Notes what was committed; or goes back to what was before it.
    fn landed(
        &mut self,
        sealed: Arc<Sealed>,
        plan: &Plan,
        (position, next_due): (Position, Option<Timestamp>),
        Landed { outcome, decided }: Landed,
    ) -> Result<(), LedgerError> {
        self.decided = decided;
        self.extended(outcome.is_ok());
        if let Err(NotCommitted { error, keys, cursors }) = outcome {
            self.upkeep.failed(&self.views.keys, &keys);
            for (subscriber, next) in cursors {
                self.rest.cursors.entry(subscriber).or_insert(next);
            }
            self.position = position;
            self.next_due = self.next_due.into_iter().chain(next_due).min();
            let is_unknown = error.kind() == LedgerErrorKind::OutcomeUnknown;
            return Err(if is_unknown { self.stop(error) } else { error });
        }
        let mut lagging = Vec::new();
        for (_, id, loaded) in sealed.room.wallets.changed() {
            self.agenda.moved(id, loaded.unfiled, Agenda::unfiled(&loaded.wallet));
            if loaded.lags == (false, true) {
                lagging.push(id.clone());
            }
        }
        self.checkpoint.committed(plan, lagging);
        for row in sealed.rows.iter().filter(|row| row.is_refiled() && sealed.unchanged.contains_key(&row.id))
        {
            self.agenda.moved(&row.id, row.was_unfiled(), None);
        }
        self.rest.unmarked = true;
        self.rooms.extend(Arc::into_inner(sealed).map(|sealed| sealed.room));
        Ok(())
    }

    /// Writes no more: what is in the file is not known.
    fn stop(&mut self, unknown: LedgerError) -> LedgerError {
        tracing::error!(error = %unknown, "a commit failed; this handle writes no more");
        let message =
            "an earlier write's outcome is unknown, so this handle writes no more: open the ledger again";
        self.stopped = Some(LedgerError::new(LedgerErrorKind::Stopped, message));
        unknown
    }

    /// Writes rows that lag, so that the next opening need not replay: some of them, as long as anybody may want
    /// something else meanwhile. Answers whether none lags any more.
    pub(super) fn write_lagging(&mut self) -> Result<bool, LedgerError> {
        self.land()?;
        if !self.checkpoint.is_complete(self.position.next_fact) {
            let (store, views, policy) = (Arc::clone(&self.store), Arc::clone(&self.views), self.policy);
            let batch = Batch::new((&store, &views, &policy), &self.position);
            let next_fact = self.position.next_fact;
            let plan = self.checkpoint.flush(CHECKPOINT_ROWS_MAX, next_fact, |id| views.lags(id));
            let sealed = Arc::new(batch.sealed(self.checkpoint.planned()));
            let landed = self.committer.commit(Job {
                sealed: Arc::clone(&sealed),
                lacking: (self.checkpoint.replay_from(), plan.replay_from),
                keys: KeysPlan::unchanged(&views.keys),
                cursors: Cursors::new(),
                releases: 0,
                decided: Decided::new(),
            });
            self.landed(sealed, &plan, (self.position.clone(), self.next_due), landed)?;
        }
        Ok(self.checkpoint.is_complete(self.position.next_fact))
    }
}
