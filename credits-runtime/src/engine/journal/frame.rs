//! The encoding of frames: `kind | length | number of facts | ..`, so that a reader can skip a frame without decoding
//! it.
//!
//! Bodies of frequent facts have compact encodings, the others are CBOR. A fact of the wallet in the frame's scope
//! does not repeat its name.

use super::values::{Pack, bits, byte, chunk, pack_cbor, pack_text, part, unpack_cbor, unpack_text};
use super::varint;
use crate::domain::amount::Amount;
use crate::domain::body::Body;
use crate::domain::fact::{Fact, Frame, RecordId, Scope};
use crate::domain::hold::Settled;
use crate::domain::ids::{FactNumber, HoldId, ObjectId, Owner, WalletId};
use crate::domain::time::Timestamp;

/// Codes of scopes.
const LEDGER: u8 = 0;
const WALLET: u8 = 1;
const HOLDS: u8 = 2;
const TRANSFERS: u8 = 3;
const CHARGES: u8 = 4;

/// Codes of records.
const CATALOGUES: u8 = 0;
const A_WALLET: u8 = 1;
const BILLING: u8 = 2;
const OBJECT: u8 = 3;
const OWN_WALLET: u8 = 4;
const WAITING_ROOM: u8 = 5;

/// Codes of the bodies with a compact encoding: their numbers in [`Body`].
const GIVEN: u8 = 1;
const CHARGED: u8 = 2;
const HELD: u8 = 4;
const RELEASED: u8 = 5;

/// First byte of a body in CBOR, which is a list of two.
const CBOR_CHOICE: u8 = 0x82;

/// Appends a frame.
pub(crate) fn write(frame: &Frame, bytes: &mut Vec<u8>) {
    let Frame { kind, scope, key, fingerprint, at, facts } = frame;
    pack_cbor(kind, bytes);
    let start = bytes.len();
    facts.len().pack(bytes);
    let own = pack_scope(scope, bytes);
    key.pack(bytes);
    bytes.extend_from_slice(fingerprint);
    at.pack(bytes);
    for Fact { record, previous, ordinal, body } in facts {
        pack_record(record, own, bytes);
        previous.pack(bytes);
        ordinal.pack(bytes);
        pack_body(body, bytes);
    }
    // Rotates the length, which is known last, to its place before the contents.
    let end = bytes.len();
    end.saturating_sub(start).pack(bytes);
    let width = bytes.len().saturating_sub(end);
    bytes.get_mut(start..).unwrap_or_default().rotate_right(width);
}

/// Decodes a frame, and advances past it; `None` if the bytes are not one.
pub(crate) fn read(bytes: &mut &[u8]) -> Option<Frame> {
    let kind = unpack_cbor(bytes)?;
    let rest = &mut inside(bytes)?;
    let count = usize::unpack(rest)?;
    let (scope, key) = (unpack_scope(rest)?, Pack::unpack(rest)?);
    let (fingerprint, at) = (chunk(rest)?, Timestamp::unpack(rest)?);
    let mut facts = Vec::with_capacity(count.min(rest.len()));
    for _ in 0..count {
        let (record, previous) = (unpack_record(&scope, rest)?, Option::unpack(rest)?);
        facts.push(Fact { record, previous, ordinal: varint::read(rest)?, body: unpack_body(rest)? });
    }
    rest.is_empty().then_some(Frame { kind, scope, key, fingerprint, at, facts })
}

/// Skips a frame; returns its number of facts.
pub(crate) fn skip(bytes: &mut &[u8]) -> Option<usize> {
    byte(bytes)?;
    usize::unpack(&mut inside(bytes)?)
}

/// Takes the contents of a frame, after its kind and its length.
fn inside<'b>(bytes: &mut &'b [u8]) -> Option<&'b [u8]> {
    let length = usize::unpack(bytes)?;
    let (inside, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(inside)
}

impl Pack for usize {
    fn pack(&self, bytes: &mut Vec<u8>) {
        varint::write(bytes, *self as u64);
    }

    fn unpack(bytes: &mut &[u8]) -> Option<Self> {
        varint::read(bytes)?.try_into().ok()
    }
}

