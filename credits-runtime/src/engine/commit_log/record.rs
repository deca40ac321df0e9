//! Records: the frames of a batch, or a part of them. A record shares no page with another record.
//!
//! `mark, lineage, session, first fact, facts, part, parts, length, checksum of the record before, frames, checksum`,
//! and zeros to the end of the page. The checksum is XXH3-128, seeded with the lineage, so that records of an earlier
//! log on the same pages are not valid.

use std::ops::Range;

use xxhash_rust::xxh3::xxh3_128_with_seed;

use super::{Checksum, Lineage, PAGE_BYTES};
use crate::domain::ids::FactNumber;

const MARK: &[u8; 8] = b"crrecord";
const LENGTH_AT: usize = 52;
const FRAMES_AT: usize = 72;
const CHECKSUM_BYTES: usize = size_of::<Checksum>();

/// Bytes of a record besides its frames and its padding.
pub(super) const BESIDE_FRAMES: usize = FRAMES_AT + CHECKSUM_BYTES;

/// The fields of a record, without its frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LogRecord {
    pub(super) session: u64,
    /// The first fact of its group; a group is one batch.
    pub(super) first: FactNumber,
    /// Number of facts in its group.
    pub(super) facts: u32,
    /// Index of this part in its group.
    pub(super) part: u32,
    pub(super) parts: u32,
    pub(super) previous: Checksum,
}

/// Bytes of a record with this many bytes of frames, padded to whole pages.
pub(super) fn bytes_of(frames: usize) -> usize {
    frames.saturating_add(BESIDE_FRAMES).next_multiple_of(PAGE_BYTES)
}

impl LogRecord {
    /// A record for the fuzzer.
    #[cfg(feature = "testing")]
    pub(super) fn sample() -> Self {
        Self { session: 3, first: FactNumber(7), facts: 2, part: 1, parts: 2, previous: [9; 16] }
    }

    /// The fact after the last one of its group.
    pub(super) fn next_fact(&self) -> FactNumber {
        self.first.plus(usize::try_from(self.facts).unwrap_or(usize::MAX))
    }

    /// Encodes the record into `out`, which has [`bytes_of`] its frames; returns its checksum.
    pub(super) fn fill(&self, lineage: &Lineage, frames: &[u8], out: &mut [u8]) -> Checksum {
        let length = u32::try_from(frames.len()).unwrap_or(u32::MAX);
        let fields: [&[u8]; 10] = [
            MARK,
            lineage,
            &self.session.to_be_bytes(),
            &self.first.get().to_be_bytes(),
            &self.facts.to_be_bytes(),
            &self.part.to_be_bytes(),
            &self.parts.to_be_bytes(),
            &length.to_be_bytes(),
            &self.previous,
            frames,
        ];
        let mut at = 0_usize;
        let mut put = |bytes: &[u8], out: &mut [u8]| {
            let end = at.saturating_add(bytes.len());
            if let Some(place) = out.get_mut(at..end) {
                place.copy_from_slice(bytes);
            }
            at = end;
        };
        for bytes in fields {
            put(bytes, out);
        }
        let end = FRAMES_AT.saturating_add(frames.len());
        let checksum = checksum(lineage, out.get(..end).unwrap_or_default());
        put(&checksum, out);
        out.get_mut(end.saturating_add(CHECKSUM_BYTES)..).unwrap_or_default().fill(0);
        checksum
    }

    /// Decodes the record at the start of these bytes: its fields, the range of its frames, and its checksum.
    pub(super) fn read(lineage: &Lineage, bytes: &[u8]) -> Option<(Self, Range<usize>, Checksum)> {
        let rest = bytes.strip_prefix(MARK)?.strip_prefix(lineage)?;
        let length = usize::try_from(number32(bytes, LENGTH_AT)?).ok()?;
        let end = FRAMES_AT.checked_add(length)?;
        let found = bytes.get(end..)?.first_chunk()?;
        if checksum(lineage, bytes.get(..end)?) != *found {
            return None;
        }
        let record = Self {
            session: number64(rest, 0)?,
            first: FactNumber(number64(rest, 8)?),
            facts: number32(rest, 16)?,
            part: number32(rest, 20)?,
            parts: number32(rest, 24)?,
            previous: *rest.get(32..)?.first_chunk()?,
        };
        Some((record, FRAMES_AT..end, *found))
    }
}

fn checksum(lineage: &Lineage, bytes: &[u8]) -> Checksum {
    let seed = lineage.first_chunk().map_or(0, |seed| u64::from_be_bytes(*seed));
    xxh3_128_with_seed(bytes, seed).to_be_bytes()
}

fn number32(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
}

fn number64(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|bytes| u64::from_be_bytes(*bytes))
}
