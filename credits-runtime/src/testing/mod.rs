//! For tests of applications, and our own: a clock that is set by hand, and the lock of published terms. Feature
//! `testing`.

mod catalogue_lock;
mod clock;

pub use catalogue_lock::{LockMode, check_catalogue_lock};
pub use clock::ManualClock;