/// Appends a scope; returns its wallet.
fn pack_scope<'a>(scope: &'a Scope, bytes: &mut Vec<u8>) -> Option<&'a WalletId> {
    let (code, wallet) = match scope {
        Scope::Ledger => (LEDGER, None),
        Scope::Wallet(wallet) => (WALLET, Some(wallet)),
        Scope::Holds(wallet) => (HOLDS, Some(wallet)),
        Scope::Transfers(wallet) => (TRANSFERS, Some(wallet)),
        Scope::Charges(wallet) => (CHARGES, Some(wallet)),
    };
    bytes.push(code);
    if let Some(wallet) = wallet {
        wallet.pack(bytes);
    }
    wallet
}

fn unpack_scope(bytes: &mut &[u8]) -> Option<Scope> {
    Some(match byte(bytes)? {
        LEDGER => Scope::Ledger,
        WALLET => Scope::Wallet(WalletId::unpack(bytes)?),
        HOLDS => Scope::Holds(WalletId::unpack(bytes)?),
        TRANSFERS => Scope::Transfers(WalletId::unpack(bytes)?),
        CHARGES => Scope::Charges(WalletId::unpack(bytes)?),
        _ => return None,
    })
}

fn pack_record(record: &RecordId, own: Option<&WalletId>, bytes: &mut Vec<u8>) {
    match record {
        RecordId::Catalogues => bytes.push(CATALOGUES),
        RecordId::WaitingRoom => bytes.push(WAITING_ROOM),
        RecordId::Wallet(wallet) if own == Some(wallet) => bytes.push(OWN_WALLET),
        RecordId::Wallet(wallet) => {
            bytes.push(A_WALLET);
            wallet.pack(bytes);
        }
        RecordId::Billing(owner) => {
            bytes.push(BILLING);
            pack_text(owner.as_str(), bytes);
        }
        RecordId::Object(object) => {
            bytes.push(OBJECT);
            pack_text(object.as_str(), bytes);
        }
    }
}

fn unpack_record(scope: &Scope, bytes: &mut &[u8]) -> Option<RecordId> {
    Some(match byte(bytes)? {
        CATALOGUES => RecordId::Catalogues,
        WAITING_ROOM => RecordId::WaitingRoom,
        A_WALLET => RecordId::Wallet(WalletId::unpack(bytes)?),
        BILLING => RecordId::Billing(Owner::known(unpack_text(bytes)?)),
        OBJECT => RecordId::Object(ObjectId::known(unpack_text(bytes)?)),
        OWN_WALLET => match scope {
            Scope::Wallet(own) | Scope::Holds(own) | Scope::Transfers(own) | Scope::Charges(own) => {
                RecordId::Wallet(own.clone())
            }
            Scope::Ledger => return None,
        },
        _ => return None,
    })
}

fn pack_body(body: &Body, bytes: &mut Vec<u8>) {
    match body {
        Body::Given { .. } => pack_given(body, bytes),
        Body::Charged { .. } => pack_charged(body, bytes),
        Body::Held(held) => {
            bytes.push(HELD);
            held.pack(bytes);
        }
        Body::Released { hold } => {
            bytes.push(RELEASED);
            hold.pack(bytes);
        }
        other => pack_cbor(other, bytes),
    }
}

fn unpack_body(bytes: &mut &[u8]) -> Option<Body> {
    let code = *bytes.first()?;
    if code == CBOR_CHOICE {
        return unpack_cbor(bytes);
    }
    byte(bytes)?;
    match code {
        GIVEN => unpack_given(bytes),
        CHARGED => unpack_charged(bytes),
        HELD => Pack::unpack(bytes).map(Body::Held),
        RELEASED => HoldId::unpack(bytes).map(|hold| Body::Released { hold }),
        _ => None,
    }
}

/// Bits of a `Given` body.
const HAS_REASON: u8 = 1;
const JOINS: u8 = 2;
const HAS_METADATA: u8 = 4;

