//! The work of one checkpoint: publishes rows of dirty wallets and of keys, then writes all published rows.
//!
//! These rows enter the memtable before it is frozen, together with the blocks of their facts, so that no row in the
//! file is ahead of the journal there.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::pass::Pass;
use crate::domain::activity::Day;
use crate::domain::ids::{FactNumber, WalletId};
use crate::engine::keys::compactor::Compactor;
use crate::engine::published::{DIRTY_PARTS, Published};
use crate::engine::rows::CheckpointState;
use crate::engine::store::{Changes, LogEnd, Store};
use crate::engine::tuning::CHECKPOINT_ROWS_MAX;
use crate::error::LedgerError;

/// Wallets whose rows are published under one lock, which commits that write such rows also take.
const WALLETS_AT_ONCE: usize = 128;

/// The state of the checkpoint thread.
pub(crate) struct CheckpointWork {
    pub(crate) store: Arc<Store>,
    pub(crate) published: Arc<Published>,
    pub(crate) pass: Pass,
    pub(crate) compactor: Compactor,
    /// The last state that was published.
    pub(crate) state: CheckpointState,
}

/// The outcome of a checkpoint.
pub(crate) struct Made {
    /// The end of the log records that the file covers now.
    pub(crate) log_end: Option<LogEnd>,
    /// Rows have every fact before this one.
    pub(crate) replay_from: FactNumber,
    /// Whether more rows are owed.
    pub(crate) is_behind: bool,
}

impl CheckpointWork {
    /// Runs a checkpoint with the owed rows, up to [`CHECKPOINT_ROWS_MAX`], or with as many as that if `writes_all`.
    pub(crate) fn run(&mut self, writes_all: bool) -> Result<Made, LedgerError> {
        let (next_fact, last_at) = (self.published.wallets.next_fact(), self.published.last_at());
        self.pass.owe(next_fact);
        let is_over = self.published.is_dirty_over(DIRTY_PARTS / 2);
        let rows = if writes_all || is_over { CHECKPOINT_ROWS_MAX } else { self.pass.owed() };
        let day = self.publish(rows.min(CHECKPOINT_ROWS_MAX), next_fact)?;
        let log_end = self.store.checkpoint()?;
        if let Some(day) = day {
            self.published.wrote_day(day);
        }
        let counts = &self.published.counts;
        counts.checkpoints.fetch_add(1, Ordering::Relaxed);
        counts.checkpointed_at.store(last_at.microseconds(), Ordering::Relaxed);
        let is_behind = self.pass.owed() > 0 || self.published.is_dirty_over(DIRTY_PARTS / 2);
        Ok(Made { log_end, replay_from: self.pass.replay_from(), is_behind })
    }

    /// Publishes rows; returns the last day of the totals.
    fn publish(&mut self, rows: usize, next_fact: FactNumber) -> Result<Option<Day>, LedgerError> {
        let wallets = self.pass.next(rows);
        for wallets in wallets.chunks(WALLETS_AT_ONCE) {
            self.publish_wallets(wallets);
        }
        self.pass.turn(&self.published.wallets);
        let mut changes = Changes::default();
        let (keys, now) = (&self.published.keys, self.published.last_at());
        let moved = self.compactor.run(keys, next_fact, now, &self.store.snapshot()?, &mut changes);
        let state = CheckpointState { replay_from: self.pass.replay_from(), keys: moved.state().clone() };
        let totals = self.published.totals();
        changes.put_totals(&totals);
        if state != self.state {
            changes.put_state(state.clone());
            self.state = state;
        }
        self.store.publish_uncounted(changes);
        keys.apply(moved);
        Ok(totals.days.last())
    }

    /// Publishes the rows of those of these wallets that are dirty.
    fn publish_wallets(&self, wallets: &[WalletId]) {
        let Published { wallets: cache, milestones, due, unwritten, .. } = &*self.published;
        let _rows = self.published.lock_wallet_rows();
        let (mut changes, mut written) = (Changes::default(), Vec::new());
        for id in wallets {
            // A commit may have written its row meanwhile.
            let Some(cached) = cache.get_dirty(id) else { continue };
            let milestones = milestones.up_to(id, cached.wallet.facts);
            let filed = changes.put_wallet(id, &cached.wallet, cached.filed, &milestones);
            written.push((id, cached.wallet, filed));
        }
        self.store.publish_uncounted(changes);
        unwritten.remove(written.iter().map(|(id, ..)| *id));
        let (mut changed, mut buffer) = (Vec::new(), Vec::new());
        for (id, wallet, filed) in written {
            milestones.remove(id, wallet.facts);
            if cache.written(id, &wallet, filed, &mut buffer) {
                due.lock().remove(filed, id);
            } else {
                changed.push(id.clone());
            }
        }
        cache.became_dirty(changed, FactNumber::FIRST);
    }
}
