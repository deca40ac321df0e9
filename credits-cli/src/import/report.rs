//! The report of an import: what was read and booked, what is lost, and the balances before and after.

use std::fmt;

use credits_runtime::Timestamp;
use serde::Serialize;

use super::findings::FindingCount;
use super::options::{Execution, Mode};
use super::schema::Version;

/// The result of an import.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The gem and its version.
    pub version: Version,
    /// What was carried over.
    pub mode: Mode,
    /// Whether the ledger was written.
    pub execution: Execution,
    /// Counts of transactions.
    pub rows: Rows,
    /// Customers, subscriptions and packs.
    pub billing: BillingReport,
    /// The time of the newest row that was read, at most that of the import.
    pub newest_row: Option<Timestamp>,
    /// Rows that were not carried over as they are.
    pub findings: Vec<FindingCount>,
    /// Number of wallets, all of which were compared.
    pub wallets: u64,
    /// Number of wallets whose balances differ.
    pub differing: u64,
    /// The first 1,000 of them.
    pub differences: Vec<Difference>,
    /// Sums of the balances.
    pub totals: Vec<AssetTotal>,
}

/// Counts of transactions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Rows {
    /// Transactions read.
    pub read: u64,
    /// Entries booked by this import.
    pub booked: u64,
    /// Entries that an earlier import booked.
    pub repeated: u64,
    /// Transactions without an entry: received sides of transfers, which the sent side books; with opening balances
    /// alone all that is spent or expired.
    pub joined: u64,
    /// Transactions that were left out: see the findings.
    pub left_out: u64,
}

/// Counts of what was carried over of the `pay` gem's rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct BillingReport {
    /// Customers that were linked to their owners.
    pub customers: u64,
    /// Running subscriptions.
    pub subscriptions: u64,
    /// Packs.
    pub packs: u64,
    /// Awards that were marked as given before by this import.
    pub marked: u64,
}

/// A wallet whose balances differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Difference {
    /// The wallet's id in the gem.
    pub wallet: String,
    /// The owner.
    pub owner: String,
    /// The asset.
    pub asset: String,
    /// The balance by the gem's rows.
    pub before: String,
    /// The balance in the ledger.
    pub after: i64,
}

/// Sums of the balances of an asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AssetTotal {
    /// The asset.
    pub asset: String,
    /// By the gem's rows.
    pub before: String,
    /// In the ledger.
    pub after: String,
}

impl Report {
    /// The first instant from which Stripe's events may be read again: the second after the newest row. `None` without
    /// customers.
    #[must_use]
    pub fn reconcile_since(&self) -> Option<Timestamp> {
        const SECOND: i64 = 1_000_000;
        let newest = self.newest_row.filter(|_| self.billing.customers > 0)?;
        let seconds = newest.microseconds().div_euclid(SECOND).saturating_add(1);
        Some(Timestamp::from_microseconds(seconds.saturating_mul(SECOND)))
    }

    /// Whether every balance is the same before and after.
    pub fn is_equal(&self) -> bool {
        self.differing == 0
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Rows { read, booked, repeated, joined, left_out } = self.rows;
        let done = match self.execution {
            Execution::DryRun => "a dry run: the ledger is unchanged",
            Execution::Import => "imported",
        };
        writeln!(f, "{}, {done}", self.version)?;
        writeln!(
            f,
            "{read} transactions: {booked} booked, {repeated} booked before, {joined} part of others, {left_out} left out"
        )?;
        let BillingReport { customers, subscriptions, packs, marked } = self.billing;
        if customers > 0 {
            writeln!(
                f,
                "{customers} customers linked, {subscriptions} running subscriptions, {packs} packs, {marked} awards marked"
            )?;
        }
        for count in &self.findings {
            writeln!(f, "  {}: {count}", spoken(count.rule))?;
        }
        for AssetTotal { asset, before, after } in &self.totals {
            writeln!(f, "{asset}: {before} before, {after} after")?;
        }
        if let Some(since) = self.reconcile_since() {
            writeln!(
                f,
                "Rails' newest row is before {since}: events that it has handled must not come again. Reconcile once, since the \
                 instant at which it stopped:\n  stripe.reconcile(\"{since}\".parse()?, |_| {{}})?; // or later"
            )?;
        }
        match self.differing {
            0 => writeln!(f, "{} wallets, every balance is equal", self.wallets)?,
            differing => writeln!(f, "{} wallets, {differing} balances differ:", self.wallets)?,
        }
        for Difference { wallet, owner, asset, before, after } in &self.differences {
            writeln!(f, "  wallet {wallet}, `{owner}`: {before} before, {after} {asset} after")?;
        }
        Ok(())
    }
}

fn spoken(rule: super::findings::Rule) -> &'static str {
    use super::findings::Rule;
    match rule {
        Rule::Refused => "refused",
        Rule::Shortened => "shortened",
        Rule::LeftOut => "left out",
        Rule::Carried => "carried over",
    }
}
