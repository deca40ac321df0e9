//! The checkpoint: rows of wallets lag behind the journal, and are written a few in each commit, in the order of their
//! keys, so that a commit touches few pages. What lags is replayed when the ledger is opened.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::collections::VecDeque;
use std::collections::binary_heap::PeekMut;

use crate::domain::ids::{FactNumber, WalletId};
use crate::domain::limits::CHECKPOINT_ROWS_MIN;

/// How many wallets are sorted at once.
const RUN_WALLETS: usize = 1_024;

/// Which wallets' rows lag, and how far the pass over them has come.
#[derive(Debug)]
pub(crate) struct Checkpoint {
    /// Those that came to lag since the pass began. One that was written since then is passed over when its turn comes.
    since: Runs,
    /// Those that the pass has still to write.
    pass: Merge,
    /// How many it began with.
    pass_wallets: usize,
    /// Those of it that are written by the plan that was made last.
    planned: Vec<WalletId>,
    /// The first fact that is not covered once the pass has come to its end.
    began: FactNumber,
    /// From which fact on rows may lack facts.
    replay_from: FactNumber,
    /// Rows that are to be written, in parts of `pass_facts`.
    owed: usize,
    /// How many facts a pass takes.
    pass_facts: usize,
}

/// How it stands once what is planned is written. One that is not committed is as if it had not been made.
#[derive(Debug)]
pub(crate) struct Plan {
    /// From which fact on rows may lack facts once it is committed.
    pub(crate) replay_from: FactNumber,
    /// From which fact on the next pass does not cover, if this one is over.
    next_pass: Option<FactNumber>,
    owed: usize,
}

impl Checkpoint {
    /// Nothing lags before this fact.
    pub(crate) fn of_passes(next_fact: FactNumber, pass_facts: usize) -> Self {
        let (since, pass, began, replay_from) = (Runs::default(), Merge::default(), next_fact, next_fact);
        Self { since, pass, pass_wallets: 0, planned: Vec::new(), began, replay_from, owed: 0, pass_facts }
    }

    /// Whether no row lags and an opening need not replay anything before this fact.
    pub(crate) fn is_complete(&self, next_fact: FactNumber) -> bool {
        let is_empty = self.planned.is_empty() && self.pass.is_empty() && self.since.is_empty();
        is_empty && self.replay_from == next_fact
    }

    /// From which fact on rows may lack facts.
    pub(crate) fn replay_from(&self) -> FactNumber {
        self.replay_from
    }

    /// Wallets that the plan that was made last writes, besides those that must be.
    pub(crate) fn planned(&self) -> &[WalletId] {
        &self.planned
    }

    /// What to write with so many facts, at least so many rows, after which the next fact is this one.
    pub(crate) fn plan(
        &mut self,
        facts: usize,
        rows_min: usize,
        next_fact: FactNumber,
        lags: impl Fn(&WalletId) -> bool,
    ) -> Plan {
        self.take_back();
        let owed = self.owed.saturating_add(facts.saturating_mul(self.pass_wallets));
        let rows = owed.checked_div(self.pass_facts).unwrap_or(0);
        // A few rows cost as much as one.
        let rows = if rows < CHECKPOINT_ROWS_MIN.min(self.pass.left) { 0 } else { rows };
        let rest = owed.saturating_sub(rows.saturating_mul(self.pass_facts));
        self.take(rows.max(rows_min), rest, next_fact, lags)
    }

    /// The next so many rows, whatever is owed, while nothing else is changed.
    pub(crate) fn flush(
        &mut self,
        rows_max: usize,
        next_fact: FactNumber,
        lags: impl Fn(&WalletId) -> bool,
    ) -> Plan {
        self.take_back();
        let plan = self.take(rows_max, 0, next_fact, lags);
        let is_all = self.pass.is_empty() && self.since.is_empty();
        Plan { replay_from: if is_all { next_fact } else { plan.replay_from }, ..plan }
    }

