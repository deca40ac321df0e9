//! Totals: what every entry of the ledger moved, by its counter-account: the operation that was paid, the source
//! that gave. Wallets and counter-accounts together sum to zero.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

use super::category::Category;
use super::encoding;
use super::fact::{Body, Fact, Record};
use super::ids::{Asset, FactNumber};
use super::pricing::OperationId;

/// The other side of an entry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub enum Account {
    /// An operation that was charged.
    #[n(0)]
    Operation(#[n(0)] OperationId),
    /// Anything else, by its category.
    #[n(1)]
    Category(#[n(0)] Category),
}

/// What moved between wallets and an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Encode, Decode)]
pub struct Total {
    /// What wallets gained, less what they lost.
    #[cbor(n(0), with = "encoding::integer")]
    pub amount: i128,
    /// How many entries.
    #[n(1)]
    pub entries: u64,
}

/// Every account's total.
#[derive(Clone, Debug, PartialEq, Eq, Default, Encode, Decode)]
pub struct Totals {
    /// The last entry that was added; kept before the record's body.
    #[cbor(skip)]
    pub last_fact: Option<FactNumber>,
    #[n(0)]
    accounts: BTreeMap<(Asset, Account), Total>,
}

impl Totals {
    /// Adds the entry that the fact of this number is, if it is one, unless it was added before.
    pub fn apply(&mut self, number: FactNumber, fact: &Fact) {
        if self.last_fact.is_some_and(|last| last >= number) {
            return;
        }
        let Record::Wallet(wallet) = &fact.record else { return };
        let (Some((amount, _)), Some(account)) = (fact.body.movement(), account(&fact.body)) else { return };
        self.last_fact = Some(number);
        let total = self.accounts.entry((wallet.asset.clone(), account)).or_default();
        total.amount = total.amount.saturating_add(i128::from(amount.get()));
        total.entries = total.entries.saturating_add(1);
    }

    /// Every account that was used, by asset.
    pub fn iter(&self) -> impl Iterator<Item = (&Asset, &Account, Total)> {
        self.accounts.iter().map(|((asset, account), total)| (asset, account, *total))
    }
}

/// The counter-account of an entry; `None` if the fact is none.
fn account(body: &Body) -> Option<Account> {
    match body {
        Body::Charged { charge, .. } => Some(Account::Operation(charge.operation)),
        other => other.category().map(Account::Category),
    }
}
