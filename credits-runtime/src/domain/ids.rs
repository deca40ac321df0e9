//! Names and numbers: owners, assets, keys, processor objects, wallets, facts, holds and transfers.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::printable::{check_name, was_name};
use super::rejection::Rejection;

/// Compares two texts. Skips memcmp for empty strings: glibc's masked load costs ~60 ns on EPYC, and most
/// wallets have the empty asset.
pub(crate) fn same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && (one.is_empty() || one == other)
}

macro_rules! text_id {
    ($name:ident, $doc:literal, $read:expr) => {
        #[doc = $doc]
        #[derive(Clone, Debug, Eq)]
        pub struct $name(SmolStr);

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                same(self.0.as_bytes(), other.0.as_bytes())
            }
        }

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        impl Ord for $name {
            fn cmp(&self, other: &Self) -> Ordering {
                if same(self.0.as_bytes(), other.0.as_bytes()) {
                    Ordering::Equal
                } else {
                    self.0.cmp(&other.0)
                }
            }
        }

        impl Hash for $name {
            fn hash<H: Hasher>(&self, state: &mut H) {
                self.0.hash(state);
            }
        }

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Wraps a text that is already checked.
            pub(crate) fn known(text: &str) -> Self {
                Self(text.into())
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            /// Reads a text that keeps the rules of its kind.
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                let read: fn(&str) -> Result<Self, Rejection> = $read;
                read(&text).map_err(serde::de::Error::custom)
            }
        }

        impl<C> Encode<C> for $name {
            fn encode<W: minicbor::encode::Write>(
                &self,
                encoder: &mut minicbor::Encoder<W>,
                _: &mut C,
            ) -> Result<(), minicbor::encode::Error<W::Error>> {
                encoder.str(&self.0)?.ok()
            }
        }

        impl<'b, C> Decode<'b, C> for $name {
            fn decode(
                decoder: &mut minicbor::Decoder<'b>,
                _: &mut C,
            ) -> Result<Self, minicbor::decode::Error> {
                decoder.str().map(|text| Self(text.into()))
            }
        }
    };
}

text_id!(
    Owner,
    "An owner of credits: an opaque text that the application chooses, such as `user:42`.\n\n\
     1 to 255 bytes of visible text: not blank, without control characters, and without the characters that Unicode \
     calls default ignorable, such as joiners and direction marks.",
    Owner::new
);
text_id!(Asset, "An asset: `credits`, or another one that the application declares.", |name| Ok(Asset::of(
    name
)));
text_id!(
    Key,
    "An idempotency key: a write that is repeated under the same key returns the first outcome.\n\n\
     1 to 255 bytes of visible text, as the name of an [`Owner`]. Keys that begin with `~` are the ledger's own: none is \
     read from JSON.",
    |text| GivenKey::from(text).0
);

text_id!(
    ObjectId,
    "An object at a payment processor, such as `sub_1Pq`: 1 to 255 bytes of visible text.",
    |id| {
        let invalid =
            |rule: &'static str| Rejection::ObjectInvalid { object: excerpt(id), rule: rule.into() };
        ObjectId::new(id).ok_or_else(|| invalid(check_name(id).unwrap_or_default()))
    }
);

impl ObjectId {
    /// The object with this id; `None` unless it has 1 to 255 bytes of visible text, as the name of an [`Owner`].
    pub fn new(id: &str) -> Option<Self> {
        check_name(id).is_none().then(|| Self(id.into()))
    }