    fn take(
        &mut self,
        rows: usize,
        owed: usize,
        next_fact: FactNumber,
        lags: impl Fn(&WalletId) -> bool,
    ) -> Plan {
        while self.planned.len() < rows
            && let Some(next) = self.pass.pop()
        {
            // It may have been written meanwhile, and have come to lag again: then it is there twice.
            if lags(&next) && self.planned.last() != Some(&next) {
                self.planned.push(next);
            }
        }
        // Once the pass is over, whatever lagged when it began is written.
        let next_pass = self.pass.is_empty().then_some(next_fact);
        let replay_from = if next_pass.is_some() { self.began } else { self.replay_from };
        Plan { replay_from, next_pass, owed }
    }

    /// What was planned and not committed lags still: whoever gives up a plan need not say so.
    fn take_back(&mut self) {
        self.pass.add(self.planned.drain(..).map(Place::from).collect());
    }

    /// The plan that was made last is committed, with these wallets that came to lag.
    pub(crate) fn committed(&mut self, plan: &Plan, lagging: impl IntoIterator<Item = WalletId>) {
        self.planned.clear();
        lagging.into_iter().for_each(|wallet| self.since.push(wallet));
        (self.replay_from, self.owed) = (plan.replay_from, plan.owed);
        if let Some(next_fact) = plan.next_pass {
            self.pass = std::mem::take(&mut self.since).merged();
            (self.pass_wallets, self.began, self.owed) = (self.pass.left, next_fact, 0);
        }
    }
}

/// A wallet by where its row is: most are told apart by the beginning of their row's key, as a number.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    beginning: u128,
    wallet: WalletId,
}

impl From<WalletId> for Place {
    fn from(wallet: WalletId) -> Self {
        let [asset, owner] = [wallet.asset.as_str(), wallet.owner.as_str()].map(str::as_bytes);
        let length = u8::try_from(asset.len()).unwrap_or(u8::MAX);
        let mut bytes = [0; size_of::<u128>()];
        let key = std::iter::once(&length).chain(asset).chain(owner);
        bytes.iter_mut().zip(key).for_each(|(byte, from)| *byte = *from);
        Self { beginning: u128::from_be_bytes(bytes), wallet }
    }
}

/// Wallets in short runs, each sorted.
#[derive(Debug, Default)]
struct Runs {
    unsorted: Vec<Place>,
    sorted: Vec<Vec<Place>>,
}

impl Runs {
    fn is_empty(&self) -> bool {
        self.unsorted.is_empty() && self.sorted.is_empty()
    }

    fn push(&mut self, wallet: WalletId) {
        self.unsorted.push(wallet.into());
        if self.unsorted.len() >= RUN_WALLETS {
            let mut run = std::mem::replace(&mut self.unsorted, Vec::with_capacity(RUN_WALLETS));
            run.sort_unstable();
            self.sorted.push(run);
        }
    }

    fn merged(self) -> Merge {
        let Self { mut unsorted, sorted } = self;
        unsorted.sort_unstable();
        let mut merge = Merge::default();
        sorted.into_iter().chain([unsorted]).for_each(|run| merge.add(run));
        merge
    }
}

/// Sorted runs that are read as one.
#[derive(Debug, Default)]
struct Merge {
    /// How many wallets there are.
    left: usize,
    /// The first of each run, and what follows it.
    heads: BinaryHeap<Reverse<Head>>,
}

/// A run's first wallet, by which runs are ordered, and the others.
#[derive(Debug)]
struct Head {
    first: Place,
    rest: VecDeque<Place>,
}

impl PartialEq for Head {
    fn eq(&self, other: &Self) -> bool {
        self.first == other.first
    }
}

impl Eq for Head {}

impl PartialOrd for Head {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Head {
    fn cmp(&self, other: &Self) -> Ordering {
        self.first.cmp(&other.first)
    }
}

impl Merge {
    fn is_empty(&self) -> bool {
        self.heads.is_empty()
    }

