//! Segments of idempotency keys in a snapshot.

use std::ops::Bound;

use super::errors::guarded;
use super::merged::{MergedRows, Row};
use super::snapshot::Snapshot;
use crate::engine::rows::{self, Prefix, SegmentPage as Page, SegmentRow};
use crate::error::LedgerError;

impl Snapshot {
    /// The listed segments. Others have rows that are still to be removed.
    pub(crate) fn segments(&self) -> Result<&[SegmentRow], LedgerError> {
        if let Some(listed) = self.listed_segments.get() {
            return Ok(listed);
        }
        let listed = self.checkpoint_state()?.keys.segments;
        Ok(self.listed_segments.get_or_init(|| listed))
    }

    /// Whether all these segments are listed.
    pub(crate) fn has_segments(&self, rows: &[SegmentRow]) -> Result<bool, LedgerError> {
        let listed = self.segments()?;
        Ok(rows.iter().all(|row| listed.iter().any(|listed| listed.number == row.number)))
    }

    /// The numbers of all segments with rows, listed or not.
    pub(crate) fn segment_numbers(&self) -> Result<Vec<u32>, LedgerError> {
        guarded(|| {
            let rows = self.segment_rows_of_all()?;
            let (mut numbers, mut from) = (Vec::new(), Vec::new());
            loop {
                let mut rows = rows.range(Bound::Included(&from[..]), Bound::Unbounded)?;
                let Some(row) = rows.next() else { return Ok(numbers) };
                let broken = || LedgerError::damaged("a row of keys is of no segment");
                let number = rows::segment_of_key(&row?.key).ok_or_else(broken)?;
                numbers.push(number);
                let Some(next) = number.checked_add(1) else { return Ok(numbers) };
                from = next.to_be_bytes().to_vec();
            }
        })
    }

    /// The keys of a segment's first rows, up to a number of them.
    pub(crate) fn segment_rows(&self, number: u32, rows_max: usize) -> Result<Vec<Vec<u8>>, LedgerError> {
        self.of_segments(&number.to_be_bytes(), &rows::segment_end(number), |rows| {
            rows.take(rows_max).map(|row| Ok(row?.key)).collect()
        })
    }

    /// The rows of a segment's filter.
    pub(crate) fn segment_filter(&self, number: u32) -> Result<Vec<Vec<u8>>, LedgerError> {
        self.of_segments(&rows::segment_filter_key(number, 0), &rows::segment_end(number), |rows| {
            rows.map(|row| Ok(row?.value)).collect()
        })
    }

    /// The only page of a segment that may have this key; `None` if it precedes every page.
    pub(crate) fn segment_page(&self, number: u32, prefix: Prefix) -> Result<Option<Page>, LedgerError> {
        let (from, to) =
            (rows::segment_page_key(number, 0), rows::segment_page_key(number, prefix.saturating_add(1)));
        guarded(|| self.segment_rows_of_all()?.last(&from, &to)?.map(page).transpose())
    }

    /// The page of a segment after the one that begins with this key; the first page if no key is given.
    pub(crate) fn segment_page_after(
        &self,
        number: u32,
        first: Option<Prefix>,
    ) -> Result<Option<Page>, LedgerError> {
        let from = rows::segment_page_key(number, first.map_or(0, |first| first.saturating_add(1)));
        self.of_segments(&from, &rows::segment_filter_key(number, 0), |mut rows| {
            rows.next().map(|row| page(row?)).transpose()
        })
    }

    fn of_segments<T>(
        &self,
        from: &[u8],
        to: &[u8],
        read: impl FnOnce(MergedRows<'_>) -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        guarded(|| read(self.segment_rows_of_all()?.range(Bound::Included(from), Bound::Excluded(to))?))
    }
}

fn page(row: Row) -> Result<Page, LedgerError> {
    let broken = || LedgerError::damaged("a row of keys is no page");
    let first = rows::segment_page_from_key(&row.key).ok_or_else(broken)?;
    Ok((first, row.value))
}
