//! Metadata: what an application writes on an entry, as bounded JSON.

use minicbor::{Decode, Encode};
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::limits::{METADATA_BYTES_MAX, METADATA_DEPTH_MAX};
use super::rejection::Rejection;

/// A JSON value of at most 4,096 bytes and 32 levels, kept with an entry for ever: no place for personal data.
///
/// ```
/// use credits_runtime::Metadata;
/// let metadata = Metadata::from(serde_json::json!({ "job": 17 }));
/// assert_eq!(metadata.to_string(), r#"{"job":17}"#);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(transparent)]
pub struct Metadata(Option<String>);

impl Metadata {
    /// Whatever serialises to JSON.
    pub fn of(value: &impl Serialize) -> Result<Self, serde_json::Error> {
        serde_json::to_value(value).map(Self::from)
    }

    /// Whether there is none.
    pub fn is_none(&self) -> bool {
        self.0.is_none()
    }

    /// The value; `Null` if there is none.
    pub fn value(&self) -> Value {
        self.0.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }

    pub(crate) fn check(&self) -> Result<(), Rejection> {
        let Some(text) = &self.0 else { return Ok(()) };
        if text.len() > METADATA_BYTES_MAX {
            return Err(Rejection::MetadataTooLarge { bytes: text.len(), max: METADATA_BYTES_MAX });
        }
        match depth(&self.value()) {
            depth if depth > METADATA_DEPTH_MAX => {
                Err(Rejection::MetadataTooDeep { levels: depth, max: METADATA_DEPTH_MAX })
            }
            _ => Ok(()),
        }
    }
}

fn depth(value: &Value) -> usize {
    let inner = match value {
        Value::Array(values) => values.iter().map(depth).max().unwrap_or(0),
        Value::Object(fields) => fields.values().map(depth).max().unwrap_or(0),
        _ => return 0,
    };
    inner.saturating_add(1)
}

impl From<Value> for Metadata {
    fn from(value: Value) -> Self {
        Self((!value.is_null()).then(|| value.to_string()))
    }
}

impl std::fmt::Display for Metadata {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.as_deref().unwrap_or_default())
    }
}

impl Serialize for Metadata {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value().serialize(serializer)
    }
}
