//! The file of a log: durable writes of whole pages.

use std::fs::File;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

use super::PAGE_BYTES;
use crate::engine::files::{NamedFile, beside, draft, sync_folder};
use crate::engine::store::{Backend, FileBackend};

/// The file of a log, or a test's backend.
pub(crate) struct LogFile {
    file: Box<dyn Backend>,
    /// A second handle for direct writes that are durable when they return, if the system supports them.
    durable: Option<File>,
    /// The file and its name; `None` for a log that is only read, and for a backend.
    named: Option<NamedFile>,
}

impl LogFile {
    /// The path of the log of a ledger.
    pub(crate) fn path_of(ledger: &Path) -> PathBuf {
        beside(ledger, "-log")
    }

    /// Opens the log of a ledger, if it exists.
    pub(crate) fn open(ledger: &Path) -> Result<Option<Self>, Error> {
        let path = Self::path_of(ledger);
        match File::options().read(true).write(true).open(&path) {
            Ok(file) => Self::of(path, file).map(Some),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Opens the log of a ledger without write access, if it exists.
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

    /// Creates the log of a ledger, and replaces any other: a draft is renamed once `fill` has written it.
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

    /// A log on a backend.
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

    /// Overwrites pages within the file's length, durably.
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

    /// Extends the file with zeros from `from` to `length`. They are written, because the first write to a hole would
    /// need free space and a sync of the file's metadata.
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
            // Return the space of an unfinished segment to the full disk.
            _ = self.file.set_len(from);
        }
        extended
    }

    pub(super) fn sync(&self) -> Result<(), Error> {
        self.file.sync_data()
    }

    /// Truncates the file, durably.
    pub(super) fn cut(&self, length: u64) -> Result<(), Error> {
        self.file.set_len(length)?;
        self.file.sync_data()
    }

    /// Writes a page. If the direct write fails, this and all later writes go through the cache with a sync: some
    /// file systems open a file for direct writes and then refuse them.
    pub(super) fn probe(&mut self, at: u64, page: &[u8]) -> Result<(), Error> {
        if self.write(at, page).is_ok() {
            return Ok(());
        }
        self.durable = None;
        self.write(at, page)
    }

    /// Whether the file has been deleted.
    pub(super) fn is_removed(&self) -> bool {
        self.named.as_ref().is_some_and(NamedFile::is_removed)
    }

    /// Whether the file has been deleted, or another file has its name.
    pub(super) fn is_gone(&self) -> bool {
        self.named.as_ref().is_some_and(NamedFile::is_gone)
    }
}

/// Opens the file again with `O_DIRECT` and `O_DSYNC`; `None` where the system or the file system has no such writes.
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

/// A buffer whose bytes are aligned to a page, as direct writes require.
#[derive(Debug, Default)]
pub(super) struct Aligned(Vec<u8>);

impl Aligned {
    /// The first bytes of the buffer, which grows to hold them.
    pub(super) fn bytes(&mut self, bytes: usize) -> &mut [u8] {
        self.0.resize(bytes.saturating_add(PAGE_BYTES), 0);
        let skipped = self.0.as_ptr().align_offset(PAGE_BYTES);
        self.0.get_mut(skipped..).and_then(|aligned| aligned.get_mut(..bytes)).unwrap_or_default()
    }
}
