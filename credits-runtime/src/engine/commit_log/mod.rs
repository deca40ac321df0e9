//! The commit log: what a commit syncs, and all of it.
//!
//! A batch's frames are one group of records, written and synced before it is acknowledged. Checkpoints write the same facts
//! to the ledger's file, after which the log's segments are used again. The log is a file beside the ledger's, and holds
//! nothing but its header after a clean close.
//!
//! It does not know what a frame means.

mod file;
mod header;
mod log;
mod record;
mod scan;

pub(crate) use file::LogFile;
pub(crate) use header::Header;
pub(crate) use log::{AppendError, CommitLog};
pub(crate) use scan::{Group, scan};

/// Random, new with each log: records of another log are none of this one.
pub(crate) type Lineage = [u8; 16];

/// The checksum of a record.
pub(crate) type Checksum = [u8; 16];

/// Bytes of a page: what a disk writes whole or not at all, about.
const PAGE_BYTES: usize = 4_096;

/// Pages of the header.
const HEADER_PAGES: u64 = 2;

/// Where the first segment begins.
const SEGMENTS_AT: u64 = HEADER_PAGES * PAGE_BYTES as u64;

/// What a fuzzer asks of a log's bytes: reading never panics, and a header or record that is read is written as it was.
#[cfg(feature = "testing")]
pub(crate) fn fuzz(bytes: &[u8]) {
    if let Some(header) = Header::of_page(bytes) {
        let mut page = vec![0; PAGE_BYTES];
        header.fill(&mut page);
        assert_eq!(Header::of_page(&page), Some(header), "a header is read otherwise than it was");
    }
    let lineage = Lineage::default();
    if let Some((record, frames, checksum)) = record::Record::read(&lineage, bytes) {
        let frames = bytes.get(frames).unwrap_or_default();
        let mut page = vec![0; record::bytes_of(frames.len())];
        assert_eq!(record.fill(&lineage, frames, &mut page), checksum, "a record is written otherwise");
    }
    let frames = bytes.get(..bytes.len().min(2 * PAGE_BYTES)).unwrap_or_default();
    let written = record::Record::sample();
    let mut page = vec![0; record::bytes_of(frames.len())];
    let checksum = written.fill(&lineage, frames, &mut page);
    let read = record::Record::read(&lineage, &page);
    let read = read.map(|(record, frames, checksum)| (record, page.get(frames), checksum));
    assert_eq!(read, Some((written, Some(frames), checksum)), "a record is read otherwise than it was");
}
