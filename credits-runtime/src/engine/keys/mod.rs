//! The index from idempotency keys to the frames that used them, a log-structured merge tree: recent keys are in
//! memory, older ones in sorted, immutable segments. Each segment has a Bloom filter in memory.

pub(crate) mod compactor;
mod filter;
mod index;
mod of_frames;
pub(crate) mod segment;

pub(crate) use index::{Keys, Used, UsedKeys, frames_under};
#[cfg(feature = "postgres")]
pub(crate) use of_frames::keys_of_wallets;
pub(crate) use of_frames::{fingerprint_under, key_rows, other_rows};
