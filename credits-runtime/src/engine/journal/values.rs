//! The compact encoding of values: varints, texts with a length prefix, and CBOR for rare values.
//!
//! Frames in the file consist of such values, as docs/FORMAT.md describes. It does not know frames.

use credits_core::Fraction;
use minicbor::{Decode, Encode};

use super::{cbor, varint};
use crate::domain::amount::Amount;
use crate::domain::category::Category;
use crate::domain::cover::CoveredBy;
use crate::domain::grant::{Allocation, Class, ExpiryThen, GrantTerms, Origin, PinnedTerms};
use crate::domain::hold::{ChosenKey, Held, Purpose};
use crate::domain::ids::{FactNumber, HoldId, Key, ObjectId, WalletId};
use crate::domain::metadata::Metadata;
use crate::domain::pricing::{Charge, OperationId, RecordedInput};
use crate::domain::time::Timestamp;

/// A value with a compact encoding.
pub(crate) trait Pack: Sized {
    /// Appends the encoding.
    fn pack(&self, bytes: &mut Vec<u8>);

    /// Decodes a value, and advances past it; `None` if the bytes are not one.
    fn unpack(bytes: &mut &[u8]) -> Option<Self>;
}

/// Appends a rare value as CBOR, which needs no compact encoding.
pub(super) fn pack_cbor(value: &impl Encode<()>, bytes: &mut Vec<u8>) {
    cbor::encode_into(value, bytes);
}

pub(super) fn unpack_cbor<'b, T: Decode<'b, ()>>(bytes: &mut &'b [u8]) -> Option<T> {
    let mut decoder = minicbor::Decoder::new(bytes);
    let value = decoder.decode().ok()?;
    *bytes = bytes.get(decoder.position()..)?;
    Some(value)
}

/// Takes a byte.
pub(crate) fn byte(bytes: &mut &[u8]) -> Option<u8> {
    let (byte, rest) = bytes.split_first()?;
    *bytes = rest;
    Some(*byte)
}

/// Takes an array of bytes.
pub(super) fn chunk<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (chunk, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*chunk)
}

/// The bits of the parts that are present.
pub(super) fn bits<const N: usize>(parts: [(u8, bool); N]) -> u8 {
    parts.into_iter().filter(|(_, is_there)| *is_there).fold(0, |bits, (bit, _)| bits | bit)
}

/// Decodes an optional part if its bit is set; the outer `None` is a decoding error.
#[expect(clippy::option_option, reason = "what is there may not be readable")]
pub(super) fn part<T: Pack>(is_there: bool, bytes: &mut &[u8]) -> Option<Option<T>> {
    if is_there { T::unpack(bytes).map(Some) } else { Some(None) }
}

pub(super) fn pack_text(text: &str, bytes: &mut Vec<u8>) {
    varint::write(bytes, text.len() as u64);
    bytes.extend_from_slice(text.as_bytes());
}

pub(super) fn unpack_text<'b>(bytes: &mut &'b [u8]) -> Option<&'b str> {
    let length = usize::try_from(varint::read(bytes)?).ok()?;
    let (text, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    std::str::from_utf8(text).ok()
}

impl Pack for u64 {
    fn pack(&self, bytes: &mut Vec<u8>) {
        varint::write(bytes, *self);
    }

    fn unpack(bytes: &mut &[u8]) -> Option<Self> {
        varint::read(bytes)
    }
}

impl Pack for FactNumber {
    fn pack(&self, bytes: &mut Vec<u8>) {
        self.get().pack(bytes);
    }

    fn unpack(bytes: &mut &[u8]) -> Option<Self> {
        varint::read(bytes).map(Self)
    }
}

/// `None` is zero, which no fact has as its number.
impl Pack for Option<FactNumber> {
    fn pack(&self, bytes: &mut Vec<u8>) {
        self.map_or(0, FactNumber::get).pack(bytes);
    }

    fn unpack(bytes: &mut &[u8]) -> Option<Self> {
        let number = FactNumber::unpack(bytes)?;
        Some((number >= FactNumber::FIRST).then_some(number))
    }
}

impl Pack for HoldId {
    fn pack(&self, bytes: &mut Vec<u8>) {
        self.0.pack(bytes);
    }

    fn unpack(bytes: &mut &[u8]) -> Option<Self> {
        FactNumber::unpack(bytes).map(Self)
    }
}

