//! The due index: due instants of dirty wallets, whose rows in the agenda may be stale.

use std::collections::BTreeSet;
use std::sync::PoisonError;

use crate::domain::ids::WalletId;
use crate::domain::time::Timestamp;
use crate::engine::sync::{Mutex, MutexGuard};

type DueEntries = BTreeSet<(Timestamp, WalletId)>;

/// Due instants of dirty wallets. An entry may be early; booking it then has no effect. An entry may be missing only
/// if the wallet's row in the agenda has its instant.
#[derive(Debug, Default)]
pub(crate) struct DueIndex(Mutex<DueEntries>);

/// The index, locked.
pub(crate) struct LockedDueIndex<'a>(MutexGuard<'a, DueEntries>);

impl DueIndex {
    pub(crate) fn lock(&self) -> LockedDueIndex<'_> {
        LockedDueIndex(self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The first entries, up to a number.
    pub(crate) fn first(&self, max: usize) -> Vec<(Timestamp, WalletId)> {
        self.lock().0.iter().take(max).cloned().collect()
    }
}

impl LockedDueIndex<'_> {
    pub(crate) fn insert(&mut self, due: Option<Timestamp>, id: &WalletId) {
        self.0.extend(due.map(|due| (due, id.clone())));
    }

    pub(crate) fn remove(&mut self, due: Option<Timestamp>, id: &WalletId) {
        if let Some(due) = due {
            self.0.remove(&(due, id.clone()));
        }
    }
}
