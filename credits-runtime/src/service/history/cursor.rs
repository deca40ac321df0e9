//! Positions in a history, as texts that callers keep between pages.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::domain::ids::{FactNumber, excerpt};

/// The position between two pages. It stays valid while entries are added. It serialises as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cursor(pub(super) FactNumber);

/// The error of a text that is no cursor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no cursor: use the text of `next` or `previous` of a page")]
pub struct CursorError(String);

impl Cursor {
    /// The cursor as a number, for a URL or a form.
    pub fn get(self) -> u64 {
        self.0.get()
    }

    /// The cursor with this number.
    pub fn new(number: u64) -> Self {
        Self(FactNumber(number))
    }

    pub(crate) fn at(number: FactNumber) -> Self {
        Self(number)
    }

    pub(crate) fn number(self) -> FactNumber {
        self.0
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    /// Reads what `Display` writes.
    fn from_str(text: &str) -> Result<Self, CursorError> {
        text.parse().map(Self::new).map_err(|_| CursorError(excerpt(text)))
    }
}

impl Serialize for Cursor {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
