//! The store: the one folder that knows redb. Rows in, rows out.
//!
//! Tables: `journal` (first fact -> block), `views` (record -> its state), `segments` (keys -> frames), `subscribers`
//! (name -> next fact) and `meta` (format, id, log, from which fact on rows may lack facts). Rows are published in memory
//! first, where readers find them; checkpoints write them to the file.

mod blocks;
mod changes;
mod commit;
mod copy;
mod errors;
mod file;
mod medium;
mod memtable;
mod merged;
mod records;
mod segments;
mod snapshot;
#[cfg(feature = "testing")]
mod storage;
mod tables;

pub(crate) use blocks::StoredBlock;
pub(crate) use changes::{Changes, Cursors, LogEnd};
pub(crate) use file::{LedgerId, Store};
pub(crate) use medium::{Locking, Patience, is_full};
pub(crate) use redb::backends::FileBackend;
pub(crate) use snapshot::Snapshot;
#[cfg(feature = "testing")]
pub use storage::Storage;

/// A file, as redb writes to it.
pub use redb::StorageBackend as Backend;
