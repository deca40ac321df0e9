//! Periods: lengths of time in calendar or clock units.
//!
//! A period does not know where it starts; the ledger anchors it to a calendar.

/// A length of time such as 15 days or 3 months.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Period {
    /// Number of units; at least 1.
    pub count: u32,
    /// The unit.
    pub unit: PeriodUnit,
}

/// The unit of a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PeriodUnit {
    /// 1 second.
    Second,
    /// 60 seconds.
    Minute,
    /// 60 minutes.
    Hour,
    /// A calendar day in UTC.
    Day,
    /// 7 days.
    Week,
    /// A calendar month.
    Month,
    /// 3 calendar months.
    Quarter,
    /// 12 calendar months.
    Year,
}

/// The words of each unit in the language: singular, plural and adverbs (`every(monthly)`).
pub const PERIOD_UNITS: &[(PeriodUnit, &str, &str, &[&str])] = &[
    (PeriodUnit::Second, "second", "seconds", &[]),
    (PeriodUnit::Minute, "minute", "minutes", &[]),
    (PeriodUnit::Hour, "hour", "hours", &["hourly"]),
    (PeriodUnit::Day, "day", "days", &["daily"]),
    (PeriodUnit::Week, "week", "weeks", &["weekly"]),
    (PeriodUnit::Month, "month", "months", &["monthly"]),
    (PeriodUnit::Quarter, "quarter", "quarters", &["quarterly"]),
    (PeriodUnit::Year, "year", "years", &["yearly", "annually"]),
];

impl PeriodUnit {
    /// The shortest duration of the unit, in seconds: 28 days for a month.
    pub const fn seconds_min(self) -> u64 {
        const DAY: u64 = 86_400;
        match self {
            Self::Second => 1,
            Self::Minute => 60,
            Self::Hour => 3_600,
            Self::Day => DAY,
            Self::Week => 7 * DAY,
            Self::Month => 28 * DAY,
            Self::Quarter => 90 * DAY,
            Self::Year => 365 * DAY,
        }
    }

    /// The longest duration of the unit, in seconds: 31 days for a month.
    pub const fn seconds_max(self) -> u64 {
        const DAY: u64 = 86_400;
        match self {
            Self::Second | Self::Minute | Self::Hour | Self::Day | Self::Week => self.seconds_min(),
            Self::Month => 31 * DAY,
            Self::Quarter => 92 * DAY,
            Self::Year => 366 * DAY,
        }
    }

    /// The singular word, such as `month`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }
}

impl Period {
    /// The shortest duration of the period, in seconds; saturates at `u64::MAX`.
    pub const fn seconds_min(self) -> u64 {
        (self.count as u64).saturating_mul(self.unit.seconds_min())
    }

    /// The longest duration of the period, in seconds; saturates at `u64::MAX`.
    pub const fn seconds_max(self) -> u64 {
        (self.count as u64).saturating_mul(self.unit.seconds_max())
    }
}

impl Period {
    /// The period that displays as this text: `month`, `72 hours`.
    ///
    /// ```
    /// use credits_core::{Period, PeriodUnit};
    ///
    /// let hours = Period { count: 72, unit: PeriodUnit::Hour };
    /// assert_eq!(Period::from_words("72 hours"), Some(hours));
    /// assert_eq!(Period::from_words("month"), Some(PeriodUnit::Month.into()));
    /// assert_eq!(Period::from_words("72 moons"), None);
    /// ```
    #[must_use]
    pub fn from_words(text: &str) -> Option<Self> {
        let Some((count, word)) = text.split_once(' ') else {
            let (unit, ..) = PERIOD_UNITS.iter().find(|(_, one, ..)| *one == text)?;
            return Some((*unit).into());
        };
        let (unit, ..) = PERIOD_UNITS.iter().find(|(_, _, many, _)| *many == word)?;
        Some(Self { count: count.parse().ok()?, unit: *unit })
    }
}

impl From<PeriodUnit> for Period {
    /// A period of one unit.
    fn from(unit: PeriodUnit) -> Self {
        Self { count: 1, unit }
    }
}

impl core::fmt::Display for Period {
    /// Writes `month` for a count of 1, `3 months` for 3.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self.count {
            1 => f.write_str(self.unit.word()),
            count => write!(f, "{count} {}s", self.unit.word()),
        }
    }
}
