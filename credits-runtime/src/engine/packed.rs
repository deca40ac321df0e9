//! Wallets packed into few bytes, as they are kept in memory: a cache holds four times as many of them, and a map of
//! them is a quarter as large.
//!
//! It is no format of any file: what is packed is unpacked by the same program.

pub(crate) mod frame;
mod values;

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

/// Before when its row in the agenda says that something is due.
const IS_FILED: u64 = 1;

/// A wallet with its name. One with open holds is not packed: it will change soon.
pub(crate) fn pack(id: &WalletId, wallet: &Wallet, bytes: &mut Vec<u8>) -> bool {
    let Wallet { last_fact, agenda, facts, balance, grants, holds, debt, gone } = wallet;
    if !holds.is_empty() {
        return false;
    }
    bytes.clear();
    for name in names_of(id) {
        write(bytes, name.len() as u64);
        bytes.extend_from_slice(name);
    }
    write(bytes, last_fact.map_or(0, FactNumber::get));
    write(bytes, if agenda.is_some() { IS_FILED } else { 0 });
    if let Some(agenda) = agenda {
        write(bytes, folded(agenda.microseconds()));
    }
    write(bytes, *facts);
    write(bytes, folded(balance.get()));
    write(bytes, folded(debt.get()));
    write(bytes, gone.len() as u64);
    for Gone { grant, expired, revoked } in gone {
        write(bytes, grant.get());
        write(bytes, folded(expired.get()));
        write(bytes, folded(revoked.get()));
    }
    write(bytes, grants.len() as u64);
    grants.iter().all(|grant| pack_grant(grant, bytes))
}

fn pack_grant(Grant { number, free, held, terms, category }: &Grant, bytes: &mut Vec<u8>) -> bool {
    let GrantTerms { expires_at, priority, class, scope, origin, purchase } = terms;
    let (Some(category), Some(origin)) = (category.code(), ORIGINS.iter().position(|it| it == origin)) else {
        return false;
    };
    let is_special = *priority != GrantTerms::PRIORITY_DEFAULT || !scope.is_empty() || purchase.is_some();
    let bits = [
        (!held.is_zero(), IS_HELD),
        (expires_at.is_some(), EXPIRES),
        (*class == Class::Paid, IS_PAID),
        (is_special, IS_SPECIAL),
    ];
    let bits = bits.into_iter().filter(|(is_set, _)| *is_set).fold(0, |bits, (_, bit)| bits | bit);
    bytes.extend([bits | u8::try_from(origin << ORIGIN_SHIFT).unwrap_or_default(), category]);
    write(bytes, number.get());
    write(bytes, folded(free.get()));
    if !held.is_zero() {
        write(bytes, folded(held.get()));
    }
    if let Some(expires_at) = expires_at {
        write(bytes, folded(expires_at.microseconds()));
    }
    if is_special {
        write(bytes, u64::from(*priority));
        write(bytes, purchase.map_or(0, FactNumber::get));
        write(bytes, scope.len() as u64);
        for OperationId { catalogue, index } in scope {
            write(bytes, u64::from(*catalogue));
            write(bytes, u64::from(*index));
        }
    }
    true
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
    let gone = (0..read(bytes)?).map(|_| {
        let grant = FactNumber(read(bytes)?);
        Some(Gone { grant, expired: read_amount(bytes)?, revoked: read_amount(bytes)? })
    });
    let gone = gone.collect::<Option<_>>()?;
    let count = usize::try_from(read(bytes)?).ok()?;
    let mut grants = Vec::with_capacity(count);
    for _ in 0..count {
        grants.push(unpack_grant(bytes)?);
    }
    Some(Wallet { last_fact, agenda, facts, balance, grants, holds: Vec::new(), debt, gone })
}

