//! What fuzzers ask: bytes of the file that nobody wrote, and commands that nobody would send.

mod bytes;
mod commands;

pub use bytes::{journal, keys, views};
pub use commands::commands;
