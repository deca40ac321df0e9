//! The log as it is in the file: after the database, two halves that are written in turn, and a page that says so.
//!
//! A record is what one sync made durable: a page that lists others, and these. It counts if its checksum is right and it
//! follows the one before it. A half is begun again once everything that it had is in its place; by then the other half
//! has all that came since.

use std::io::Error;

use redb::StorageBackend;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::pages::{PAGE_BYTES, Page, Pages};

const MARK: &[u8; 16] = b"credits page log";
const RECORD: &[u8; 8] = b"pagelog1";
/// Where a record's list of pages begins: after its mark, generation, sequence, count, kind and checksum.
const LIST_AT: usize = 8 + 8 + 8 + 4 + 4 + 8;
const CHECKSUM_AT: usize = LIST_AT - 8;
/// Pages of one record.
pub(super) const RECORD_PAGES_MAX: usize = (PAGE_BYTES - LIST_AT) / 8;

/// What a record does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Its pages are as it has them.
    Pages = 0,
    /// Everything before it is in its place, and may since be written to without the log.
    Void = 1,
}

/// Where the log is, and what it was made with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extent {
    /// Where the database ends, and the first half begins.
    pub(super) start: u64,
    pub(super) half_bytes: u64,
    /// Random: what was there before is no record.
    pub(super) salt: u64,
}

/// Where a record belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// How often a half was begun.
    pub(super) generation: u64,
    /// How many records there were before it.
    pub(super) sequence: u64,
}

/// The records of one half, in order.
#[derive(Debug, Default)]
struct Half {
    records: Vec<Record>,
}

#[derive(Debug)]
struct Record {
    place: Place,
    kind: Kind,
    /// With its list.
    bytes: Vec<u8>,
}

impl Extent {
    /// The log at the end of a file of this length, if there is one.
    pub(super) fn of(backend: &impl StorageBackend, length: u64) -> Result<Option<Self>, Error> {
        let Some(last) = length.checked_sub(PAGE_BYTES as u64) else { return Ok(None) };
        let mut page = [0; PAGE_BYTES];
        backend.read(last, &mut page)?;
        let (half_bytes, salt) = (number_at(&page, 16), number_at(&page, 24));
        let start = half_bytes.checked_mul(2).and_then(|halves| last.checked_sub(halves));
        let extent = start.map(|start| Self { start, half_bytes, salt });
        Ok(extent.filter(|extent| extent.mark() == page))
    }

    /// The page at its end.
    pub(super) fn mark(&self) -> Page {
        let mut page = [0; PAGE_BYTES];
        put_at(&mut page, 0, MARK);
        put_at(&mut page, 16, &self.half_bytes.to_be_bytes());
        put_at(&mut page, 24, &self.salt.to_be_bytes());
        let checksum = xxh3_64_with_seed(&page, self.salt);
        put_at(&mut page, 32, &checksum.to_be_bytes());
        page
    }

    /// Where a half of this generation begins.
    pub(super) fn half(&self, generation: u64) -> u64 {
        self.start.saturating_add(self.half_bytes.saturating_mul(generation % 2))
    }

    pub(super) fn mark_at(&self) -> u64 {
        self.start.saturating_add(self.half_bytes.saturating_mul(2))
    }

    /// Where the file ends.
    pub(super) fn end(&self) -> u64 {
        self.mark_at().saturating_add(PAGE_BYTES as u64)
    }

    /// A record of these pages, in so many bytes as it takes.
    pub(super) fn record(&self, place: Place, kind: Kind, pages: &Pages, record: &mut [u8]) {
        let (list, bytes) = record.split_at_mut(PAGE_BYTES.min(record.len()));
        list.fill(0);
        put_at(list, 0, RECORD);
        put_at(list, 8, &place.generation.to_be_bytes());
        put_at(list, 16, &place.sequence.to_be_bytes());
        put_at(list, 24, &u32::try_from(pages.len()).unwrap_or(u32::MAX).to_be_bytes());
        put_at(list, 28, &(kind as u32).to_be_bytes());
        let places = (LIST_AT..).step_by(8).zip(bytes.chunks_mut(PAGE_BYTES));
        for ((number, page), (at, bytes)) in pages.iter().zip(places) {
            put_at(list, at, &number.to_be_bytes());
            bytes.copy_from_slice(page);
        }
        let checksum = xxh3_64_with_seed(record, self.salt);
        put_at(record, CHECKSUM_AT, &checksum.to_be_bytes());
    }

