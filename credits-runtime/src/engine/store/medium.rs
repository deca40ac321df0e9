//! The medium under redb: the file, or the file under writes that stay in memory.
//!
//! An opening reads the file before it may write to it: redb repairs what a crash left, and must not do so in a file that is
//! then refused.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{Error, ErrorKind};
use std::ops::Bound;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use redb::{BackendError, StorageBackend};

const PAGE_BYTES: usize = 4_096;
/// After how long a write that found no space is tried again.
const AGAIN_AFTER: Duration = Duration::from_millis(100);

/// The file of a ledger, which outlives redb's use of it.
pub(super) struct Medium {
    file: Box<dyn StorageBackend>,
    locking: Locking,
    /// Ranges that were locked while the file was looked at, and still are.
    locked: Mutex<Vec<(Bound<u64>, Bound<u64>)>>,
    /// Writes that stay in memory, if the file may not be written to.
    scratch: RwLock<Option<Scratch>>,
    /// Bytes of the file as redb has it, if that is more than the file has. It grows with the next write: redb sets the length
    /// under a lock that readers take, which must not wait for space.
    length: Mutex<Option<u64>>,
    /// Whether a write that finds no space is tried again until it does.
    is_patient: Mutex<bool>,
    changed: Condvar,
    is_out_of_space: AtomicBool,
}

/// Whether a file is locked while it is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Locking {
    Required,
    /// The application keeps others out.
    None,
}

/// What becomes of a write that finds no space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// It is tried again until it does: redb refuses everything after one failure, reads too.
    Waits,
    Fails,
}

/// The medium as redb has it.
#[derive(Clone, Debug)]
pub(super) struct Shared(pub(super) Arc<Medium>);

/// Pages written to memory in place of the file.
#[derive(Debug, Default)]
struct Scratch {
    length: Option<u64>,
    pages: BTreeMap<u64, [u8; PAGE_BYTES]>,
}

impl Medium {
    /// A file that is read alone, until it is released.
    pub(super) fn reading(file: impl StorageBackend, locking: Locking) -> Arc<Self> {
        Self::of(file, Some(Scratch::default()), locking)
    }

    /// A file that is written to.
    pub(super) fn writing(file: impl StorageBackend, locking: Locking) -> Arc<Self> {
        Self::of(file, None, locking)
    }

    fn of(file: impl StorageBackend, scratch: Option<Scratch>, locking: Locking) -> Arc<Self> {
        let (is_patient, changed) = (Mutex::new(false), Condvar::new());
        Arc::new(Self {
            file: Box::new(file),
            locking,
            locked: Mutex::default(),
            scratch: RwLock::new(scratch),
            length: Mutex::default(),
            is_patient,
            changed,
            is_out_of_space: AtomicBool::new(false),
        })
    }

