//! The medium under redb: the file, or the file with an overlay of writes in memory.
//!
//! An opening checks the file before it writes to it. redb repairs a file after a crash as soon as it is opened; the
//! overlay keeps those writes out of a file that may yet be refused.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{Error, ErrorKind};
use std::ops::Bound;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use redb::{BackendError, StorageBackend};

const PAGE_BYTES: usize = 4_096;
/// How often a write is retried while the disk is full.
const AGAIN_AFTER: Duration = Duration::from_millis(100);

/// The file of a ledger. It stays open and locked while redb closes and reopens it.
pub(super) struct Medium {
    file: Box<dyn StorageBackend>,
    locking: Locking,
    /// Ranges locked during reading, which stay locked until the file is reopened for writing.
    locked: Mutex<Vec<(Bound<u64>, Bound<u64>)>>,
    /// The overlay of a file that is only read.
    scratch: RwLock<Option<Scratch>>,
    /// The length that redb has set, while the file is shorter. The next write extends the file, because redb sets
    /// the length under a lock that readers take, where it must not wait for space.
    length: Mutex<Option<u64>>,
    /// Whether a write on a full disk is retried until there is space.
    is_patient: Mutex<bool>,
    changed: Condvar,
    is_out_of_space: AtomicBool,
}

/// Whether a file is locked while it is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Locking {
    Required,
    /// The application guarantees that no other process opens the file.
    None,
}

/// The behaviour of a write on a full disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// It is retried until there is space: after one failed write, redb refuses reads too.
    Waits,
    Fails,
}

/// The handle that redb owns.
#[derive(Clone, Debug)]
pub(super) struct SharedMedium(pub(super) Arc<Medium>);

/// An overlay: pages and a length that hide those of the file.
#[derive(Debug, Default)]
struct Scratch {
    length: Option<u64>,
    pages: BTreeMap<u64, [u8; PAGE_BYTES]>,
}

impl Medium {
    /// A file whose writes stay in memory, until it is released.
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

    /// Discards the overlay, so that later writes reach the file. redb must not have the file open.
    pub(super) fn release(&self) {
        *self.scratch.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Sets whether writes on a full disk wait for space.
    pub(super) fn set_patience(&self, is_patient: Patience) {
        *self.lock() = is_patient == Patience::Waits;
        self.changed.notify_all();
    }

    /// Reports, once, that a write or a checkpoint waits for space.
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

    /// Extends the file to the length that redb has set.
    fn grow(&self) -> Result<(), Error> {
        let Some(length) = *self.length() else { return Ok(()) };
        self.patiently(|| self.file.set_len(length))?;
        self.length().take_if(|wanted| *wanted <= length);
        Ok(())
    }

    /// Reads from the file; bytes after its end are zeros.
    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), Error> {
        if self.length().is_none() {
            return self.file.read(offset, out);
        }
        let there = self.file.len()?.saturating_sub(offset).min(out.len() as u64);
        let (stored, new) = out.split_at_mut(usize::try_from(there).unwrap_or(usize::MAX));
        new.fill(0);
        if stored.is_empty() { Ok(()) } else { self.file.read(offset, stored) }
    }

    /// Runs a write, and retries it while the disk is full if writes wait for space.
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

/// Whether a write failed because the disk or a quota is full.
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

/// Copies the overlap of two ranges of a file, given by their offsets and bytes.
fn copy_overlap((from, source): (u64, &[u8]), (to, target): (u64, &mut [u8])) {
    let skip = |by: u64| usize::try_from(by).unwrap_or(usize::MAX);
    let source = source.get(skip(to.saturating_sub(from))..).unwrap_or_default();
    let target = target.get_mut(skip(from.saturating_sub(to))..).unwrap_or_default();
    target.iter_mut().zip(source).for_each(|(target, source)| *target = *source);
}

impl StorageBackend for SharedMedium {
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
        // Before the write, so that the new length is durable no later than any page that depends on it.
        self.0.grow()?;
        self.0.patiently(|| self.0.file.write(offset, data))
    }

    /// Keeps a file open and locked that is only read: it is reopened for writing.
    fn close(&self) -> Result<(), Error> {
        if self.0.is_scratch() { Ok(()) } else { self.0.file.close() }
    }

    /// A file without write access takes a shared lock where the system refuses it an exclusive one.
    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        if self.0.locking == Locking::None {
            return Ok(true);
        }
        let mut kept = self.0.locked.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.0.is_scratch() {
            // Some systems refuse a range that the same handle has locked: take over the lock of the reading.
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
