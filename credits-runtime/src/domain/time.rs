//! Time: instants in UTC to the microsecond, as values. The engine reads the clock.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use minicbor::{Decode, Encode};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An instant in UTC, to the microsecond.
///
/// ```
/// use credits_runtime::Timestamp;
/// let at: Timestamp = "2026-01-31T12:00:00Z".parse()?;
/// assert_eq!(at.to_string(), "2026-01-31T12:00:00Z");
/// assert_eq!(Timestamp::from(std::time::SystemTime::from(at)), at);
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
        Self(microseconds).clamped()
    }

    fn clamped(self) -> Self {
        self.clamp(Self::MIN, Self::MAX)
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

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The error of a text that is not an RFC 3339 instant, or of an instant out of range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct TimestampError(#[from] NoTimestamp);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum NoTimestamp {
    #[error("`{0}` is no instant: write it as in 2026-01-31T12:00:00Z")]
    Text(String),
    #[error("{0} is out of range: instants are from 1970-01-01T00:00:00Z to 9999-12-30T22:00:00.999999Z")]
    OutOfRange(String),
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let excerpt = || text.chars().take(40).flat_map(char::escape_debug).collect();
        let timestamp: jiff::Timestamp =
            text.parse().map_err(|_| TimestampError(NoTimestamp::Text(excerpt())))?;
        timestamp.try_into()
    }
}

impl TryFrom<jiff::Timestamp> for Timestamp {
    type Error = TimestampError;

    /// Rounds down to the microsecond.
    fn try_from(instant: jiff::Timestamp) -> Result<Self, TimestampError> {
        // Rounded towards zero, an instant less than a microsecond before 1970 would be in range.
        let microseconds = instant.as_nanosecond().div_euclid(1_000);
        let in_range = i64::try_from(microseconds).ok().map(Self).filter(|it| *it == it.clamped());
        in_range.ok_or_else(|| TimestampError(NoTimestamp::OutOfRange(instant.to_string())))
    }
}

impl From<Timestamp> for jiff::Timestamp {
    fn from(instant: Timestamp) -> Self {
        // The range of a timestamp is within that of jiff.
        Self::from_microsecond(instant.0).unwrap_or(Self::MAX)
    }
}

impl From<Timestamp> for SystemTime {
    fn from(instant: Timestamp) -> Self {
        // Systems that cannot represent the year 9999 get the earliest instant.
        UNIX_EPOCH.checked_add(instant.since(Timestamp::MIN)).unwrap_or(UNIX_EPOCH)
    }
}

impl From<SystemTime> for Timestamp {
    /// Rounds down to the microsecond. An instant out of range becomes [`MIN`](Self::MIN) or [`MAX`](Self::MAX), which no
    /// expiry can be.
    fn from(time: SystemTime) -> Self {
        Self::MIN.after(time.duration_since(UNIX_EPOCH).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_of_jiff_are_rounded_down_to_the_microsecond_or_refused() {
        let converted = |nanoseconds: i128| {
            Timestamp::try_from(jiff::Timestamp::from_nanosecond(nanoseconds).unwrap())
                .map(Timestamp::microseconds)
                .map_err(|error| error.to_string())
        };
        assert_eq!(converted(1_999), Ok(1));
        assert_eq!(converted(0), Ok(0));
        assert!(converted(-1).unwrap_err().contains("1969-12-31T23:59:59.999999999Z"));
        for at in [Timestamp::MIN, Timestamp::from_microseconds(1), Timestamp::MAX] {
            assert_eq!(Timestamp::try_from(jiff::Timestamp::from(at)).unwrap(), at);
        }
    }
}
