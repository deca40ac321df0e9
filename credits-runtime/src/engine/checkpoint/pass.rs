//! Passes: the order and the pace in which checkpoints write dirty wallets.
//!
//! A pass writes the wallets that were dirty at its beginning, in key order, so that rows of one page are written
//! together. Wallets that become dirty later are written by the next pass. It knows neither rows nor files.

use crate::domain::ids::{FactNumber, WalletId};
use crate::engine::wallets::cache::WalletCache;

/// The pass in progress.
#[derive(Debug)]
pub(crate) struct Pass {
    /// Wallets that this pass has not written yet, in descending order.
    wallets: Vec<WalletId>,
    /// Number of wallets at the beginning of the pass.
    size: usize,
    /// Once the pass is complete, rows have every fact before this one.
    began: FactNumber,
    /// Rows have every fact before this one.
    replay_from: FactNumber,
    /// Facts before this one are counted in the debt.
    counted_to: FactNumber,
    /// Number of owed rows, times `facts_max`.
    debt: usize,
    /// Facts within which a pass is completed.
    facts_max: usize,
}

impl Pass {
    /// An empty pass of a ledger whose rows have every fact before this one.
    pub(crate) fn new(next_fact: FactNumber, pass_facts: usize) -> Self {
        Self {
            wallets: Vec::new(),
            size: 0,
            began: next_fact,
            replay_from: next_fact,
            counted_to: next_fact,
            debt: 0,
            facts_max: pass_facts,
        }
    }

    /// Rows have every fact before this one.
    pub(crate) fn replay_from(&self) -> FactNumber {
        self.replay_from
    }

    /// Adds the debt of the facts since the last call: their share of the pass.
    pub(crate) fn owe(&mut self, next_fact: FactNumber) {
        let facts = next_fact.get().saturating_sub(self.counted_to.get());
        self.counted_to = next_fact;
        let facts = usize::try_from(facts).unwrap_or(usize::MAX);
        self.debt = self.debt.saturating_add(facts.saturating_mul(self.size));
    }

    /// Number of rows that are owed.
    pub(crate) fn owed(&self) -> usize {
        self.debt.checked_div(self.facts_max).unwrap_or(0).min(self.wallets.len())
    }

    /// Takes the next wallets, up to a number of them.
    pub(crate) fn next(&mut self, max: usize) -> Vec<WalletId> {
        let mut next = self.wallets.split_off(self.wallets.len().saturating_sub(max));
        self.debt = self.debt.saturating_sub(next.len().saturating_mul(self.facts_max));
        next.reverse();
        next
    }

    /// If the pass is complete, ends it and begins the next one.
    pub(crate) fn turn(&mut self, cache: &WalletCache) {
        if !self.wallets.is_empty() {
            return;
        }
        let (mut wallets, next_fact) = cache.take_dirty();
        wallets.sort_by_cached_key(row_order);
        wallets.dedup();
        wallets.reverse();
        self.replay_from = self.began;
        (self.size, self.began, self.debt) = (wallets.len(), next_fact, 0);
        self.wallets = wallets;
    }
}

/// The first bytes of a wallet's row key, as numbers: comparing strings would dominate the sort. Wallets with equal
/// first bytes may be out of order, which costs at most a page.
fn row_order(WalletId { asset, owner }: &WalletId) -> [u128; 2] {
    let [asset, owner] = [asset.as_str(), owner.as_str()].map(str::as_bytes);
    let length = u8::try_from(asset.len()).unwrap_or(u8::MAX);
    let mut bytes = std::iter::once(&length).chain(asset).chain(owner).copied();
    [(); 2].map(|()| {
        let mut part = [0; size_of::<u128>()];
        part.iter_mut().zip(&mut bytes).for_each(|(byte, from)| *byte = from);
        u128::from_be_bytes(part)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::domain::ids::Owner;
    use crate::domain::wallet::Wallet;
    use crate::engine::rows::Filing;

    /// A commit that changes wallets, or a checkpoint, during which another commit may change a wallet.
    #[derive(Clone, Debug)]
    enum Step {
        Commit(Vec<u8>),
        Checkpoint { changed_meanwhile: bool },
    }

    fn step() -> impl Strategy<Value = Step> {
        let commit = proptest::collection::vec(0_u8..40, 1..12).prop_map(Step::Commit);
        let checkpoint = any::<bool>().prop_map(|changed_meanwhile| Step::Checkpoint { changed_meanwhile });
        prop_oneof![3 => commit, 1 => checkpoint]
    }

    fn id(number: u8) -> WalletId {
        WalletId::of_credits(Owner::new(&format!("user:{number}")).unwrap())
    }

    /// A cache, and the facts that each wallet's row lacks.
    struct Ledger {
        cache: WalletCache,
        next: FactNumber,
        lacking: BTreeMap<WalletId, Vec<FactNumber>>,
    }

    impl Ledger {
        fn commit(&mut self, wallets: impl IntoIterator<Item = WalletId>) {
            let mut listed = Vec::new();
            for id in wallets {
                let wallet = Wallet { last_fact: Some(self.next), ..Wallet::default() };
                if !self.cache.put_dirty(&id, &wallet, Filing::default(), &mut Vec::new()) {
                    listed.push(id.clone());
                }
                self.lacking.entry(id).or_default().push(self.next);
                self.next = self.next.plus(1);
            }
            self.cache.became_dirty(listed, self.next);
        }

        fn checkpoint(&mut self, pass: &mut Pass, rows: usize, changed_meanwhile: bool) {
            for (place, id) in pass.next(rows).into_iter().enumerate() {
                let Some(cached) = self.cache.get_dirty(&id) else { continue };
                self.lacking.remove(&id);
                if changed_meanwhile && place == 0 {
                    self.commit([id.clone()]);
                }
                if !self.cache.written(&id, &cached.wallet, Filing::default(), &mut Vec::new()) {
                    self.cache.became_dirty([id], FactNumber::FIRST);
                }
            }
            pass.turn(&self.cache);
        }
    }

    proptest! {
        #[test]
        fn a_fact_that_a_row_lacks_is_replayed(
            steps in proptest::collection::vec(step(), 1..200),
            pass_facts in 1_usize..60,
        ) {
            let cache = WalletCache::new(FactNumber::FIRST);
            let mut ledger = Ledger { cache, next: FactNumber::FIRST, lacking: BTreeMap::new() };
            let mut pass = Pass::new(FactNumber::FIRST, pass_facts);
            for step in steps {
                match step {
                    Step::Commit(mut wallets) => {
                        wallets.sort_unstable();
                        wallets.dedup();
                        ledger.commit(wallets.into_iter().map(id));
                    }
                    Step::Checkpoint { changed_meanwhile } => {
                        pass.owe(ledger.next);
                        let owed = pass.owed();
                        ledger.checkpoint(&mut pass, owed, changed_meanwhile);
                    }
                }
                let oldest = ledger.lacking.values().flatten().min();
                prop_assert!(oldest.is_none_or(|oldest| *oldest >= pass.replay_from()), "{oldest:?} {pass:?}");
            }
            let mut checkpoints = 0;
            while pass.replay_from() < ledger.next {
                ledger.checkpoint(&mut pass, 5, false);
                checkpoints += 1;
                prop_assert!(checkpoints < 100);
            }
            prop_assert!(ledger.lacking.is_empty());
        }
    }
}
