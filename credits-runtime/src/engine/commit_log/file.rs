//! The log's file: durable writes of whole pages.

use std::fs::File;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

use super::PAGE_BYTES;
use crate::engine::files::{NamedFile, beside, draft, sync_folder};
use crate::engine::store::{Backend, FileBackend};

/// The log's file.
pub(crate) struct LogFile {
    file: Box<dyn Backend>,
    /// The same file, if the system takes writes that are durable when they return and pass its cache by.
    durable: Option<File>,
    /// The open file, unless a test keeps it.
    named: Option<NamedFile>,
}

impl LogFile {
    /// The path of the log of a ledger.
    pub(crate) fn path_of(ledger: &Path) -> PathBuf {
        beside(ledger, "-log")
    }

    /// The log of the ledger in this file, if there is one.
    pub(crate) fn open(ledger: &Path) -> Result<Option<Self>, Error> {
        let path = Self::path_of(ledger);
        match File::options().read(true).write(true).open(&path) {
            Ok(file) => Self::of(path, file).map(Some),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The same, to read it alone.
    pub(crate) fn open_read_only(ledger: &Path) -> Result<Option<Self>, Error> {
        match File::open(Self::path_of(ledger)) {
            Ok(file) => {
                let file = FileBackend::new(file).map_err(Error::other)?;
                Ok(Some(Self { file: Box::new(file), durable: None, named: None }))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A new log of the ledger in this file, in place of any other: it takes its name when `fill` has written to it.
    pub(crate) fn create(
        ledger: &Path,
        fill: impl FnOnce(&Self) -> Result<(), Error>,
    ) -> Result<Self, Error> {
        let path = Self::path_of(ledger);
        let draft = draft(&path)?;
        let log = Self::of(path.clone(), draft.as_file().try_clone()?)?;
        fill(&log)?;
        draft.persist(&path)?;
        sync_folder(&path)?;
        Ok(log)
    }

    fn of(path: PathBuf, file: File) -> Result<Self, Error> {
        let durable = durable(&file);
        let named = Some(NamedFile::of(path, &file)?);
        let file = FileBackend::new(file).map_err(Error::other)?;
        Ok(Self { file: Box::new(file), durable, named })
    }

    /// The log that a backend keeps.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn on(backend: impl Backend) -> Self {
        Self { file: Box::new(backend), durable: None, named: None }
    }

    pub(super) fn len(&self) -> Result<u64, Error> {
        self.file.len()
    }

    pub(super) fn read(&self, at: u64, out: &mut [u8]) -> Result<(), Error> {
        self.file.read(at, out)
    }

    /// Writes pages that are there, durably.
    pub(super) fn write(&self, at: u64, pages: &[u8]) -> Result<(), Error> {
        match &self.durable {
            #[cfg(target_os = "linux")]
            Some(durable) => std::os::unix::fs::FileExt::write_all_at(durable, pages, at),
            _ => {
                self.file.write(at, pages)?;
                self.file.sync_data()
            }
        }
    }

    /// Makes the file longer by zeros from one byte on to another. They are written, not only counted: a page that is first
    /// written later would need space then, and a sync of its place.
    pub(super) fn extend(&self, from: u64, length: u64) -> Result<(), Error> {
        let zeros = vec![0; 64 * PAGE_BYTES];
        let extended = self.file.set_len(length).and_then(|()| {
            let mut at = from;
            while at < length {
                let bytes = zeros.len().min(usize::try_from(length.saturating_sub(at)).unwrap_or(usize::MAX));
                self.file.write(at, zeros.get(..bytes).unwrap_or_default())?;
                at = at.saturating_add(bytes as u64);
            }
            Ok(())
        });
        if extended.is_err() {
            // An unfinished segment must not keep the last space.
            _ = self.file.set_len(from);
        }
        extended
    }

    pub(super) fn sync(&self) -> Result<(), Error> {
        self.file.sync_data()
    }

    /// Makes the file shorter, durably.
    pub(super) fn cut(&self, length: u64) -> Result<(), Error> {
        self.file.set_len(length)?;
        self.file.sync_data()
    }

    /// Whether a page can be written in place: some file systems take the flags and refuse the write.
    pub(super) fn probe(&mut self, at: u64, page: &[u8]) -> Result<(), Error> {
        if self.write(at, page).is_ok() {
            return Ok(());
        }
        self.durable = None;
        self.write(at, page)
    }

    /// Whether the file has no name any more.
    pub(super) fn is_removed(&self) -> bool {
        self.named.as_ref().is_some_and(NamedFile::is_removed)
    }

    /// Whether the file was removed, or another has its name.
    pub(super) fn is_gone(&self) -> bool {
        self.named.as_ref().is_some_and(NamedFile::is_gone)
    }
}

/// The same file, each write to which is durable and passes the system's cache by; where the system cannot, there is none.
#[cfg(target_os = "linux")]
fn durable(file: &File) -> Option<File> {
    use std::os::fd::AsRawFd;
    use std::os::unix::fs::OpenOptionsExt;

    use rustix::fs::OFlags;

    let flags = i32::try_from((OFlags::DIRECT | OFlags::DSYNC).bits()).ok()?;
    let same = format!("/proc/self/fd/{}", file.as_raw_fd());
    File::options().write(true).custom_flags(flags).open(same).ok()
}

#[cfg(not(target_os = "linux"))]
fn durable(_file: &File) -> Option<File> {
    None
}

/// Bytes that begin where a page of memory does: a disk that is written to without the system's cache wants them so.
#[derive(Debug, Default)]
pub(super) struct Aligned(Vec<u8>);

impl Aligned {
    /// A number of them.
    pub(super) fn bytes(&mut self, bytes: usize) -> &mut [u8] {
        self.0.resize(bytes.saturating_add(PAGE_BYTES), 0);
        let skipped = self.0.as_ptr().align_offset(PAGE_BYTES);
        self.0.get_mut(skipped..).and_then(|aligned| aligned.get_mut(..bytes)).unwrap_or_default()
    }
}
