//! Names and numbers: who, what, and which fact.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use minicbor::{Decode, Encode};
use serde::Serialize;
use smol_str::SmolStr;

use super::limits::NAME_BYTES_MAX;
use super::rejection::Rejection;

/// Whether two texts are the same. Nothing is not compared with nothing: the asset of most wallets is empty, and the masked
/// loads of a comparison from where an empty text is, which is nowhere, take some processors longer than all the rest.
pub(crate) fn same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && (one.is_empty() || one == other)
}

macro_rules! text_id {
    ($name:ident, $doc:literal) => {
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

            /// The one of this text, which was checked before.
            pub(crate) fn known(text: &str) -> Self {
                Self(text.into())
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

text_id!(Owner, "Whoever holds credits: a text the application chooses, such as `user:42`.");
text_id!(Asset, "What is counted: `credits`.");
text_id!(
    Key,
    "An idempotency key: a write sent again with the same key is answered with the first outcome.\n\n\
     1 to 255 bytes without control characters; a leading `~` is the ledger's own."
);

text_id!(ObjectId, "An object at a payment processor, such as `sub_1Pq`.");

impl ObjectId {
    /// The object of this id: 1 to 255 bytes without control characters.
    pub fn new(id: &str) -> Option<Self> {
        check_name(id).is_none().then(|| Self(id.into()))
    }
}

impl Default for Asset {
    fn default() -> Self {
        Self::credits()
    }
}

impl Owner {
    /// The owner of this name: 1 to 255 bytes without control characters.
    pub fn new(name: &str) -> Result<Self, Rejection> {
        match check_name(name) {
            None => Ok(Self(name.into())),
            Some(rule) => Err(Rejection::OwnerInvalid { owner: excerpt(name), rule }),
        }
    }
}

impl Asset {
    /// The asset that every pricing has, written as nothing in records.
    pub fn credits() -> Self {
        Self(SmolStr::new_static(""))
    }

    /// Whether it is credits.
    pub(crate) fn is_credits(&self) -> bool {
        self.0.is_empty()
    }

    /// The name as people read it.
    pub(crate) fn shown(&self) -> String {
        if self.0.is_empty() { "credits".to_owned() } else { self.0.to_string() }
    }

    /// The asset of this name; of none, credits.
    pub(crate) fn of(name: &str) -> Self {
        Self(name.into())
    }

    /// The asset of this name.
    pub(crate) fn named(name: &'static str) -> Self {
        Self(SmolStr::new_static(name))
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

    /// The key of what the ledger writes for itself.
    pub(crate) fn none() -> Self {
        Self("".into())
    }

    /// Whether a caller chose it.
    pub fn is_given(&self) -> bool {
        !self.0.is_empty() && !self.0.starts_with('~')
    }

    pub(crate) fn check(&self) -> Result<(), Rejection> {
        match check_name(self.as_str()) {
            None => Ok(()),
            Some(rule) => Err(Rejection::KeyInvalid { key: excerpt(self.as_str()), rule }),
        }
    }
}

/// What is wrong with a name that is to have 1 to 255 bytes without control characters.
pub(crate) fn check_name(name: &str) -> Option<&'static str> {
    match name {
        "" => Some("is empty"),
        _ if name.len() > NAME_BYTES_MAX => Some("has more than 255 bytes"),
        _ if name.contains(char::is_control) => Some("has a control character"),
        _ => None,
    }
}

/// A key as a caller gives it: a text, or a key that an error named.
#[derive(Clone, Debug)]
pub struct GivenKey(pub(crate) Result<Key, Rejection>);

impl From<&str> for GivenKey {
    fn from(text: &str) -> Self {
        if text.starts_with('~') {
            let rule = "starts with `~`, which is kept for the ledger's own keys";
            return Self(Err(Rejection::KeyInvalid { key: excerpt(text), rule }));
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

/// What a message shows of a text that may be long or unprintable.
fn excerpt(text: &str) -> String {
    text.chars().take(40).flat_map(char::escape_debug).collect()
}

/// Which wallet: one owner's holding of one asset.
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

    /// The wallet of these names, as rows have them.
    pub(crate) fn from_names(asset: &str, owner: &str) -> Option<Self> {
        Some(Self { asset: Asset(asset.into()), owner: Owner::new(owner).ok()? })
    }

    /// The wallet of these names, which were checked before.
    pub(crate) fn known(asset: &str, owner: &str) -> Self {
        Self { asset: Asset::known(asset), owner: Owner::known(owner) }
    }

    /// The same owner's wallet of this asset.
    pub(crate) fn of(&self, asset: &'static str) -> Self {
        Self { asset: Asset::named(asset), owner: self.owner.clone() }
    }
}

/// The place of a fact in the journal, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize)]
#[cbor(transparent)]
#[serde(transparent)]
pub struct FactNumber(pub(crate) u64);

impl FactNumber {
    pub(crate) const FIRST: Self = Self(1);

    /// The number itself.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The fact of this number.
    #[cfg(feature = "testing")]
    pub(crate) const fn new(number: u64) -> Self {
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

/// Which hold: the number of the fact that opened it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize)]
#[cbor(transparent)]
#[serde(transparent)]
pub struct HoldId(pub(crate) FactNumber);

impl HoldId {
    /// The number, to keep where the work is settled elsewhere.
    pub const fn get(self) -> u64 {
        self.0.0
    }

    /// The hold of this number.
    pub const fn new(number: u64) -> Self {
        Self(FactNumber(number))
    }
}

impl fmt::Display for HoldId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// Which transfer: the number of its sender's entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize)]
#[cbor(transparent)]
#[serde(transparent)]
pub struct TransferId(pub(crate) FactNumber);

impl TransferId {
    /// The number, to keep for a reversal.
    pub const fn get(self) -> u64 {
        self.0.0
    }

    /// The transfer of this number.
    pub const fn new(number: u64) -> Self {
        Self(FactNumber(number))
    }
}

impl fmt::Display for TransferId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
