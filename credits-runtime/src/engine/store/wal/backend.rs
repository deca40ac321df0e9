//! A backend for redb: what it syncs goes to the log, and what it reads comes from wherever it is.

use std::fs::File;
use std::io::Error;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread::JoinHandle;

use redb::{BackendError, StorageBackend};

use super::layers::{Layers, Piece, Shared, pieces};
use super::log::{Extent, Kind, Place};
use super::pages::{PAGE_BYTES, Pages};
use super::settings::LogSettings;
use crate::engine::memory::Memory;

/// A backend whose syncs go to a log.
#[derive(Debug)]
pub(in crate::engine::store) struct Wal<B> {
    pub(super) shared: Arc<Shared<B>>,
    pub(super) settings: LogSettings,
    /// Whether what a crash has left in a log is only read.
    is_read_only: bool,
    /// Held by whoever writes; readers do not wait for that.
    writer: Mutex<Writer>,
}

/// What is being written, and where.
#[derive(Debug, Default)]
pub(super) struct Writer {
    /// Bytes of the database, once the end of the file was looked at.
    length: Option<u64>,
    pub(super) log: Option<Log>,
    /// Whether pages are written to their places until the next sync, because they are too many for the log.
    pub(super) is_direct: bool,
    /// How often was synced without a log.
    pub(super) syncs_without: usize,
    /// What takes pages to their places.
    moving: Option<JoinHandle<Result<(), Error>>>,
    /// What records are put together in.
    record: Aligned,
}

/// The log while it is written.
#[derive(Debug)]
pub(super) struct Log {
    extent: Extent,
    /// Of the next record.
    place: Place,
    /// Where that goes in its half.
    at: u64,
    /// Whether nothing that it has is to be replayed.
    is_void: bool,
}

impl Log {
    /// An empty one.
    fn of(extent: Extent) -> Self {
        Self { extent, place: Place { generation: 0, sequence: 0 }, at: 0, is_void: true }
    }
}

impl<B: StorageBackend> Wal<B> {
    /// A log over this backend; and the file that it writes, if it does.
    pub(in crate::engine::store) fn over(backend: B, durable: Option<File>, settings: LogSettings) -> Self {
        let shared = Arc::new(Shared { backend, durable, layers: RwLock::default() });
        Self { shared, settings, is_read_only: false, writer: Mutex::default() }
    }

    /// The same of a file that is not written to.
    pub(in crate::engine::store) fn reading(backend: B) -> Self {
        Self { is_read_only: true, ..Self::over(backend, None, LogSettings::within(Memory::USUAL)) }
    }

    pub(super) fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes of the database. What a crash has left in a log goes to its places first.
    fn length(&self, writer: &mut Writer) -> Result<u64, Error> {
        if let Some(length) = writer.length {
            return Ok(length);
        }
        let Shared { backend, .. } = &*self.shared;
        let mut length = backend.len()?;
        if let Some(extent) = Extent::of(backend, length)? {
            length = extent.start;
            let pages = extent.pages(backend)?;
            if self.is_read_only {
                self.shared.change().older = Arc::new(pages);
            } else {
                pages.write_to(backend, length)?;
                backend.sync_data()?;
                backend.set_len(length)?;
                backend.sync_data()?;
            }
        }
        writer.length = Some(length);
        Ok(length)
    }

    /// Everything that was synced goes to its place.
    fn settle(&self, writer: &mut Writer) -> Result<(), Error> {
        self.wait(writer)?;
        self.turn();
        self.shared.move_older(self.length(writer)?)
    }

    /// Waits until nothing is moved any more.
    fn wait(&self, writer: &mut Writer) -> Result<(), Error> {
        match writer.moving.take() {
            Some(moving) => moving.join().unwrap_or_else(|_| Err(Error::other("pages could not be moved"))),
            None if self.shared.layers().older.is_empty() => Ok(()),
            // It failed before.
            None => self.shared.move_older(self.length(writer)?),
        }
    }

    /// The pages of the half that was written are those of the other one from now on.
    fn turn(&self) {
        let mut layers = self.shared.change();
        layers.older = Arc::new(std::mem::take(&mut layers.newer));
    }

    /// Everything is in its place, and the log is gone.
    fn put_away(&self, writer: &mut Writer) -> Result<(), Error> {
        let Some(length) = writer.length.filter(|_| !self.is_read_only) else { return Ok(()) };
        self.settle(writer)?;
        if writer.log.take().is_some() {
            self.shared.backend.set_len(length)?;
            self.shared.backend.sync_data()?;
        }
        Ok(())
    }

    /// What is to be synced is written to its places from now on: first everything else is there, and the log says so.
    fn go_direct(&self, writer: &mut Writer) -> Result<(), Error> {
        if writer.is_direct {
            return Ok(());
        }
        self.settle(writer)?;
        if writer.log.as_ref().is_some_and(|log| !log.is_void) {
            self.append(writer, Kind::Void)?;
        }
        writer.is_direct = true;
        Ok(())
    }

