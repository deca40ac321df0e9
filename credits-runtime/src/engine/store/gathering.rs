//! What a commit writes is gathered until its sync, and neighbours are then written as one: redb hands over its pages one by
//! one and in no order, and a write of each costs more than its bytes do.

use std::collections::BTreeMap;
use std::io::Error;
use std::ops::Bound::{self, Excluded, Unbounded};
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use redb::{BackendError, StorageBackend};

/// More than this is not held back.
const GATHERED_BYTES_MAX: usize = 256 * 1_024;

/// A backend that is written to when it is synced.
#[derive(Debug)]
pub(super) struct Gathering<B> {
    backend: B,
    /// Held by whoever writes; readers do not wait for that. What neighbours are put together in.
    writing: Mutex<Vec<u8>>,
    gathered: RwLock<Gathered>,
}

/// What is not written yet.
#[derive(Debug, Default)]
struct Gathered {
    /// By where it belongs, where it is in `bytes`. No two overlap.
    pieces: BTreeMap<u64, Range<usize>>,
    bytes: Vec<u8>,
}

impl<B: StorageBackend> Gathering<B> {
    pub(super) fn over(backend: B) -> Self {
        Self { backend, writing: Mutex::default(), gathered: RwLock::default() }
    }

    fn writing(&self) -> MutexGuard<'_, Vec<u8>> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn gathered(&self) -> RwLockReadGuard<'_, Gathered> {
        self.gathered.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self) -> RwLockWriteGuard<'_, Gathered> {
        self.gathered.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is gathered is written, by whoever may write.
    fn write_all(&self, run: &mut Vec<u8>) -> Result<(), Error> {
        self.gathered().write_to(&self.backend, run)?;
        let mut gathered = self.change();
        gathered.pieces.clear();
        gathered.bytes.clear();
        Ok(())
    }
}

impl Gathered {
    /// Whether anything of it lies among so many bytes from here on.
    fn overlaps(&self, offset: u64, length: usize) -> bool {
        let end = offset.saturating_add(length as u64);
        let last = self.pieces.range((Unbounded, Excluded(end))).next_back();
        last.is_some_and(|(start, piece)| start.saturating_add(piece.len() as u64) > offset)
    }

    fn push(&mut self, offset: u64, data: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(data);
        self.pieces.insert(offset, start..self.bytes.len());
    }

    /// Writes it, the last first: redb's header, which says where everything is, is at the beginning of the file.
    fn write_to(&self, backend: &impl StorageBackend, run: &mut Vec<u8>) -> Result<(), Error> {
        let Self { pieces, bytes } = self;
        let mut pieces_left = pieces.iter().rev().peekable();
        let mut neighbours = Vec::new();
        while let Some((&offset, piece)) = pieces_left.next() {
            let mut start = offset;
            neighbours.push(piece);
            let is_before = |start: u64, (offset, piece): &(&u64, &Range<usize>)| {
                offset.saturating_add(piece.len() as u64) == start
            };
            while let Some((&offset, piece)) = pieces_left.next_if(|piece| is_before(start, piece)) {
                start = offset;
                neighbours.push(piece);
            }
            run.clear();
            neighbours
                .drain(..)
                .rev()
                .for_each(|piece| run.extend_from_slice(bytes.get(piece.clone()).unwrap_or_default()));
            backend.write(start, run)?;
        }
        Ok(())
    }
}

impl<B: StorageBackend> StorageBackend for Gathering<B> {
    fn len(&self) -> Result<u64, Error> {
        self.backend.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), Error> {
        if self.gathered().overlaps(offset, out.len()) {
            self.write_all(&mut self.writing())?;
        }
        self.backend.read(offset, out)
    }

    fn set_len(&self, len: u64) -> Result<(), Error> {
        self.write_all(&mut self.writing())?;
        self.backend.set_len(len)
    }

    fn sync_data(&self) -> Result<(), Error> {
        self.write_all(&mut self.writing())?;
        self.backend.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), Error> {
        let mut run = self.writing();
        let gathered = self.gathered();
        let is_full = gathered.bytes.len().saturating_add(data.len()) > GATHERED_BYTES_MAX;
        let must_write = is_full || gathered.overlaps(offset, data.len());
        drop(gathered);
        if must_write {
            self.write_all(&mut run)?;
        }
        self.change().push(offset, data);
        Ok(())
    }

    /// What was not synced is promised to nobody.
    fn close(&self) -> Result<(), Error> {
        self.backend.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.backend.try_lock_range(start, end)
    }

    fn try_lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.backend.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.backend.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.backend.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.backend.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.backend.query_lock_range(start, end)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use proptest::prelude::*;

    use super::*;

    /// What is written, and where each write went; a disk that can refuse writes.
    #[derive(Clone, Debug, Default)]
    struct Disk(Arc<Mutex<Written>>);

    #[derive(Debug, Default)]
    struct Written {
        bytes: Vec<u8>,
        writes: Vec<(u64, usize)>,
        refuses: bool,
    }

    impl StorageBackend for Disk {
        fn len(&self) -> Result<u64, Error> {
            Ok(self.0.lock().unwrap().bytes.len() as u64)
        }

        fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), Error> {
            let offset = usize::try_from(offset).unwrap();
            out.copy_from_slice(&self.0.lock().unwrap().bytes[offset..offset + out.len()]);
            Ok(())
        }

        fn set_len(&self, len: u64) -> Result<(), Error> {
            self.0.lock().unwrap().bytes.resize(usize::try_from(len).unwrap(), 0);
            Ok(())
        }

        fn sync_data(&self) -> Result<(), Error> {
            Ok(())
        }

        fn write(&self, offset: u64, data: &[u8]) -> Result<(), Error> {
            let mut disk = self.0.lock().unwrap();
            if disk.refuses {
                return Err(Error::other("refused"));
            }
            disk.writes.push((offset, data.len()));
            let offset = usize::try_from(offset).unwrap();
            disk.bytes[offset..offset + data.len()].copy_from_slice(data);
            Ok(())
        }
    }

    fn disk(bytes: u64) -> (Disk, Gathering<Disk>) {
        let disk = Disk::default();
        disk.set_len(bytes).unwrap();
        (disk.clone(), Gathering::over(disk))
    }

    #[test]
    fn neighbours_are_written_as_one_and_the_beginning_of_the_file_last() {
        let (disk, gathering) = disk(100);
        for offset in [40, 0, 50, 80, 30] {
            gathering.write(offset, &[1; 10]).unwrap();
        }
        assert!(disk.0.lock().unwrap().writes.is_empty());
        gathering.sync_data().unwrap();
        assert_eq!(disk.0.lock().unwrap().writes, [(80, 10), (30, 30), (0, 10)]);
        gathering.sync_data().unwrap();
        assert_eq!(disk.0.lock().unwrap().writes.len(), 3);
    }

    #[test]
    fn no_more_is_held_back_than_a_commit_has() {
        let (disk, gathering) = disk(10 * GATHERED_BYTES_MAX as u64);
        for offset in 0..10 {
            gathering.write(offset * GATHERED_BYTES_MAX as u64, &vec![1; GATHERED_BYTES_MAX]).unwrap();
            assert_eq!(disk.0.lock().unwrap().writes.len() as u64, offset);
        }
    }

    #[derive(Clone, Debug)]
    enum Step {
        Write(u64, Vec<u8>),
        /// Of which the disk refuses all of it.
        Refused(u64, Vec<u8>),
        Read(u64, usize),
        Sync,
        Resize(u64),
    }

    const BYTES: u64 = 60;

    fn step() -> impl Strategy<Value = Step> {
        let data = || (0..BYTES, proptest::collection::vec(any::<u8>(), 1..12));
        prop_oneof![
            6 => data().prop_map(|(offset, data)| Step::Write(offset, data)),
            1 => data().prop_map(|(offset, data)| Step::Refused(offset, data)),
            3 => (0..BYTES, 1_usize..20).prop_map(|(offset, length)| Step::Read(offset, length)),
            1 => Just(Step::Sync),
            1 => (0..BYTES).prop_map(Step::Resize),
        ]
    }

    proptest! {
        /// It reads as if everything had been written at once, and after a sync it has been; also if the disk refused for
        /// a while.
        #[test]
        fn it_reads_as_what_writes_at_once(steps in proptest::collection::vec(step(), 1..100)) {
            let (disk, gathering) = disk(BYTES);
            let mut bytes = vec![0; usize::try_from(BYTES).unwrap()];
            let within = |bytes: &[u8], offset: u64, length: usize| {
                let start = usize::try_from(offset).unwrap().min(bytes.len());
                start..bytes.len().min(start + length)
            };
            for step in steps {
                match step {
                    Step::Write(offset, data) => {
                        let place = within(&bytes, offset, data.len());
                        gathering.write(place.start as u64, &data[..place.len()]).unwrap();
                        bytes[place.clone()].copy_from_slice(&data[..place.len()]);
                    }
                    Step::Refused(offset, data) => {
                        let place = within(&bytes, offset, data.len());
                        disk.0.lock().unwrap().refuses = true;
                        if gathering.write(place.start as u64, &data[..place.len()]).is_ok() {
                            bytes[place.clone()].copy_from_slice(&data[..place.len()]);
                        }
                        let waits = !gathering.gathered().pieces.is_empty();
                        prop_assert_eq!(gathering.sync_data().is_err(), waits);
                        disk.0.lock().unwrap().refuses = false;
                    }
                    Step::Read(offset, length) => {
                        let place = within(&bytes, offset, length);
                        let mut read = vec![0; place.len()];
                        gathering.read(place.start as u64, &mut read).unwrap();
                        prop_assert_eq!(&read[..], &bytes[place]);
                    }
                    Step::Sync => {
                        gathering.sync_data().unwrap();
                        prop_assert_eq!(&disk.0.lock().unwrap().bytes, &bytes);
                    }
                    Step::Resize(length) => {
                        gathering.set_len(length).unwrap();
                        bytes.resize(usize::try_from(length).unwrap(), 0);
                    }
                }
            }
            gathering.sync_data().unwrap();
            prop_assert_eq!(&disk.0.lock().unwrap().bytes, &bytes);
        }
    }
}
