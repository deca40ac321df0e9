//! A disk that fails when it is told to. It does not know what is asked of it, or why.

use std::io::{Error, ErrorKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use credits_runtime::testing::Backend;

use crate::power::disk::Disk;

/// When a disk fails.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Plan {
    Never,
    /// The operation of this number alone.
    Once(usize),
    /// From this operation on.
    ForGood(usize),
    /// Files may not be longer than this.
    NoLonger(usize),
    /// Files may be as long as they like, but nothing is written beyond this.
    NothingBeyond(usize),
}

/// A disk under a plan. Clones are one disk.
#[derive(Clone, Debug)]
pub(crate) struct Faulty {
    disk: Disk,
    plan: Plan,
    operations: Arc<AtomicUsize>,
}

impl Faulty {
    pub(crate) fn new(disk: Disk, plan: Plan) -> Self {
        Self { disk, plan, operations: Arc::default() }
    }

    /// How many operations there were, reads too.
    pub(crate) fn operations(&self) -> usize {
        self.operations.load(Ordering::SeqCst)
    }

    /// Counts an operation that needs the file up to this byte.
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

impl Backend for Faulty {
    fn len(&self) -> Result<u64, Error> {
        self.count(0)?;
        self.disk.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), Error> {
        self.count(0)?;
        self.disk.read(offset, out)
    }

    fn set_len(&self, length: u64) -> Result<(), Error> {
        self.count(0)?;
        match self.plan {
            Plan::NoLonger(most) if length > most as u64 => Err(ErrorKind::StorageFull.into()),
            _ => self.disk.set_len(length),
        }
    }

    fn sync_data(&self) -> Result<(), Error> {
        self.count(0)?;
        self.disk.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), Error> {
        let end = usize::try_from(offset).unwrap() + data.len();
        self.count(end).or_else(|failure| {
            // What fails may have been written in part.
            self.disk.write(offset, &data[..data.len() / 2])?;
            Err(failure)
        })?;
        self.disk.write(offset, data)
    }
}
