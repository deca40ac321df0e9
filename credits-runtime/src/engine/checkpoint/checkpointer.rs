//! The checkpointer: the thread that runs checkpoints, and requests to it.
//!
//! A commit waits for a checkpoint only if the log is full, or if unwritten rows or dirty wallets exceed their
//! budget.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::work::{CheckpointWork, Made};
use crate::domain::ids::FactNumber;
use crate::engine::commit_log::CommitLog;
use crate::engine::presence::check_files;
use crate::engine::published::{DIRTY_PARTS, Published};
use crate::engine::store::{LogEnd, Patience, Store};
use crate::engine::sync::{Condvar, Mutex, MutexGuard, thread};
use crate::error::{LedgerError, LedgerErrorKind};

/// Interval in which a waiting commit checks whether the disk is full.
const FULL_CHECK_EVERY: Duration = Duration::from_millis(10);
/// Delay of a checkpoint that no caller waits for.
const SOON: Duration = Duration::from_secs(1);
/// Interval in which a checkpoint on a full disk checks for space.
const SPACE_CHECK_EVERY: Duration = Duration::from_millis(100);

/// Runs checkpoints on a background thread.
pub(crate) struct Checkpointer {
    shared: Arc<SharedState>,
    thread: Mutex<Option<thread::JoinHandle<()>>>,
}

struct SharedState {
    store: Arc<Store>,
    published: Arc<Published>,
    log: Option<Arc<CommitLog>>,
    /// Bytes of unwritten rows at which a checkpoint begins; at twice as many, commits wait.
    unwritten_bytes: usize,
    state: Mutex<Requests>,
    changed: Condvar,
}

#[derive(Default)]
struct Requests {
    /// Numbers of the last checkpoint requested, begun, and done.
    requested: u64,
    begun: u64,
    done: u64,
    /// A requested flush: rows must have every fact before this one.
    flush_to: Option<FactNumber>,
    /// The last checkpoint's end: rows have every fact before this one.
    flushed_to: Option<FactNumber>,
    /// Whether a checkpoint is requested within [`SOON`].
    is_soon: bool,
    is_closing: bool,
    /// The failure that ended the thread.
    failure: Option<LedgerError>,
}

impl Checkpointer {
    /// Starts the thread.
    pub(crate) fn start(
        work: CheckpointWork,
        log: Option<Arc<CommitLog>>,
        unwritten_bytes: usize,
    ) -> Result<Self, LedgerError> {
        let (store, published) = (Arc::clone(&work.store), Arc::clone(&work.published));
        store.set_patience(Patience::Waits);
        let (state, changed) = (Mutex::default(), Condvar::new());
        let shared = Arc::new(SharedState { store, published, log, unwritten_bytes, state, changed });
        let of_thread = Arc::clone(&shared);
        let thread = thread::Builder::new().name("credits-checkpoint".to_owned());
        let thread = thread.spawn(move || of_thread.run(work)).map_err(|error| {
            LedgerError::caused(LedgerErrorKind::Io, "cannot start the ledger's checkpoint thread", error)
        })?;
        Ok(Self { shared, thread: Mutex::new(Some(thread)) })
    }

    /// Requests a checkpoint if unwritten rows, dirty wallets or the log exceed their thresholds.
    pub(crate) fn request_if_due(&self) {
        if self.shared.is_due() {
            self.request();
        }
    }

    /// Requests a checkpoint of all rows published by now.
    pub(crate) fn request(&self) {
        self.shared.request(&mut self.shared.lock());
    }

    /// Requests a checkpoint within [`SOON`]; an earlier one fulfils the request.
    pub(crate) fn request_soon(&self) {
        self.shared.lock().is_soon = true;
        self.shared.changed.notify_all();
    }

