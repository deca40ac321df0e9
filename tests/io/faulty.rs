//! A disk that fails by plan. It does not know which command an operation serves.

use std::io::{Error, ErrorKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use credits_runtime::testing::{Backend, Storage};

use crate::power::disk::{Disk, DiskFile, LEDGER, LOG};

/// Failure plan of a disk.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Plan {
    Never,
    /// The operation of this number fails.
    Once(usize),
    /// Every operation from this number on fails.
    ForGood(usize),
    /// The sync of this number fails, and loses what it should have written.
    LosesSync(usize),
    /// A file cannot grow beyond this length.
    NoLonger(usize),
    /// A file may have any length, but a write beyond this byte fails.
    NothingBeyond(usize),
}

/// A disk with a failure plan. Clones share one disk.
#[derive(Clone, Debug)]
pub(crate) struct Faulty {
    disk: Disk,
    plan: Plan,
    operations: Arc<AtomicUsize>,
    syncs: Arc<AtomicUsize>,
}

impl Faulty {
    pub(crate) fn new(disk: Disk, plan: Plan) -> Self {
        Self { disk, plan, operations: Arc::default(), syncs: Arc::default() }
    }

    /// Number of operations, reads included.
    pub(crate) fn operations(&self) -> usize {
        self.operations.load(Ordering::SeqCst)
    }

    /// Number of syncs.
    pub(crate) fn syncs(&self) -> usize {
        self.syncs.load(Ordering::SeqCst)
    }

    /// Counts an operation that ends at this byte, and fails it if the plan says so.
    fn count(&self, end: usize) -> Result<(), Error> {
        let number = self.operations.fetch_add(1, Ordering::SeqCst);
        match self.plan {
            Plan::Once(failing) if number == failing => Err(Error::other("the disk hiccups")),
            Plan::ForGood(first) if number >= first => Err(Error::other("the disk is gone")),
            Plan::NothingBeyond(most) if end > most => Err(ErrorKind::StorageFull.into()),
            _ => Ok(()),
        }
    }
}

/// A file of a faulty disk.
#[derive(Clone, Debug)]
pub(crate) struct FaultyFile {
    disk: Faulty,
    file: DiskFile,
}

impl Storage for Faulty {
    type File = FaultyFile;

    fn ledger(&self) -> FaultyFile {
        FaultyFile { disk: self.clone(), file: self.disk.file(LEDGER) }
    }

    fn log(&self) -> FaultyFile {
        FaultyFile { disk: self.clone(), file: self.disk.file(LOG) }
    }
}

impl Backend for FaultyFile {
    fn len(&self) -> Result<u64, Error> {
        self.disk.count(0)?;
        self.file.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), Error> {
        self.disk.count(0)?;
        self.file.read(offset, out)
    }

    fn set_len(&self, length: u64) -> Result<(), Error> {
        self.disk.count(0)?;
        match self.disk.plan {
            Plan::NoLonger(most) if length > most as u64 => Err(ErrorKind::StorageFull.into()),
            _ => self.file.set_len(length),
        }
    }

    fn sync_data(&self) -> Result<(), Error> {
        self.disk.count(0)?;
        let number = self.disk.syncs.fetch_add(1, Ordering::SeqCst);
        if matches!(self.disk.plan, Plan::LosesSync(failing) if number == failing) {
            self.file.lose_sync();
            return Err(Error::other("the disk did not write"));
        }
        self.file.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), Error> {
        let end = usize::try_from(offset).unwrap() + data.len();
        self.disk.count(end).or_else(|failure| {
            // A failed write may have written a part.
            self.file.write(offset, &data[..data.len() / 2])?;
            Err(failure)
        })?;
        self.file.write(offset, data)
    }
}
