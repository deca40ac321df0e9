//! The clock of an import: the time of the row that is being replayed.
//!
//! It does not know the system's time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use credits_runtime::{Clock, Timestamp};

/// The clock of a ledger that is being filled. It stands still until the importer sets it, so that entries have the times
/// of the gem's rows.
#[derive(Clone, Debug)]
pub struct ImportClock(Arc<AtomicI64>);

impl ImportClock {
    pub(super) fn at(instant: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(instant.microseconds())))
    }

    /// Sets the time, never back.
    pub(super) fn advance_to(&self, instant: Timestamp) {
        self.0.fetch_max(instant.microseconds(), Ordering::Relaxed);
    }
}

impl Clock for ImportClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_microseconds(self.0.load(Ordering::Relaxed))
    }

    fn is_ticking(&self) -> bool {
        false
    }
}
