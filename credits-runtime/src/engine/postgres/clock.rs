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
        Self { ahead: AtomicI64::new(microseconds.saturating_sub(passed(SystemClock.monotonic()))) }
    }

    /// Takes a reading of the database's clock, which was made since this monotonic reading. How long ago is not known: its
    /// transaction may have waited for locks afterwards. The clock is corrected as little as the reading allows.
    pub(super) fn set(&self, microseconds: i64, since: Duration) {
        self.correct(microseconds, since, SystemClock.monotonic());
    }

    fn correct(&self, microseconds: i64, since: Duration, until: Duration) {
        let (least, most) =
            (microseconds.saturating_sub(passed(until)), microseconds.saturating_sub(passed(since)));
        let known = self.ahead.load(Ordering::Relaxed);
        self.ahead.store(known.max(least).min(most.max(least)), Ordering::Relaxed);
    }

    fn at(&self, monotonic: Duration) -> Timestamp {
        Timestamp::from_microseconds(passed(monotonic).saturating_add(self.ahead.load(Ordering::Relaxed)))
    }
}

fn passed(monotonic: Duration) -> i64 {
    i64::try_from(monotonic.as_micros()).unwrap_or(i64::MAX)
}

impl Clock for DatabaseClock {
    fn now(&self) -> Timestamp {
        self.at(SystemClock.monotonic())
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
        let second = Duration::from_secs;
        let read = |seconds: i64| Timestamp::from_microseconds(seconds * 1_000_000);
        // At the reading 0 it is 100 s in the database.
        let clock = DatabaseClock { ahead: AtomicI64::new(100_000_000) };
        assert_eq!(clock.at(second(10)), read(110));
        // 100 s were read in a trip from 0 to 10: perhaps at its beginning.
        clock.correct(100_000_000, second(0), second(10));
        assert_eq!(clock.at(second(10)), read(110));
        // 95 s cannot have been read then, even at the beginning: the clock goes back as little as it must.
        clock.correct(95_000_000, second(0), second(10));
        assert_eq!(clock.at(second(10)), read(105));
        // 500 s were read at the latest at the end.
        clock.correct(500_000_000, second(0), second(10));
        assert_eq!(clock.at(second(10)), read(500));
        assert!(DatabaseClock::read_at(7_000_000).now() >= read(7));
    }
}
