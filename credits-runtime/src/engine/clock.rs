//! The clock: the one place where the time is read.

use std::time::SystemTime;

use crate::domain::time::Timestamp;

/// Where a ledger takes its time from. The ledger's own time never decreases, whatever a clock says.
pub trait Clock: Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> Timestamp;
}

/// The time of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    fn now(&self) -> Timestamp {
        SystemTime::now().into()
    }
}
