//! The database's clock, which is one for all programs.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use crate::domain::time::Timestamp;
use crate::engine::clock::{Clock, SystemClock};

/// The database's time, as of its last answer, and the time that has passed here since then.
#[derive(Debug)]
pub(super) struct DatabaseClock {
    /// Microseconds by which the database's time is ahead of the monotonic reading here.
    ahead: AtomicI64,
}

impl DatabaseClock {
    /// A clock that the database read just now.
    pub(super) fn read_at(microseconds: i64) -> Self {
        Self { ahead: AtomicI64::new(ahead(microseconds)) }
    }

    /// Takes a reading of the database's clock, which was made since this monotonic reading. How long ago is not known: its
    /// transaction may have waited for locks afterwards. The clock is corrected as little as the reading allows.
    pub(super) fn set(&self, microseconds: i64, since: Duration) {
        let (least, most) = (ahead(microseconds), microseconds.saturating_sub(passed(since)));
        let known = self.ahead.load(Ordering::Relaxed);
        self.ahead.store(known.max(least).min(most.max(least)), Ordering::Relaxed);
    }
}

fn ahead(microseconds: i64) -> i64 {
    microseconds.saturating_sub(passed(SystemClock.monotonic()))
}

fn passed(monotonic: Duration) -> i64 {
    i64::try_from(monotonic.as_micros()).unwrap_or(i64::MAX)
}

impl Clock for DatabaseClock {
    fn now(&self) -> Timestamp {
        let ahead = self.ahead.load(Ordering::Relaxed);
        Timestamp::from_microseconds(passed(SystemClock.monotonic()).saturating_add(ahead))
    }

    fn monotonic(&self) -> Duration {
        SystemClock.monotonic()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_that_waited_for_locks_does_not_set_the_clock_back() {
        const SECOND: i64 = 1_000_000;
        let clock = DatabaseClock::read_at(100 * SECOND);
        // Read at the beginning of a trip that took ten seconds.
        let sent = SystemClock.monotonic().saturating_sub(Duration::from_secs(10));
        clock.set(90 * SECOND, sent);
        assert!(clock.now() >= Timestamp::from_microseconds(100 * SECOND));
        // A reading beyond what the trip allows is taken, in either direction.
        clock.set(500 * SECOND, SystemClock.monotonic());
        assert!(clock.now() >= Timestamp::from_microseconds(500 * SECOND));
        clock.set(90 * SECOND, SystemClock.monotonic());
        assert!(clock.now() < Timestamp::from_microseconds(91 * SECOND));
    }
}
