//! Generated keys, for commands whose caller gives none.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::domain::ids::Key;
use crate::error::{LedgerError, LedgerErrorKind};

/// Generates keys that no other handle generates.
#[derive(Debug)]
pub(crate) struct GeneratedKeys {
    /// The random prefix of each key.
    base: u64,
    count: AtomicU64,
}

impl GeneratedKeys {
    /// Keys with a new base.
    pub(crate) fn new() -> Result<Self, LedgerError> {
        let base = getrandom::u64()
            .map_err(|error| LedgerError::caused(LedgerErrorKind::Io, "no random numbers for keys", error))?;
        Ok(Self { base, count: AtomicU64::new(0) })
    }

    /// The next key.
    pub(crate) fn next(&self) -> Key {
        Key::generated(self.base, self.count.fetch_add(1, Ordering::Relaxed))
    }
}