    /// A sorted run more.
    fn add(&mut self, run: Vec<Place>) {
        self.left = self.left.saturating_add(run.len());
        let mut rest = VecDeque::from(run);
        self.heads.extend(rest.pop_front().map(|first| Reverse(Head { first, rest })));
    }

    /// The least of all.
    fn pop(&mut self) -> Option<WalletId> {
        let mut head = self.heads.peek_mut()?;
        self.left = self.left.saturating_sub(1);
        let least = match head.0.rest.pop_front() {
            Some(next) => std::mem::replace(&mut head.0.first, next),
            None => PeekMut::pop(head).0.first,
        };
        Some(least.wallet)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;
    use crate::domain::ids::Owner;

    /// What a commit does: which wallets it changes, which of them are written anyway, whether it only flushes, and
    /// whether it fails.
    #[derive(Clone, Debug)]
    struct Commit {
        changed: Vec<u8>,
        forced: usize,
        flushes: bool,
        fails: bool,
    }

    fn commit() -> impl Strategy<Value = Commit> {
        let changed = proptest::collection::vec(0_u8..40, 1..12);
        let rare = || proptest::bool::weighted(0.1);
        (changed, 0_usize..3, rare(), rare()).prop_map(|(changed, forced, flushes, fails)| Commit {
            changed,
            forced,
            flushes,
            fails,
        })
    }

    fn wallet(number: u8) -> WalletId {
        WalletId::of_credits(Owner::new(&format!("user:{number}")).unwrap())
    }

    proptest! {
        /// Whenever the power fails, what a row lacks is replayed; also if plans were made before that were given up.
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
            for Commit { mut changed, forced, flushes, fails } in commits {
                let lagged: BTreeSet<WalletId> = lacking.keys().cloned().collect();
                let first = next;
                changed.sort_unstable();
                changed.dedup();
                let changed: Vec<WalletId> =
                    if flushes { Vec::new() } else { changed.into_iter().map(wallet).collect() };
                for id in &changed {
                    lacking.entry(id.clone()).or_default().push(next);
                    next = next.plus(1);
                }
                let forced: Vec<WalletId> = changed.iter().take(forced).cloned().collect();
                let lags = |id: &WalletId| lagged.contains(id);
                let plan = if flushes {
                    checkpoint.flush(5, next, lags)
                } else {
                    checkpoint.plan(changed.len(), 0, next, lags)
                };
                if fails {
                    for id in &changed {
                        next = first;
                        let facts = lacking.get_mut(id).unwrap();
                        facts.retain(|fact| *fact < first);
                        if facts.is_empty() {
                            lacking.remove(id);
                        }
                    }
                    continue;
                }
                for id in checkpoint.planned().iter().chain(&forced) {
                    lacking.remove(id);
                }
                let places: Vec<Place> = checkpoint.planned().iter().cloned().map(Place::from).collect();
                prop_assert!(places.windows(2).all(|pair| pair[0] < pair[1]));
                passes += usize::from(plan.replay_from > checkpoint.replay_from);
                let replay_from = plan.replay_from;
                let newly = changed.iter().filter(|id| lacking.contains_key(id) && !lagged.contains(id));
                checkpoint.committed(&plan, newly.cloned());
                let oldest = lacking.values().flatten().min();
                prop_assert!(oldest.is_none_or(|oldest| *oldest >= replay_from), "{oldest:?} {replay_from:?}");
            }
            // Flushing comes to an end, and then nothing is replayed.
            for _ in 0..100 {
                let plan = checkpoint.flush(5, next, |id| lacking.contains_key(id));
                checkpoint.planned().iter().for_each(|id| drop(lacking.remove(id)));
                checkpoint.committed(&plan, []);
            }
            prop_assert!(lacking.is_empty());
            prop_assert!(checkpoint.is_complete(next));
            prop_assert!(passes <= 200);
        }
    }
}
