//! The log against a backend that writes at once; and what a crash at any moment leaves of it.

use std::io::Error;
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use redb::StorageBackend;

use super::pages::PAGE_BYTES;
use super::{LogSettings, Wal};

/// What is written, and what was asked; a disk that can refuse writes.
#[derive(Clone, Debug, Default)]
struct Disk(Arc<Mutex<Written>>);

#[derive(Debug, Default)]
struct Written {
    bytes: Vec<u8>,
    asked: Vec<Asked>,
    refuses: bool,
}

#[derive(Clone, Debug, PartialEq)]
enum Asked {
    Write(u64, Vec<u8>),
    SetLen(u64),
    Sync,
}

impl Disk {
    fn holding(bytes: Vec<u8>) -> Self {
        Self(Arc::new(Mutex::new(Written { bytes, ..Written::default() })))
    }

    fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().bytes.clone()
    }

    fn asked(&self) -> Vec<Asked> {
        self.0.lock().unwrap().asked.clone()
    }

    fn refuse(&self, refuses: bool) {
        self.0.lock().unwrap().refuses = refuses;
    }
}

impl Written {
    fn ask(&mut self, asked: Asked) -> Result<(), Error> {
        if self.refuses {
            return Err(Error::other("refused"));
        }
        asked.on(&mut self.bytes);
        self.asked.push(asked);
        Ok(())
    }
}

impl Asked {
    fn on(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Write(offset, data) => {
                let offset = usize::try_from(*offset).unwrap();
                let end = bytes.len().min(offset + data.len());
                if offset < end {
                    bytes[offset..end].copy_from_slice(&data[..end - offset]);
                }
            }
            Self::SetLen(length) => bytes.resize(usize::try_from(*length).unwrap(), 0),
            Self::Sync => {}
        }
    }
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

    fn set_len(&self, length: u64) -> Result<(), Error> {
        self.0.lock().unwrap().ask(Asked::SetLen(length))
    }

    fn sync_data(&self) -> Result<(), Error> {
        self.0.lock().unwrap().ask(Asked::Sync)
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), Error> {
        self.0.lock().unwrap().ask(Asked::Write(offset, data.to_vec()))
    }
}

const PAGE: u64 = PAGE_BYTES as u64;
/// Pages of the file at first, and at most.
const PAGES: u64 = 8;
/// A half takes two or three small records; seven pages and more are too many for one.
const SMALL: LogSettings = LogSettings { half_bytes: 8 * PAGE_BYTES, in_background: false, syncs_without: 0 };

/// The same, but that some syncs go to the places first.
const LATER: LogSettings = LogSettings { syncs_without: 3, ..SMALL };

fn later(disk: &Disk) -> Wal<Disk> {
    Wal::over(disk.clone(), None, LATER)
}

/// Whether the next sync is not one of the log's.
fn is_direct(wal: &Wal<Disk>) -> bool {
    let writer = wal.writer();
    writer.is_direct || (writer.log.is_none() && writer.syncs_without < wal.settings.syncs_without)
}

fn small(disk: &Disk) -> Wal<Disk> {
    Wal::over(disk.clone(), None, SMALL)
}

/// A page with this in it, and that it is this page.
fn page(number: u64, filling: u8) -> Vec<u8> {
    let mut page = vec![filling; PAGE_BYTES];
    page[0] = u8::try_from(number).unwrap();
    page
}

fn read(backend: &impl StorageBackend, offset: u64, length: usize) -> Vec<u8> {
    let mut out = vec![0xEE; length];
    backend.read(offset, &mut out).unwrap();
    out
}

#[test]
fn a_commit_is_one_write_and_pages_go_to_their_places_once_half_is_full() {
    let disk = Disk::holding(vec![0; 8 * PAGE_BYTES]);
    let wal = small(&disk);
    let commit = |filling: u8| {
        let before = disk.asked().len();
        for number in [5, 0, 2] {
            wal.write(number * PAGE, &page(number, filling)).unwrap();
        }
        wal.sync_data().unwrap();
        disk.asked()[before..].to_vec()
    };
    commit(1);
    // The list and three pages; twice in each half.
    let asked = commit(2);
    assert!(matches!(&asked[..], [Asked::Write(start, record), Asked::Sync]
        if *start == 12 * PAGE && record.len() == 4 * PAGE_BYTES));
    let asked = commit(3);
    let places = asked.iter().filter_map(|asked| match asked {
        Asked::Write(offset, data) => Some((*offset / PAGE, data[1])),
        _ => None,
    });
    // The header last; then the other half.
    assert_eq!(places.collect::<Vec<_>>()[..3], [(5, 2), (2, 2), (0, 2)]);
    assert_eq!(read(&wal, 5 * PAGE, PAGE_BYTES), page(5, 3));
    wal.close().unwrap();
    assert_eq!(disk.len().unwrap(), 8 * PAGE);
    assert_eq!(read(&disk, 5 * PAGE, PAGE_BYTES), page(5, 3));
}

