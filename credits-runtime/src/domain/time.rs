//! Time: instants in UTC to the microsecond, as values. The engine reads the clock.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use minicbor::{Decode, Encode};
use serde::{Serialize, Serializer};

/// An instant in UTC, to the microsecond.
///
/// ```
/// use credits_runtime::Timestamp;
/// let at: Timestamp = "2026-01-31T12:00:00Z".parse()?;
/// assert_eq!(at.to_string(), "2026-01-31T12:00:00Z");
/// # Ok::<(), credits_runtime::TimestampError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The earliest instant, 1970-01-01T00:00:00Z.
    pub const MIN: Self = Self(0);
    /// The latest instant, 9999-12-30T22:00:00.999999Z: the last one that RFC 3339 can write in every time
    /// zone.
    pub const MAX: Self = Self(253_402_207_200_999_999);

    /// The instant this many microseconds after 1970-01-01T00:00:00Z, clamped to [`MIN`](Self::MIN) and
    /// [`MAX`](Self::MAX).
    pub fn from_microseconds(microseconds: i64) -> Self {
        Self(microseconds).clamp(Self::MIN, Self::MAX)
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    pub const fn microseconds(self) -> i64 {
        self.0
    }

    /// The instant `duration` later, rounded down to the microsecond; at most [`MAX`](Self::MAX).
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        let microseconds = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(microseconds)).min(Self::MAX)
    }

    /// The instant `duration` earlier; at least [`MIN`](Self::MIN).
    #[must_use]
    pub fn before(self, duration: Duration) -> Self {
        let microseconds = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_sub(microseconds)).max(Self::MIN)
    }

    /// The duration since `earlier`; zero if `earlier` is not before it.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl fmt::Display for Timestamp {
    /// Writes RFC 3339 in UTC.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(timestamp) => fmt::Display::fmt(&timestamp, f),
            Err(_) => write!(f, "{} us after 1970-01-01T00:00:00Z", self.0),
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The error of a text that is not an RFC 3339 instant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no instant: write it as in 2026-01-31T12:00:00Z")]
pub struct TimestampError(String);

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let timestamp: jiff::Timestamp = text.parse().map_err(|_| TimestampError(text.to_owned()))?;
        Ok(Self::from_microseconds(timestamp.as_microsecond()))
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        Self::MIN.after(time.duration_since(UNIX_EPOCH).unwrap_or_default())
    }
}
