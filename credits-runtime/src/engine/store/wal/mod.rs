//! The write-ahead log of pages: what a sync makes durable is written in one piece at the end of the file, and goes to its
//! places later.
//!
//! A commit of redb's writes some pages here and some there, and what it waits for is the disk, which takes longer for pages
//! in ten places than for as many in one. So they wait in memory, where readers find them, are written one after the other,
//! and synced. Once half of the log is full, the other half is begun, while the pages of the first go to their places, each
//! as it was last: most were written again and again. A file that was closed has no log.

mod backend;
mod layers;
mod log;
mod pages;
mod settings;
#[cfg(test)]
mod tests;

pub(super) use backend::Wal;
pub(super) use settings::LogSettings;
