//! Names and numbers: who, what, and which fact.

use std::fmt;
use std::sync::Arc;

use minicbor::{Decode, Encode};
use serde::Serialize;

use super::limits::{KEY_BYTES_MAX, OWNER_BYTES_MAX};
use super::rejection::Rejection;

macro_rules! text_id {
    ($name:ident, $doc:literal) => {
        #[doc = $doc]
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
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

impl Owner {
    /// The owner of this name: 1 to 255 bytes without control characters.
    pub fn new(name: &str) -> Result<Self, Rejection> {
        let rule = match name {
            "" => "is empty",
            _ if name.len() > OWNER_BYTES_MAX => "has more than 255 bytes",
            _ if name.contains(char::is_control) => "has a control character",
            _ => return Ok(Self(name.into())),
        };
        Err(Rejection::OwnerInvalid { owner: excerpt(name), rule })
    }
}

impl Asset {
    /// The asset that every pricing has.
    pub fn credits() -> Self {
        Self("".into())
    }
}

impl Key {
    pub(crate) fn generated(handle: u64, count: u64) -> Self {
        Self(format!("~{handle:016x}{count:x}").into())
    }

    pub(crate) fn of_hold(hold: HoldId) -> Self {
        Self(hold.to_string().into())
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
        let rule = match self.as_str() {
            "" => "is empty",
            text if text.len() > KEY_BYTES_MAX => "has more than 255 bytes",
            text if text.contains(char::is_control) => "has a control character",
            _ => return Ok(()),
        };
        Err(Rejection::KeyInvalid { key: excerpt(self.as_str()), rule })
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
