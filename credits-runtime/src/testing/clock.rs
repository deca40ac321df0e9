//! A clock that is set by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use crate::domain::time::Timestamp;
use crate::engine::clock::Clock;

/// A clock that stands still until it is set. Clones share one clock.
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
pub struct ManualClock(Arc<Shown>);

#[derive(Debug)]
struct Shown {
    now: AtomicI64,
    /// The sum of its leaps, in microseconds.
    leapt: AtomicI64,
}

impl ManualClock {
    /// Creates a clock at this instant.
    pub fn at(instant: Timestamp) -> Self {
        let (now, leapt) = (AtomicI64::new(instant.microseconds()), AtomicI64::new(0));
        Self(Arc::new(Shown { now, leapt }))
    }

    /// Sets the clock to an instant, as if time had passed until then. It may be an earlier one.
    pub fn set(&self, instant: Timestamp) {
        self.0.now.store(instant.microseconds(), Ordering::SeqCst);
    }

    /// Advances the clock.
    pub fn advance(&self, duration: Duration) {
        self.set(self.now().after(duration));
    }

    /// Sets the clock ahead although no time has passed, like a clock that was set wrong.
    pub fn leap(&self, duration: Duration) {
        let before = self.now();
        self.advance(duration);
        let leapt = self.now().microseconds().saturating_sub(before.microseconds());
        self.0.leapt.fetch_add(leapt, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_microseconds(self.0.now.load(Ordering::SeqCst))
    }

    fn monotonic(&self) -> Duration {
        let running = self.0.now.load(Ordering::SeqCst).saturating_sub(self.0.leapt.load(Ordering::SeqCst));
        Duration::from_micros(u64::try_from(running).unwrap_or(0))
    }

    fn is_ticking(&self) -> bool {
        false
    }
}
