//! Wallets as they are kept in memory: a cache holds four times as many of them packed, and a map of them is a quarter as
//! large.
//!
//! It is no format of any file: what is packed is unpacked by the same program.

use super::values::{Pack, chunk, unpack_into};
use crate::domain::amount::Amount;
use crate::domain::fact::{GrantTerms, Held};
use crate::domain::ids::{FactNumber, HoldId, WalletId};
use crate::domain::time::Timestamp;
use crate::domain::wallet::{Gone, Grant, OpenHold, Wallet};
use crate::engine::varint;

/// A wallet with its name.
pub(crate) fn pack(id: &WalletId, wallet: &Wallet, bytes: &mut Vec<u8>) {
    let Wallet { last_fact, agenda, facts, balance, grants, holds, debt, gone } = wallet;
    bytes.clear();
    id.pack(bytes);
    last_fact.pack(bytes);
    bytes.push(u8::from(agenda.is_some()));
    if let Some(agenda) = agenda {
        agenda.pack(bytes);
    }
    facts.pack(bytes);
    balance.pack(bytes);
    debt.pack(bytes);
    gone.pack(bytes);
    grants.pack(bytes);
    holds.pack(bytes);
}

/// The wallet that was packed, made of one that is no more needed.
pub(crate) fn unpack(mut bytes: &[u8], spare: Wallet) -> Option<Wallet> {
    let bytes = &mut bytes;
    read_name(bytes)?;
    read_name(bytes)?;
    let last_fact = Option::unpack(bytes)?;
    let [is_filed] = chunk(bytes)?;
    let agenda = if is_filed == 0 { None } else { Some(Timestamp::unpack(bytes)?) };
    let (facts, balance) = (Pack::unpack(bytes)?, Pack::unpack(bytes)?);
    let debt = Pack::unpack(bytes)?;
    // Only its lists are used again: whatever else it had was another wallet's.
    let Wallet { mut gone, mut grants, mut holds, .. } = spare;
    unpack_into(&mut gone, bytes)?;
    unpack_into(&mut grants, bytes)?;
    unpack_into(&mut holds, bytes)?;
    Some(Wallet { last_fact, agenda, facts, balance, grants, holds, debt, gone })
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

impl Pack for Gone {
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

impl Pack for Grant {
    fn pack(&self, bytes: &mut Vec<u8>) {
        self.number.pack(bytes);
        self.free.pack(bytes);
        self.held.pack(bytes);
        self.category.pack(bytes);
        self.terms.pack(bytes);
    }

    fn unpack(bytes: &mut &[u8]) -> Option<Self> {
        let (number, free) = (FactNumber::unpack(bytes)?, Amount::unpack(bytes)?);
        let (held, category) = (Amount::unpack(bytes)?, Pack::unpack(bytes)?);
        Some(Self { number, free, held, terms: GrantTerms::unpack(bytes)?, category })
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
