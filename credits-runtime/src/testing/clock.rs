//! A clock that is set by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use crate::domain::time::Timestamp;
use crate::engine::clock::Clock;

/// A clock that stands still until it is moved. Clones are one clock.
///
/// ```
/// use credits_runtime::testing::ManualClock;
/// use credits_runtime::{Clock, Timestamp};
/// use std::time::Duration;
///
/// let clock = ManualClock::at("2026-01-01T00:00:00Z".parse()?);
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(clock.now().to_string(), "2026-01-01T00:01:00Z");
/// # Ok::<(), credits_runtime::TimestampError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    /// A clock that shows this instant.
    pub fn at(instant: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(instant.microseconds())))
    }

    /// Shows another instant, earlier ones too.
    pub fn set(&self, instant: Timestamp) {
        self.0.store(instant.microseconds(), Ordering::SeqCst);
    }

    /// Moves on.
    pub fn advance(&self, duration: Duration) {
        self.set(self.now().after(duration));
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_microseconds(self.0.load(Ordering::SeqCst))
    }
}
