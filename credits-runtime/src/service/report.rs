//! Reports on the whole ledger: totals, verification, the head of its hash chain, backups.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::domain::explain::hexadecimal;
use crate::domain::ids::{Asset, FactNumber};
use crate::domain::totals::Account;
use crate::engine::core::Core;
use crate::engine::journal::block;
use crate::engine::ledger::Ledger;
use crate::engine::store::LedgerId;
use crate::engine::verify::{Verified, VerifyProgress};
use crate::error::{Error, LedgerError, LedgerErrorKind};
use crate::service::entry::operation_name;

/// The sum of all entries between wallets and one counter-account since the ledger was created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AccountTotal {
    /// The asset: `credits`, or the name of another one.
    pub asset: String,
    /// The charged operation, or the category of the entries.
    pub account: String,
    /// Whether the account is an operation.
    pub is_operation: bool,
    /// Whether it has the operation's charges that plans covered, at the prices that they would have had. No wallet
    /// lost this amount: without these accounts, the balances of all wallets are the sum.
    pub is_covered: bool,
    /// The credits that wallets gained, less those that they lost.
    pub amount: i128,
    /// The number of entries.
    pub entries: u64,
}

/// The head of a ledger's hash chain at some time. Stored elsewhere, it shows later that no earlier fact was
/// changed. A ledger in a database has several chains.
///
/// Its text has the ledger's id, and for each chain the last fact's number and the SHA-256, separated by colons.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Head {
    ledger: LedgerId,
    chains: Vec<(FactNumber, block::Head)>,
}

/// The error of parsing a text that is no head.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no head of a ledger: write it as it was shown")]
pub struct HeadError(String);

impl Head {
    /// The number of the last fact that the head covers: the greatest one of its chains.
    pub fn last_fact(&self) -> FactNumber {
        self.chains.iter().map(|(last, _)| *last).max().unwrap_or(FactNumber(0))
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.ledger))?;
        self.chains.iter().try_for_each(|(last, hash)| write!(f, ":{last}:{}", hexadecimal(hash)))
    }
}

impl FromStr for Head {
    type Err = HeadError;

    fn from_str(text: &str) -> Result<Self, HeadError> {
        let read = || {
            let (ledger, mut rest) = text.split_once(':')?;
            let ledger = u128::from_str_radix(ledger, 16).ok()?.to_be_bytes();
            let mut chains = Vec::new();
            loop {
                let (last, after) = rest.split_once(':')?;
                let (hash, others) =
                    after.split_once(':').map_or((after, None), |(hash, rest)| (hash, Some(rest)));
                chains.push((FactNumber(last.parse().ok()?), hash_of(hash)?));
                match others {
                    Some(others) => rest = others,
                    None => return Some(Self { ledger, chains }),
                }
            }
        };
        read().ok_or_else(|| HeadError(text.chars().take(120).collect()))
    }
}

fn hash_of(text: &str) -> Option<block::Head> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let mut hash = block::Head::default();
    for (byte, place) in hash.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(text.get(place..place + 2)?, 16).ok()?;
    }
    Some(hash)
}

impl Serialize for Head {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Head {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

pub(crate) fn head(ledger: &Core) -> Result<Head, LedgerError> {
    Ok(Head { ledger: ledger.id(), chains: ledger.heads()? })
}

pub(crate) fn check_head(ledger: &Core, head: &Head) -> Result<(), LedgerError> {
    let disagrees = |last_fact: FactNumber, what: &str| {
        let message = format!(
            "the head of fact {last_fact} is not this ledger's, {what}: look for the ledger that it was taken of"
        );
        LedgerError::new(LedgerErrorKind::HeadDisagrees, message)
    };
    if head.ledger != ledger.id() {
        return Err(disagrees(head.last_fact(), "it has another id"));
    }
    let end = ledger.heads()?.into_iter().map(|(last, _)| last).max();
    for (last_fact, hash) in &head.chains {
        if Some(*last_fact) > end || *last_fact < FactNumber::FIRST {
            return Err(disagrees(*last_fact, "it does not go as far"));
        }
        if ledger.head_at(*last_fact)? != Some(*hash) {
            return Err(disagrees(
                *last_fact,
                "what it covers was changed, or it was taken before the ledger moved",
            ));
        }
    }
    Ok(())
}

/// The names of a counter-account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct AccountName {
    pub(crate) asset: String,
    pub(crate) account: String,
    pub(crate) is_operation: bool,
    pub(crate) is_covered: bool,
}

/// The names of a counter-account.
pub(crate) fn account_name(ledger: &Core, asset: &Asset, of: &Account) -> AccountName {
    let (account, is_operation) = match of {
        Account::Operation(operation) | Account::Covered(operation) => {
            (operation_name(ledger, *operation), true)
        }
        Account::Category(category) => (category.name().to_owned(), false),
    };
    AccountName { asset: asset.shown(), account, is_operation, is_covered: !of.is_of_wallets() }
}

pub(crate) fn totals(ledger: &Core) -> Result<Vec<AccountTotal>, LedgerError> {
    let mut totals: Vec<AccountTotal> = Vec::new();
    for (asset, account, total) in ledger.totals()?.iter() {
        let AccountName { asset, account, is_operation, is_covered } = account_name(ledger, asset, account);
        let known = totals.iter_mut().find(|known| {
            known.asset == asset
                && known.account == account
                && (known.is_operation, known.is_covered) == (is_operation, is_covered)
        });
        match known {
            // Several catalogues declare the operation: their sums are added.
            Some(known) => {
                known.amount = known.amount.saturating_add(total.amount);
                known.entries = known.entries.saturating_add(total.entries);
            }
            None => totals.push(AccountTotal {
                asset,
                account,
                is_operation,
                is_covered,
                amount: total.amount,
                entries: total.entries,
            }),
        }
    }
    Ok(totals)
}

pub(crate) fn verified(ledger: &Core, progress: impl FnMut(VerifyProgress)) -> Result<Verified, Error> {
    Ok(ledger.verify(progress)?)
}

pub(crate) fn backup(ledger: &Core, to: &Path) -> Result<(), Error> {
    Ok(ledger.backup(to)?)
}

pub(crate) fn restore(from: &Path, to: &Path) -> Result<Verified, Error> {
    Ok(Ledger::restore(from, to)?)
}
