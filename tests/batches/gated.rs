//! A disk whose log syncs wait for a gate, so that commands gather for one batch.

use std::io::{Error, ErrorKind};
use std::sync::{Arc, Condvar, Mutex};

use credits_runtime::testing::{Backend, Storage};

use crate::power::disk::{Disk, DiskFile, Image, LEDGER, LOG};

/// A gate for the writer's syncs, closed at first. Clones share one gate.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gate(Arc<(Mutex<State>, Condvar)>);

#[derive(Debug, Default)]
struct State {
    is_open: bool,
    /// Whether a sync waits.
    is_reached: bool,
}

impl Gate {
    pub(crate) fn open(&self) {
        self.0.0.lock().unwrap().is_open = true;
        self.0.1.notify_all();
    }

    pub(crate) fn close(&self) {
        self.0.0.lock().unwrap().is_open = false;
    }

    /// Waits until a sync waits.
    pub(crate) fn reached(&self) {
        let is_free = |state: &mut State| !state.is_reached;
        drop(self.0.1.wait_while(self.0.0.lock().unwrap(), is_free).unwrap());
    }

    fn wait(&self) {
        let mut state = self.0.0.lock().unwrap();
        state.is_reached = true;
        self.0.1.notify_all();
        state = self.0.1.wait_while(state, |state| !state.is_open).unwrap();
        state.is_reached = false;
    }
}

/// A disk in memory. Clones share one disk.
#[derive(Clone, Debug)]
pub(crate) struct GatedDisk {
    disk: Disk,
    gate: Gate,
    /// Number of the sync that fails, and of the syncs so far.
    failing: usize,
    syncs: Arc<Mutex<usize>>,
}

impl GatedDisk {
    /// An empty disk, on which the writer's sync of this number after the opening fails.
    pub(crate) fn new(gate: &Gate, failing: usize) -> Self {
        Self { disk: Disk::empty(), gate: gate.clone(), failing, syncs: Arc::default() }
    }

    pub(crate) fn files(&self) -> Image {
        self.disk.files()
    }
}

/// A file of a gated disk.
#[derive(Clone, Debug)]
pub(crate) struct GatedFile {
    disk: GatedDisk,
    file: DiskFile,
    is_log: bool,
}

impl Storage for GatedDisk {
    type File = GatedFile;

    fn ledger(&self) -> GatedFile {
        GatedFile { disk: self.clone(), file: self.disk.file(LEDGER), is_log: false }
    }

    fn log(&self) -> GatedFile {
        GatedFile { disk: self.clone(), file: self.disk.file(LOG), is_log: true }
    }
}

impl Backend for GatedFile {
    fn len(&self) -> Result<u64, Error> {
        self.file.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), Error> {
        self.file.read(offset, out)
    }

    fn set_len(&self, length: u64) -> Result<(), Error> {
        self.file.set_len(length)
    }

    fn sync_data(&self) -> Result<(), Error> {
        self.file.sync_data()?;
        let GatedDisk { gate, failing, syncs, .. } = &self.disk;
        // The opening syncs on its caller's thread.
        let is_commit = std::thread::current().name() == Some("credits-writer");
        if !(is_commit && self.is_log) {
            return Ok(());
        }
        gate.wait();
        let mut syncs = syncs.lock().unwrap();
        *syncs += 1;
        if *syncs == *failing { Err(ErrorKind::Other.into()) } else { Ok(()) }
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), Error> {
        self.file.write(offset, data)
    }
}
