//! The engine: one writer that turns commands into facts and facts into commits, and readers that never wait
//! for it.
//!
//! It knows nothing of operations, plans or any application's types.

pub(crate) mod clock;
pub(crate) mod codec;
mod inbox;
pub(crate) mod journal;
pub(crate) mod ledger;
mod overlay;
mod recovery;
pub(crate) mod reply;
pub(crate) mod store;
#[cfg(test)]
mod tests;
mod views;
mod writer;