fn pack_given(body: &Body, bytes: &mut Vec<u8>) {
    let Body::Given { amount, category, terms, reason, joins, metadata, balance_after } = body else {
        return;
    };
    let parts =
        [(HAS_REASON, reason.is_some()), (JOINS, joins.is_some()), (HAS_METADATA, !metadata.is_none())];
    bytes.extend([GIVEN, bits(parts)]);
    amount.pack(bytes);
    category.pack(bytes);
    terms.pack(bytes);
    if let Some(reason) = reason {
        reason.pack(bytes);
    }
    if let Some(joins) = joins {
        joins.pack(bytes);
    }
    if !metadata.is_none() {
        metadata.pack(bytes);
    }
    balance_after.pack(bytes);
}

fn unpack_given(bytes: &mut &[u8]) -> Option<Body> {
    let bits = byte(bytes)?;
    let has = |bit| bits & bit != 0;
    Some(Body::Given {
        amount: Pack::unpack(bytes)?,
        category: Pack::unpack(bytes)?,
        terms: Pack::unpack(bytes)?,
        reason: part(has(HAS_REASON), bytes)?,
        joins: part::<FactNumber>(has(JOINS), bytes)?,
        metadata: part(has(HAS_METADATA), bytes)?.unwrap_or_default(),
        balance_after: Pack::unpack(bytes)?,
    })
}

/// Bits of a `Charged` body, besides `HAS_METADATA`.
const IS_SHORT: u8 = 1;
const IS_OWED: u8 = 2;
const SETTLES: u8 = 8;
const IS_LATE: u8 = 16;
const HAS_KEY: u8 = 32;
const HAS_EXPIRIES: u8 = 64;
const IS_COVERED: u8 = 128;

fn pack_charged(body: &Body, bytes: &mut Vec<u8>) {
    let Body::Charged {
        charge,
        allocations,
        settles,
        shortfall,
        metadata,
        balance_after,
        owed,
        expiries,
        covered_by,
    } = body
    else {
        return;
    };
    let key = settles.as_ref().and_then(|settled| settled.key.as_ref());
    let parts = [
        (IS_SHORT, !shortfall.is_zero()),
        (IS_OWED, !owed.is_zero()),
        (HAS_METADATA, !metadata.is_none()),
        (SETTLES, settles.is_some()),
        (IS_LATE, settles.as_ref().is_some_and(|settled| settled.late)),
        (HAS_KEY, key.is_some()),
        (HAS_EXPIRIES, !expiries.is_empty()),
        (IS_COVERED, covered_by.is_some()),
    ];
    bytes.extend([CHARGED, bits(parts)]);
    charge.pack(bytes);
    allocations.pack(bytes);
    if let Some(settled) = settles {
        settled.hold.pack(bytes);
    }
    if let Some(key) = key {
        key.pack(bytes);
    }
    if !shortfall.is_zero() {
        shortfall.pack(bytes);
    }
    if !metadata.is_none() {
        metadata.pack(bytes);
    }
    balance_after.pack(bytes);
    if !owed.is_zero() {
        owed.pack(bytes);
    }
    if !expiries.is_empty() {
        expiries.pack(bytes);
    }
    if let Some(covered_by) = covered_by {
        covered_by.pack(bytes);
    }
}

fn unpack_charged(bytes: &mut &[u8]) -> Option<Body> {
    let bits = byte(bytes)?;
    let has = |bit| bits & bit != 0;
    let (charge, allocations) = (Pack::unpack(bytes)?, Pack::unpack(bytes)?);
    let hold = part(has(SETTLES), bytes)?;
    let key = part(has(HAS_KEY), bytes)?;
    Some(Body::Charged {
        charge,
        allocations,
        settles: hold.map(|hold| Settled { hold, late: has(IS_LATE), key }),
        shortfall: part(has(IS_SHORT), bytes)?.unwrap_or(Amount::ZERO),
        metadata: part(has(HAS_METADATA), bytes)?.unwrap_or_default(),
        balance_after: Pack::unpack(bytes)?,
        owed: part(has(IS_OWED), bytes)?.unwrap_or(Amount::ZERO),
        expiries: part(has(HAS_EXPIRIES), bytes)?.unwrap_or_default(),
        covered_by: part(has(IS_COVERED), bytes)?,
    })
}
