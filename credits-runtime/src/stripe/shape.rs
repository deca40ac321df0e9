//! Shapes: fields of Stripe's objects in any API version. A field that moved is read at its newest place
//! first.
//!
//! It does not know the meaning of a field.

use serde_json::Value;

use crate::domain::billing::event::Interval;
use crate::domain::ids::ObjectId;
use crate::domain::time::Timestamp;

/// A field that is missing or of another kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` of `{object}` is missing or cannot be read")]
pub(super) struct Malformed {
    pub(super) object: String,
    pub(super) field: String,
}

/// A part of an object of Stripe's.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape<'a>(pub(super) &'a Value);

impl<'a> Shape<'a> {
    /// The value at the first of these paths that has one. A path is a list of names, separated by dots.
    pub(super) fn at(self, paths: &[&str]) -> Option<Shape<'a>> {
        paths.iter().find_map(|path| {
            let found = path.split('.').try_fold(self.0, |value, word| value.get(word))?;
            (!found.is_null()).then_some(Self(found))
        })
    }

    /// Every member of a list there, or of a list object.
    pub(super) fn list(self, paths: &[&str]) -> impl Iterator<Item = Shape<'a>> + use<'a> {
        let list = self.at(paths).and_then(|list| list.0.get("data").unwrap_or(list.0).as_array());
        list.into_iter().flatten().map(Shape)
    }

    /// A text.
    pub(super) fn text(self, paths: &[&str]) -> Option<&'a str> {
        self.at(paths)?.0.as_str().filter(|text| !text.is_empty())
    }

    /// An integer.
    pub(super) fn integer(self, paths: &[&str]) -> Option<i64> {
        self.at(paths)?.0.as_i64()
    }

    /// Whether it is true; a missing field is false.
    pub(super) fn is(self, paths: &[&str]) -> bool {
        self.at(paths).and_then(|value| value.0.as_bool()).unwrap_or(false)
    }

    /// An instant, in seconds; without a path, the value itself.
    pub(super) fn time(self, paths: &[&str]) -> Option<Timestamp> {
        let seconds = if paths.is_empty() { self.0.as_i64() } else { self.integer(paths) }?;
        Some(Timestamp::from_microseconds(seconds.saturating_mul(1_000_000)))
    }

    /// The interval from one field's instant to before another's.
    pub(super) fn interval(self, start: &str, end: &str) -> Option<Interval> {
        Some(Interval { start: self.time(&[start])?, end: self.time(&[end])? })
    }

    /// The id of an object that is included as a whole or by its id.
    pub(super) fn id(self, paths: &[&str]) -> Option<&'a str> {
        let found = self.at(paths)?.0;
        found.as_str().or_else(|| found.get("id")?.as_str()).filter(|id| !id.is_empty())
    }

    /// [`id`](Self::id) in the ledger's type.
    pub(super) fn object(self, paths: &[&str]) -> Option<ObjectId> {
        ObjectId::new(self.id(paths)?)
    }

    /// A required value, or the error that names its field.
    pub(super) fn need<T>(self, found: Option<T>, field: &str) -> Result<T, Malformed> {
        let object = || self.text(&["id"]).or(self.text(&["object"])).unwrap_or("an object").to_owned();
        found.ok_or_else(|| Malformed { object: object(), field: field.to_owned() })
    }
}
