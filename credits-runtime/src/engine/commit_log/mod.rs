//! The commit log: a write-ahead log, and the only file that a commit syncs.
//!
//! A batch is one group of records, written and synced before any caller gets its reply. Checkpoints later write the
//! same facts to the ledger's file; segments whose facts are there are reused. The log lies beside the ledger's file,
//! and holds only its header after a clean close.
//!
//! It does not decode frames.

mod file;
mod header;
mod log;
mod record;
mod scan;

pub(crate) use file::LogFile;
pub(crate) use header::Header;
pub(crate) use log::{AppendError, CommitLog};
pub(crate) use scan::{CommitGroup, scan};

/// The random id of a log. Records of another lineage are ignored.
pub(crate) type Lineage = [u8; 16];

/// The checksum of a record.
pub(crate) type Checksum = [u8; 16];

/// Bytes of a page, the unit of a torn write: a record owns its pages, so that no write can damage another record.
const PAGE_BYTES: usize = 4_096;

/// Pages of the header.
const HEADER_PAGES: u64 = 2;

/// Where the first segment begins.
const SEGMENTS_AT: u64 = HEADER_PAGES * PAGE_BYTES as u64;

/// The properties that a fuzzer checks: decoding never panics, and headers and records survive a round trip.
#[cfg(feature = "testing")]
pub(crate) fn fuzz(bytes: &[u8]) {
    if let Some(header) = Header::of_page(bytes) {
        let mut page = vec![0; PAGE_BYTES];
        header.fill(&mut page);
        assert_eq!(Header::of_page(&page), Some(header), "a header is read otherwise than it was");
    }
    let lineage = Lineage::default();
    if let Some((record, frames, checksum)) = record::LogRecord::read(&lineage, bytes) {
        let frames = bytes.get(frames).unwrap_or_default();
        let mut page = vec![0; record::bytes_of(frames.len())];
        assert_eq!(record.fill(&lineage, frames, &mut page), checksum, "a record is written otherwise");
    }
    let frames = bytes.get(..bytes.len().min(2 * PAGE_BYTES)).unwrap_or_default();
    let written = record::LogRecord::sample();
    let mut page = vec![0; record::bytes_of(frames.len())];
    let checksum = written.fill(&lineage, frames, &mut page);
    let read = record::LogRecord::read(&lineage, &page);
    let read = read.map(|(record, frames, checksum)| (record, page.get(frames), checksum));
    assert_eq!(read, Some((written, Some(frames), checksum)), "a record is read otherwise than it was");
}
