//! Activity: what the entries of each day gave and took, by asset and counter-account.
//!
//! A day is that of recording, in UTC, so that a finished day never changes. It does not know which days have rows.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

use super::amount::Amount;
use super::encoding;
use super::ids::Asset;
use super::time::Timestamp;
use super::totals::Account;

const MICROSECONDS_PER_DAY: i64 = 24 * 60 * 60 * 1_000_000;

/// A day in UTC, counted from 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(pub u32);

impl Day {
    /// The day of an instant.
    pub fn of(at: Timestamp) -> Self {
        Self(u32::try_from(at.microseconds() / MICROSECONDS_PER_DAY).unwrap_or(u32::MAX))
    }

    /// The first instant of the day.
    pub fn start(self) -> Timestamp {
        Timestamp::from_microseconds(i64::from(self.0).saturating_mul(MICROSECONDS_PER_DAY))
    }

    /// The day a number of days earlier, or the first one.
    pub fn before(self, days: u32) -> Self {
        Self(self.0.saturating_sub(days))
    }
}

/// What the entries of one counter-account gave and took.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Encode, Decode)]
pub struct Activity {
    /// Credits that wallets gained.
    #[cbor(n(0), with = "encoding::integer")]
    pub gained: i128,
    /// Credits that wallets lost.
    #[cbor(n(1), with = "encoding::integer")]
    pub lost: i128,
    /// Number of entries.
    #[n(2)]
    pub entries: u64,
}

impl Activity {
    /// The activity of one entry.
    fn of(amount: Amount) -> Self {
        let amount = i128::from(amount.get());
        Self { gained: amount.max(0), lost: amount.min(0).saturating_neg(), entries: 1 }
    }

    /// Adds another account's activity, or another entry's.
    pub fn add(&mut self, other: Self) {
        self.gained = self.gained.saturating_add(other.gained);
        self.lost = self.lost.saturating_add(other.lost);
        self.entries = self.entries.saturating_add(other.entries);
    }
}

/// The activity of one day.
#[derive(Clone, Debug, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(transparent)]
pub struct DayActivity(BTreeMap<(Asset, Account), Activity>);

impl DayActivity {
    fn add(&mut self, asset: &Asset, account: &Account, amount: Amount) {
        self.0.entry((asset.clone(), account.clone())).or_default().add(Activity::of(amount));
    }

    /// Every counter-account with entries, by asset.
    pub fn iter(&self) -> impl Iterator<Item = (&Asset, &Account, Activity)> {
        self.0.iter().map(|((asset, account), activity)| (asset, account, *activity))
    }
}

/// The activity of the last day with entries, and of earlier days until their rows are written.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Days(pub BTreeMap<Day, DayActivity>);

impl Days {
    /// Adds an entry that was recorded at this instant.
    pub fn add(&mut self, at: Timestamp, asset: &Asset, account: &Account, amount: Amount) {
        self.0.entry(Day::of(at)).or_default().add(asset, account, amount);
    }

    /// Sets the activity of a counter-account on a day.
    #[cfg(feature = "postgres")]
    pub fn put(&mut self, day: Day, asset: Asset, account: Account, activity: Activity) {
        self.0.entry(day).or_default().0.insert((asset, account), activity);
    }

    /// The last day with entries.
    pub fn last(&self) -> Option<Day> {
        self.0.last_key_value().map(|(day, _)| *day)
    }

    /// Drops the days before this one, whose rows are complete.
    pub fn drop_before(&mut self, day: Day) {
        self.0 = self.0.split_off(&day);
    }
}
