//! Keys: the frame that each idempotency key was used for. Recent keys are in memory; older ones are in sorted segments,
//! written once, each with a filter in memory that proves most absences.

pub(crate) mod compactor;
mod filter;
mod index;
mod of_frames;
pub(crate) mod segment;

pub(crate) use index::{Keys, Used, UsedKeys, frames_under};
pub(crate) use of_frames::{fingerprint_under, key_rows, other_rows};
