//! Metadata: bounded JSON that an application attaches to an entry.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::limits::{METADATA_BYTES_MAX, METADATA_DEPTH_MAX};
use super::rejection::Rejection;

/// A JSON value of at most 4,096 bytes and 32 levels, kept with an entry permanently: do not store personal
/// data.
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
    /// Converts a value that serialises to JSON.
    pub fn of(value: &impl Serialize) -> Result<Self, serde_json::Error> {
        serde_json::to_value(value).map(Self::from)
    }

    /// Whether it is empty.
    pub fn is_none(&self) -> bool {
        self.0.is_none()
    }

    /// The JSON value; `Null` if empty.
    pub fn value(&self) -> Value {
        self.0.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }

    /// This value, written over an earlier one: members of two objects are joined, and any other value replaces the
    /// earlier one. An empty value changes nothing.
    pub(crate) fn over(&self, earlier: &Self) -> Self {
        if self.is_none() {
            return earlier.clone();
        }
        // What is nested too deeply to be read stays as it is, and is rejected where it is used.
        if let Some(unreadable) = [self, earlier].into_iter().find(|it| it.is_unreadable()) {
            return unreadable.clone();
        }
        match (earlier.value(), self.value()) {
            (Value::Object(mut members), Value::Object(more)) => {
                members.extend(more);
                Self::from(Value::Object(members))
            }
            (_, value) => Self::from(value),
        }
    }

    fn is_unreadable(&self) -> bool {
        self.0.as_deref().is_some_and(|text| serde_json::from_str::<Value>(text).is_err())
    }

    /// The stored text; empty if there is none.
    pub(crate) fn text(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
    }

    /// Wraps a stored text.
    pub(crate) fn of_text(text: &str) -> Self {
        Self(Some(text.to_owned()))
    }

    pub(crate) fn check(&self) -> Result<(), Rejection> {
        let Some(text) = &self.0 else { return Ok(()) };
        if text.len() > METADATA_BYTES_MAX {
            return Err(Rejection::MetadataTooLarge { bytes: text.len(), max: METADATA_BYTES_MAX });
        }
        match levels(text) {
            levels if levels > METADATA_DEPTH_MAX => {
                Err(Rejection::MetadataTooDeep { levels, max: METADATA_DEPTH_MAX })
            }
            _ => Ok(()),
        }
    }
}

/// Nesting depth of lists and objects in a JSON text. Counts brackets outside strings, without recursion.
fn levels(text: &str) -> usize {
    let (mut open, mut deepest) = (0_usize, 0);
    let (mut in_string, mut escaped) = (false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => open = open.saturating_add(1),
            b']' | b'}' if !in_string => open = open.saturating_sub(1),
            _ => {}
        }
        deepest = open.max(deepest);
    }
    deepest
}

impl From<Value> for Metadata {
    fn from(value: Value) -> Self {
        Self((!value.is_null()).then(|| value.to_string()))
    }
}

impl std::fmt::Display for Metadata {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.text())
    }
}

impl Serialize for Metadata {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Metadata {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_later_value_is_written_over_an_earlier_one() {
        for (earlier, later, expected) in [
            (
                json!({ "job": 1, "by": "a" }),
                json!({ "job": 2, "tokens": 9 }),
                json!({ "job": 2, "by": "a", "tokens": 9 }),
            ),
            (json!({ "job": 1 }), json!(null), json!({ "job": 1 })),
            (json!(null), json!([1]), json!([1])),
            (json!({ "job": 1 }), json!("text"), json!("text")),
        ] {
            let written = Metadata::from(later).over(&Metadata::from(earlier));
            assert_eq!(written.value(), expected);
        }
    }

    #[test]
    fn levels_are_lists_and_objects_outside_of_strings() {
        for (value, expected) in [
            (json!(1), 0),
            (json!([]), 1),
            (json!({ "a": [1, { "b": 2 }] }), 3),
            (json!(["[[[", "\\\"[{"]), 1),
        ] {
            assert_eq!(levels(&value.to_string()), expected, "{value}");
        }
    }
}
