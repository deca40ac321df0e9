//! Power loss images of a disk: everything that was synced, and any part of the rest.
//!
//! Sectors of 512 bytes are written whole or not at all, in any order. The length of a file is any that it
//! had since its last sync. It does not know the meaning of the bytes.

use super::disk::{Change, Image, LEDGER, LOG, Operation};
use super::random::Random;

const SECTOR_BYTES: usize = 512;
const PAGE_BYTES: usize = 4_096;

/// A disk before a loss of power.
#[derive(Clone, Debug)]
pub(crate) struct Powered([PoweredFile; 2]);

/// A file of such a disk: its durable bytes, and the changes since its last sync.
#[derive(Clone, Debug)]
struct PoweredFile {
    durable: Vec<u8>,
    pending: Vec<Change>,
    /// The contents as the system's cache has them, once a sync has failed. From then on writes are those of whole pages.
    cache: Option<Vec<u8>>,
}

/// A piece of a write.
type Fragment<'a> = (usize, &'a [u8]);

impl Powered {
    /// A disk that holds these files durably.
    pub(crate) fn new(durable: Image) -> Self {
        Self(durable.map(|durable| PoweredFile { durable, pending: Vec::new(), cache: None }))
    }

    /// Applies an operation; a sync makes the earlier changes of its file durable.
    pub(crate) fn take(&mut self, Operation { file, change }: &Operation) {
        self.0[*file].take(change);
    }

    /// The durable bytes alone.
    pub(crate) fn durable(&self) -> Image {
        self.0.each_ref().map(|file| file.durable.clone())
    }

    /// A random power loss image. Each file is independent of the other.
    pub(crate) fn image(&self, random: &mut Random) -> Image {
        [LEDGER, LOG].map(|file| self.0[file].image(random))
    }

    /// The image in which every change is kept.
    pub(crate) fn synced(&self) -> Image {
        let mut all = self.clone();
        all.0.iter_mut().for_each(|file| file.take(&Change::Sync));
        all.durable()
    }
}

impl PoweredFile {
    fn take(&mut self, change: &Change) {
        match change {
            Change::Sync => {
                for operation in std::mem::take(&mut self.pending) {
                    apply(&mut self.durable, &operation);
                }
            }
            Change::LostSync => {
                if self.cache.is_none() {
                    let mut cache = self.durable.clone();
                    self.pending.iter().for_each(|operation| apply(&mut cache, operation));
                    self.cache = Some(cache);
                }
                // The length is the file system's, which has a journal.
                self.pending.retain(|operation| matches!(operation, Change::SetLength(_)));
            }
            Change::Write { .. } | Change::SetLength(_) => {
                let change = self.cached(change);
                self.pending.push(change);
            }
        }
    }

    /// Applies a change to the cache, if a sync has failed: a write is then one of the whole pages that it touches.
    fn cached(&mut self, change: &Change) -> Change {
        let Some(cache) = &mut self.cache else { return change.clone() };
        apply(cache, change);
        let Change::Write { offset, bytes } = change else { return change.clone() };
        let from = offset - offset % PAGE_BYTES;
        let to = (offset + bytes.len()).next_multiple_of(PAGE_BYTES).min(cache.len());
        Change::Write { offset: from, bytes: cache[from..to].into() }
    }

    fn image(&self, random: &mut Random) -> Vec<u8> {
        match random.below(8) {
            0 => self.durable.clone(),
            1 => self.in_order(self.pending.len(), 0),
            2 | 3 => self.in_order(random.below(self.pending.len() + 1), random.below(8)),
            4 => self.all_but_one_write(random),
            5 => self.keeping(random, whole, 2),
            6 => self.keeping(random, sectors, 8),
            _ => self.keeping(random, sectors, 2),
        }
    }

    /// The first operations, and the first sectors of the next one.
    fn in_order(&self, operations: usize, torn_sectors: usize) -> Vec<u8> {
        let mut image = self.durable.clone();
        for operation in &self.pending[..operations] {
            apply(&mut image, operation);
        }
        let torn = self.pending.get(operations).into_iter().flat_map(sectors);
        for fragment in torn.take(torn_sectors) {
            put(&mut image, fragment);
        }
        image
    }

    fn all_but_one_write(&self, random: &mut Random) -> Vec<u8> {
        let mut fragments: Vec<_> = self.pending.iter().filter_map(whole).collect();
        if !fragments.is_empty() {
            fragments.remove(random.below(fragments.len()));
        }
        self.with(self.lengths().last().copied(), fragments)
    }

    /// Loses each piece of a write with a chance of one in `lost_once_in`, and applies the others in order or
    /// shuffled.
    fn keeping<'a, F: IntoIterator<Item = Fragment<'a>>>(
        &'a self,
        random: &mut Random,
        pieces: fn(&'a Change) -> F,
        lost_once_in: usize,
    ) -> Vec<u8> {
        let mut fragments: Vec<_> = self.pending.iter().flat_map(pieces).collect();
        fragments.retain(|_| !random.once_in(lost_once_in));
        if random.once_in(2) {
            random.shuffle(&mut fragments);
        }
        let length = random.choose(&self.lengths());
        self.with(Some(length), fragments)
    }

    /// Every length since the last sync.
    fn lengths(&self) -> Vec<usize> {
        let set = self.pending.iter().filter_map(|operation| match operation {
            Change::SetLength(length) => Some(*length),
            Change::Write { .. } | Change::Sync | Change::LostSync => None,
        });
        [self.durable.len()].into_iter().chain(set).collect()
    }

    fn with(&self, length: Option<usize>, fragments: Vec<Fragment<'_>>) -> Vec<u8> {
        let mut image = self.durable.clone();
        image.resize(length.unwrap_or(self.durable.len()), 0);
        for fragment in fragments {
            put(&mut image, fragment);
        }
        image
    }
}

fn apply(image: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Write { offset, bytes } => put(image, (*offset, bytes)),
        Change::SetLength(length) => image.resize(*length, 0),
        Change::Sync | Change::LostSync => {}
    }
}

/// Writes the part of a fragment that is within the file.
fn put(image: &mut [u8], (offset, bytes): Fragment<'_>) {
    let end = image.len().min(offset + bytes.len());
    if offset < end {
        image[offset..end].copy_from_slice(&bytes[..end - offset]);
    }
}

fn whole(operation: &Change) -> Option<Fragment<'_>> {
    match operation {
        Change::Write { offset, bytes } => Some((*offset, bytes)),
        Change::SetLength(_) | Change::Sync | Change::LostSync => None,
    }
}

/// Cuts a write at every border of a sector.
fn sectors(operation: &Change) -> Vec<Fragment<'_>> {
    let Some((mut offset, mut bytes)) = whole(operation) else { return Vec::new() };
    let mut sectors = Vec::new();
    while !bytes.is_empty() {
        let (sector, rest) = bytes.split_at(bytes.len().min(SECTOR_BYTES - offset % SECTOR_BYTES));
        sectors.push((offset, sector));
        (offset, bytes) = (offset + sector.len(), rest);
    }
    sectors
}