impl Pack for Amount {
    fn pack(&self, bytes: &mut Vec<u8>) {
        varint::folded(self.get()).pack(bytes);
    }

    fn unpack(bytes: &mut &[u8]) -> Option<Self> {
        varint::read(bytes).map(varint::unfolded).map(Self::new)
    }
}

/// Microseconds, unsigned, because no instant has a negative number of them.
impl Pack for Timestamp {
    fn pack(&self, bytes: &mut Vec<u8>) {
        self.microseconds().cast_unsigned().pack(bytes);
    }

    fn unpack(bytes: &mut &[u8]) -> Option<Self> {
        cbor::instant(varint::read(bytes)?.try_into().ok()?)
    }
}

impl<T: Pack> Pack for Vec<T> {
    fn pack(&self, bytes: &mut Vec<u8>) {
        (self.len() as u64).pack(bytes);
        for value in self {
            value.pack(bytes);
        }
    }

    fn unpack(bytes: &mut &[u8]) -> Option<Self> {
        let mut values = Self::new();
        unpack_into(&mut values, bytes)?;
        Some(values)
    }
}

/// Decodes a list into `values`, whose former contents are dropped and whose allocation is reused.
pub(super) fn unpack_into<T: Pack>(values: &mut Vec<T>, bytes: &mut &[u8]) -> Option<()> {
    let count = usize::try_from(varint::read(bytes)?).ok()?;
    values.clear();
    // Each value has at least one byte: a corrupt count must not reserve more than that.
    values.reserve_exact(count.min(bytes.len()));
    for _ in 0..count {
        values.push(T::unpack(bytes)?);
    }
    Some(())
}

impl Pack for WalletId {
    fn pack(&self, bytes: &mut Vec<u8>) {
        pack_text(self.asset.as_str(), bytes);
        pack_text(self.owner.as_str(), bytes);
    }

    fn unpack(bytes: &mut &[u8]) -> Option<Self> {
        let (asset, owner) = (unpack_text(bytes)?, unpack_text(bytes)?);
        Some(Self::known(asset, owner))
    }
}

impl Pack for Key {
    fn pack(&self, bytes: &mut Vec<u8>) {
        pack_text(self.as_str(), bytes);
    }

    fn unpack(bytes: &mut &[u8]) -> Option<Self> {
        unpack_text(bytes).map(Self::known)
    }
}

impl Pack for Metadata {
    fn pack(&self, bytes: &mut Vec<u8>) {
        pack_text(self.text(), bytes);
    }

    fn unpack(bytes: &mut &[u8]) -> Option<Self> {
        unpack_text(bytes).map(Self::of_text)
    }
}

impl Pack for String {
    fn pack(&self, bytes: &mut Vec<u8>) {
        pack_text(self, bytes);
    }

    fn unpack(bytes: &mut &[u8]) -> Option<Self> {
        unpack_text(bytes).map(str::to_owned)
    }
}

/// CBOR: the code of a built-in category, or the name of an application's.
impl Pack for Category {
    fn pack(&self, bytes: &mut Vec<u8>) {
        pack_cbor(self, bytes);
    }

    fn unpack(bytes: &mut &[u8]) -> Option<Self> {
        unpack_cbor(bytes)
    }
}

impl Pack for OperationId {
    fn pack(&self, bytes: &mut Vec<u8>) {
        u64::from(self.catalogue).pack(bytes);
        u64::from(self.index).pack(bytes);
    }

    fn unpack(bytes: &mut &[u8]) -> Option<Self> {
        let (catalogue, index) = (varint::read(bytes)?, varint::read(bytes)?);
        Some(Self { catalogue: catalogue.try_into().ok()?, index: index.try_into().ok()? })
    }
}

/// The kinds of compact inputs, in their first byte. Any other first byte begins CBOR.
const WHOLE: u8 = 0;
const CHOICE: u8 = 1;
const INTEGER: u8 = 2;
const NO: u8 = 3;
const YES: u8 = 4;

impl Pack for RecordedInput {
    fn pack(&self, bytes: &mut Vec<u8>) {
        let (kind, number) = match self {
            Self::Quantity(quantity) if quantity.denominator() == 1 => {
                (WHOLE, i64::try_from(quantity.numerator()).ok().map(varint::folded))
            }
            Self::Quantity(_) => (WHOLE, None),
            Self::Choice(place) => (CHOICE, Some(u64::from(*place))),
            Self::Integer(value) => (INTEGER, i64::try_from(*value).ok().map(varint::folded)),
            Self::Flag(is_set) => return bytes.push(if *is_set { YES } else { NO }),
        };
        match number {
            Some(number) => {
                bytes.push(kind);
                number.pack(bytes);
            }
            None => pack_cbor(self, bytes),
        }
    }

