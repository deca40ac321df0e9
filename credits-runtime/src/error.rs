//! Errors of the ledger and its environment. Small and opaque, with a kind to act on and a chain of causes to log.

use std::error::Error as StdError;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use crate::domain::ids::Key;
use crate::domain::rejection::Rejection;

/// Why a write did not happen, or why its outcome is unknown.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Error {
    /// A business rule rejected the command; nothing changed.
    Rejected(Rejection),
    /// The ledger failed.
    Ledger(LedgerError),
}

/// The kind of a failure, for a program to act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LedgerErrorKind {
    /// Another handle or process has the ledger open.
    Locked,
    /// The file system has no locks, so two programs could write to one ledger.
    Unlockable,
    /// The file is empty; the file of a ledger never is.
    Empty,
    /// The file is not a ledger.
    NotALedger,
    /// The log beside the file belongs to another ledger, or has facts that the file lacks; or a database has lost commits.
    LogDisagrees,
    /// The log with the last commits is missing beside the file.
    LogMissing,
    /// The ledger's file or its log was removed, or another file has its name.
    FileGone,
    /// The file has a format that this version does not read: another version of the program wrote it.
    NewerVersion,
    /// The content of the file contradicts itself.
    Damaged,
    /// The operating system returned an error.
    Io,
    /// The queue has its limit of waiting commands; this command was not taken.
    QueueFull,
    /// The write certainly did not happen.
    NotDone,
    /// The write may have happened: reopen the ledger and send it again under the same key.
    OutcomeUnknown,
    /// The outcome of an earlier write is unknown, so this handle refuses writes: reopen the ledger.
    Stopped,
    /// An exported head belongs to another ledger, or the facts before it were changed.
    HeadDisagrees,
    /// The ledger is closed, but a handler of events has not returned.
    HandlerBlocked,
    /// This ledger cannot do it: it is in a database, which does it in its own way.
    Unsupported,
    /// The ledger was closed.
    Closed,
    /// The ledger was opened for reading only.
    ReadOnly,
    /// This program already shares a ledger in another file.
    SharedElsewhere,
    /// A plan with subscribers is declared with other terms of the same version, or is not declared, or a pack of an open
    /// checkout is not declared. Give new terms a new `version`, and keep a plan that is not sold any more as `retired`.
    PlanChanged,
    /// An item is declared as `formerly` another one, and the ledger has entries of both; or two items are declared
    /// side by side of which the ledger knows one as the former name of the other. Its message has the remedy.
    NameClash,
}

/// A failure of the ledger.
#[derive(Clone)]
pub struct LedgerError(Arc<Inner>);

struct Inner {
    kind: LedgerErrorKind,
    message: String,
    key: Option<Key>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl LedgerError {
    pub(crate) fn new(kind: LedgerErrorKind, message: impl Into<String>) -> Self {
        Self(Arc::new(Inner { kind, message: message.into(), key: None, source: None }))
    }

    pub(crate) fn caused(
        kind: LedgerErrorKind,
        message: impl Into<String>,
        source: impl StdError + Send + Sync + 'static,
    ) -> Self {
        let source: Arc<dyn StdError + Send + Sync> = Arc::new(source);
        Self(Arc::new(Inner { kind, message: message.into(), key: None, source: Some(source) }))
    }

    pub(crate) fn damaged(message: impl Into<String>) -> Self {
        let message = message.into();
        Self::new(
            LedgerErrorKind::Damaged,
            format!("the ledger is damaged, {message}: restore a backup, and keep this file for a rescue"),
        )
    }

    pub(crate) fn io(path: &Path, error: std::io::Error) -> Self {
        Self::caused(LedgerErrorKind::Io, format!("cannot use `{}`: {error}", path.display()), error)
    }

    pub(crate) fn read_only() -> Self {
        let message = "the ledger was opened for reading only: open a file with `open`, or a database with `connect`, to write to it";
        Self::new(LedgerErrorKind::ReadOnly, message)
    }

    pub(crate) fn closed() -> Self {
        Self::new(LedgerErrorKind::Closed, "the ledger was closed: open it again")
    }

    /// The same failure for the command of this key.
    pub(crate) fn of(&self, key: &Key) -> Self {
        Self(Arc::new(Inner {
            kind: self.0.kind,
            message: self.0.message.clone(),
            key: Some(key.clone()),
            source: self.0.source.clone(),
        }))
    }

    /// The kind of the failure.
    pub fn kind(&self) -> LedgerErrorKind {
        self.0.kind
    }

    /// The key of the failed write, given or generated. After reopening the ledger, sending the same command under
    /// this key settles its outcome.
    pub fn key(&self) -> Option<&Key> {
        self.0.key.as_ref()
    }
}

impl fmt::Display for LedgerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for LedgerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { kind, message, key, source } = &*self.0;
        f.debug_struct("LedgerError")
            .field("kind", kind)
            .field("message", message)
            .field("key", key)
            .field("source", source)
            .finish()
    }
}

impl StdError for LedgerError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected(rejection) => fmt::Display::fmt(rejection, f),
            Self::Ledger(error) => fmt::Display::fmt(error, f),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Rejected(_) => None,
            Self::Ledger(error) => error.source(),
        }
    }
}

impl From<Rejection> for Error {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

impl From<LedgerError> for Error {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}
