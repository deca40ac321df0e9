//! Wallets packed into few bytes, as they are kept in memory: a cache holds four times as many of them, and a map of
//! them is a quarter as large.
//!
//! It is no format of any file: what is packed is unpacked by the same program. Texts, and what is rare, are packed as
//! records have them.

mod holds;
#[cfg(test)]
mod tests;

use minicbor::{Decode, Decoder};

use self::holds::{pack_hold, unpack_hold};
use super::codec::encode_into;
use super::varint::{folded, read, unfolded, write};
use crate::domain::amount::Amount;
use crate::domain::category::Category;
use crate::domain::fact::{Class, GrantTerms, Origin};
use crate::domain::ids::{FactNumber, WalletId};
use crate::domain::pricing::OperationId;
use crate::domain::time::Timestamp;
use crate::domain::wallet::{Gone, Grant, Wallet};

/// What a grant has that most have not, as bits of one byte.
const IS_HELD: u8 = 1;
const EXPIRES: u8 = 2;
const IS_PAID: u8 = 4;
/// A priority, a scope or a purchase that is not the usual one.
const IS_SPECIAL: u8 = 8;
const ORIGIN_SHIFT: u32 = 4;
const ORIGINS: [Origin; 4] = [Origin::Gift, Origin::Transfer, Origin::Subscription, Origin::Purchase];

/// In place of a category's code: it has none, and its name follows.
const IS_NAMED: u8 = u8::MAX;

/// Before when its row in the agenda says that something is due.
const IS_FILED: u64 = 1;

/// A wallet with its name.
pub(crate) fn pack(id: &WalletId, wallet: &Wallet, bytes: &mut Vec<u8>) {
    let Wallet { last_fact, agenda, facts, balance, grants, holds, debt, gone } = wallet;
    bytes.clear();
    for name in names_of(id) {
        write(bytes, name.len() as u64);
        bytes.extend_from_slice(name);
    }
    write(bytes, last_fact.map_or(0, FactNumber::get));
    write(bytes, if agenda.is_some() { IS_FILED } else { 0 });
    if let Some(agenda) = agenda {
        write_instant(bytes, *agenda);
    }
    write(bytes, *facts);
    write_amount(bytes, *balance);
    write_amount(bytes, *debt);
    write_list(bytes, gone, pack_gone);
    write_list(bytes, grants, pack_grant);
    write_list(bytes, holds, pack_hold);
}

fn pack_gone(bytes: &mut Vec<u8>, Gone { grant, expired, revoked }: &Gone) {
    write(bytes, grant.get());
    write_amount(bytes, *expired);
    write_amount(bytes, *revoked);
}

fn pack_grant(bytes: &mut Vec<u8>, Grant { number, free, held, terms, category }: &Grant) {
    pack_terms(bytes, terms, category, if held.is_zero() { 0 } else { IS_HELD });
    write(bytes, number.get());
    write_amount(bytes, *free);
    if !held.is_zero() {
        write_amount(bytes, *held);
    }
}

/// The terms of a grant, with a bit of whoever packs them.
fn pack_terms(bytes: &mut Vec<u8>, terms: &GrantTerms, category: &Category, bit: u8) {
    let GrantTerms { expires_at, priority, class, scope, origin, purchase } = terms;
    let is_special = *priority != GrantTerms::PRIORITY_DEFAULT || !scope.is_empty() || purchase.is_some();
    let bits =
        bits([(expires_at.is_some(), EXPIRES), (*class == Class::Paid, IS_PAID), (is_special, IS_SPECIAL)]);
    bytes.push(bit | bits | place_of(*origin) << ORIGIN_SHIFT);
    bytes.push(category.code().unwrap_or(IS_NAMED));
    if category.code().is_none() {
        encode_into(category, bytes);
    }
    if let Some(expires_at) = expires_at {
        write_instant(bytes, *expires_at);
    }
    if is_special {
        write(bytes, u64::from(*priority));
        write(bytes, purchase.map_or(0, FactNumber::get));
        write_list(bytes, scope, |bytes, operation| write_operation(bytes, *operation));
    }
}

/// Among `ORIGINS`.
fn place_of(origin: Origin) -> u8 {
    match origin {
        Origin::Gift => 0,
        Origin::Transfer => 1,
        Origin::Subscription => 2,
        Origin::Purchase => 3,
    }
}

