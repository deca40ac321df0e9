//! The lifetime of an open ledger: its file, handles that do not keep it open, and its end.

use std::fmt;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};

use crate::engine::ledger::Ledger;
use crate::service::credits::Credits;
use crate::service::events::Handlers;

/// A handle that does not keep the ledger open, for a task in the background. Made by [`Credits::downgrade`].
pub struct WeakCredits<C> {
    ledger: Weak<Ledger>,
    handlers: Weak<Handlers>,
    pricing: PhantomData<fn() -> C>,
}

impl<C> Credits<C> {
    /// The absolute path of the ledger's file; `None` in memory.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation step { costs 1.credit } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// let credits = Credits::open(folder.path().join("studio.redb"))?;
    /// assert_eq!(credits.path(), Some(folder.path().canonicalize()?.join("studio.redb")));
    /// assert_eq!(Credits::in_memory()?.path(), None);
    /// # Ok(())
    /// # }
    /// ```
    pub fn path(&self) -> Option<PathBuf> {
        self.ledger.file().map(Path::to_owned)
    }

    /// Returns a handle that does not keep the ledger open.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation step { costs 1.credit } }
    /// let credits = Credits::in_memory()?;
    /// let weak = credits.downgrade();
    /// assert!(weak.upgrade().is_some());
    /// drop(credits);
    /// assert!(weak.upgrade().is_none());
    /// # Ok::<(), credits_runtime::Error>(())
    /// ```
    pub fn downgrade(&self) -> WeakCredits<C> {
        let (ledger, handlers) = (Arc::downgrade(&self.ledger), Arc::downgrade(&self.handlers));
        WeakCredits { ledger, handlers, pricing: PhantomData }
    }

    /// Waits, in a task of any executor, until the ledger begins to close: by [`close`](Self::close), or because its last
    /// handle was dropped. The future does not keep the ledger open.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation step { costs 1.credit } }
    /// async fn until_the_end(credits: Credits) {
    ///     let closed = credits.closed();
    ///     drop(credits);
    ///     closed.await;
    /// }
    /// # fn main() {}
    /// ```
    pub fn closed(&self) -> impl Future<Output = ()> + Send + use<C> {
        self.ledger.shutdown().begun()
    }
}

impl<C> WeakCredits<C> {
    /// A handle on the ledger, or `None` if the last one was dropped.
    pub fn upgrade(&self) -> Option<Credits<C>> {
        Some(Credits::sharing(self.ledger.upgrade()?, self.handlers.upgrade()?))
    }
}

impl<C> Clone for WeakCredits<C> {
    fn clone(&self) -> Self {
        let (ledger, handlers) = (self.ledger.clone(), self.handlers.clone());
        Self { ledger, handlers, pricing: self.pricing }
    }
}

impl<C> fmt::Debug for WeakCredits<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeakCredits").finish_non_exhaustive()
    }
}
