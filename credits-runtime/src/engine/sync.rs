//! Locks and threads: of the standard library, or of shuttle, which explores thread schedules in tests.

#[cfg(not(shuttle))]
pub(crate) use std::sync::{Condvar, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};
#[cfg(not(shuttle))]
pub(crate) use std::thread;

#[cfg(shuttle)]
pub(crate) use shuttle::sync::{Condvar, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};
#[cfg(shuttle)]
pub(crate) use shuttle::thread;

/// Whether a thread has ended.
#[cfg(not(shuttle))]
pub(crate) fn is_finished<T>(thread: &thread::JoinHandle<T>) -> bool {
    thread.is_finished()
}

/// Always, so that the caller joins it: shuttle's handles do not say whether a thread has ended.
#[cfg(shuttle)]
pub(crate) fn is_finished<T>(_: &thread::JoinHandle<T>) -> bool {
    true
}
