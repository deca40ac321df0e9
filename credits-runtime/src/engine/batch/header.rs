//! Frame headers: a frame's fields besides its time and its facts.

use crate::domain::command::Command;
use crate::domain::fact::{Fact, Frame, Kind, Scope};
use crate::domain::fingerprint::{Hash64, Hash128};
use crate::domain::ids::Key;
use crate::domain::time::Timestamp;

/// The header of a frame.
pub(super) struct FrameHeader {
    kind: Kind,
    scope: Scope,
    key: Key,
    fingerprint: Hash64,
    /// The hash of the key in its scope; `None` for frames without a key.
    pub(super) row: Option<Hash128>,
}

impl FrameHeader {
    pub(super) fn of(command: &Command) -> Self {
        let (kind, scope, key) = (command.kind(), command.scope(), command.key.clone());
        Self { kind, scope, key, fingerprint: command.fingerprint, row: Some(command.row) }
    }

    /// The header of a frame that the ledger books without a caller's command.
    pub(super) fn internal(kind: Kind) -> Self {
        let (scope, key, fingerprint) = (Scope::Ledger, Key::none(), Hash64::default());
        Self { kind, scope, key, fingerprint, row: None }
    }

    /// The frame with these facts.
    pub(super) fn frame(self, at: Timestamp, facts: Vec<Fact>) -> Frame {
        let Self { kind, scope, key, fingerprint, .. } = self;
        Frame { kind, scope, key, fingerprint, at, facts }
    }
}
