//! The compact encoding of cached wallets: a quarter of the bytes of an unpacked wallet.
//!
//! It is not a file format: only the process that packs a wallet unpacks it.

use crate::domain::amount::Amount;
use crate::domain::cover::{Cover, CoveredBy};
use crate::domain::grant::{GrantTerms, MovedExpiry};
use crate::domain::hold::Held;
use crate::domain::ids::{FactNumber, HoldId, WalletId};
use crate::domain::wallet::{Forfeited, Grant, OpenHold, Wallet};
use crate::engine::journal::values::{Pack, byte};
use crate::engine::journal::{cbor, varint};

/// Replaces `bytes` by the packed wallet, which begins with its names.
pub(crate) fn pack(id: &WalletId, wallet: &Wallet, bytes: &mut Vec<u8>) {
    let Wallet { last_fact, facts, balance, grants, holds, debt, forfeited, covers, changes_of_covers } =
        wallet;
    bytes.clear();
    id.pack(bytes);
    last_fact.pack(bytes);
    facts.pack(bytes);
    balance.pack(bytes);
    debt.pack(bytes);
    forfeited.pack(bytes);
    grants.pack(bytes);
    holds.pack(bytes);
    covers.pack(bytes);
    changes_of_covers.pack(bytes);
}

/// The wallet in packed bytes; bytes after it are ignored.
pub(crate) fn unpack(mut packed: &[u8]) -> Option<Wallet> {
    let bytes = &mut packed;
    read_name(bytes)?;
    read_name(bytes)?;
    let last_fact = Option::unpack(bytes)?;
    let (facts, balance) = (Pack::unpack(bytes)?, Pack::unpack(bytes)?);
    let (debt, forfeited) = (Pack::unpack(bytes)?, Pack::unpack(bytes)?);
    let (grants, holds) = (Pack::unpack(bytes)?, Pack::unpack(bytes)?);
    let (covers, changes_of_covers) = (Pack::unpack(bytes)?, Pack::unpack(bytes)?);
    Some(Wallet { last_fact, facts, balance, grants, holds, debt, forfeited, covers, changes_of_covers })
}

/// The names of a packed wallet: of its asset and of its owner.
pub(crate) fn packed_names(mut bytes: &[u8]) -> Option<[&[u8]; 2]> {
    Some([read_name(&mut bytes)?, read_name(&mut bytes)?])
}

/// The names of a wallet.
pub(crate) fn names_of(id: &WalletId) -> [&[u8]; 2] {
    [id.asset.as_str().as_bytes(), id.owner.as_str().as_bytes()]
}

fn read_name<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(varint::read(bytes)?).ok()?;
    let (name, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(name)
}

impl Pack for Forfeited {
    fn pack(&self, bytes: &mut Vec<u8>) {
        self.grant.pack(bytes);
        self.expired.pack(bytes);
        self.revoked.pack(bytes);
    }

    fn unpack(bytes: &mut &[u8]) -> Option<Self> {
        let (grant, expired) = (FactNumber::unpack(bytes)?, Amount::unpack(bytes)?);
        Some(Self { grant, expired, revoked: Amount::unpack(bytes)? })
    }
}

/// The end is 0 for none, or the time + 1.
impl Pack for Cover {
    fn pack(&self, bytes: &mut Vec<u8>) {
        self.by().pack(bytes);
        self.operations.pack(bytes);
        self.until.map_or(0, |until| until.microseconds().cast_unsigned().saturating_add(1)).pack(bytes);
    }

    fn unpack(bytes: &mut &[u8]) -> Option<Self> {
        let CoveredBy { plan, subscription } = CoveredBy::unpack(bytes)?;
        let (operations, after) = (Vec::unpack(bytes)?, varint::read(bytes)?);
        let until = match after.checked_sub(1) {
            None => None,
            Some(microseconds) => Some(cbor::instant(microseconds.try_into().ok()?)?),
        };
        Some(Self { subscription, plan, operations, until })
    }
}

impl Pack for Grant {
    fn pack(&self, bytes: &mut Vec<u8>) {
        self.number.pack(bytes);
        self.free.pack(bytes);
        self.held.pack(bytes);
        self.category.pack(bytes);
        self.terms.pack(bytes);
        self.moved.pack(bytes);
    }

    fn unpack(bytes: &mut &[u8]) -> Option<Self> {
        let (number, free) = (FactNumber::unpack(bytes)?, Amount::unpack(bytes)?);
        let (held, category) = (Amount::unpack(bytes)?, Pack::unpack(bytes)?);
        let (terms, moved) = (GrantTerms::unpack(bytes)?, Pack::unpack(bytes)?);
        Some(Self { number, free, held, terms, category, moved })
    }
}

/// 0 for none, 1 for rescheduled, or 2 and the promised instant.
impl Pack for Option<MovedExpiry> {
    fn pack(&self, bytes: &mut Vec<u8>) {
        match self {
            None => bytes.push(0),
            Some(MovedExpiry::Rescheduled) => bytes.push(1),
            Some(MovedExpiry::Promised(until)) => {
                bytes.push(2);
                until.pack(bytes);
            }
        }
    }

    fn unpack(bytes: &mut &[u8]) -> Option<Self> {
        match byte(bytes)? {
            0 => Some(None),
            1 => Some(Some(MovedExpiry::Rescheduled)),
            2 => Some(Some(MovedExpiry::Promised(Pack::unpack(bytes)?))),
            _ => None,
        }
    }
}

impl Pack for OpenHold {
    fn pack(&self, bytes: &mut Vec<u8>) {
        self.id.pack(bytes);
        self.held.pack(bytes);
    }

    fn unpack(bytes: &mut &[u8]) -> Option<Self> {
        Some(Self { id: HoldId::unpack(bytes)?, held: Held::unpack(bytes)? })
    }
}
