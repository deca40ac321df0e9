//! Objects of Stripe as `pay` keeps them: since version 10 whole in `object`, before that parts of them in `data`.

use credits_runtime::Timestamp;
use credits_runtime::billing::ObjectId;
use serde_json::Value;

/// An object, or several of which the first that has a value counts.
#[derive(Clone, Debug, Default)]
pub(super) struct StripeObject(Vec<Value>);

impl StripeObject {
    /// Reads JSON columns; what is no JSON has no values.
    pub(super) fn read<'a>(columns: impl IntoIterator<Item = Option<&'a str>>) -> Self {
        Self(columns.into_iter().flatten().filter_map(|text| serde_json::from_str(text).ok()).collect())
    }

    /// The value at a path of members.
    pub(super) fn at(&self, path: &str) -> Option<&Value> {
        let values = self
            .0
            .iter()
            .filter_map(|value| path.split('.').try_fold(value, |value, member| value.get(member)));
        values.into_iter().find(|value| !value.is_null())
    }

    /// The id at a path, where the object itself may be instead.
    pub(super) fn id(&self, path: &str) -> Option<ObjectId> {
        let value = self.at(path)?;
        ObjectId::new(value.as_str().or_else(|| value.get("id")?.as_str())?)
    }

    /// The text at a path; a number as its digits.
    pub(super) fn text(&self, path: &str) -> Option<String> {
        match self.at(path)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// The whole number at a path.
    pub(super) fn integer(&self, path: &str) -> Option<i64> {
        self.text(path)?.parse().ok()
    }

    /// The Unix time at a path.
    pub(super) fn time(&self, path: &str) -> Option<Timestamp> {
        Some(Timestamp::from_microseconds(self.integer(path)?.checked_mul(1_000_000)?))
    }

    /// The items of a subscription.
    pub(super) fn items(&self) -> Vec<Self> {
        let items = self.at("items.data").or_else(|| self.at("subscription_items"));
        let items = items.and_then(Value::as_array).cloned().unwrap_or_default();
        items.into_iter().map(|item| Self(vec![item])).collect()
    }
}
