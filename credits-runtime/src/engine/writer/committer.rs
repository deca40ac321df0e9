//! The committer: makes a batch durable in the log before it publishes the batch, so that readers see only durable
//! state.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::domain::activity::Day;
use crate::domain::ids::FactNumber;
use crate::engine::batch::sealed::SealedBatch;
use crate::engine::checkpoint::checkpointer::Checkpointer;
use crate::engine::clock::{Clock as _, SystemClock};
use crate::engine::commit_log::{AppendError, CommitLog};
use crate::engine::feed::CommitFeed;
use crate::engine::presence::gone;
use crate::engine::published::Published;
use crate::engine::store::{LogEnd, Store};
use crate::error::{LedgerError, LedgerErrorKind};

/// Commits batches.
pub(crate) struct Committer {
    pub(crate) store: Arc<Store>,
    /// `None` for a ledger in memory.
    pub(crate) log: Option<Arc<CommitLog>>,
    pub(crate) checkpointer: Arc<Checkpointer>,
    pub(crate) published: Arc<Published>,
    pub(crate) feed: Arc<CommitFeed>,
    /// A reused buffer for packing wallets.
    pub(crate) buffer: Vec<u8>,
}

impl Committer {
    /// Makes a batch durable, and publishes it.
    pub(crate) fn commit(&mut self, batch: &SealedBatch) -> Result<(), LedgerError> {
        // Not the ledger's clock, which may be set by hand.
        let began = SystemClock.monotonic();
        let log_end = self.append(batch)?;
        // The batch is durable, but a panic would leave it published in part.
        catch_unwind(AssertUnwindSafe(|| self.publish(batch, log_end))).map_err(|_| unknown(None))?;
        if !batch.frames.is_empty() {
            self.count(SystemClock.monotonic().saturating_sub(began));
        }
        self.checkpointer.request_if_due();
        Ok(())
    }

    fn count(&self, took: Duration) {
        let counts = &self.published.counts;
        counts.commits.fetch_add(1, Ordering::Relaxed);
        let nanoseconds = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        counts.commit_nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
    }

    /// Appends a batch's frames to the log, durably.
    fn append(&self, batch: &SealedBatch) -> Result<Option<LogEnd>, LedgerError> {
        self.checkpointer.wait_for_room(false)?;
        let (first, next_fact) = (batch.began, batch.position.next.first());
        let Some(log) = self.log.as_ref().filter(|_| next_fact > first) else { return Ok(None) };
        let facts = next_fact.get().saturating_sub(first.get());
        loop {
            let appended = catch_unwind(AssertUnwindSafe(|| log.append(first, facts, &batch.frames)));
            match appended {
                Ok(Ok(checksum)) => return Ok(Some(LogEnd { checksum, next_fact })),
                Ok(Err(AppendError::Full)) => self.checkpointer.wait_for_room(true)?,
                Ok(Err(AppendError::NotDone(error))) => {
                    // A checkpoint may free a segment of the log.
                    self.checkpointer.request();
                    let message = format!("the write did not happen ({error}): send it again");
                    return Err(LedgerError::caused(LedgerErrorKind::NotDone, message, error));
                }
                Ok(Err(AppendError::Gone)) => return Err(gone(self.store.path())),
                Ok(Err(AppendError::OutcomeUnknown(error))) => return Err(unknown(Some(error))),
                Err(_) => return Err(unknown(None)),
            }
        }
    }

    /// The last day of the totals that the last checkpoint wrote.
    pub(super) fn written_day(&self) -> Day {
        self.published.written_day()
    }

    /// Publishes a batch. Its blocks precede its wallets, because a checkpoint must not write a wallet's row ahead of
    /// the journal. Its keys, milestones and totals precede its wallets, so that a reader of a wallet finds them. The
    /// next fact comes last, when every wallet that became dirty is listed.
    fn publish(&mut self, batch: &SealedBatch, log_end: Option<LogEnd>) {
        let Self { published, buffer, .. } = self;
        let next_fact: FactNumber = batch.position.next.first();
        let refiled: Vec<_> = batch.wallets.changed().filter(|(_, loaded)| loaded.is_refiled).collect();
        let rows = (!refiled.is_empty()).then(|| published.lock_wallet_rows());
        let mut changes = batch.changes(log_end);
        published.milestones.add(&batch.milestones);
        let mut refilings = Vec::new();
        for (id, loaded) in &refiled {
            let filed = published.wallets.get(id).map_or(loaded.filed, |cached| cached.filed);
            let milestones = published.milestones.up_to(id, loaded.wallet.facts);
            let is_low = published.low_balances.has(id, &loaded.wallet);
            refilings.push(changes.put_wallet(id, &loaded.wallet, (filed, is_low), &milestones));
        }
        self.store.publish(changes);
        published.keys.publish(&batch.keys);
        published.publish_totals(batch.position.last_at, &batch.position.totals);
        // Before a checkpoint can see them: it takes them out when it writes their rows.
        let new = batch.wallets.changed().filter(|(_, loaded)| loaded.is_new && !loaded.is_refiled);
        published.unwritten.add(new.map(|(id, _)| id.clone()).collect());
        let mut dirty = Vec::new();
        let (mut low, mut due) = (published.low.lock(), published.due.lock());
        for (id, loaded) in batch.wallets.changed() {
            if published.low_balances.has(id, &loaded.wallet) {
                low.insert(id);
            }
            let was_dirty = published.wallets.put_dirty(id, &loaded.wallet, loaded.filed, buffer);
            let due_at = loaded.wallet.next_due_at();
            if !was_dirty && !loaded.is_refiled {
                dirty.push(id.clone());
                due.insert(due_at, id);
            }
            if loaded.due_before != due_at {
                due.remove(loaded.due_before, id);
                due.insert(due_at, id);
            }
        }
        for ((id, loaded), filed) in refiled.into_iter().zip(refilings) {
            published.milestones.remove(id, loaded.wallet.facts);
            published.wallets.written(id, &loaded.wallet, filed, buffer);
            low.remove(id);
            due.remove(filed.due, id);
        }
        drop((due, low, rows));
        published.wallets.became_dirty(dirty, next_fact);
        self.feed.publish(next_fact);
    }
}

fn unknown(error: Option<std::io::Error>) -> LedgerError {
    let message = "whether the write happened is not known: open the ledger again and send the command under the same key";
    match error {
        Some(error) => LedgerError::caused(LedgerErrorKind::OutcomeUnknown, message, error),
        None => LedgerError::new(LedgerErrorKind::OutcomeUnknown, message),
    }
}
