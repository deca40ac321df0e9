//! A disk in memory that remembers what was asked of it, in order.
//!
//! Clones are one disk, so that it outlives the ledger on it. It does not know what a crash leaves of it.

use std::io::{Error, ErrorKind};
use std::sync::{Arc, Mutex, MutexGuard};

use credits_runtime::testing::Backend;

/// What changes a disk, or makes changes last.
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    Write { offset: usize, bytes: Arc<[u8]> },
    SetLength(usize),
    Sync,
}

#[derive(Clone, Debug)]
pub(crate) struct Disk(Arc<Mutex<Contents>>);

#[derive(Debug)]
struct Contents {
    bytes: Vec<u8>,
    log: Vec<Operation>,
}

impl Disk {
    /// A disk that holds these bytes durably, of which nothing was asked yet.
    pub(crate) fn holding(bytes: Vec<u8>) -> Self {
        Self(Arc::new(Mutex::new(Contents { bytes, log: Vec::new() })))
    }

    /// Everything that was asked.
    pub(crate) fn log(&self) -> Vec<Operation> {
        self.contents().log.clone()
    }

    /// How much was asked.
    pub(crate) fn asked(&self) -> usize {
        self.contents().log.len()
    }

    /// What a program reads that is not cut off.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.contents().bytes.clone()
    }

    fn contents(&self) -> MutexGuard<'_, Contents> {
        self.0.lock().unwrap()
    }
}

impl Backend for Disk {
    fn len(&self) -> Result<u64, Error> {
        Ok(self.contents().bytes.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), Error> {
        let offset = place(offset);
        let contents = self.contents();
        let bytes = contents.bytes.get(offset..offset + out.len()).ok_or(ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(bytes);
        Ok(())
    }

    fn set_len(&self, length: u64) -> Result<(), Error> {
        let mut contents = self.contents();
        contents.bytes.resize(place(length), 0);
        contents.log.push(Operation::SetLength(place(length)));
        Ok(())
    }

    fn sync_data(&self) -> Result<(), Error> {
        self.contents().log.push(Operation::Sync);
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), Error> {
        let offset = place(offset);
        let mut contents = self.contents();
        let bytes = contents.bytes.get_mut(offset..offset + data.len()).ok_or(ErrorKind::UnexpectedEof)?;
        bytes.copy_from_slice(data);
        contents.log.push(Operation::Write { offset, bytes: data.into() });
        Ok(())
    }
}

fn place(offset: u64) -> usize {
    usize::try_from(offset).unwrap()
}
