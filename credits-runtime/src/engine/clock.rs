//! The clock: the only place that reads the time, and that detects leaps of the clock.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime};

use crate::domain::limits::{CLOCK_LEAP_MAX, CLOCK_SILENCE_MAX};
use crate::domain::time::Timestamp;

/// The clock of a ledger. The ledger's own time never decreases, whatever its clock reads.
pub trait Clock: Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> Timestamp;

    /// A monotonic reading, with which leaps of [`now`](Self::now) are detected. The default is the time itself, so
    /// that no leap is detected.
    fn monotonic(&self) -> Duration {
        self.now().since(Timestamp::MIN)
    }

    /// Whether time passes by itself. If not, due work is booked with the next write.
    fn is_ticking(&self) -> bool {
        true
    }
}

/// The time of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    fn now(&self) -> Timestamp {
        SystemTime::now().into()
    }

    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    fn monotonic(&self) -> Duration {
        static START: OnceLock<Instant> = OnceLock::new();
        START.get_or_init(Instant::now).elapsed()
    }
}

/// A ledger's time: the reading of its clock, unless the clock leapt ahead.
///
/// Between two readings the clock may run ahead of the monotonic one by up to [`CLOCK_LEAP_MAX`]. At an opening it
/// may be ahead of the last fact by up to [`CLOCK_SILENCE_MAX`]. Beyond that, time goes on from the last accepted
/// reading until the clock is confirmed.
pub(crate) struct LedgerClock {
    clock: Arc<dyn Clock>,
    /// Microseconds by which the accepted time is ahead of the monotonic reading.
    ahead: AtomicI64,
    /// Whether the clock was too far ahead of the ledger's last fact at the opening.
    is_unconfirmed: AtomicBool,
    /// Whether a leap was reported.
    is_reported: AtomicBool,
}

impl LedgerClock {
    /// The time of a ledger whose last fact was at `last`, if it has one.
    pub(crate) fn new(clock: Arc<dyn Clock>, last: Option<Timestamp>, confirmed: bool) -> Self {
        let (now, monotonic) = (clock.now(), clock.monotonic());
        let silence = last.filter(|last| !confirmed && now.since(*last) > CLOCK_SILENCE_MAX);
        let agreed = match last {
            Some(last) if silence.is_some() => last,
            Some(last) => now.max(last),
            None => now,
        };
        Self {
            clock,
            ahead: AtomicI64::new(ahead(agreed, monotonic)),
            is_unconfirmed: AtomicBool::new(silence.is_some()),
            is_reported: AtomicBool::new(false),
        }
    }

    /// The time now.
    pub(crate) fn now(&self) -> Timestamp {
        let (now, monotonic) = (self.clock.now(), self.clock.monotonic());
        let (found, agreed) = (ahead(now, monotonic), self.ahead.load(Ordering::Relaxed));
        let leap = Duration::from_micros(u64::try_from(found.saturating_sub(agreed)).unwrap_or(0));
        let is_unconfirmed = self.is_unconfirmed.load(Ordering::Relaxed);
        if leap <= CLOCK_LEAP_MAX && !is_unconfirmed {
            if found != agreed {
                self.ahead.store(found, Ordering::Relaxed);
            }
            return now;
        }
        if !is_unconfirmed && !self.is_reported.swap(true, Ordering::Relaxed) {
            tracing::error!(
                clock = %now,
                days = leap.as_secs() / 86_400,
                "the clock leapt ahead and is not accepted: set it right, or confirm it with `confirm_clock()`"
            );
        }
        Timestamp::from_microseconds(microseconds(monotonic).saturating_add(agreed))
    }

    /// The clock's own reading.
    #[cfg(feature = "stripe")]
    pub(crate) fn reading(&self) -> Timestamp {
        self.clock.now()
    }

    /// The clock's reading, if it is too far ahead of the ledger's last fact.
    pub(crate) fn unconfirmed(&self) -> Option<Timestamp> {
        self.is_unconfirmed.load(Ordering::Relaxed).then(|| self.clock.now())
    }

    /// Accepts the clock's reading.
    pub(crate) fn confirm(&self) {
        self.ahead.store(ahead(self.clock.now(), self.clock.monotonic()), Ordering::Relaxed);
        self.is_unconfirmed.store(false, Ordering::Relaxed);
        self.is_reported.store(false, Ordering::Relaxed);
    }

    /// How long to wait until an instant; `None` if the clock does not tick.
    pub(crate) fn wait_until(&self, instant: Timestamp) -> Option<Duration> {
        // By the ledger's time, because a clock that leapt is ahead of it.
        let is_unconfirmed = self.is_unconfirmed.load(Ordering::Relaxed);
        let wait = if is_unconfirmed { CLOCK_CHECK_EVERY } else { instant.since(self.now()) };
        self.clock.is_ticking().then(|| wait.min(CLOCK_CHECK_EVERY))
    }

    /// The monotonic reading.
    pub(crate) fn monotonic(&self) -> Duration {
        self.clock.monotonic()
    }
}

/// Longest wait between two readings: a clock that was set, or a suspended system, is detected within this time.
const CLOCK_CHECK_EVERY: Duration = Duration::from_mins(1);

fn microseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

fn ahead(now: Timestamp, monotonic: Duration) -> i64 {
    now.microseconds().saturating_sub(microseconds(monotonic))
}
