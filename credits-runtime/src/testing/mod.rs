//! For tests of applications, and our own: a clock that is set by hand, the lock of published terms, ledgers on
//! backends of one's own. Feature `testing`.

mod catalogue_lock;
mod clock;
#[doc(hidden)]
pub mod fuzzing;
#[doc(hidden)]
pub mod parts;
mod storage;
#[cfg(feature = "stripe")]
pub mod stripe;

pub use crate::engine::store::Backend;
pub use catalogue_lock::{LockMode, check_catalogue_lock};
pub use clock::ManualClock;
pub use storage::Storage;
