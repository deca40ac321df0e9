//! API versions, and helpers for the JSON of all of Stripe's objects: seconds, fields, previous attributes.
//!
//! It does not know any object.

use serde_json::{Map, Value};

use crate::domain::time::Timestamp;

/// The version of Stripe's API that events are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Before 2025-03-31.
    BeforeBasil,
    /// Since 2025-03-31.basil.
    Basil,
    /// Since 2025-09-30.clover.
    Clover,
}

impl Shape {
    /// Every shape, the oldest first.
    pub const ALL: &'static [Self] = &[Self::BeforeBasil, Self::Basil, Self::Clover];

    pub(super) fn version(self) -> &'static str {
        match self {
            Self::BeforeBasil => "2025-02-24.acacia",
            Self::Basil => "2025-03-31.basil",
            Self::Clover => "2025-09-30.clover",
        }
    }

    /// Whether invoices and lines have a `parent` and items their own period.
    pub(super) fn is_since_basil(self) -> bool {
        self != Self::BeforeBasil
    }

    /// Whether subscriptions are in flexible billing mode.
    pub(super) fn is_flexible(self) -> bool {
        self == Self::Clover
    }
}

pub(super) fn seconds(at: Timestamp) -> i64 {
    at.microseconds() / 1_000_000
}

pub(super) fn put(object: &mut Value, name: &str, value: Value) {
    if let Some(object) = object.as_object_mut() {
        object.insert(name.to_owned(), value);
    }
}

/// Puts the fields of one object into another.
pub(super) fn put_all(object: &mut Value, fields: Value) {
    if let (Some(object), Value::Object(fields)) = (object.as_object_mut(), fields) {
        object.extend(fields);
    }
}

/// The `previous_attributes` of an update: changed fields with their old values, lists as a whole, null where
/// a field was not set. None if nothing changed.
pub(super) fn previous_attributes(before: &Value, after: &Value) -> Option<Value> {
    let (Value::Object(old), Value::Object(new)) = (before, after) else {
        return (before != after).then(|| before.clone());
    };
    let mut changed = Map::new();
    for (name, value) in old {
        let found = new.get(name).unwrap_or(&Value::Null);
        if let Some(previous) = previous_attributes(value, found) {
            changed.insert(name.clone(), previous);
        }
    }
    for name in new.keys().filter(|name| !old.contains_key(*name)) {
        changed.insert(name.clone(), Value::Null);
    }
    (!changed.is_empty()).then_some(Value::Object(changed))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn previous_attributes_are_the_old_values_of_what_changed() {
        let before =
            json!({ "id": "sub_1", "items": { "object": "list", "data": [1, 2] }, "cancel_at": null });
        let after = json!({ "id": "sub_1", "items": { "object": "list", "data": [1] }, "cancel_at": 5, "metadata": {} });
        let expected = json!({ "items": { "data": [1, 2] }, "cancel_at": null, "metadata": null });
        assert_eq!(previous_attributes(&before, &after), Some(expected));
        assert_eq!(previous_attributes(&before, &before), None);
    }
}