fn unpack_grant(bytes: &mut &[u8]) -> Option<Grant> {
    let ([bits, category], rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    let has = |bit| bits & bit != 0;
    let number = FactNumber(read(bytes)?);
    let free = read_amount(bytes)?;
    let held = if has(IS_HELD) { read_amount(bytes)? } else { Amount::ZERO };
    let expires_at = if has(EXPIRES) { Some(read_instant(bytes)?) } else { None };
    let (mut priority, mut purchase, mut scope) = (GrantTerms::PRIORITY_DEFAULT, None, Vec::new());
    if has(IS_SPECIAL) {
        priority = u16::try_from(read(bytes)?).ok()?;
        purchase = fact_of(read(bytes)?);
        let operations = (0..read(bytes)?).map(|_| {
            let catalogue = u32::try_from(read(bytes)?).ok()?;
            Some(OperationId { catalogue, index: u16::try_from(read(bytes)?).ok()? })
        });
        scope = operations.collect::<Option<_>>()?;
    }
    let class = if has(IS_PAID) { Class::Paid } else { Class::Promotional };
    let origin = *ORIGINS.get(usize::from(bits >> ORIGIN_SHIFT))?;
    let terms = GrantTerms { expires_at, priority, class, scope, origin, purchase };
    Some(Grant { number, free, held, terms, category: Category::of_code(*category)? })
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

fn read_instant(bytes: &mut &[u8]) -> Option<Timestamp> {
    read(bytes).map(unfolded).map(Timestamp::from_microseconds)
}

fn read_amount(bytes: &mut &[u8]) -> Option<Amount> {
    read(bytes).map(unfolded).map(Amount::new)
}

/// A fact that there may be, by its number.
fn fact_of(number: u64) -> Option<FactNumber> {
    Some(FactNumber(number)).filter(|number| *number >= FactNumber::FIRST)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::ids::{Asset, Owner};

    fn grant() -> impl Strategy<Value = Grant> {
        let amounts = (1_u64..u64::MAX, any::<i64>(), prop_oneof![Just(0), any::<i64>()]);
        let scope = proptest::collection::vec((any::<u32>(), any::<u16>()), 0..3);
        let terms = (any::<Option<i32>>(), any::<u16>(), any::<bool>(), scope, 0_usize..4, any::<bool>());
        let category = 0..Category::ALL.len();
        (amounts, terms, category).prop_map(|((number, free, held), terms, category)| {
            let (expires_at, priority, is_paid, scope, origin, is_usual) = terms;
            let scope = scope.into_iter().map(|(catalogue, index)| OperationId { catalogue, index });
            Grant {
                number: FactNumber(number),
                free: Amount::new(free),
                held: Amount::new(held),
                terms: GrantTerms {
                    expires_at: expires_at.map(|at| Timestamp::from_microseconds(i64::from(at) * 1_000_000)),
                    priority: if is_usual { GrantTerms::PRIORITY_DEFAULT } else { priority },
                    class: if is_paid { Class::Paid } else { Class::Promotional },
                    scope: scope.filter(|_| !is_usual).collect(),
                    origin: ORIGINS[origin],
                    purchase: (!is_usual).then_some(FactNumber(number)),
                },
                category: Category::ALL[category].clone(),
            }
        })
    }

    proptest! {
        #[test]
        fn a_wallet_is_unpacked_as_it_was(
            (owner, asset) in ("[a-z:]{1,40}", "[a-z]{0,9}"),
            grants in proptest::collection::vec(grant(), 0..5),
            gone in proptest::collection::vec((1_u64..99, any::<i64>(), any::<i64>()), 0..3),
            (last_fact, agenda, facts) in (any::<Option<u32>>(), any::<Option<i32>>(), any::<u64>()),
            (balance, debt) in (any::<i64>(), any::<i64>()),
        ) {
            let wallet = Wallet {
                last_fact: last_fact.map(|number| FactNumber(u64::from(number) + 1)),
                agenda: agenda.map(|at| Timestamp::from_microseconds(at.into())),
                facts,
                balance: Amount::new(balance),
                grants,
                holds: Vec::new(),
                debt: Amount::new(debt),
                gone: gone.into_iter().map(|(grant, expired, revoked)| Gone {
                    grant: FactNumber(grant),
                    expired: Amount::new(expired),
                    revoked: Amount::new(revoked),
                }).collect(),
            };
            let id = WalletId::of_asset(Asset::of(&asset), Owner::new(&owner).unwrap());
            let mut bytes = Vec::new();
            prop_assert!(pack(&id, &wallet, &mut bytes));
            prop_assert_eq!(packed_names(&bytes), Some(names_of(&id)));
            prop_assert_eq!(unpack(&bytes), Some(wallet));
        }
    }
}
