//! Activity: what was given and spent on each of the last days.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain;
use crate::domain::activity::{Activity, Day};
use crate::domain::limits::ACTIVITY_DAYS_MAX;
use crate::domain::time::Timestamp;
use crate::engine::core::Core;
use crate::error::Error;
use crate::service::credits::Credits;
use crate::service::report::{self, AccountName};

/// What the entries of a day gave and took.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DayActivity {
    /// The first instant of the day, in UTC.
    pub day: Timestamp,
    /// The counter-accounts with entries on that day.
    pub accounts: Vec<AccountActivity>,
}

/// What the entries of one counter-account gave and took on a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AccountActivity {
    /// The asset: `credits`, or the name of another one.
    pub asset: String,
    /// The charged operation, or the category of the entries.
    pub account: String,
    /// Whether the account is an operation.
    pub is_operation: bool,
    /// Whether it has the operation's charges that plans covered, at the prices that they would have had. They are not
    /// lost: `lost` is what the wallets would have lost.
    pub is_covered: bool,
    /// The credits that wallets gained.
    pub gained: i128,
    /// The credits that wallets lost.
    pub lost: i128,
    /// The number of entries.
    pub entries: u64,
}

impl<C> Credits<C> {
    /// What was given and spent on each of the last days, oldest first, up to today: from 1 to 3,660 days in UTC; other
    /// numbers are clamped. Every day is there, also one without entries, for a chart. An entry counts on the day on
    /// which it was recorded.
    ///
    /// Errors: the ledger's.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation step { costs 1.credit } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let credits = Credits::in_memory()?;
    /// let user = credits.wallet("user:42");
    /// user.give_credits(100).now().wait()?;
    /// user.spend_credits_on(Operation::step()).now().wait()?;
    /// let week = credits.activity(7)?;
    /// assert_eq!(week.len(), 7);
    /// let spent: i128 = week.iter().flat_map(|day| &day.accounts).map(|account| account.lost).sum();
    /// assert_eq!(spent, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn activity(&self, days: u32) -> Result<Vec<DayActivity>, Error> {
        let today = Day::of(self.ledger.now());
        let first = today.before(days.clamp(1, ACTIVITY_DAYS_MAX).saturating_sub(1));
        let mut found = self.ledger.activity(first..=today)?;
        let day = |day| of_day(&self.ledger, day, &found.0.remove(&day).unwrap_or_default());
        Ok((first.0..=today.0).map(Day).map(day).collect())
    }
}

fn of_day(ledger: &Core, day: Day, activity: &domain::activity::DayActivity) -> DayActivity {
    // Several catalogues may declare the same operation.
    let mut accounts: BTreeMap<AccountName, Activity> = BTreeMap::new();
    for (asset, account, activity) in activity.iter() {
        accounts.entry(report::account_name(ledger, asset, account)).or_default().add(activity);
    }
    let accounts = accounts.into_iter().map(|(name, activity)| {
        let AccountName { asset, account, is_operation, is_covered } = name;
        let Activity { gained, lost, entries } = activity;
        AccountActivity { asset, account, is_operation, is_covered, gained, lost, entries }
    });
    DayActivity { day: day.start(), accounts: accounts.collect() }
}
