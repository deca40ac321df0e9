//! For tests of applications, and our own: a clock that is set by hand. Feature `testing`.

mod clock;

pub use clock::ManualClock;
