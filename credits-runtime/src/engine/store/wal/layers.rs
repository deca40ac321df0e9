//! The file, and above it the pages that are not in their places yet: what readers read.

use std::fs::File;
use std::io::Error;
use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use redb::StorageBackend;

use super::log::Extent;
use super::pages::{PAGE_BYTES, Page, Pages};

/// A file, and its pages that are not in their places yet.
#[derive(Debug)]
pub(super) struct Shared<B> {
    pub(super) backend: B,
    /// The same file, written to durably and without the system's cache, if that can be.
    pub(super) durable: Option<File>,
    pub(super) layers: RwLock<Layers>,
}

/// Pages that are not in their places yet; of one that is in several, the first has it as it is.
#[derive(Debug, Default)]
pub(super) struct Layers {
    /// Not synced.
    pub(super) pending: Pages,
    /// In the half of the log that is written.
    pub(super) newer: Pages,
    /// In the other one.
    pub(super) older: Arc<Pages>,
}

impl<B: StorageBackend> Shared<B> {
    pub(super) fn layers(&self) -> RwLockReadGuard<'_, Layers> {
        self.layers.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn change(&self) -> RwLockWriteGuard<'_, Layers> {
        self.layers.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a log after the database. All of it is written, so that later nothing but its bytes is.
    pub(super) fn make_log(&self, start: u64, half_bytes: usize) -> Result<Extent, Error> {
        let mut salt = [0; 8];
        getrandom::fill(&mut salt).map_err(|error| Error::other(error.to_string()))?;
        let nothing = vec![0; half_bytes];
        let extent = Extent { start, half_bytes: half_bytes as u64, salt: u64::from_be_bytes(salt) };
        self.backend.set_len(extent.end())?;
        for half in 0..2 {
            self.backend.write(extent.half(half), &nothing)?;
        }
        self.backend.sync_data()?;
        self.backend.write(extent.mark_at(), &extent.mark())?;
        self.backend.sync_data()?;
        Ok(extent)
    }

    /// Writes durably to the log, which is as long as it was, and syncs nothing else if that can be.
    pub(super) fn append(&self, start: u64, bytes: &[u8]) -> Result<(), Error> {
        #[cfg(target_os = "linux")]
        if let Some(file) = &self.durable {
            use std::io::ErrorKind;
            use std::os::unix::fs::FileExt;
            match file.write_all_at(bytes, start) {
                // Some file systems open what they cannot write.
                Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => {}
                written => return written,
            }
        }
        self.backend.write(start, bytes)?;
        self.backend.sync_data()
    }

    /// Reads from wherever it is.
    pub(super) fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), Error> {
        let mut missing: Vec<Range<usize>> = Vec::new();
        let layers = self.layers();
        for Piece { number, within, place } in pieces(offset, out.len()) {
            match (layers.page(number).and_then(|page| page.get(within)), missing.last_mut()) {
                (Some(found), _) => {
                    if let Some(out) = out.get_mut(place) {
                        out.copy_from_slice(found);
                    }
                }
                (None, Some(last)) if last.end == place.start => last.end = place.end,
                (None, _) => missing.push(place),
            }
        }
        // Nobody writes to the place of a page that anybody reads, but of one that was found.
        drop(layers);
        for place in missing {
            let start = offset.saturating_add(place.start as u64);
            self.backend.read(start, out.get_mut(place).unwrap_or_default())?;
        }
        Ok(())
    }

    /// Writes the pages of the half that is not written to their places.
    pub(super) fn move_older(&self, length: u64) -> Result<(), Error> {
        let older = Arc::clone(&self.layers().older);
        if !older.is_empty() {
            older.write_to(&self.backend, length)?;
            self.backend.sync_data()?;
            self.change().older = Arc::default();
        }
        Ok(())
    }

    /// Notes what is written within a page of a file of this length.
    pub(super) fn put(
        &self,
        number: u64,
        within: Range<usize>,
        data: &[u8],
        length: u64,
    ) -> Result<(), Error> {
        let mut layers = self.change();
        let Layers { pending, newer, older } = &mut *layers;
        let page = pending.page(number, || match newer.get(number).or_else(|| older.get(number)) {
            Some(page) => Ok(*page),
            None if within.len() == PAGE_BYTES => Ok([0; PAGE_BYTES]),
            None => {
                let (mut page, start) = ([0; PAGE_BYTES], number.saturating_mul(PAGE_BYTES as u64));
                let there = usize::try_from(length.saturating_sub(start)).unwrap_or(usize::MAX);
                self.backend.read(start, page.get_mut(..there.min(PAGE_BYTES)).unwrap_or_default())?;
                Ok(page)
            }
        })?;
        if let Some(place) = page.get_mut(within) {
            place.copy_from_slice(data);
        }
        Ok(())
    }
}

impl Layers {
    fn page(&self, number: u64) -> Option<&Page> {
        let Self { pending, newer, older } = self;
        [pending, newer, older].into_iter().find_map(|pages| pages.get(number))
    }
}

/// What of a page some bytes are.
pub(super) struct Piece {
    pub(super) number: u64,
    /// Of the page.
    pub(super) within: Range<usize>,
    /// Of the bytes.
    pub(super) place: Range<usize>,
}

/// The pages of so many bytes from here on.
pub(super) fn pieces(offset: u64, length: usize) -> impl Iterator<Item = Piece> {
    let mut done = 0;
    std::iter::from_fn(move || {
        let at = offset.saturating_add(done as u64);
        let start = usize::try_from(at % PAGE_BYTES as u64).unwrap_or_default();
        let bytes = length.saturating_sub(done).min(PAGE_BYTES.saturating_sub(start));
        let (within, place) = (start..start.saturating_add(bytes), done..done.saturating_add(bytes));
        done = place.end;
        (bytes > 0).then_some(Piece { number: at / PAGE_BYTES as u64, within, place })
    })
}
