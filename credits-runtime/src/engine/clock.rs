//! The clock: the one place where the time is read, and where a clock that leaps is found out.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime};

use crate::domain::limits::{CLOCK_LEAP_MAX, CLOCK_SILENCE_MAX};
use crate::domain::time::Timestamp;

/// Where a ledger takes its time from. The ledger's own time never decreases, whatever a clock says.
pub trait Clock: Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> Timestamp;

    /// How long something has been running, by a clock that nobody sets: a leap of the other one shows against it.
    /// By default time itself, so that nothing is ever a leap.
    fn running(&self) -> Duration {
        self.now().since(Timestamp::MIN)
    }

    /// Whether time passes by itself; if not, nothing is booked at its instant until something else is written.
    fn runs(&self) -> bool {
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
    fn running(&self) -> Duration {
        static START: OnceLock<Instant> = OnceLock::new();
        START.get_or_init(Instant::now).elapsed()
    }
}

/// A ledger's time: its clock's, unless that leapt ahead.
///
/// Between two looks the clock may run ahead of the time that passed by at most [`CLOCK_LEAP_MAX`]; after an
/// opening it may be ahead of the last fact by at most [`CLOCK_SILENCE_MAX`]. Beyond that, time runs on from where
/// it was agreed upon, until somebody confirms the clock.
pub(crate) struct LedgerClock {
    clock: Arc<dyn Clock>,
    /// What the clock is ahead of its running time, in microseconds, as agreed.
    ahead: AtomicI64,
    /// Whether the clock is ahead of the ledger's last fact by more than is believed.
    silent: AtomicBool,
    /// Whether a leap was reported.
    reported: AtomicBool,
}

impl LedgerClock {
    /// The time of a ledger whose last fact was at `last`, if it has one.
    pub(crate) fn new(clock: Arc<dyn Clock>, last: Option<Timestamp>, confirmed: bool) -> Self {
        let (now, running) = (clock.now(), clock.running());
        let silence = last.filter(|last| !confirmed && now.since(*last) > CLOCK_SILENCE_MAX);
        let agreed = match last {
            Some(last) if silence.is_some() => last,
            Some(last) => now.max(last),
            None => now,
        };
        Self {
            clock,
            ahead: AtomicI64::new(ahead(agreed, running)),
            silent: AtomicBool::new(silence.is_some()),
            reported: AtomicBool::new(false),
        }
    }

    /// The time now.
    pub(crate) fn now(&self) -> Timestamp {
        let (now, running) = (self.clock.now(), self.clock.running());
        let (found, agreed) = (ahead(now, running), self.ahead.load(Ordering::Relaxed));
        let leap = Duration::from_micros(u64::try_from(found.saturating_sub(agreed)).unwrap_or(0));
        let is_silent = self.silent.load(Ordering::Relaxed);
        if leap <= CLOCK_LEAP_MAX && !is_silent {
            if found != agreed {
                self.ahead.store(found, Ordering::Relaxed);
            }
            return now;
        }
        if !is_silent && !self.reported.swap(true, Ordering::Relaxed) {
            tracing::error!(
                clock = %now,
                days = leap.as_secs() / 86_400,
                "the clock leapt ahead and is not believed: set it right, or confirm it with `confirm_clock()`"
            );
        }
        Timestamp::from_microseconds(microseconds(running).saturating_add(agreed))
    }

    /// The reading of the clock itself, whatever the ledger's time is.
    #[cfg(feature = "stripe")]
    pub(crate) fn reading(&self) -> Timestamp {
        self.clock.now()
    }

    /// What the clock says, if that is too far from the ledger's last fact for writing.
    pub(crate) fn unconfirmed(&self) -> Option<Timestamp> {
        self.silent.load(Ordering::Relaxed).then(|| self.clock.now())
    }

    /// Believes what the clock says.
    pub(crate) fn confirm(&self) {
        self.ahead.store(ahead(self.clock.now(), self.clock.running()), Ordering::Relaxed);
        self.silent.store(false, Ordering::Relaxed);
        self.reported.store(false, Ordering::Relaxed);
    }

    /// How long to wait until an instant; `None` for as long as nothing else happens.
    pub(crate) fn wait_until(&self, instant: Timestamp) -> Option<Duration> {
        // By the ledger's own time: a clock that leapt is ahead of it.
        let is_past_believing = self.silent.load(Ordering::Relaxed);
        let wait = if is_past_believing { CLOCK_LOOK_EVERY } else { instant.since(self.now()) };
        self.clock.runs().then(|| wait.min(CLOCK_LOOK_EVERY))
    }

    /// By a clock that nobody sets.
    pub(crate) fn running(&self) -> Duration {
        self.clock.running()
    }
}

/// A clock that is set, or a machine that slept, is noticed within this time.
const CLOCK_LOOK_EVERY: Duration = Duration::from_mins(1);

fn microseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

fn ahead(now: Timestamp, running: Duration) -> i64 {
    now.microseconds().saturating_sub(microseconds(running))
}