/// The wallet that was packed.
pub(crate) fn unpack(mut bytes: &[u8]) -> Option<Wallet> {
    let bytes = &mut bytes;
    read_name(bytes)?;
    read_name(bytes)?;
    let last_fact = fact_of(read(bytes)?);
    let is_filed = read(bytes)? == IS_FILED;
    let agenda = if is_filed { Some(read_instant(bytes)?) } else { None };
    let facts = read(bytes)?;
    let balance = read_amount(bytes)?;
    let debt = read_amount(bytes)?;
    let gone = read_list(bytes, unpack_gone)?;
    let grants = read_list(bytes, unpack_grant)?;
    let holds = read_list(bytes, unpack_hold)?;
    Some(Wallet { last_fact, agenda, facts, balance, grants, holds, debt, gone })
}

fn unpack_gone(bytes: &mut &[u8]) -> Option<Gone> {
    let grant = FactNumber(read(bytes)?);
    Some(Gone { grant, expired: read_amount(bytes)?, revoked: read_amount(bytes)? })
}

fn unpack_grant(bytes: &mut &[u8]) -> Option<Grant> {
    let (terms, category, bits) = unpack_terms(bytes)?;
    let number = FactNumber(read(bytes)?);
    let free = read_amount(bytes)?;
    let held = if bits & IS_HELD != 0 { read_amount(bytes)? } else { Amount::ZERO };
    Some(Grant { number, free, held, terms, category })
}

fn unpack_terms(bytes: &mut &[u8]) -> Option<(GrantTerms, Category, u8)> {
    let [bits, code] = read_array(bytes)?;
    let has = |bit| bits & bit != 0;
    let category = if code == IS_NAMED { read_encoded(bytes)? } else { Category::of_code(code)? };
    let expires_at = if has(EXPIRES) { Some(read_instant(bytes)?) } else { None };
    let (mut priority, mut purchase, mut scope) = (GrantTerms::PRIORITY_DEFAULT, None, Vec::new());
    if has(IS_SPECIAL) {
        priority = u16::try_from(read(bytes)?).ok()?;
        purchase = fact_of(read(bytes)?);
        scope = read_list(bytes, read_operation)?;
    }
    let class = if has(IS_PAID) { Class::Paid } else { Class::Promotional };
    let origin = *ORIGINS.get(usize::from(bits >> ORIGIN_SHIFT))?;
    Some((GrantTerms { expires_at, priority, class, scope, origin, purchase }, category, bits))
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
    let length = usize::try_from(read(bytes)?).ok()?;
    let (name, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(name)
}

/// Those that are set, in one byte.
fn bits<const N: usize>(bits: [(bool, u8); N]) -> u8 {
    bits.into_iter().filter(|(is_set, _)| *is_set).fold(0, |bits, (_, bit)| bits | bit)
}

fn write_list<T>(bytes: &mut Vec<u8>, list: &[T], write_one: impl Fn(&mut Vec<u8>, &T)) {
    write(bytes, list.len() as u64);
    for one in list {
        write_one(bytes, one);
    }
}

fn read_list<T>(bytes: &mut &[u8], read_one: impl Fn(&mut &[u8]) -> Option<T>) -> Option<Vec<T>> {
    let count = usize::try_from(read(bytes)?).ok()?;
    let mut list = Vec::with_capacity(count);
    for _ in 0..count {
        list.push(read_one(bytes)?);
    }
    Some(list)
}

fn read_array<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (array, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*array)
}

fn read_encoded<'b, T: Decode<'b, ()>>(bytes: &mut &'b [u8]) -> Option<T> {
    let mut decoder = Decoder::new(bytes);
    let value = decoder.decode().ok()?;
    *bytes = bytes.get(decoder.position()..)?;
    Some(value)
}

fn write_operation(bytes: &mut Vec<u8>, OperationId { catalogue, index }: OperationId) {
    write(bytes, u64::from(catalogue));
    write(bytes, u64::from(index));
}

fn read_operation(bytes: &mut &[u8]) -> Option<OperationId> {
    let catalogue = u32::try_from(read(bytes)?).ok()?;
    Some(OperationId { catalogue, index: u16::try_from(read(bytes)?).ok()? })
}

fn write_instant(bytes: &mut Vec<u8>, instant: Timestamp) {
    write(bytes, folded(instant.microseconds()));
}

fn read_instant(bytes: &mut &[u8]) -> Option<Timestamp> {
    read(bytes).map(unfolded).map(Timestamp::from_microseconds)
}

fn write_amount(bytes: &mut Vec<u8>, amount: Amount) {
    write(bytes, folded(amount.get()));
}

fn read_amount(bytes: &mut &[u8]) -> Option<Amount> {
    read(bytes).map(unfolded).map(Amount::new)
}

/// A fact that there may be, by its number.
fn fact_of(number: u64) -> Option<FactNumber> {
    Some(FactNumber(number)).filter(|number| *number >= FactNumber::FIRST)
}