    fn unpack(bytes: &mut &[u8]) -> Option<Self> {
        let kind = *bytes.first()?;
        if kind > YES {
            return unpack_cbor(bytes);
        }
        byte(bytes)?;
        let mut integer = || varint::read(bytes).map(varint::unfolded).map(i128::from);
        Some(match kind {
            WHOLE => Self::Quantity(Fraction::whole(integer()?)),
            CHOICE => Self::Choice(varint::read(bytes)?.try_into().ok()?),
            INTEGER => Self::Integer(integer()?),
            _ => Self::Flag(kind == YES),
        })
    }
}

impl Pack for Charge {
    fn pack(&self, bytes: &mut Vec<u8>) {
        self.operation.pack(bytes);
        self.inputs.pack(bytes);
        self.price.pack(bytes);
    }

    fn unpack(bytes: &mut &[u8]) -> Option<Self> {
        let (operation, inputs) = (OperationId::unpack(bytes)?, Vec::unpack(bytes)?);
        Some(Self { operation, inputs, price: Amount::unpack(bytes)? })
    }
}

impl Pack for Allocation {
    fn pack(&self, bytes: &mut Vec<u8>) {
        self.grant.pack(bytes);
        self.amount.pack(bytes);
    }

    fn unpack(bytes: &mut &[u8]) -> Option<Self> {
        Some(Self { grant: FactNumber::unpack(bytes)?, amount: Amount::unpack(bytes)? })
    }
}

/// The grant, then 0 for never or the instant.
impl Pack for ExpiryThen {
    fn pack(&self, bytes: &mut Vec<u8>) {
        self.grant.pack(bytes);
        self.expires_at.map_or(0, |at| at.microseconds().cast_unsigned().saturating_add(1)).pack(bytes);
    }

    fn unpack(bytes: &mut &[u8]) -> Option<Self> {
        let (grant, after) = (FactNumber::unpack(bytes)?, varint::read(bytes)?);
        let expires_at = match after.checked_sub(1) {
            None => None,
            Some(microseconds) => Some(cbor::instant(microseconds.try_into().ok()?)?),
        };
        Some(Self { grant, expires_at })
    }
}

impl Pack for ChosenKey {
    fn pack(&self, bytes: &mut Vec<u8>) {
        self.key.pack(bytes);
        bytes.extend_from_slice(&self.fingerprint);
    }

    fn unpack(bytes: &mut &[u8]) -> Option<Self> {
        Some(Self { key: Key::unpack(bytes)?, fingerprint: chunk(bytes)? })
    }
}

/// Bits of the first byte of grant terms.
const EXPIRES: u8 = 1;
const IS_PAID: u8 = 2;
/// The priority, the scope or the purchase is not the default.
const IS_SPECIAL: u8 = 4;
const ORIGIN_SHIFT: u32 = 4;
const ORIGINS: [Origin; 4] = [Origin::Gift, Origin::Transfer, Origin::Subscription, Origin::Purchase];

impl Pack for GrantTerms {
    fn pack(&self, bytes: &mut Vec<u8>) {
        let Self { expires_at, priority, class, scope, origin, purchase } = self;
        let is_special = *priority != Self::PRIORITY_DEFAULT || !scope.is_empty() || purchase.is_some();
        let bits = bits([
            (EXPIRES, expires_at.is_some()),
            (IS_PAID, *class == Class::Paid),
            (IS_SPECIAL, is_special),
        ]);
        bytes.push(bits | (*origin as u8) << ORIGIN_SHIFT);
        if let Some(expires_at) = expires_at {
            expires_at.pack(bytes);
        }
        if is_special {
            u64::from(*priority).pack(bytes);
            purchase.pack(bytes);
            scope.pack(bytes);
        }
    }

