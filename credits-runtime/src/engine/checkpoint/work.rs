//! The work of one checkpoint: rows of dirty wallets and of keys are published, then everything published is written.
//!
//! Rows are published before the memtable is frozen, so that no row in the file is ahead of the journal's blocks there.

use std::sync::Arc;

use super::pass::Pass;
use crate::domain::ids::{FactNumber, WalletId};
use crate::engine::keys::compactor::Compactor;
use crate::engine::published::Published;
use crate::engine::rows::CheckpointState;
use crate::engine::store::{Changes, LogEnd, Store};
use crate::engine::tuning::CHECKPOINT_ROWS_MAX;
use crate::error::LedgerError;

/// Wallets whose rows are published together, while commits that write such rows wait.
const WALLETS_AT_ONCE: usize = 128;

/// What the checkpoint thread works with.
pub(crate) struct CheckpointWork {
    pub(crate) store: Arc<Store>,
    pub(crate) published: Arc<Published>,
    pub(crate) pass: Pass,
    pub(crate) compactor: Compactor,
    /// The last state that was published.
    pub(crate) state: CheckpointState,
}

impl CheckpointWork {
    /// Makes a checkpoint. Returns the end of the log's records that the file has now.
    pub(crate) fn run(&mut self) -> Result<Option<LogEnd>, LedgerError> {
        let next_fact = self.published.wallets.next_fact();
        let rows = self.pass.rows_due(next_fact, self.published.is_over_budget());
        self.publish(rows, next_fact)?;
        self.store.checkpoint()
    }

    /// Makes a checkpoint of many rows. Returns whether the rows have every fact before this one, and the end as above.
    pub(crate) fn flush_some(&mut self, target: FactNumber) -> Result<(bool, Option<LogEnd>), LedgerError> {
        let next_fact = self.published.wallets.next_fact();
        self.publish(CHECKPOINT_ROWS_MAX, next_fact)?;
        Ok((self.pass.covers(target), self.store.checkpoint()?))
    }

    fn publish(&mut self, rows: usize, next_fact: FactNumber) -> Result<(), LedgerError> {
        let wallets = self.pass.next(rows);
        for wallets in wallets.chunks(WALLETS_AT_ONCE) {
            self.publish_wallets(wallets);
        }
        self.pass.turn(&self.published.wallets);
        let mut changes = Changes::default();
        let (keys, now) = (&self.published.keys, self.published.last_at());
        let moved = self.compactor.run(keys, next_fact, now, &self.store.snapshot()?, &mut changes);
        let state = CheckpointState { replay_from: self.pass.replay_from(), keys: moved.state().clone() };
        changes.put_totals(&self.published.totals());
        if state != self.state {
            changes.put_state(state.clone());
            self.state = state;
        }
        self.store.publish(changes);
        keys.apply(moved);
        Ok(())
    }

    /// Publishes the rows of wallets that are dirty.
    fn publish_wallets(&self, wallets: &[WalletId]) {
        let Published { wallets: cache, milestones, due, .. } = &*self.published;
        let _rows = self.published.lock_wallet_rows();
        let (mut changes, mut written) = (Changes::default(), Vec::new());
        for id in wallets {
            // It may have been written by a commit meanwhile.
            let Some(cached) = cache.get_dirty(id) else { continue };
            let milestones = milestones.up_to(id, cached.wallet.facts);
            let filed = changes.put_wallet(id, &cached.wallet, cached.filed, &milestones);
            written.push((id, cached.wallet, filed));
        }
        self.store.publish(changes);
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
