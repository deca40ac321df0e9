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

    /// Takes another reading of the database's clock.
    pub(super) fn set(&self, microseconds: i64) {
        self.ahead.store(ahead(microseconds), Ordering::Relaxed);
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
