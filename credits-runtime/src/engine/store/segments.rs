//! Segments of keys, as a snapshot has them.

use redb::{Range, ReadOnlyTable, ReadableTable, ReadableTableMetadata, StorageError};

use super::errors::{guarded, read_failed};
use super::snapshot::{Bytes, Snapshot};
use super::tables::{KEYS, SEGMENTS};
use crate::domain::ids::FactNumber;
use crate::domain::time::Timestamp;
use crate::engine::codec::{self, KeysState, SegmentRow};
use crate::engine::keys::pages::{Page, Prefix, prefix_of};
use crate::engine::keys::upkeep::{KeyRows, Making};
use crate::error::LedgerError;

impl Snapshot {
    /// The segments that are listed.
    pub(crate) fn segments(&self) -> Result<&[SegmentRow], LedgerError> {
        if let Some(listed) = self.listed_segments.get() {
            return Ok(listed);
        }
        let listed = self.covered()?.keys.segments;
        Ok(self.listed_segments.get_or_init(|| listed))
    }

    /// Whether these segments are all listed.
    pub(crate) fn has_segments(&self, rows: &[SegmentRow]) -> Result<bool, LedgerError> {
        let listed = self.segments()?;
        Ok(rows.iter().all(|row| listed.iter().any(|listed| listed.number == row.number)))
    }

    /// The numbers of the segments that have rows.
    pub(crate) fn segment_numbers(&self) -> Result<Vec<u32>, LedgerError> {
        guarded(|| {
            let table = self.segment_pages()?;
            let (mut numbers, mut from) = (Vec::new(), Vec::new());
            loop {
                let mut rows = table.range::<&[u8]>(&from[..]..).map_err(|error| read_failed(&error))?;
                let Some(row) = rows.next() else { return Ok(numbers) };
                let (key, _) = row.map_err(|error| read_failed(&error))?;
                let broken = || LedgerError::damaged("a row of keys is of no segment");
                let number = codec::segment_of_key(key.value()).ok_or_else(broken)?;
                numbers.push(number);
                let Some(next) = number.checked_add(1) else { return Ok(numbers) };
                from = next.to_be_bytes().to_vec();
            }
        })
    }

    /// The keys of the first rows of a segment.
    pub(crate) fn segment_rows(&self, number: u32, rows_max: usize) -> Result<Vec<Vec<u8>>, LedgerError> {
        self.of_segments(&number.to_be_bytes(), &codec::segment_end(number), |rows| {
            let keys = rows
                .take(rows_max)
                .map(|row| Ok(row.map_err(|error| read_failed(&error))?.0.value().to_vec()));
            keys.collect()
        })
    }

    /// The rows of a segment's filter.
    pub(crate) fn segment_filter(&self, number: u32) -> Result<Vec<Vec<u8>>, LedgerError> {
        self.of_segments(&codec::segment_filter_key(number, 0), &codec::segment_end(number), |rows| {
            rows.map(|row| Ok(row.map_err(|error| read_failed(&error))?.1.value().to_vec())).collect()
        })
    }

    /// The page of a segment that has this key, if the segment has it.
    pub(crate) fn segment_page(&self, number: u32, prefix: Prefix) -> Result<Option<Page>, LedgerError> {
        let (from, to) =
            (codec::segment_page_key(number, 0), codec::segment_page_key(number, prefix.saturating_add(1)));
        self.of_segments(&from, &to, |mut rows| rows.next_back().map(page).transpose())
    }

    /// The page of a segment after the one that begins with this key; of none, its first.
    pub(crate) fn segment_page_after(
        &self,
        number: u32,
        first: Option<Prefix>,
    ) -> Result<Option<Page>, LedgerError> {
        let from = codec::segment_page_key(number, first.map_or(0, |first| first.saturating_add(1)));
        self.of_segments(&from, &codec::segment_filter_key(number, 0), |mut rows| {
            rows.next().map(page).transpose()
        })
    }

    fn of_segments<T>(
        &self,
        from: &[u8],
        to: &[u8],
        read: impl FnOnce(Range<'_, &'static [u8], &'static [u8]>) -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        guarded(|| read(self.segment_pages()?.range::<&[u8]>(from..to).map_err(|error| read_failed(&error))?))
    }

    fn segment_pages(&self) -> Result<&ReadOnlyTable<&'static [u8], &'static [u8]>, LedgerError> {
        if let Some(table) = self.segment_pages.get() {
            return Ok(table);
        }
        let table = self.read.open_table(SEGMENTS).map_err(|error| read_failed(&error))?;
        Ok(self.segment_pages.get_or_init(|| table))
    }

    /// What formats 1 and 2 have of keys, as a segment of keys that last.
    pub(super) fn keys_as_segment(&self, next_fact: FactNumber) -> Result<(KeyRows, KeysState), LedgerError> {
        guarded(|| {
            let table = self.read.open_table(KEYS).map_err(|error| read_failed(&error))?;
            let keys = table.len().map_err(|error| read_failed(&error))?;
            let row = SegmentRow {
                number: 0,
                lapses: false,
                keys,
                from: FactNumber::FIRST,
                to: next_fact,
                until: Timestamp::MAX,
            };
            let (mut rows, mut making) = (KeyRows::default(), Making::of(row));
            for row in table.iter().map_err(|error| read_failed(&error))? {
                let (hash, row) = row.map_err(|error| read_failed(&error))?;
                let frame = codec::key_row_from_bytes(row.value())?;
                making.push((prefix_of(&hash.value().to_be_bytes()), frame), &mut rows);
            }
            let segments = vec![making.finish(&mut rows).row];
            Ok((rows, KeysState { from: next_fact, lapsed: FactNumber::FIRST, segments }))
        })
    }
}

fn page(row: Result<(Bytes<'_>, Bytes<'_>), StorageError>) -> Result<Page, LedgerError> {
    let (key, value) = row.map_err(|error| read_failed(&error))?;
    let broken = || LedgerError::damaged("a row of keys is no page");
    let first = codec::segment_page_from_key(key.value()).ok_or_else(broken)?;
    Ok((first, value.value().to_vec()))
}
