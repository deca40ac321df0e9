//! Open holds in few bytes: one that pins credits of one grant takes some thirty, and a key and metadata what they have.

use credits_core::Fraction;

use super::{
    bits, pack_terms, read_amount, read_array, read_encoded, read_instant, read_list, read_operation,
    unpack_terms, write_amount, write_instant, write_list, write_operation,
};
use crate::domain::amount::Amount;
use crate::domain::fact::{Allocation, ChosenKey, Held, PinnedTerms, Purpose};
use crate::domain::ids::{FactNumber, HoldId};
use crate::domain::metadata::Metadata;
use crate::domain::pricing::{Charge, RecordedInput};
use crate::domain::time::Timestamp;
use crate::domain::wallet::OpenHold;
use crate::engine::codec::encode_into;
use crate::engine::varint::{folded, read, unfolded, write};

/// What a hold has that others have not, as bits of one byte.
const IS_RUN: u8 = 1;
const HAS_KEY: u8 = 2;
const HAS_METADATA: u8 = 4;
const IS_UNPINNED: u8 = 8;
/// Terms of grants that expire.
const HAS_TERMS: u8 = 16;
/// Another catalogue priced it than names its operation.
const IS_PRICED_ANEW: u8 = 32;

/// What an input is, as the byte before it.
const QUANTITY: u8 = 0;
const CHOICE: u8 = 1;
const INTEGER: u8 = 2;
const FALSE: u8 = 3;
const TRUE: u8 = 4;
/// One that is no integer of 64 bits.
const LARGE: u8 = 5;

pub(super) fn pack_hold(bytes: &mut Vec<u8>, OpenHold { id, held }: &OpenHold) {
    let Held { charge, pins, until, purpose, key, metadata, usable_as, unpinned, opened_at, pinned } = held;
    let Charge { operation, inputs, price } = charge;
    bytes.push(bits([
        (*purpose == Purpose::Run, IS_RUN),
        (key.is_some(), HAS_KEY),
        (!metadata.is_none(), HAS_METADATA),
        (!unpinned.is_zero(), IS_UNPINNED),
        (!pinned.is_empty(), HAS_TERMS),
        (operation != usable_as, IS_PRICED_ANEW),
    ]));
    write(bytes, id.get());
    write_instant(bytes, *opened_at);
    write(bytes, folded(until.microseconds().wrapping_sub(opened_at.microseconds())));
    write_operation(bytes, *usable_as);
    if operation != usable_as {
        write_operation(bytes, *operation);
    }
    write_amount(bytes, *price);
    write_list(bytes, inputs, pack_input);
    write_list(bytes, pins, pack_pin);
    if !unpinned.is_zero() {
        write_amount(bytes, *unpinned);
    }
    if let Some(ChosenKey { key, fingerprint }) = key {
        encode_into(key, bytes);
        bytes.extend_from_slice(fingerprint);
    }
    if !metadata.is_none() {
        encode_into(metadata, bytes);
    }
    if !pinned.is_empty() {
        write_list(bytes, pinned, pack_pinned);
    }
}

fn pack_pin(bytes: &mut Vec<u8>, Allocation { grant, amount }: &Allocation) {
    write(bytes, grant.get());
    write_amount(bytes, *amount);
}

fn pack_pinned(bytes: &mut Vec<u8>, PinnedTerms { grant, category, terms }: &PinnedTerms) {
    pack_terms(bytes, terms, category, 0);
    write(bytes, grant.get());
}

fn pack_input(bytes: &mut Vec<u8>, input: &RecordedInput) {
    let (what, value) = match input {
        RecordedInput::Quantity(value) if value.denominator() == 1 => (QUANTITY, value.numerator()),
        RecordedInput::Quantity(_) => return pack_large(bytes, input),
        RecordedInput::Choice(place) => (CHOICE, i128::from(*place)),
        RecordedInput::Integer(value) => (INTEGER, *value),
        RecordedInput::Flag(value) => return bytes.push(if *value { TRUE } else { FALSE }),
    };
    match i64::try_from(value) {
        Ok(value) => {
            bytes.push(what);
            write(bytes, folded(value));
        }
        Err(_) => pack_large(bytes, input),
    }
}

fn pack_large(bytes: &mut Vec<u8>, input: &RecordedInput) {
    bytes.push(LARGE);
    encode_into(input, bytes);
}

pub(super) fn unpack_hold(bytes: &mut &[u8]) -> Option<OpenHold> {
    let [bits] = read_array(bytes)?;
    let has = |bit| bits & bit != 0;
    let id = HoldId::new(read(bytes)?);
    let opened_at = read_instant(bytes)?;
    let open_for = unfolded(read(bytes)?);
    let usable_as = read_operation(bytes)?;
    let operation = if has(IS_PRICED_ANEW) { read_operation(bytes)? } else { usable_as };
    let price = read_amount(bytes)?;
    let inputs = read_list(bytes, unpack_input)?;
    let held = Held {
        charge: Charge { operation, inputs, price },
        pins: read_list(bytes, unpack_pin)?,
        until: Timestamp::from_microseconds(opened_at.microseconds().wrapping_add(open_for)),
        purpose: if has(IS_RUN) { Purpose::Run } else { Purpose::Hold },
        unpinned: if has(IS_UNPINNED) { read_amount(bytes)? } else { Amount::ZERO },
        key: if has(HAS_KEY) { Some(unpack_key(bytes)?) } else { None },
        metadata: if has(HAS_METADATA) { read_encoded(bytes)? } else { Metadata::default() },
        pinned: if has(HAS_TERMS) { read_list(bytes, unpack_pinned)? } else { Vec::new() },
        usable_as,
        opened_at,
    };
    Some(OpenHold { id, held })
}

fn unpack_pin(bytes: &mut &[u8]) -> Option<Allocation> {
    Some(Allocation { grant: FactNumber(read(bytes)?), amount: read_amount(bytes)? })
}

fn unpack_key(bytes: &mut &[u8]) -> Option<ChosenKey> {
    Some(ChosenKey { key: read_encoded(bytes)?, fingerprint: read_array(bytes)? })
}

fn unpack_pinned(bytes: &mut &[u8]) -> Option<PinnedTerms> {
    let (terms, category, _) = unpack_terms(bytes)?;
    Some(PinnedTerms { grant: FactNumber(read(bytes)?), category, terms })
}

fn unpack_input(bytes: &mut &[u8]) -> Option<RecordedInput> {
    let [what] = read_array(bytes)?;
    let integer = |bytes| read(bytes).map(unfolded);
    match what {
        QUANTITY => integer(bytes).map(|value| RecordedInput::Quantity(Fraction::whole(value.into()))),
        CHOICE => u16::try_from(integer(bytes)?).ok().map(RecordedInput::Choice),
        INTEGER => integer(bytes).map(|value| RecordedInput::Integer(value.into())),
        FALSE => Some(RecordedInput::Flag(false)),
        TRUE => Some(RecordedInput::Flag(true)),
        LARGE => read_encoded(bytes),
        _ => None,
    }
}
