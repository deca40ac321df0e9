//! Totals: the sums of all entries by counter-account, such as the operation that was paid or the source that
//! gave. Wallets and counter-accounts together sum to zero.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

use super::activity::Days;
use super::body::Body;
use super::category::Category;
use super::encoding;
use super::fact::{Fact, RecordId};
use super::ids::{Asset, FactNumber};
use super::pricing::OperationId;
use super::time::Timestamp;

/// The counter-account of an entry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub enum Account {
    /// A charged operation.
    #[n(0)]
    Operation(#[n(0)] OperationId),
    /// The category of any other entry.
    #[n(1)]
    Category(#[n(0)] Category),
    /// An operation whose charges plans covered, at the prices that they would have had. No wallet lost this amount, so
    /// that it does not belong to the sum that is zero.
    #[n(2)]
    Covered(#[n(0)] OperationId),
}

impl Account {
    /// Whether its amounts moved between it and wallets.
    pub fn is_of_wallets(&self) -> bool {
        !matches!(self, Self::Covered(_))
    }
}

/// The sum of the entries of one counter-account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Encode, Decode)]
pub struct Total {
    /// Credits that wallets gained, less those they lost.
    #[cbor(n(0), with = "encoding::integer")]
    pub amount: i128,
    /// Number of entries.
    #[n(1)]
    pub entries: u64,
}

/// The totals of all counter-accounts.
#[derive(Clone, Debug, PartialEq, Eq, Default, Encode, Decode)]
pub struct Totals {
    /// The last added entry; stored before the record's body.
    #[cbor(skip)]
    pub last_fact: Option<FactNumber>,
    /// Activity by day, stored in rows of its own.
    #[cbor(skip)]
    pub days: Days,
    #[n(0)]
    accounts: BTreeMap<(Asset, Account), Total>,
}

impl Totals {
    /// Adds a fact, recorded at this instant, if it is an entry, unless it is already added.
    pub fn apply(&mut self, number: FactNumber, fact: &Fact, at: Timestamp) {
        if self.last_fact.is_some_and(|last| last >= number) {
            return;
        }
        let RecordId::Wallet(wallet) = &fact.record else { return };
        let Some(entry) = fact.body.entry() else { return };
        let (account, amount) = match &fact.body {
            Body::Charged { charge, covered_by: Some(_), .. } => {
                (Account::Covered(charge.operation), charge.price.negated())
            }
            Body::Charged { charge, .. } => (Account::Operation(charge.operation), entry.amount),
            _ => (Account::Category(entry.category.clone()), entry.amount),
        };
        self.last_fact = Some(number);
        self.days.add(at, &wallet.asset, &account, amount);
        let total = self.accounts.entry((wallet.asset.clone(), account)).or_default();
        total.amount = total.amount.saturating_add(i128::from(amount.get()));
        total.entries = total.entries.saturating_add(1);
    }

    /// Sets the sum of a counter-account.
    #[cfg(feature = "postgres")]
    pub fn put(&mut self, asset: Asset, account: Account, (amount, entries): (i128, u64)) {
        self.accounts.insert((asset, account), Total { amount, entries });
    }

    /// All used counter-accounts, by asset.
    pub fn iter(&self) -> impl Iterator<Item = (&Asset, &Account, Total)> {
        self.accounts.iter().map(|((asset, account), total)| (asset, account, *total))
    }
}