    /// The object with this id at a payment processor other than Stripe, named as in `processor_price`. Objects
    /// of two processors differ, also if their ids are equal. `None` unless the name consists of letters, digits
    /// and `_`, and `name:id` has up to 255 bytes of visible text.
    ///
    /// ```
    /// use credits_runtime::billing::ObjectId;
    ///
    /// let [paddle, polar] = ["paddle", "polar"].map(|name| ObjectId::at(name, "sub_1"));
    /// assert_ne!(paddle, polar);
    /// assert_ne!(paddle, ObjectId::new("sub_1"));
    /// assert_eq!(paddle.as_ref().map(ObjectId::as_str), Some("paddle:sub_1"));
    /// assert_eq!(ObjectId::at("paddle", ""), None);
    /// ```
    pub fn at(processor: &str, id: &str) -> Option<Self> {
        let is_name = |name: &str| name.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
        let is_named = !processor.is_empty() && is_name(processor) && !id.is_empty();
        is_named.then(|| Self::new(&format!("{processor}:{id}"))).flatten()
    }

    /// The object with a declared id at a processor.
    pub(crate) fn known_at(processor: &str, id: &str) -> Self {
        Self::known(&format!("{processor}:{id}"))
    }

    /// The object with this id, as stored in rows: rows keep every id that was ever valid.
    pub(crate) fn stored(id: &str) -> Option<Self> {
        was_name(id).then(|| Self(id.into()))
    }
}

impl Default for Asset {
    fn default() -> Self {
        Self::credits()
    }
}

impl Owner {
    /// The owner with this name. Rejects one that is not of 1 to 255 bytes of visible text: a blank one, and one with a
    /// control character or a default ignorable character of Unicode, such as a joiner or a direction mark.
    pub fn new(name: &str) -> Result<Self, Rejection> {
        match check_name(name) {
            None => Ok(Self(name.into())),
            Some(rule) => Err(Rejection::OwnerInvalid { owner: excerpt(name), rule: rule.into() }),
        }
    }

    /// The owner with this name, as stored in rows: rows keep every owner that was ever valid.
    pub(crate) fn stored(name: &str) -> Option<Self> {
        was_name(name).then(|| Self(name.into()))
    }
}

impl Asset {
    /// Credits, the asset of every pricing; its name is empty in records.
    pub fn credits() -> Self {
        Self(SmolStr::new_static(""))
    }

    /// The name in a catalogue; empty for credits.
    pub(crate) fn name(&self) -> &str {
        &self.0
    }

    /// The name for display.
    pub(crate) fn shown(&self) -> String {
        if self.0.is_empty() { "credits".to_owned() } else { self.0.to_string() }
    }

    /// The asset with this name; credits for an empty name.
    pub(crate) fn of(name: &str) -> Self {
        Self(name.into())
    }

    /// The asset with this name as it is displayed.
    pub(crate) fn of_shown(name: &str) -> Self {
        if name == "credits" { Self::credits() } else { Self::of(name) }
    }

    /// The asset with this name.
    pub(crate) fn named(name: &'static str) -> Self {
        Self(SmolStr::new_static(name))
    }
}

impl Owner {
    /// The bound of a range of owners: not before it are those whose names begin with this text.
    pub(crate) fn bound(name: &str) -> Self {
        Self(name.into())
    }
}

impl Key {
    pub(crate) fn generated(handle: u64, count: u64) -> Self {
        Self(format!("~{handle:016x}{count:x}").into())
    }

    pub(crate) fn of_hold(hold: HoldId) -> Self {
        Self(hold.to_string().into())
    }

    pub(crate) fn of_transfer(transfer: TransferId) -> Self {
        Self(transfer.to_string().into())
    }

    pub(crate) fn of_charge(charge: FactNumber) -> Self {
        Self(charge.to_string().into())
    }

    /// The empty key of frames that the ledger writes for itself.
    pub(crate) fn none() -> Self {
        Self("".into())
    }

    /// Whether a caller chose the key.
    pub fn is_given(&self) -> bool {
        !self.0.is_empty() && !self.0.starts_with('~')
    }

    pub(crate) fn check(&self) -> Result<(), Rejection> {
        match check_name(self.as_str()) {
            None => Ok(()),
            Some(rule) => Err(Rejection::KeyInvalid { key: excerpt(self.as_str()), rule: rule.into() }),
        }
    }
}