    /// Adds a record of what is pending, or that there is nothing to replay, durably.
    fn append(&self, writer: &mut Writer, kind: Kind) -> Result<(), Error> {
        let pages = if kind == Kind::Pages { self.shared.layers().pending.len() } else { 0 };
        let bytes = pages.saturating_add(1).saturating_mul(PAGE_BYTES);
        let mut log = match writer.log.take() {
            Some(log) => log,
            None => Log::of(self.shared.make_log(self.length(writer)?, self.settings.half_bytes)?),
        };
        let is_full = log.at.saturating_add(bytes as u64) > log.extent.half_bytes;
        let appended = if is_full { self.begin_half(writer, &mut log) } else { Ok(()) };
        let appended = appended.and_then(|()| {
            let (layers, none) = (self.shared.layers(), Pages::default());
            let pages = if kind == Kind::Pages { &layers.pending } else { &none };
            let record = writer.record.of(bytes);
            log.extent.record(log.place, kind, pages, record);
            drop(layers);
            self.shared.append(log.extent.half(log.place.generation).saturating_add(log.at), record)
        });
        if appended.is_ok() {
            log.place.sequence = log.place.sequence.saturating_add(1);
            log.at = log.at.saturating_add(bytes as u64);
            log.is_void = kind == Kind::Void;
        }
        writer.log = Some(log);
        appended
    }

    /// Begins the half that is not written, once all it had is in its place, and moves the pages of the other one.
    fn begin_half(&self, writer: &mut Writer, log: &mut Log) -> Result<(), Error> {
        self.wait(writer)?;
        self.turn();
        (log.place.generation, log.at) = (log.place.generation.saturating_add(1), 0);
        let length = self.length(writer)?;
        if !self.settings.in_background {
            return self.shared.move_older(length);
        }
        let shared = Arc::clone(&self.shared);
        let moves = move || shared.move_older(length);
        match std::thread::Builder::new().name("credits-pages".to_owned()).spawn(moves) {
            Ok(moving) => writer.moving = Some(moving),
            // Then it is done here.
            Err(_) => self.shared.move_older(length)?,
        }
        Ok(())
    }

    /// What is pending is written to its places, where what was synced is already.
    fn write_pending(&self, writer: &mut Writer) -> Result<(), Error> {
        let length = self.length(writer)?;
        self.shared.layers().pending.write_to(&self.shared.backend, length)?;
        self.shared.change().pending.clear();
        Ok(())
    }
}

impl<B: StorageBackend> StorageBackend for Wal<B> {
    fn len(&self) -> Result<u64, Error> {
        self.length(&mut self.writer())
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), Error> {
        self.shared.read(offset, out)
    }

    fn set_len(&self, length: u64) -> Result<(), Error> {
        let mut writer = self.writer();
        let before = self.length(&mut writer)?;
        self.settle(&mut writer)?;
        // The log goes first, so that nothing of it is found in what is new.
        if writer.log.take().is_some() {
            self.shared.backend.set_len(before)?;
        }
        self.shared.backend.set_len(length)?;
        self.shared.backend.sync_data()?;
        self.shared.change().pending.cut(length);
        writer.length = Some(length);
        Ok(())
    }

    fn sync_data(&self) -> Result<(), Error> {
        let mut writer = self.writer();
        let is_early = writer.log.is_none() && writer.syncs_without < self.settings.syncs_without;
        if writer.is_direct || is_early {
            self.write_pending(&mut writer)?;
            self.shared.backend.sync_data()?;
            writer.is_direct = false;
            writer.syncs_without = writer.syncs_without.saturating_add(1);
            return Ok(());
        }
        // All that came before is durable.
        if self.shared.layers().pending.is_empty() {
            return Ok(());
        }
        self.append(&mut writer, Kind::Pages)?;
        let mut layers = self.shared.change();
        let Layers { pending, newer, .. } = &mut *layers;
        pending.iter().for_each(|(number, page)| newer.put(number, page));
        pending.clear();
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), Error> {
        let mut writer = self.writer();
        let length = self.length(&mut writer)?;
        for Piece { number, within, place } in pieces(offset, data.len()) {
            let data = data.get(place).unwrap_or_default();
            self.shared.put(number, within, data, length)?;
            if self.shared.layers().pending.len() >= self.settings.record_pages_max() {
                self.go_direct(&mut writer)?;
                self.write_pending(&mut writer)?;
            }
        }
        Ok(())
    }

    /// What was not synced is promised to nobody.
    fn close(&self) -> Result<(), Error> {
        let settled = self.put_away(&mut self.writer());
        let closed = self.shared.backend.close();
        settled.and(closed)
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.shared.backend.try_lock_range(start, end)
    }

    fn try_lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.shared.backend.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.shared.backend.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.shared.backend.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.shared.backend.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.shared.backend.query_lock_range(start, end)
    }
}

/// Bytes that begin where a page of memory does, as a disk wants them that is written to without the system's cache.
#[derive(Debug, Default)]
struct Aligned(Vec<u8>);

impl Aligned {
    /// So many of them.
    fn of(&mut self, bytes: usize) -> &mut [u8] {
        self.0.resize(bytes.saturating_add(PAGE_BYTES), 0);
        let skipped = self.0.as_ptr().align_offset(PAGE_BYTES);
        self.0.get_mut(skipped..).and_then(|aligned| aligned.get_mut(..bytes)).unwrap_or_default()
    }
}
