//! A disk in memory that records its operations in order: a ledger's file and its log.
//!
//! Clones share one disk, so that it outlives its ledger. It does not know of crashes.

use std::io::{Error, ErrorKind};
use std::sync::{Arc, Mutex, MutexGuard};

use credits_runtime::testing::{Backend, Storage};

/// The ledger's file and its log.
pub(crate) type Image = [Vec<u8>; 2];

/// Place of the ledger's own file in an image.
pub(crate) const LEDGER: usize = 0;
/// Place of the log in an image.
pub(crate) const LOG: usize = 1;

/// A change or a sync of a file.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    /// Place of the file.
    pub(crate) file: usize,
    pub(crate) change: Change,
}

#[derive(Clone, Debug)]
pub(crate) enum Change {
    Write {
        offset: usize,
        bytes: Arc<[u8]>,
    },
    SetLength(usize),
    Sync,
    /// A sync that failed: the file's unsynced writes stay in the system's cache, and no later sync writes them.
    LostSync,
}

#[derive(Clone, Debug)]
pub(crate) struct Disk(Arc<Mutex<Contents>>);

#[derive(Debug)]
struct Contents {
    files: Image,
    log: Vec<Operation>,
}

/// A file of a disk.
#[derive(Clone, Debug)]
pub(crate) struct DiskFile {
    disk: Disk,
    file: usize,
}

impl Disk {
    /// A disk that holds these files durably, with no operations recorded.
    pub(crate) fn holding(files: Image) -> Self {
        Self(Arc::new(Mutex::new(Contents { files, log: Vec::new() })))
    }

    /// An empty disk.
    pub(crate) fn empty() -> Self {
        Self::holding(Image::default())
    }

    /// The recorded operations.
    pub(crate) fn log(&self) -> Vec<Operation> {
        self.contents().log.clone()
    }

    /// Number of recorded operations.
    pub(crate) fn asked(&self) -> usize {
        self.contents().log.len()
    }

    /// Contents of the files, whether synced or not.
    pub(crate) fn files(&self) -> Image {
        self.contents().files.clone()
    }

    /// One of its files.
    pub(crate) fn file(&self, file: usize) -> DiskFile {
        DiskFile { disk: self.clone(), file }
    }

    fn contents(&self) -> MutexGuard<'_, Contents> {
        self.0.lock().unwrap()
    }
}

impl Storage for Disk {
    type File = DiskFile;

    fn ledger(&self) -> DiskFile {
        self.file(LEDGER)
    }

    fn log(&self) -> DiskFile {
        self.file(LOG)
    }
}

impl DiskFile {
    /// Records a failed sync.
    pub(crate) fn lose_sync(&self) {
        self.ask(&mut self.disk.contents(), Change::LostSync);
    }

    fn ask(&self, contents: &mut Contents, change: Change) {
        contents.log.push(Operation { file: self.file, change });
    }
}

impl Backend for DiskFile {
    fn len(&self) -> Result<u64, Error> {
        Ok(self.disk.contents().files[self.file].len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), Error> {
        let offset = place(offset);
        let contents = self.disk.contents();
        let bytes = contents.files[self.file].get(offset..offset + out.len());
        out.copy_from_slice(bytes.ok_or(ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, length: u64) -> Result<(), Error> {
        let mut contents = self.disk.contents();
        contents.files[self.file].resize(place(length), 0);
        self.ask(&mut contents, Change::SetLength(place(length)));
        Ok(())
    }

    fn sync_data(&self) -> Result<(), Error> {
        self.ask(&mut self.disk.contents(), Change::Sync);
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), Error> {
        let offset = place(offset);
        let mut contents = self.disk.contents();
        let bytes = contents.files[self.file].get_mut(offset..offset + data.len());
        bytes.ok_or(ErrorKind::UnexpectedEof)?.copy_from_slice(data);
        self.ask(&mut contents, Change::Write { offset, bytes: data.into() });
        Ok(())
    }
}

fn place(offset: u64) -> usize {
    usize::try_from(offset).unwrap()
}
