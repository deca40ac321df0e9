//! The checkpointer: a thread that writes published rows to the ledger's file, and frees the log's segments.
//!
//! Commits do not wait for it, unless it falls behind by as much as memory or the log may hold.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::commit_log::CommitLog;
use super::committer::check_files;
use super::store::{Patience, Store};
use crate::error::{LedgerError, LedgerErrorKind};

/// How often a commit that waits looks whether the disk is full.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Writes published rows to the ledger's file.
pub(crate) struct Checkpointer {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    store: Arc<Store>,
    log: Option<Arc<CommitLog>>,
    /// Bytes of rows at which a checkpoint begins; at twice as many, commits wait.
    unwritten_bytes: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Counts of checkpoints requested, begun and done.
    wanted: u64,
    begun: u64,
    done: u64,
    is_closing: bool,
    /// Why there are no more.
    failure: Option<LedgerError>,
}

/// How often a checkpoint that has no room looks for some.
const ROOM_LOOK_EVERY: Duration = Duration::from_millis(100);

impl Checkpointer {
    /// Starts the thread.
    pub(crate) fn start(
        store: Arc<Store>,
        log: Option<Arc<CommitLog>>,
        unwritten_bytes: usize,
    ) -> Result<Self, LedgerError> {
        let (state, changed) = (Mutex::default(), Condvar::new());
        store.set_patience(Patience::Waits);
        let shared = Arc::new(Shared { store, log, unwritten_bytes, state, changed });
        let its = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("credits-checkpoint".to_owned());
        let thread = thread.spawn(move || its.run()).map_err(|error| {
            LedgerError::caused(LedgerErrorKind::Io, "cannot start the ledger's thread", error)
        })?;
        Ok(Self { shared, thread: Mutex::new(Some(thread)) })
    }

    /// Begins a checkpoint if there is enough to write.
    pub(crate) fn notice(&self) {
        if self.shared.is_due() {
            self.request();
        }
    }

    /// Has everything written that is published by now.
    pub(crate) fn request(&self) {
        self.shared.request(&mut self.shared.lock());
    }

    /// Waits until there is room for another batch, in memory and, if the log is full, there.
    pub(crate) fn wait_for_room(&self, is_log_full: bool) -> Result<(), LedgerError> {
        let shared = &*self.shared;
        let mut state = shared.lock();
        let before = state.done;
        loop {
            if let Some(failure) = &state.failure {
                if failure.kind() == LedgerErrorKind::FileGone {
                    return Err(failure.clone());
                }
                let message =
                    "the write did not happen, because the ledger's file could not be written: open it again";
                return Err(LedgerError::caused(LedgerErrorKind::Stopped, message, failure.clone()));
            }
            let is_behind = shared.store.unwritten_bytes() >= shared.unwritten_bytes.saturating_mul(2);
            let is_full = is_behind || (is_log_full && state.done == before);
            if !is_full {
                return Ok(());
            }
            if shared.store.is_out_of_space() {
                let message =
                    "the write did not happen, because the disk is full: make room and send it again";
                let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
                return Err(LedgerError::caused(LedgerErrorKind::NotDone, message, full));
            }
            shared.request(&mut state);
            let waited = shared.changed.wait_timeout(state, LOOK_EVERY);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Writes everything that is published by now, and waits for it. On a full disk it fails.
    pub(crate) fn finish(&self) -> Result<(), LedgerError> {
        self.shared.store.set_patience(Patience::Fails);
        let mut state = self.shared.lock();
        self.shared.request(&mut state);
        let wanted = state.wanted;
        let unfinished = |state: &mut State| state.failure.is_none() && state.done < wanted;
        let state = self.shared.changed.wait_while(state, unfinished).unwrap_or_else(PoisonError::into_inner);
        state.failure.clone().map_or(Ok(()), Err)
    }

    /// Ends the thread; a checkpoint that waits for space fails.
    pub(crate) fn stop(&self) {
        self.shared.lock().is_closing = true;
        self.shared.changed.notify_all();
        self.shared.store.set_patience(Patience::Fails);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            _ = thread.join();
        }
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Shared {
    fn run(&self) {
        let mut state = self.lock();
        loop {
            let is_idle = |state: &mut State| !state.is_closing && state.begun >= state.wanted;
            state = self.changed.wait_while(state, is_idle).unwrap_or_else(PoisonError::into_inner);
            if state.is_closing {
                return;
            }
            if !self.store.has_room() && !self.store.fails_when_full() {
                self.store.tell_out_of_space();
                state = self
                    .changed
                    .wait_timeout(state, ROOM_LOOK_EVERY)
                    .unwrap_or_else(PoisonError::into_inner)
                    .0;
                continue;
            }
            state.begun = state.begun.saturating_add(1);
            drop(state);
            let written =
                check_files(&self.store, self.log.as_deref()).and_then(|()| self.store.checkpoint());
            state = self.lock();
            match written {
                Ok(record) => {
                    if let (Some(log), Some(record)) = (&self.log, record) {
                        log.covered(record.next_fact);
                    }
                    state.done = state.begun;
                }
                Err(failure) => {
                    tracing::error!(error = %failure, "a checkpoint failed; this handle writes no more");
                    state.failure = Some(failure);
                    self.changed.notify_all();
                    return;
                }
            }
            self.changed.notify_all();
        }
    }

    fn is_due(&self) -> bool {
        let is_half_full = |log: &Arc<CommitLog>| log.uncovered_bytes() >= log.bytes_max() / 2;
        self.store.unwritten_bytes() >= self.unwritten_bytes || self.log.as_ref().is_some_and(is_half_full)
    }

    /// One that began already does not write what was published since.
    fn request(&self, state: &mut State) {
        state.wanted = state.begun.saturating_add(1);
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
