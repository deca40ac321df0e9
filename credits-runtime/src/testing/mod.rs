//! For tests of applications, and our own: a clock that is set by hand, ledgers on backends of one's own. Feature
//! `testing`.

mod clock;

pub use crate::engine::store::Backend;
pub use clock::ManualClock;
