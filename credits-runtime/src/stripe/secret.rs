//! Secrets: keys of the API and secrets of webhooks, which no `Debug` shows.
//!
//! It does not know how they are used.

use std::fmt;

/// A secret text.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Secret(String);

impl Secret {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, to sign or to send with.
    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

/// Shown by `Debug` in place of a secret.
pub(super) const REDACTED: &str = "<redacted>";

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}