    /// Requests a checkpoint of all rows published by now, and waits until it is durable.
    pub(crate) fn checkpoint(&self) -> Result<(), LedgerError> {
        let shared = &*self.shared;
        let mut state = shared.lock();
        shared.request(&mut state);
        let requested = state.requested;
        while state.done < requested {
            if state.is_closing {
                return Err(LedgerError::closed());
            }
            if let Some(failure) = &state.failure {
                return Err(failure.clone());
            }
            if shared.store.is_out_of_space() {
                return Err(disk_full());
            }
            let waited = shared.changed.wait_timeout(state, FULL_CHECK_EVERY);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(())
    }

    /// Requests checkpoints until rows have every fact before this one.
    pub(crate) fn request_flush(&self, next_fact: FactNumber) {
        self.shared.request_flush(&mut self.shared.lock(), next_fact);
    }

    /// Waits until there is room for another batch in memory. If the log is full, also waits for one more checkpoint.
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
            let is_behind = shared.store.unwritten_bytes() >= shared.unwritten_bytes.saturating_mul(2)
                || shared.published.is_dirty_over(DIRTY_PARTS);
            let is_full = is_behind || (is_log_full && state.done == before);
            if !is_full {
                return Ok(());
            }
            if shared.store.is_out_of_space() {
                return Err(disk_full());
            }
            shared.request(&mut state);
            let waited = shared.changed.wait_timeout(state, FULL_CHECK_EVERY);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits until rows have every fact before this one, and all published rows are durable. Fails on a full disk.
    pub(crate) fn flush(&self, next_fact: FactNumber) -> Result<(), LedgerError> {
        self.shared.store.set_patience(Patience::Fails);
        let mut state = self.shared.lock();
        self.shared.request_flush(&mut state, next_fact);
        let requested = state.requested;
        let is_unfinished = |state: &mut Requests| {
            state.failure.is_none() && (state.done < requested || state.flushed_to < Some(next_fact))
        };
        let state =
            self.shared.changed.wait_while(state, is_unfinished).unwrap_or_else(PoisonError::into_inner);
        state.failure.clone().map_or(Ok(()), Err)
    }

    /// Ends the thread. A checkpoint that waits for space fails.
    pub(crate) fn stop(&self) {
        self.shared.lock().is_closing = true;
        self.shared.changed.notify_all();
        self.shared.store.set_patience(Patience::Fails);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // A panic in a checkpoint is reported as its failure.
            _ = thread.join();
        }
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.stop();
    }
}

impl SharedState {
    fn run(&self, mut work: CheckpointWork) {
        let mut state = self.lock();
        loop {
            let is_idle = |state: &mut Requests| !state.is_closing && state.begun >= state.requested;
            let is_unneeded = |state: &mut Requests| is_idle(state) && !state.is_soon;
            state = self.changed.wait_while(state, is_unneeded).unwrap_or_else(PoisonError::into_inner);
            let waited = self.changed.wait_timeout_while(state, SOON, is_idle);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            if state.is_closing {
                return;
            }
            if !self.store.has_room() && !self.store.fails_when_full() {
                self.store.report_out_of_space();
                let waited = self.changed.wait_timeout(state, SPACE_CHECK_EVERY);
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
                continue;
            }
            state.begun = state.begun.saturating_add(1);
            state.is_soon = false;
            let writes_all = state.flush_to.is_some();
            drop(state);
            let made = catch_unwind(AssertUnwindSafe(|| self.make(&mut work, writes_all)));
            state = self.lock();
            match made.unwrap_or_else(|_| Err(LedgerError::damaged("a checkpoint contradicts the ledger"))) {
                Ok(Made { replay_from, is_behind, .. }) => {
                    state.done = state.begun;
                    state.flushed_to = Some(replay_from);
                    state.flush_to = state.flush_to.filter(|wanted| *wanted > replay_from);
                    if is_behind || state.flush_to.is_some() {
                        self.request(&mut state);
                    }
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

    fn make(&self, work: &mut CheckpointWork, writes_all: bool) -> Result<Made, LedgerError> {
        check_files(&self.store, self.log.as_deref())?;
        let made = work.run(writes_all)?;
        self.covered(made.log_end);
        Ok(made)
    }

    /// Frees segments of the log whose facts the file has.
    fn covered(&self, end: Option<LogEnd>) {
        if let (Some(log), Some(end)) = (&self.log, end) {
            log.covered(end.next_fact);
        }
    }

    fn is_due(&self) -> bool {
        let is_half_full = |log: &Arc<CommitLog>| log.uncovered_bytes() >= log.bytes_max() / 2;
        self.store.unwritten_bytes() >= self.unwritten_bytes
            || self.published.is_dirty_over(DIRTY_PARTS / 2)
            || self.log.as_ref().is_some_and(is_half_full)
    }

    /// Requests the checkpoint after the last one begun, which may lack rows that are published now.
    fn request(&self, state: &mut Requests) {
        state.requested = state.begun.saturating_add(1);
        self.changed.notify_all();
    }

    fn request_flush(&self, state: &mut Requests, next_fact: FactNumber) {
        state.flush_to = state.flush_to.max(Some(next_fact));
        self.request(state);
    }

    fn lock(&self) -> MutexGuard<'_, Requests> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn disk_full() -> LedgerError {
    let message = "the write did not happen, because the disk is full: make room and send it again";
    let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
    LedgerError::caused(LedgerErrorKind::NotDone, message, full)
}
