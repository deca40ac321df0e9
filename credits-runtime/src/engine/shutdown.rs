//! The end of an open ledger, for tasks that stop with it.
//!
//! It does not know how a ledger is closed.

use std::sync::PoisonError;

use crate::engine::sync::Mutex;

/// The tasks that wait for the end; `None` once it has begun.
pub(crate) struct Shutdown(Mutex<Option<Vec<oneshot::Sender<()>>>>);

impl Default for Shutdown {
    fn default() -> Self {
        Self(Mutex::new(Some(Vec::new())))
    }
}

impl Shutdown {
    /// Waits until the ledger begins to close. The future does not keep the ledger open.
    pub(crate) fn begun(&self) -> impl Future<Output = ()> + Send + use<> {
        let (sender, receiver) = oneshot::channel();
        // A sender that is dropped here, or later, wakes its receiver.
        if let Some(waiting) = self.0.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            waiting.retain(|sender| !sender.is_closed());
            waiting.push(sender);
        }
        async move { _ = receiver.await }
    }

    /// Wakes everything that waits for the end.
    pub(crate) fn begin(&self) {
        drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use super::*;
    use crate::engine::request::reply::block_on;

    #[test]
    fn the_end_wakes_those_who_waited_and_those_who_come_later() {
        let shutdown = Shutdown::default();
        let before = shutdown.begun();
        drop(shutdown.begun());
        shutdown.begin();
        block_on(before);
        block_on(shutdown.begun());
    }
}
