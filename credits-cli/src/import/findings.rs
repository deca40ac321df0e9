//! Findings: rows that an import does not carry over as they are, with a rule, a count and the first examples of each.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

/// Examples kept of a finding.
const EXAMPLES_MAX: usize = 3;
/// Characters kept of an example.
const EXAMPLE_CHARS_MAX: usize = 120;

/// What an import does with the rows of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Nothing is imported until they are corrected.
    Refused,
    /// A part of them is left out.
    Shortened,
    /// They are left out.
    LeftOut,
    /// They are carried over with a change that the finding names.
    Carried,
}

macro_rules! findings {
    ($($name:ident $rule:ident $text:literal)*) => {
        /// A kind of rows that are not carried over as they are.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
        #[serde(rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum Finding { $(#[doc = $text] $name,)* }

        impl Finding {
            /// All kinds, refused ones first.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            pub(super) const REFUSED: Rule = Rule::Refused;

            /// What is done with the rows.
            pub fn rule(self) -> Rule {
                match self { $(Self::$name => Rule::$rule,)* }
            }

            /// The kind in words.
            pub fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

findings! {
    AmountNotWhole Refused "amounts that are no whole numbers of 64 bits"
    TimeUnreadable Refused "times that are no instants from 1970 to 9999"
    WalletMissing Refused "rows of a wallet that does not exist"
    AllocationDangling Refused "allocations of a transaction that does not exist"
    AllocationCrossing Refused "allocations between two wallets, or of an amount below 1"
    AllocationsExceed Refused "transactions with allocations above their amount, or of the wrong sign"
    OwnerInvalid Refused "owners that the ledger does not accept"
    OwnersCollide Refused "different records that would be one owner: change the template of owners"
    WalletsDuplicate Refused "several wallets of one owner and asset: merge them first, as the gem's upgrade to 1.0 requires"
    OpenGrantsLimit Refused "wallets with more than 1,000 expiries of open credits"
    MetadataShortened Shortened "metadata over 4,096 bytes or 32 levels: the largest members are left out"
    MetadataUnreadable Shortened "metadata that is no JSON object: left out"
    ReasonLeftOut Shortened "reasons of another form than the ledger's: they stay in the metadata alone"
    DebtForgotten Shortened "debits above the balance, whose debt the gem forgot: the part that was paid is carried over"
    AmountZero LeftOut "amounts of 0"
    ExpiredOnArrival LeftOut "credits that had expired when they were made"
    WalletMetadata LeftOut "metadata of wallets"
    RowChanged LeftOut "rows that changed since an earlier import: the first import stays"
    RowBehindChanged LeftOut "rows of a wallet behind one whose amount or expiry changed: correct the wallet by hand"
    DebtUncorrected LeftOut "wallets whose debt was repaid with credits that expired in the gem, and that have entries of the application: correct them by hand"
    TransferHalf Carried "sides of a transfer whose other side is gone: a gift or a deduction"
    RowMoved Carried "debits with an earlier time than the credits they use: at the time of those"
    TimeInFuture Carried "rows with a time after the import's: at the time of the import"
    DebtStanding Carried "debits above the balance: the rest is debt, which the next credits repay"
    DebtCorrected Carried "wallets whose debt was repaid with credits that expired in the gem: corrected by an entry"
    ExpiryTooFar Carried "expiries after the year 9999: never"
    BalanceStale Carried "wallets whose stored balance is not the sum of their rows: the rows count"
    CustomerOfOtherProcessor LeftOut "customers, subscriptions and packs of another processor than Stripe"
    SubscriptionIncomplete LeftOut "running subscriptions without their item or period: Stripe's events bring them"
    PackUnknown LeftOut "packs without their charge or terms: a later refund of them is listed"
    PackOld LeftOut "packs that were paid more than 400 days ago: a later refund of them is listed"
    PackRefunded LeftOut "packs that were refunded in full"
    PlanChangePending Carried "subscriptions with a pending change of the plan: the state at Stripe decides"
    CycleNotGiven Carried "cycles that the gem has not given yet: the ledger gives them"
}

/// A finding with its count and first examples.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FindingCount {
    /// The kind.
    pub finding: Finding,
    /// What is done with the rows.
    pub rule: Rule,
    /// The number of rows.
    pub count: u64,
    /// The first examples.
    pub examples: Vec<String>,
}

impl fmt::Display for FindingCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.count, self.finding.text(), self.examples.join(", "))?;
        if u64::try_from(self.examples.len()).is_ok_and(|shown| shown < self.count) {
            f.write_str(", ..")?;
        }
        Ok(())
    }
}

/// The findings of an import.
#[derive(Debug, Default)]
pub(super) struct Findings(BTreeMap<Finding, (u64, Vec<String>)>);

impl Findings {
    /// Counts a row.
    pub(super) fn add(&mut self, finding: Finding, example: impl fmt::Display) {
        let (count, examples) = self.0.entry(finding).or_default();
        *count = count.saturating_add(1);
        if examples.len() < EXAMPLES_MAX {
            let example = example.to_string();
            examples.push(example.chars().take(EXAMPLE_CHARS_MAX).flat_map(char::escape_debug).collect());
        }
    }

    pub(super) fn has_refused(&self) -> bool {
        self.0.keys().any(|finding| finding.rule() == Rule::Refused)
    }

    /// All of them, refused rows first.
    pub(super) fn counts(&self) -> Vec<FindingCount> {
        let counts = self.0.iter().map(|(finding, (count, examples))| FindingCount {
            finding: *finding,
            rule: finding.rule(),
            count: *count,
            examples: examples.clone(),
        });
        let mut counts: Vec<FindingCount> = counts.collect();
        counts.sort_by_key(|count| (count.rule, count.finding));
        counts
    }
}
