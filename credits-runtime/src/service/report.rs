//! Reports on the whole ledger: totals, the audit, the head of its chain, copies.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::domain::explain::hexadecimal;
use crate::domain::ids::FactNumber;
use crate::domain::totals::Account;
use crate::engine::journal;
use crate::engine::ledger::{Core, Ledger};
use crate::engine::store::{LedgerId, Store};
use crate::engine::verify::{Verified, head_at, verify};
use crate::error::{Error, LedgerError, LedgerErrorKind};
use crate::service::entry::operation_name;

/// What moved between every wallet and one counter-account since the ledger began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AccountTotal {
    /// Of what: `credits`, or the name of another asset.
    pub asset: String,
    /// The operation that was charged, or the category of the entries.
    pub account: String,
    /// Whether the account is an operation.
    pub is_operation: bool,
    /// What wallets gained, less what they lost.
    pub amount: i128,
    /// How many entries.
    pub entries: u64,
}

/// Where a ledger's chain of hashes stood. Kept elsewhere, it shows later that nothing before it was changed.
///
/// It is written as the ledger's id, the last fact's number and SHA-256, with colons between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Head {
    ledger: LedgerId,
    last_fact: FactNumber,
    hash: journal::Head,
}

/// A text that is no head.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no head of a ledger: write it as it was shown")]
pub struct HeadError(String);

impl Head {
    /// The number of the last fact that it covers.
    pub fn last_fact(&self) -> FactNumber {
        self.last_fact
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}:{}:", u128::from_be_bytes(self.ledger), self.last_fact)?;
        f.write_str(&hexadecimal(&self.hash))
    }
}

impl FromStr for Head {
    type Err = HeadError;

    fn from_str(text: &str) -> Result<Self, HeadError> {
        let read = || {
            let (ledger, rest) = text.split_once(':')?;
            let (last_fact, hash) = rest.split_once(':')?;
            let mut head = journal::Head::default();
            if hash.len() != 64 || !hash.is_ascii() {
                return None;
            }
            for (byte, place) in head.iter_mut().zip((0..64).step_by(2)) {
                *byte = u8::from_str_radix(hash.get(place..place + 2)?, 16).ok()?;
            }
            let ledger = u128::from_str_radix(ledger, 16).ok()?.to_be_bytes();
            Some(Self { ledger, last_fact: FactNumber(last_fact.parse().ok()?), hash: head })
        };
        read().ok_or_else(|| HeadError(text.chars().take(120).collect()))
    }
}

impl Serialize for Head {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

pub(crate) fn head(ledger: &Core) -> Result<Head, LedgerError> {
    let end = ledger.snapshot()?.end()?;
    let last_fact = FactNumber(end.next_fact.get().saturating_sub(1));
    Ok(Head { ledger: ledger.id(), last_fact, hash: end.head })
}

pub(crate) fn check_head(ledger: &Core, head: &Head) -> Result<(), LedgerError> {
    let disagrees = |what: &str| {
        let message = format!(
            "the head of fact {} is not this ledger's, {what}: look for the file that it was taken of",
            head.last_fact
        );
        LedgerError::new(LedgerErrorKind::HeadDisagrees, message)
    };
    if head.ledger != ledger.id() {
        return Err(disagrees("it has another id"));
    }
    let snapshot = ledger.snapshot()?;
    if head.last_fact >= snapshot.end()?.next_fact || head.last_fact < FactNumber::FIRST {
        return Err(disagrees("it does not go as far"));
    }
    if head_at(&snapshot, head.last_fact)? == Some(head.hash) {
        Ok(())
    } else {
        Err(disagrees("what it covers was changed"))
    }
}

pub(crate) fn totals(ledger: &Core) -> Vec<AccountTotal> {
    let mut totals: Vec<AccountTotal> = Vec::new();
    for (asset, account, total) in ledger.totals().iter() {
        let (account, is_operation) = match account {
            Account::Operation(operation) => (operation_name(ledger, *operation), true),
            Account::Category(category) => (category.name().to_owned(), false),
        };
        let asset = asset.shown();
        let known = totals.iter_mut().find(|known| {
            known.asset == asset && known.account == account && known.is_operation == is_operation
        });
        match known {
            // An operation of several catalogues.
            Some(known) => {
                known.amount = known.amount.saturating_add(total.amount);
                known.entries = known.entries.saturating_add(total.entries);
            }
            None => totals.push(AccountTotal {
                asset,
                account,
                is_operation,
                amount: total.amount,
                entries: total.entries,
            }),
        }
    }
    totals
}

pub(crate) fn verified(ledger: &Core) -> Result<Verified, Error> {
    Ok(verify(&ledger.snapshot()?)?)
}

pub(crate) fn backup(ledger: &Core, to: &Path) -> Result<(), Error> {
    Ok(Store::copy(&ledger.snapshot()?, to, |_| Ok(()))?)
}

pub(crate) fn restore(from: &Path, to: &Path) -> Result<Verified, Error> {
    Ok(Ledger::restore(from, to)?)
}
