//! A command as its frame tells of it.

use crate::domain::command::Command;
use crate::domain::fact::{Fact, Frame, Kind, Scope};
use crate::domain::fingerprint::{Hash64, Hash128};
use crate::domain::ids::Key;
use crate::domain::time::Timestamp;

/// A command as its frame tells of it.
pub(super) struct Described {
    kind: Kind,
    scope: Scope,
    key: Key,
    fingerprint: Hash64,
    /// Which row its key means, if it has one.
    pub(super) row: Option<Hash128>,
}

impl Described {
    pub(super) fn of(command: &Command) -> Self {
        let (kind, scope, key) = (command.kind(), command.scope(), command.key.clone());
        Self { kind, scope, key, fingerprint: command.fingerprint, row: Some(command.row) }
    }

    /// A command of the ledger's own.
    pub(super) fn own(kind: Kind) -> Self {
        let (scope, key, fingerprint) = (Scope::Ledger, Key::none(), Hash64::default());
        Self { kind, scope, key, fingerprint, row: None }
    }

    /// Its frame, of these facts.
    pub(super) fn frame(self, at: Timestamp, facts: Vec<Fact>) -> Frame {
        let Self { kind, scope, key, fingerprint, .. } = self;
        Frame { kind, scope, key, fingerprint, at, facts }
    }
}