#[test]
fn a_file_that_was_not_closed_is_read_as_it_was_synced_and_left_as_it_is() {
    let disk = Disk::holding(vec![0; 8 * PAGE_BYTES]);
    let wal = small(&disk);
    wal.write(3 * PAGE, &page(3, 7)).unwrap();
    wal.sync_data().unwrap();
    wal.write(3 * PAGE, &page(3, 8)).unwrap();
    let left = disk.bytes();
    let reading = Wal::reading(Disk::holding(left.clone()));
    assert_eq!(reading.len().unwrap(), 8 * PAGE);
    assert_eq!(read(&reading, 3 * PAGE, PAGE_BYTES), page(3, 7));
    reading.close().unwrap();
    assert_eq!(reading.shared.backend.bytes(), left);
}

#[test]
fn pages_go_to_their_places_while_others_are_committed() {
    let disk = Disk::holding(vec![0; 64 * PAGE_BYTES]);
    let wal = Wal::over(disk.clone(), None, LogSettings { in_background: true, ..SMALL });
    let mut filling = 0;
    for round in 0..2_000_u64 {
        filling = u8::try_from(round % 251).unwrap();
        let numbers = [0, round % 63 + 1, round * 7 % 63 + 1];
        for number in numbers {
            wal.write(number * PAGE, &page(number, filling)).unwrap();
        }
        wal.sync_data().unwrap();
        for number in numbers {
            assert_eq!(read(&wal, number * PAGE, PAGE_BYTES), page(number, filling));
        }
    }
    wal.close().unwrap();
    assert_eq!(read(&disk, 0, PAGE_BYTES), page(0, filling));
}

#[derive(Clone, Debug)]
enum Step {
    /// Somewhere, of so many bytes.
    Write(u64, usize, u8),
    Read(u64, usize),
    /// The disk refuses everything until it is tried again.
    Refused,
    Sync,
    Resize(u64),
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let bytes = PAGES * PAGE;
    prop_oneof![
        4 => (0..PAGES, 1_usize..4, any::<u8>()).prop_map(|(number, pages, filling)| {
            Step::Write(number * PAGE, pages * PAGE_BYTES, filling)
        }),
        2 => (0..bytes, 1_usize..9_000, any::<u8>()).prop_map(|(offset, length, filling)| {
            Step::Write(offset, length, filling)
        }),
        2 => (0..bytes, 1_usize..9_000).prop_map(|(offset, length)| Step::Read(offset, length)),
        1 => Just(Step::Refused),
        5 => Just(Step::Sync),
        1 => (1..=PAGES).prop_map(|pages| Step::Resize(pages * PAGE)),
        1 => Just(Step::Reopen),
    ]
}

/// What of a file of so many bytes is meant.
fn within(bytes: &[u8], offset: u64, length: usize) -> std::ops::Range<usize> {
    let start = usize::try_from(offset).unwrap().min(bytes.len());
    start..bytes.len().min(start + length)
}

/// What a crash leaves: everything before the last sync, and of what was asked since some, in parts.
fn left(asked: &[Asked], before: &[u8], kept: &mut impl FnMut() -> u8) -> Vec<u8> {
    let synced = asked.iter().rposition(|asked| *asked == Asked::Sync).unwrap_or(0);
    let mut bytes = before.to_vec();
    asked[..synced].iter().for_each(|asked| asked.on(&mut bytes));
    for asked in &asked[synced..] {
        match asked {
            Asked::Write(offset, data) => {
                let sectors = data.len().div_ceil(512);
                let (how, border) = (kept() % 3, usize::from(kept()) * sectors / 256);
                for (number, sector) in data.chunks(512).enumerate() {
                    let is_kept = match how {
                        0 => !kept().is_multiple_of(4),
                        1 => number < border,
                        _ => number > border,
                    };
                    if is_kept {
                        Asked::Write(offset + 512 * number as u64, sector.to_vec()).on(&mut bytes);
                    }
                }
            }
            other if kept().is_multiple_of(2) => other.on(&mut bytes),
            _ => {}
        }
    }
    bytes
}