    /// Discards the pages in memory: writes go to the file from now on. redb must not have it open.
    pub(super) fn release(&self) {
        *self.scratch.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Whether writes that find no space are tried again from now on.
    pub(super) fn set_patience(&self, is_patient: Patience) {
        *self.lock() = is_patient == Patience::Waits;
        self.changed.notify_all();
    }

    /// A write, or what would write, waits for space.
    pub(super) fn set_out_of_space(&self) {
        if !self.is_out_of_space.swap(true, Ordering::Relaxed) {
            tracing::error!("no space for the ledger's file: writing goes on once there is some");
        }
    }

    pub(super) fn fails_when_full(&self) -> bool {
        !*self.lock()
    }

    /// Whether a write waits for space.
    pub(super) fn is_out_of_space(&self) -> bool {
        self.is_out_of_space.load(Ordering::Relaxed)
    }

    fn is_scratch(&self) -> bool {
        self.scratch.read().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    fn length(&self) -> MutexGuard<'_, Option<u64>> {
        self.length.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Extends the file to redb's length.
    fn grow(&self) -> Result<(), Error> {
        let Some(length) = *self.length() else { return Ok(()) };
        self.patiently(|| self.file.set_len(length))?;
        self.length().take_if(|wanted| *wanted <= length);
        Ok(())
    }

    /// Reads what the file has; what it lacks is zeros.
    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), Error> {
        if self.length().is_none() {
            return self.file.read(offset, out);
        }
        let there = self.file.len()?.saturating_sub(offset).min(out.len() as u64);
        let (stored, new) = out.split_at_mut(usize::try_from(there).unwrap_or(usize::MAX));
        new.fill(0);
        if stored.is_empty() { Ok(()) } else { self.file.read(offset, stored) }
    }

    /// Does what may find no space.
    fn patiently(&self, mut write: impl FnMut() -> Result<(), Error>) -> Result<(), Error> {
        loop {
            let failure = match write() {
                Err(failure) if is_full(&failure) => failure,
                written => {
                    self.is_out_of_space.store(false, Ordering::Relaxed);
                    return written;
                }
            };
            let is_patient = self.lock();
            if !*is_patient {
                return Err(failure);
            }
            self.set_out_of_space();
            drop(self.changed.wait_timeout(is_patient, AGAIN_AFTER));
        }
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        self.is_patient.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a write failed for want of space.
pub(crate) fn is_full(failure: &Error) -> bool {
    matches!(failure.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
}

impl fmt::Debug for Medium {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Medium").finish_non_exhaustive()
    }
}

impl Scratch {
    fn length(&self, file: &dyn StorageBackend) -> Result<u64, Error> {
        self.length.map_or_else(|| file.len(), Ok)
    }

    fn read(&self, file: &dyn StorageBackend, offset: u64, out: &mut [u8]) -> Result<(), Error> {
        let end = offset.saturating_add(out.len() as u64);
        if end > self.length(file)? {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let in_file = file.len()?.saturating_sub(offset).min(out.len() as u64);
        let (stored, new) = out.split_at_mut(usize::try_from(in_file).unwrap_or(usize::MAX));
        file.read(offset, stored)?;
        new.fill(0);
        let first = offset / PAGE_BYTES as u64;
        for (number, page) in self.pages.range(first..end.div_ceil(PAGE_BYTES as u64)) {
            copy_overlap((number.saturating_mul(PAGE_BYTES as u64), page), (offset, out));
        }
        Ok(())
    }

    fn write(&mut self, file: &dyn StorageBackend, offset: u64, data: &[u8]) -> Result<(), Error> {
        let end = offset.saturating_add(data.len() as u64);
        for number in offset / PAGE_BYTES as u64..end.div_ceil(PAGE_BYTES as u64) {
            let start = number.saturating_mul(PAGE_BYTES as u64);
            let mut page = [0; PAGE_BYTES];
            let there = self.length(file)?.saturating_sub(start).min(PAGE_BYTES as u64);
            let there = usize::try_from(there).unwrap_or(PAGE_BYTES);
            self.read(file, start, page.get_mut(..there).unwrap_or_default())?;
            copy_overlap((offset, data), (start, &mut page));
            self.pages.insert(number, page);
        }
        Ok(())
    }
}

/// Copies what two pieces of a file share.
fn copy_overlap((from, source): (u64, &[u8]), (to, target): (u64, &mut [u8])) {
    let skip = |by: u64| usize::try_from(by).unwrap_or(usize::MAX);
    let source = source.get(skip(to.saturating_sub(from))..).unwrap_or_default();
    let target = target.get_mut(skip(from.saturating_sub(to))..).unwrap_or_default();
    target.iter_mut().zip(source).for_each(|(target, source)| *target = *source);
}

impl StorageBackend for Shared {
    fn len(&self) -> Result<u64, Error> {
        match &*self.0.scratch.read().unwrap_or_else(PoisonError::into_inner) {
            Some(scratch) => scratch.length(&*self.0.file),
            None => self.0.length().map_or_else(|| self.0.file.len(), Ok),
        }
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), Error> {
        match &*self.0.scratch.read().unwrap_or_else(PoisonError::into_inner) {
            Some(scratch) => scratch.read(&*self.0.file, offset, out),
            None => self.0.read(offset, out),
        }
    }

    fn set_len(&self, length: u64) -> Result<(), Error> {
        if let Some(scratch) = &mut *self.0.scratch.write().unwrap_or_else(PoisonError::into_inner) {
            scratch.length = Some(length);
            scratch.pages.retain(|number, _| *number < length / PAGE_BYTES as u64);
            return Ok(());
        }
        if length > self.0.file.len()? {
            *self.0.length() = Some(length);
            return Ok(());
        }
        *self.0.length() = None;
        self.0.file.set_len(length)
    }

    fn sync_data(&self) -> Result<(), Error> {
        if self.0.is_scratch() { Ok(()) } else { self.0.file.sync_data() }
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), Error> {
        if let Some(scratch) = &mut *self.0.scratch.write().unwrap_or_else(PoisonError::into_inner) {
            return scratch.write(&*self.0.file, offset, data);
        }
        // Before anything is written that tells of it: it is synced with that, or earlier.
        self.0.grow()?;
        self.0.patiently(|| self.0.file.write(offset, data))
    }

    /// A file that is only read stays locked: it is opened again for writing.
    fn close(&self) -> Result<(), Error> {
        if self.0.is_scratch() { Ok(()) } else { self.0.file.close() }
    }

    /// A file that was opened to read it alone can be locked for readers alone.
    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        if self.0.locking == Locking::None {
            return Ok(true);
        }
        let mut kept = self.0.locked.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.0.is_scratch() {
            // Some systems do not lock a range again that the same handle has locked.
            let known = kept.iter().position(|range| *range == (start, end));
            return known.map_or_else(
                || self.0.file.try_lock_range(start, end),
                |place| {
                    kept.swap_remove(place);
                    Ok(true)
                },
            );
        }
        let locked = match self.0.file.try_lock_range(start, end) {
            Err(_) => self.0.file.try_lock_shared_range(start, end),
            locked => locked,
        };
        if matches!(locked, Ok(true)) {
            kept.push((start, end));
        }
        locked
    }

    fn try_lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        if self.0.locking == Locking::None {
            return Ok(true);
        }
        self.0.file.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.file.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.file.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        let is_kept = self.0.is_scratch() || self.0.locking == Locking::None;
        if is_kept { Ok(()) } else { self.0.file.unlock_range(start, end) }
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.0.file.query_lock_range(start, end)
    }
}