    /// The pages that its records have, each as the last one has it.
    pub(super) fn pages(&self, backend: &impl StorageBackend) -> Result<Pages, Error> {
        let (even, odd) = (self.records(backend, 0)?, self.records(backend, 1)?);
        let (older, newer) = if even.first() < odd.first() { (even, odd) } else { (odd, even) };
        // A half that does not lead to the other is being begun again: all that it had is in its place.
        let follows = older.last().and_then(|last| last.checked_add(1)) == newer.first();
        let mut records = if follows { older.records } else { Vec::new() };
        records.extend(newer.records);
        let void = records.iter().rposition(|record| record.kind == Kind::Void);
        let mut pages = Pages::default();
        for record in records.iter().skip(void.unwrap_or(0)) {
            let (list, bytes) = record.bytes.split_at(PAGE_BYTES.min(record.bytes.len()));
            for (page, at) in bytes.as_chunks().0.iter().zip((LIST_AT..).step_by(8)) {
                pages.put(number_at(list, at), page);
            }
        }
        Ok(pages)
    }

    fn records(&self, backend: &impl StorageBackend, parity: u64) -> Result<Half, Error> {
        let (mut half, mut at) = (Half::default(), 0_u64);
        let has_room = |at: u64, bytes: u64| at.saturating_add(bytes) <= self.half_bytes;
        while has_room(at, PAGE_BYTES as u64) {
            let start = self.half(parity).saturating_add(at);
            let mut record = vec![0; PAGE_BYTES];
            backend.read(start, &mut record)?;
            let Some(length) = length(&record).filter(|length| has_room(at, *length as u64)) else { break };
            record.resize(length, 0);
            backend.read(start, &mut record)?;
            let Some(record) = self.checked(record).filter(|record| half.is_next(record, parity)) else {
                break;
            };
            at = at.saturating_add(length as u64);
            half.records.push(record);
        }
        Ok(half)
    }

    fn checked(&self, mut bytes: Vec<u8>) -> Option<Record> {
        let checksum = number_at(&bytes, CHECKSUM_AT);
        put_at(&mut bytes, CHECKSUM_AT, &[0; 8]);
        let place = Place { generation: number_at(&bytes, 8), sequence: number_at(&bytes, 16) };
        let kind = if bytes.get(28..32)? == [0; 4] { Kind::Pages } else { Kind::Void };
        (xxh3_64_with_seed(&bytes, self.salt) == checksum).then_some(Record { place, kind, bytes })
    }
}

impl Half {
    fn first(&self) -> Option<u64> {
        self.records.first().map(|record| record.place.sequence)
    }

    fn last(&self) -> Option<u64> {
        self.records.last().map(|record| record.place.sequence)
    }

    fn is_next(&self, record: &Record, parity: u64) -> bool {
        self.records.last().map_or(record.place.generation % 2 == parity, |last| {
            let sequence = last.place.sequence.saturating_add(1);
            record.place == Place { sequence, ..last.place }
        })
    }
}

/// Bytes of a record that begins with this page, if it is one.
fn length(page: &[u8]) -> Option<usize> {
    let count = page.get(24..28)?.try_into().map(u32::from_be_bytes).ok()?;
    let count = usize::try_from(count).ok().filter(|count| *count <= RECORD_PAGES_MAX)?;
    page.starts_with(RECORD).then(|| count.saturating_add(1).saturating_mul(PAGE_BYTES))
}

fn number_at(bytes: &[u8], at: usize) -> u64 {
    let number = bytes.get(at..).and_then(|bytes| bytes.first_chunk());
    number.map_or(0, |number| u64::from_be_bytes(*number))
}

fn put_at(bytes: &mut [u8], at: usize, what: &[u8]) {
    if let Some(place) = bytes.get_mut(at..).and_then(|bytes| bytes.get_mut(..what.len())) {
        place.copy_from_slice(what);
    }
}
