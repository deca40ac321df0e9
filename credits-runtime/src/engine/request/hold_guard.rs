//! The hold guard: requests the release of a hold when it is dropped.

use std::sync::Arc;

use super::inbox::Inbox;
use crate::domain::ids::{HoldId, WalletId};

/// A token that work owns while it is in progress.
pub(crate) type Alive = Arc<()>;

/// Requests the release of a hold when dropped. Its drop neither blocks for long nor panics.
pub(crate) struct HoldGuard {
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) wallet: WalletId,
    pub(crate) hold: Option<HoldId>,
    /// The hold of work in progress is extended until this is dropped.
    pub(crate) alive: Option<Alive>,
}

impl HoldGuard {
    /// A guard for a hold that is not open yet.
    pub(crate) fn unarmed(inbox: &Arc<Inbox>, wallet: &WalletId) -> Self {
        Self { inbox: Arc::clone(inbox), wallet: wallet.clone(), hold: None, alive: None }
    }

    /// Disarms the guard: it does not release its hold.
    pub(crate) fn disarm(&mut self) {
        self.alive = None;
        self.hold = None;
    }
}

impl Drop for HoldGuard {
    fn drop(&mut self) {
        self.alive = None;
        if let Some(hold) = self.hold.take() {
            self.inbox.release(self.wallet.clone(), hold);
        }
    }
}

impl std::fmt::Debug for HoldGuard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HoldGuard").field("hold", &self.hold).finish_non_exhaustive()
    }
}
