//! The store: the one folder that knows redb. Rows in, rows out; what they mean is the codec's business.
//!
//! Tables: `journal` (first fact -> block), `tail` (the same, of the block that grows), `views` (record -> its state),
//! `segments` (keys -> frames), `subscribers` (name -> next fact) and `meta` (format, id, what rows cover).

mod blocks;
mod commit;
mod copy;
mod errors;
mod file;
mod segments;
mod snapshot;
mod tables;
mod wal;

pub(crate) use blocks::StoredBlock;
pub(crate) use commit::{Changes, Cursors, Failure};
pub(crate) use file::{LedgerId, Store};
#[cfg(feature = "testing")]
pub use redb::StorageBackend as Backend;
pub(crate) use snapshot::Snapshot;