    fn unpack(bytes: &mut &[u8]) -> Option<Self> {
        let bits = byte(bytes)?;
        let has = |bit| bits & bit != 0;
        let expires_at = part(has(EXPIRES), bytes)?;
        let class = if has(IS_PAID) { Class::Paid } else { Class::Promotional };
        let origin = *ORIGINS.get(usize::from(bits >> ORIGIN_SHIFT))?;
        let usual = (Self::PRIORITY_DEFAULT, None, Vec::new());
        let (priority, purchase, scope) = if has(IS_SPECIAL) {
            (varint::read(bytes)?.try_into().ok()?, Option::unpack(bytes)?, Vec::unpack(bytes)?)
        } else {
            usual
        };
        Some(Self { expires_at, priority, class, scope, origin, purchase })
    }
}

impl Pack for PinnedTerms {
    fn pack(&self, bytes: &mut Vec<u8>) {
        self.grant.pack(bytes);
        self.category.pack(bytes);
        self.terms.pack(bytes);
    }

    fn unpack(bytes: &mut &[u8]) -> Option<Self> {
        let (grant, category) = (FactNumber::unpack(bytes)?, Category::unpack(bytes)?);
        Some(Self { grant, category, terms: GrantTerms::unpack(bytes)? })
    }
}

impl Pack for CoveredBy {
    fn pack(&self, bytes: &mut Vec<u8>) {
        pack_text(&self.plan, bytes);
        pack_text(self.subscription.as_str(), bytes);
    }

    fn unpack(bytes: &mut &[u8]) -> Option<Self> {
        let (plan, subscription) = (unpack_text(bytes)?.to_owned(), unpack_text(bytes)?);
        Some(Self { plan, subscription: ObjectId::known(subscription) })
    }
}

/// Bits of the first byte of a hold.
const IS_CALLERS: u8 = 1;
const HAS_KEY: u8 = 2;
const HAS_METADATA: u8 = 4;
/// The hold is usable as another operation than it is charged as, exceeds its grants, or pins grants that expire.
const IS_UNUSUAL: u8 = 8;
const IS_COVERED: u8 = 16;

impl Pack for Held {
    fn pack(&self, bytes: &mut Vec<u8>) {
        let Self {
            charge,
            pins,
            until,
            purpose,
            key,
            metadata,
            usable_as,
            unpinned,
            opened_at,
            pinned,
            covered_by,
        } = self;
        let is_unusual = *usable_as != charge.operation || !unpinned.is_zero() || !pinned.is_empty();
        bytes.push(bits([
            (IS_CALLERS, *purpose == Purpose::Hold),
            (HAS_KEY, key.is_some()),
            (HAS_METADATA, !metadata.is_none()),
            (IS_UNUSUAL, is_unusual),
            (IS_COVERED, covered_by.is_some()),
        ]));
        charge.pack(bytes);
        pins.pack(bytes);
        opened_at.pack(bytes);
        varint::folded(until.microseconds().wrapping_sub(opened_at.microseconds())).pack(bytes);
        if let Some(key) = key {
            key.pack(bytes);
        }
        if !metadata.is_none() {
            metadata.pack(bytes);
        }
        if is_unusual {
            usable_as.pack(bytes);
            unpinned.pack(bytes);
            pinned.pack(bytes);
        }
        if let Some(covered_by) = covered_by {
            covered_by.pack(bytes);
        }
    }

    fn unpack(bytes: &mut &[u8]) -> Option<Self> {
        let bits = byte(bytes)?;
        let has = |bit| bits & bit != 0;
        let (charge, pins) = (Charge::unpack(bytes)?, Vec::unpack(bytes)?);
        let (opened_at, open_for) = (Timestamp::unpack(bytes)?, varint::unfolded(varint::read(bytes)?));
        let until = cbor::instant(opened_at.microseconds().wrapping_add(open_for))?;
        let purpose = if has(IS_CALLERS) { Purpose::Hold } else { Purpose::Run };
        let key = part(has(HAS_KEY), bytes)?;
        let metadata = part(has(HAS_METADATA), bytes)?.unwrap_or_default();
        let (usable_as, unpinned, pinned) = if has(IS_UNUSUAL) {
            (OperationId::unpack(bytes)?, Amount::unpack(bytes)?, Vec::unpack(bytes)?)
        } else {
            (charge.operation, Amount::ZERO, Vec::new())
        };
        let covered_by = part(has(IS_COVERED), bytes)?;
        Some(Self {
            charge,
            pins,
            until,
            purpose,
            key,
            metadata,
            usable_as,
            unpinned,
            opened_at,
            pinned,
            covered_by,
        })
    }
}
