//! The sidecar: a small file beside the ledger that says which ledger belongs there and how far it had come, so that
//! another file in its place, or an older copy, is found out before anything is written.
//!
//! It is never awaited by a write and never ahead of the ledger. Losing it loses nothing but the check.

use std::fmt;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::files::{beside, draft};
use super::store::LedgerId;
use crate::domain::ids::FactNumber;
use crate::error::{LedgerError, LedgerErrorKind};

/// The file beside a ledger.
#[derive(Debug)]
pub(crate) struct Sidecar {
    ledger: PathBuf,
    path: PathBuf,
}

/// What it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) id: LedgerId,
    /// Known to be durable.
    pub(crate) next_fact: FactNumber,
}

impl Said {
    /// What a text says; nothing if it was cut off.
    pub(crate) fn of_text(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let id = u128::from_str_radix(lines.next()?.strip_prefix("ledger ")?, 16).ok()?;
        let next_fact = lines.next()?.strip_prefix("next fact ")?.parse().ok()?;
        Some(Self { id: id.to_be_bytes(), next_fact: FactNumber(next_fact) })
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "ledger {:032x}", u128::from_be_bytes(self.id))?;
        writeln!(f, "next fact {}", self.next_fact)
    }
}

impl Sidecar {
    /// The one of this ledger.
    pub(crate) fn of(ledger: &Path) -> Self {
        Self { ledger: ledger.to_owned(), path: beside(ledger, ".id") }
    }

    /// Refuses to begin a new ledger where another was.
    pub(crate) fn check_missing(&self) -> Result<(), LedgerError> {
        if !self.path.exists() {
            return Ok(());
        }
        let (ledger, sidecar) = (self.ledger.display(), self.path.display());
        let message = format!(
            "there is no ledger `{ledger}`, but `{sidecar}` tells of one: restore a backup, or remove the second file to begin a new ledger"
        );
        Err(LedgerError::new(LedgerErrorKind::SidecarDisagrees, message))
    }

    /// Refuses another ledger than the one that was here, and one that had not come as far.
    pub(crate) fn check(&self, found: Said) -> Result<(), LedgerError> {
        // What cannot be read was cut off while it was written, and says nothing.
        let Some(said) = self.read() else { return Ok(()) };
        let difference = if said.id != found.id {
            "another ledger was here".to_owned()
        } else if said.next_fact > found.next_fact {
            let lost = said.next_fact.get().saturating_sub(found.next_fact.get());
            format!("that had {lost} more facts")
        } else {
            return Ok(());
        };
        let (ledger, sidecar) = (self.ledger.display(), self.path.display());
        let message = format!(
            "`{ledger}` is not the ledger that `{sidecar}` tells of, {difference}: put the right file back, or open this one with `builder().accept_restored()`"
        );
        Err(LedgerError::new(LedgerErrorKind::SidecarDisagrees, message))
    }

    /// Writes it anew. A failure is logged: the next time may succeed.
    pub(crate) fn write(&self, said: Said) {
        if let Err(error) = self.try_write(said) {
            tracing::warn!(%error, sidecar = %self.path.display(), "the ledger's sidecar cannot be written");
        }
    }

    fn try_write(&self, said: Said) -> std::io::Result<()> {
        let mut file = draft(&self.path)?;
        write!(file, "{said}")?;
        file.persist(&self.path)?;
        Ok(())
    }

    fn read(&self) -> Option<Said> {
        Said::of_text(&std::fs::read_to_string(&self.path).ok()?)
    }
}
