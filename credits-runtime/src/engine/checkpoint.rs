//! The checkpoint: rows of wallets lag behind the journal, and are written a few in each commit, in the order of their
//! keys, so that a commit touches few pages. What lags is replayed when the ledger is opened.

use std::collections::BTreeSet;
use std::ops::Bound;

use crate::domain::ids::{FactNumber, WalletId};

/// Which wallets' rows lag, and how far the pass over them has come.
#[derive(Debug)]
pub(crate) struct Checkpoint {
    lagging: BTreeSet<WalletId>,
    /// The last wallet that the pass has written.
    cursor: Option<WalletId>,
    /// The first fact that is not covered once the pass has come to its end.
    began: FactNumber,
    /// From which fact on rows may lack facts.
    replay_from: FactNumber,
    /// Rows that are to be written, in parts of `pass_facts`.
    owed: usize,
    /// How many facts a pass takes.
    pass_facts: usize,
}

/// What a commit writes of it, and how it stands afterwards.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Wallets that lag and are written, besides those that must be.
    pub(crate) written: Vec<WalletId>,
    /// From which fact on rows may lack facts once it is committed.
    pub(crate) replay_from: FactNumber,
    cursor: Option<WalletId>,
    began: FactNumber,
    owed: usize,
}

impl Checkpoint {
    /// Nothing lags before this fact.
    pub(crate) fn of_passes(next_fact: FactNumber, pass_facts: usize) -> Self {
        let (lagging, cursor) = (BTreeSet::new(), None);
        Self { lagging, cursor, began: next_fact, replay_from: next_fact, owed: 0, pass_facts }
    }

    /// Whether no row lags and an opening need not replay anything before this fact.
    pub(crate) fn is_complete(&self, next_fact: FactNumber) -> bool {
        self.lagging.is_empty() && self.replay_from == next_fact
    }

    /// From which fact on rows may lack facts.
    pub(crate) fn replay_from(&self) -> FactNumber {
        self.replay_from
    }

    /// What to write with so many facts, at least so many rows, after which the next fact is this one.
    pub(crate) fn plan(&self, facts: usize, rows_min: usize, next_fact: FactNumber) -> Plan {
        let owed = self.owed.saturating_add(facts.saturating_mul(self.lagging.len()));
        let rows = owed.checked_div(self.pass_facts).unwrap_or(0);
        let rest = owed.saturating_sub(rows.saturating_mul(self.pass_facts));
        self.take(rows.max(rows_min), rest, next_fact)
    }

    /// The next so many rows, whatever is owed, while nothing else is changed.
    pub(crate) fn flush(&self, rows_max: usize, next_fact: FactNumber) -> Plan {
        let plan = self.take(rows_max, 0, next_fact);
        let is_all = plan.written.len() == self.lagging.len();
        Plan { replay_from: if is_all { next_fact } else { plan.replay_from }, ..plan }
    }

    fn take(&self, rows: usize, owed: usize, next_fact: FactNumber) -> Plan {
        let from = self.cursor.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
        let mut rest = self.lagging.range::<WalletId, _>((from, Bound::Unbounded));
        let written: Vec<WalletId> = rest.by_ref().take(rows).cloned().collect();
        if rest.next().is_some() {
            let cursor = written.last().cloned().or_else(|| self.cursor.clone());
            return Plan { written, replay_from: self.replay_from, cursor, began: self.began, owed };
        }
        // The pass is over: whatever lagged when it began is written. The next one begins after this commit.
        Plan { written, replay_from: self.began, cursor: None, began: next_fact, owed }
    }

    /// A plan is committed, with these wallets changed and those among them that were written anyway.
    pub(crate) fn committed(
        &mut self,
        plan: Plan,
        changed: impl IntoIterator<Item = WalletId>,
        forced: &[WalletId],
    ) {
        self.lagging.extend(changed);
        for wallet in plan.written.iter().chain(forced) {
            self.lagging.remove(wallet);
        }
        let Plan { replay_from, cursor, began, owed, .. } = plan;
        (self.replay_from, self.cursor, self.began, self.owed) = (replay_from, cursor, began, owed);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::domain::ids::Owner;

    /// What a commit does: which wallets it changes, which of them are written anyway, and whether it only flushes.
    #[derive(Clone, Debug)]
    struct Commit {
        changed: Vec<u8>,
        forced: usize,
        flushes: bool,
    }

    fn commit() -> impl Strategy<Value = Commit> {
        let changed = proptest::collection::vec(0_u8..40, 1..12);
        (changed, 0_usize..3, proptest::bool::weighted(0.1)).prop_map(|(changed, forced, flushes)| Commit {
            changed,
            forced,
            flushes,
        })
    }

    fn wallet(number: u8) -> WalletId {
        WalletId::of_credits(Owner::new(&format!("user:{number}")).unwrap())
    }

    proptest! {
        /// Whenever the power fails, what a row lacks is replayed.
        #[test]
        fn a_row_never_lacks_what_is_not_replayed(
            commits in proptest::collection::vec(commit(), 1..200),
            pass in 1_usize..60,
        ) {
            let mut next = FactNumber::FIRST;
            let mut checkpoint = Checkpoint::of_passes(next, pass);
            // Of each wallet the facts that its row lacks.
            let mut lacking: BTreeMap<WalletId, Vec<FactNumber>> = BTreeMap::new();
            let mut passes = 0;
            for Commit { mut changed, forced, flushes } in commits {
                changed.sort_unstable();
                changed.dedup();
                let changed: Vec<WalletId> =
                    if flushes { Vec::new() } else { changed.into_iter().map(wallet).collect() };
                for id in &changed {
                    lacking.entry(id.clone()).or_default().push(next);
                    next = next.plus(1);
                }
                let forced: Vec<WalletId> = changed.iter().take(forced).cloned().collect();
                let plan =
                    if flushes { checkpoint.flush(5, next) } else { checkpoint.plan(changed.len(), 0, next) };
                for id in plan.written.iter().chain(&forced) {
                    lacking.remove(id);
                }
                passes += usize::from(plan.replay_from > checkpoint.replay_from);
                let replay_from = plan.replay_from;
                checkpoint.committed(plan, changed, &forced);
                let oldest = lacking.values().flatten().min();
                prop_assert!(oldest.is_none_or(|oldest| *oldest >= replay_from), "{oldest:?} {replay_from:?}");
                prop_assert!(checkpoint.lagging.iter().eq(lacking.keys()));
            }
            // Flushing comes to an end, and then nothing is replayed.
            for _ in 0..20 {
                let plan = checkpoint.flush(5, next);
                checkpoint.committed(plan, [], &[]);
            }
            prop_assert!(checkpoint.is_complete(next));
            prop_assert!(passes <= 200);
        }
    }
}