proptest! {
    /// It reads as if everything had been written at once, and once it is closed it has been; also if the disk refused for a
    /// while.
    #[test]
    fn it_reads_as_what_writes_at_once(steps in proptest::collection::vec(step(), 1..100)) {
        let mut bytes = vec![0; usize::try_from(PAGES * PAGE).unwrap()];
        let disk = Disk::holding(bytes.clone());
        let mut wal = later(&disk);
        for step in steps {
            match step {
                Step::Write(offset, length, filling) => {
                    let place = within(&bytes, offset, length);
                    wal.write(place.start as u64, &vec![filling; place.len()]).unwrap();
                    bytes[place].fill(filling);
                }
                Step::Read(offset, length) => {
                    let place = within(&bytes, offset, length);
                    prop_assert_eq!(&read(&wal, place.start as u64, place.len())[..], &bytes[place]);
                }
                Step::Refused => {
                    disk.refuse(true);
                    let (waits, is_direct) =
                        (!wal.shared.layers().pending.is_empty(), is_direct(&wal));
                    prop_assert_eq!(wal.sync_data().is_err(), waits || is_direct);
                    disk.refuse(false);
                }
                Step::Sync => wal.sync_data().unwrap(),
                Step::Resize(length) => {
                    wal.set_len(length).unwrap();
                    bytes.resize(usize::try_from(length).unwrap(), 0);
                }
                Step::Reopen => {
                    wal.sync_data().unwrap();
                    wal.close().unwrap();
                    prop_assert_eq!(&disk.bytes(), &bytes);
                    wal = later(&disk);
                }
            }
            prop_assert_eq!(wal.len().unwrap(), bytes.len() as u64);
        }
        wal.sync_data().unwrap();
        wal.close().unwrap();
        prop_assert_eq!(&disk.bytes(), &bytes);
    }

    /// After a crash at any moment the file is as it was at the last sync that returned, or at the one that was under way;
    /// of more pages than the log takes, each is as it was, or as it was to be.
    #[test]
    fn a_crash_leaves_what_was_synced(
        steps in proptest::collection::vec(step(), 1..60),
        chance in proptest::collection::vec(any::<u8>(), 64..65),
        moments in proptest::collection::vec(any::<proptest::sample::Index>(), 8),
        in_background in any::<bool>(),
    ) {
        let mut bytes = vec![0; usize::try_from(PAGES * PAGE).unwrap()];
        let before = bytes.clone();
        let disk = Disk::holding(bytes.clone());
        // Also while another thread moves pages.
        let wal = Wal::over(disk.clone(), None, LogSettings { in_background, ..LATER });
        let mut syncs = vec![Synced { versions: vec![bytes.clone()], ..Synced::default() }];
        let mut versions = vec![bytes.clone()];
        for step in steps.into_iter().chain([Step::Sync]) {
            match step {
                Step::Write(offset, length, filling) => {
                    let place = within(&bytes, offset, length);
                    wal.write(place.start as u64, &vec![filling; place.len()]).unwrap();
                    bytes[place].fill(filling);
                    versions.push(bytes.clone());
                }
                Step::Resize(length) => {
                    // Before it is made shorter, redb syncs.
                    let is_direct = is_direct(&wal);
                    wal.sync_data().unwrap();
                    let synced = std::mem::replace(&mut versions, vec![bytes.clone()]);
                    syncs.push(Synced { versions: synced, returned: disk.asked().len(), is_direct });
                    wal.set_len(length).unwrap();
                    bytes.resize(usize::try_from(length).unwrap(), 0);
                    versions.push(bytes.clone());
                    let synced = std::mem::replace(&mut versions, vec![bytes.clone()]);
                    syncs.push(Synced { versions: synced, returned: disk.asked().len(), is_direct: true });
                }
                _ => {
                    let is_direct = is_direct(&wal);
                    wal.sync_data().unwrap();
                    let synced = std::mem::replace(&mut versions, vec![bytes.clone()]);
                    syncs.push(Synced { versions: synced, returned: disk.asked().len(), is_direct });
                }
            }
        }
        let log = disk.asked();
        let mut chance = chance.into_iter().cycle();
        for moment in moments {
            let moment = moment.index(log.len() + 1);
            let disk = Disk::holding(left(&log[..moment], &before, &mut || chance.next().unwrap()));
            let found = later(&disk);
            found.len().unwrap();
            let found = disk.bytes();
            let last = syncs.iter().rposition(|synced| synced.returned <= moment).unwrap();
            let now = syncs[last].versions.last();
            // Until it returns, what is written directly may be there in part.
            let next = syncs.get(last + 1);
            let next_now = next.and_then(|next| next.versions.last());
            let is_whole = [now, next_now].into_iter().flatten().any(|version| is_like(&found, version));
            let is_partly = next.is_some_and(|next| next.is_direct && is_mixed(&found, &next.versions));
            prop_assert!(is_whole || is_partly, "after {moment} of {}: sync {last}", log.len());
        }
    }
}

/// A sync, or a change of the file's length.
#[derive(Debug, Default)]
struct Synced {
    /// How the file was at the one before, and since: the last is what it made durable.
    versions: Vec<Vec<u8>>,
    /// How much had been asked when it returned.
    returned: usize,
    is_direct: bool,
}

/// Whether it is this, or longer: of a log that was being made, the room may be there, which redb takes for its own.
fn is_like(found: &[u8], version: &[u8]) -> bool {
    found.starts_with(version) && found[version.len()..].iter().all(|byte| *byte == 0)
}

/// Whether every sector is as in one of these, as far as they go.
fn is_mixed(found: &[u8], versions: &[Vec<u8>]) -> bool {
    versions.iter().any(|version| version.len() <= found.len())
        && found.chunks(512).enumerate().all(|(place, sector)| {
            let is_there =
                |version: &Vec<u8>| version.chunks(512).nth(place).is_none_or(|there| there == sector);
            versions.iter().any(is_there)
        })
}
