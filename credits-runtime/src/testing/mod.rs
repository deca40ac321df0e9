//! Support for tests of applications and of this crate: a clock that is set by hand, the catalogue lock,
//! ledgers on custom backends, and a simulated Stripe account. Feature `testing`.

mod catalogue_lock;
mod clock;
#[doc(hidden)]
pub mod fuzzing;
#[doc(hidden)]
pub mod parts;
#[cfg(feature = "stripe")]
pub mod stripe;

pub use crate::engine::store::{Backend, Storage};
pub use catalogue_lock::{LockMode, check_catalogue_lock};
pub use clock::ManualClock;

#[cfg(test)]
mod broken_wallet;
