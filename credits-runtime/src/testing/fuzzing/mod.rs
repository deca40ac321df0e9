//! Fuzz targets: arbitrary bytes in the file, and arbitrary sequences of commands.

mod bytes;
mod commands;

pub use bytes::{journal, keys, views};
pub use commands::commands;
