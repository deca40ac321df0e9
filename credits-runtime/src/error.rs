//! Errors: the world failed. Small and opaque, with a kind to act on and a chain of causes to log.

use std::error::Error as StdError;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use crate::domain::ids::Key;
use crate::domain::rejection::Rejection;

/// Why a write did not happen, or why it cannot be said whether it did.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Error {
    /// The ledger said no; nothing changed.
    Rejected(Rejection),
    /// The ledger itself failed.
    Ledger(LedgerError),
}

/// What failed, as a program can act on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LedgerErrorKind {
    /// Another handle or process has the ledger open.
    Locked,
    /// The file system has no locks, so that two programs could write to one ledger.
    Unlockable,
    /// The file is empty, which a ledger never is.
    Empty,
    /// The file is something else than a ledger.
    NotALedger,
    /// The log beside the file is another ledger's, or has facts that the file lacks.
    LogDisagrees,
    /// The log beside the file is missing, which held the last commits.
    LogMissing,
    /// The ledger's file or its log was removed, or another file has its name.
    FileGone,
    /// The file was written by a newer version.
    NewerVersion,
    /// What the file says does not fit together.
    Damaged,
    /// The operating system refused.
    Io,
    /// As many commands are waiting as may; this one was not taken.
    QueueFull,
    /// The write did not happen, for certain.
    NotDone,
    /// The write may have happened: reopen the ledger and send it again under the same key.
    OutcomeUnknown,
    /// An earlier write's outcome is unknown, so this handle writes no more: reopen the ledger.
    Stopped,
    /// A head that was kept is not of this ledger, or of what it was then.
    HeadDisagrees,
    /// A handler of events did not return while the ledger was closed, which it is all the same.
    HandlerBlocked,
    /// The ledger was closed.
    Closed,
    /// The ledger was opened to read it alone.
    ReadOnly,
    /// This program shares a ledger already, kept in another file.
    SharedElsewhere,
    /// A plan that somebody subscribes to is declared with other terms of the same version, or no longer. Give new
    /// terms a new `version`, and keep a plan that is no longer sold as `retired`.
    PlanChanged,
}

/// A failure of the ledger itself.
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
        let message = "the ledger was opened with `open_read_only`: open it with `open` to write to it";
        Self::new(LedgerErrorKind::ReadOnly, message)
    }

    pub(crate) fn closed() -> Self {
        Self::new(LedgerErrorKind::Closed, "the ledger was closed: open it again")
    }

    /// The same failure, as the command of this key met it.
    pub(crate) fn of(&self, key: &Key) -> Self {
        Self(Arc::new(Inner {
            kind: self.0.kind,
            message: self.0.message.clone(),
            key: Some(key.clone()),
            source: self.0.source.clone(),
        }))
    }

    /// What failed.
    pub fn kind(&self) -> LedgerErrorKind {
        self.0.kind
    }

    /// The key of the write that met the failure, given or generated: sending the same command with it again
    /// after reopening settles whether it happened.
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
