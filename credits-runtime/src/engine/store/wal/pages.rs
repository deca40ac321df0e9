//! Pages of the file that are in memory, because they are not in their places yet.

use std::collections::BTreeMap;
use std::io::Error;

use redb::StorageBackend;

/// Bytes of a page, as redb has them.
pub(super) const PAGE_BYTES: usize = 4_096;
/// Bytes that are written to their places at once, at most.
const RUN_BYTES_MAX: usize = 1_024 * 1_024;

/// A page's bytes.
pub(super) type Page = [u8; PAGE_BYTES];

/// Pages by their number, each once.
#[derive(Debug, Default)]
pub(super) struct Pages {
    /// Which place in `bytes` each has.
    places: BTreeMap<u64, usize>,
    bytes: Vec<u8>,
}

impl Pages {
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    pub(super) fn get(&self, number: u64) -> Option<&Page> {
        let start = self.places.get(&number)?.checked_mul(PAGE_BYTES)?;
        self.bytes.get(start..)?.first_chunk()
    }

    /// The page of this number; a new one is made.
    pub(super) fn page(
        &mut self,
        number: u64,
        make: impl FnOnce() -> Result<Page, Error>,
    ) -> Result<&mut Page, Error> {
        let place = if let Some(place) = self.places.get(&number) {
            *place
        } else {
            let (page, place) = (make()?, self.len());
            self.bytes.extend_from_slice(&page);
            self.places.insert(number, place);
            place
        };
        let start = place.saturating_mul(PAGE_BYTES);
        let page = self.bytes.get_mut(start..).and_then(|bytes| bytes.first_chunk_mut());
        page.ok_or_else(|| Error::other("a page has no place"))
    }

    pub(super) fn put(&mut self, number: u64, page: &Page) {
        // It is not made of anything that can fail.
        if let Ok(there) = self.page(number, || Ok(*page)) {
            *there = *page;
        }
    }

    /// Every page, in the order of their numbers.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &Page)> {
        self.places.keys().filter_map(|number| Some((*number, self.get(*number)?)))
    }

    /// Forgets them, and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.places.clear();
        self.bytes.clear();
    }

    /// Forgets those from this byte of the file on.
    pub(super) fn cut(&mut self, length: u64) {
        self.places.retain(|number, _| number.saturating_mul(PAGE_BYTES as u64) < length);
        // Those that are left close up: the next one comes after as many as there are.
        let bytes = std::mem::take(&mut self.bytes);
        for (place, at) in self.places.values_mut().enumerate() {
            let start = at.saturating_mul(PAGE_BYTES);
            self.bytes.extend_from_slice(
                bytes.get(start..).and_then(|rest| rest.get(..PAGE_BYTES)).unwrap_or_default(),
            );
            *at = place;
        }
    }

    /// Writes them to their places in a file of this length, neighbours as one, the last first: redb's header, which says
    /// where everything is, is at the beginning of the file.
    pub(super) fn write_to(&self, backend: &impl StorageBackend, length: u64) -> Result<(), Error> {
        let mut numbers = self.places.keys().rev().copied().peekable();
        let mut run = Vec::new();
        while let Some(last) = numbers.next() {
            let mut first = last;
            let has_room = |first: u64| {
                last.saturating_sub(first).saturating_add(1) < (RUN_BYTES_MAX / PAGE_BYTES) as u64
            };
            while let Some(before) =
                numbers.next_if(|number| number.saturating_add(1) == first && has_room(first))
            {
                first = before;
            }
            run.clear();
            (first..=last).filter_map(|number| self.get(number)).for_each(|page| run.extend_from_slice(page));
            let start = first.saturating_mul(PAGE_BYTES as u64);
            let within = usize::try_from(length.saturating_sub(start)).unwrap_or(usize::MAX).min(run.len());
            backend.write(start, run.get(..within).unwrap_or_default())?;
        }
        Ok(())
    }
}
