//! A disk whose syncs take until the writer has decided something more, and the clock by which that is seen. It does not
//! know what is decided.

use std::io::{Error, ErrorKind};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use credits_runtime::testing::{Backend, ManualClock, Storage};
use credits_runtime::{Clock, Timestamp};

use crate::power::disk::{Disk, DiskFile, Image, LEDGER, LOG};

/// How often the writer looks at the clock while a sync takes its time.
const LOOKS: usize = 3;
/// How long anybody waits for that, if there is nothing to decide.
const PATIENCE: Duration = Duration::from_millis(5);
/// How long the writer is held up after a sync, so that its commit ends in the middle of what is decided.
const PAUSE: Duration = Duration::from_millis(1);

/// A clock that counts how often it was looked at. Clones are one clock.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    clock: ManualClock,
    state: Arc<(Mutex<State>, Condvar)>,
}

#[derive(Debug, Default)]
struct State {
    looks: usize,
    all_sent: bool,
    overlaps: usize,
    /// Whether a sync has just ended: what follows it may end first.
    has_synced: bool,
}

impl Watch {
    pub(crate) fn at(instant: Timestamp) -> Self {
        Self { clock: ManualClock::at(instant), state: Arc::default() }
    }

    /// It is so late.
    pub(crate) fn set(&self, instant: Timestamp) {
        self.clock.set(instant);
    }

    /// From now on a sync need not wait for long.
    pub(crate) fn all_are_sent(&self) {
        self.state.0.lock().unwrap().all_sent = true;
        self.state.1.notify_all();
    }

    /// How many syncs saw the writer decide.
    pub(crate) fn overlaps(&self) -> usize {
        self.state.0.lock().unwrap().overlaps
    }

    /// Does something, and returns once the writer has looked at the clock so many times, or has nothing to do.
    pub(crate) fn until_looked<T>(&self, looks: usize, what: impl FnOnce() -> T) -> T {
        let (state, looked) = &*self.state;
        let before = state.lock().unwrap().looks;
        let done = what();
        let mut state = state.lock().unwrap();
        while state.looks < before + looks {
            let waited = looked.wait_timeout(state, PATIENCE).unwrap();
            state = waited.0;
            if waited.1.timed_out() {
                return done;
            }
        }
        drop(state);
        done
    }

    /// Returns once the writer has looked at the clock some times more, or has nothing to do.
    fn wait(&self) {
        let (state, looked) = &*self.state;
        let mut state = state.lock().unwrap();
        let before = state.looks;
        loop {
            let waited = looked.wait_timeout(state, PATIENCE).unwrap();
            state = waited.0;
            if state.looks >= before + LOOKS {
                state.overlaps += 1;
                state.has_synced = true;
                return;
            }
            if waited.1.timed_out() && state.all_sent {
                return;
            }
        }
    }
}

impl Clock for Watch {
    fn now(&self) -> Timestamp {
        let (state, looked) = &*self.state;
        let mut state = state.lock().unwrap();
        state.looks += 1;
        looked.notify_all();
        if std::mem::take(&mut state.has_synced) {
            drop(looked.wait_timeout_while(state, PAUSE, |_| true));
        }
        self.clock.now()
    }

    fn running(&self) -> Duration {
        self.clock.running()
    }

    fn runs(&self) -> bool {
        false
    }
}

/// A disk in memory. Clones are one disk.
#[derive(Clone, Debug)]
pub(crate) struct SlowDisk {
    disk: Disk,
    watch: Watch,
    /// Whether syncs take their time.
    is_slow: bool,
    /// Which sync fails, and how many there were.
    failing: usize,
    syncs: Arc<Mutex<usize>>,
}

impl SlowDisk {
    pub(crate) fn quick(watch: &Watch) -> Self {
        Self::over(watch, Disk::empty())
    }

    /// A quick one that holds something.
    pub(crate) fn over(watch: &Watch, disk: Disk) -> Self {
        let watch = watch.clone();
        Self { disk, watch, is_slow: false, failing: usize::MAX, syncs: Arc::default() }
    }

    /// A slow one, of which one sync after the opening fails.
    pub(crate) fn slow(watch: &Watch, failing: usize) -> Self {
        Self { is_slow: true, failing, ..Self::quick(watch) }
    }

    pub(crate) fn files(&self) -> Image {
        self.disk.files()
    }
}

/// A file of a slow disk.
#[derive(Clone, Debug)]
pub(crate) struct SlowFile {
    disk: SlowDisk,
    file: DiskFile,
    is_log: bool,
}

impl Storage for SlowDisk {
    type File = SlowFile;

    fn ledger(&self) -> SlowFile {
        SlowFile { disk: self.clone(), file: self.disk.file(LEDGER), is_log: false }
    }

    fn log(&self) -> SlowFile {
        SlowFile { disk: self.clone(), file: self.disk.file(LOG), is_log: true }
    }
}

impl Backend for SlowFile {
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
        let SlowDisk { watch, is_slow, failing, syncs, .. } = &self.disk;
        // The writer's own thread opens the ledger, before it has its name.
        let is_commit = std::thread::current().name().is_some_and(|name| name.starts_with("credits-writer"));
        if !(*is_slow && is_commit && self.is_log) {
            return Ok(());
        }
        watch.wait();
        let mut syncs = syncs.lock().unwrap();
        *syncs += 1;
        if *syncs == *failing { Err(ErrorKind::Other.into()) } else { Ok(()) }
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), Error> {
        self.file.write(offset, data)
    }
}
