//! The store: rows in memtables and in the ledger's file. No other folder knows redb.
//!
//! Tables: `journal` (first fact -> block), `views` (record -> its state), `segments` (pages and filters of
//! idempotency keys), `subscribers` (name -> next fact) and `meta` (format, id, log state, checkpoint state). Commits
//! publish rows to a memtable, where readers find them; checkpoints write them to the file.

mod blocks;
mod changes;
mod commit;
mod copy;
mod draft;
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
#[cfg(feature = "postgres")]
pub(crate) use draft::FileDraft;
pub(crate) use file::{LedgerId, Store};
pub(crate) use medium::{Locking, Patience, is_full};
pub(crate) use redb::backends::FileBackend;
pub(crate) use snapshot::Snapshot;
#[cfg(feature = "testing")]
pub use storage::Storage;

/// The storage under a ledger's file or log.
pub use redb::StorageBackend as Backend;
