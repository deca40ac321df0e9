//! Keys: which frame each was used for. The newest are in memory; the others are in segments, each sorted, written
//! once, and with a filter in memory that proves most absences.

mod filter;
mod index;
mod of_frames;
pub(crate) mod pages;
pub(crate) mod upkeep;

pub(crate) use index::{Keys, Used, UsedKeys, frames_under};
pub(crate) use of_frames::{fingerprint_under, key_rows, other_rows};