/// A key as a caller gives it: a text, or a [`Key`] that an error carried.
#[derive(Clone, Debug)]
pub struct GivenKey(pub(crate) Result<Key, Rejection>);

impl From<&str> for GivenKey {
    fn from(text: &str) -> Self {
        if text.starts_with('~') {
            let rule = "starts with `~`, which is kept for the ledger's own keys";
            return Self(Err(Rejection::KeyInvalid { key: excerpt(text), rule: rule.into() }));
        }
        let key = Key(text.into());
        Self(key.check().map(|()| key))
    }
}

impl From<String> for GivenKey {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl From<&String> for GivenKey {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

impl From<Key> for GivenKey {
    fn from(key: Key) -> Self {
        Self(Ok(key))
    }
}

/// The escaped beginning of a text that may be long or unprintable, for messages.
pub(crate) fn excerpt(text: &str) -> String {
    text.chars().take(40).flat_map(char::escape_debug).collect()
}

/// The id of a wallet: one owner's holding of one asset.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct WalletId {
    #[n(0)]
    pub(crate) asset: Asset,
    #[n(1)]
    pub(crate) owner: Owner,
}

impl WalletId {
    /// The wallet of `owner` that holds credits.
    pub fn of_credits(owner: Owner) -> Self {
        Self { asset: Asset::credits(), owner }
    }

    /// The wallet of `owner` that holds this asset.
    pub(crate) fn of_asset(asset: Asset, owner: Owner) -> Self {
        Self { asset, owner }
    }

    /// The wallet with these names, as stored in rows; `None` if the owner's name is invalid.
    pub(crate) fn from_names(asset: &str, owner: &str) -> Option<Self> {
        Some(Self { asset: Asset::of(asset), owner: Owner::stored(owner)? })
    }

    /// The wallet with these names, which are already checked.
    pub(crate) fn known(asset: &str, owner: &str) -> Self {
        Self { asset: Asset::known(asset), owner: Owner::known(owner) }
    }

    /// The same owner's wallet of another asset.
    pub(crate) fn of(&self, asset: &'static str) -> Self {
        Self { asset: Asset::named(asset), owner: self.owner.clone() }
    }
}

/// The position of a fact in the journal, counted from 1.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize,
)]
#[cbor(transparent)]
#[serde(transparent)]
pub struct FactNumber(pub(crate) u64);

impl FactNumber {
    pub(crate) const FIRST: Self = Self(1);

    /// The number as an integer.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The fact with this number, for example from a URL.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    pub(crate) fn plus(self, count: usize) -> Self {
        Self(self.0.saturating_add(count as u64))
    }
}

impl fmt::Display for FactNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// The error of a text that is no number of a fact.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no number of an entry: use the `number` of an entry of the history")]
pub struct FactNumberError(String);

impl FromStr for FactNumber {
    type Err = FactNumberError;

    /// Reads what `Display` writes.
    fn from_str(text: &str) -> Result<Self, FactNumberError> {
        text.parse().map(Self).map_err(|_| FactNumberError(excerpt(text)))
    }
}

/// The id of a hold: the number of the fact that opened it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize,
)]
#[cbor(transparent)]
#[serde(transparent)]
pub struct HoldId(pub(crate) FactNumber);

impl HoldId {
    /// The number, to store where the work is settled elsewhere.
    pub const fn get(self) -> u64 {
        self.0.0
    }

    /// The hold with this number.
    pub const fn new(number: u64) -> Self {
        Self(FactNumber(number))
    }
}

impl fmt::Display for HoldId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// The id of a transfer: the number of its sender's entry.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize,
)]
#[cbor(transparent)]
#[serde(transparent)]
pub struct TransferId(pub(crate) FactNumber);

impl TransferId {
    /// The number, to store for a reversal.
    pub const fn get(self) -> u64 {
        self.0.0
    }

    /// The transfer with this number.
    pub const fn new(number: u64) -> Self {
        Self(FactNumber(number))
    }
}

impl fmt::Display for TransferId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
