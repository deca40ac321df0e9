//! What a log holds after a crash: the chain of groups that the ledger's file lacks.

use std::io::Error;
use std::ops::Range;

use super::file::LogFile;
use super::record::Record;
use super::{Checksum, Lineage, PAGE_BYTES, SEGMENTS_AT};
use crate::domain::ids::FactNumber;

/// The frames of a batch.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) first: FactNumber,
    pub(crate) next_fact: FactNumber,
    /// One after the other, as the journal has them.
    pub(crate) frames: Vec<u8>,
    /// The checksum of its last record.
    pub(crate) last: Checksum,
}

/// What a log holds.
#[derive(Debug)]
pub(crate) struct Scanned {
    /// Batches that follow on one another from a fact on.
    pub(crate) groups: Vec<Group>,
    /// A fact of a record that is whole and that the groups do not lead to.
    pub(crate) beyond: Option<FactNumber>,
}

struct Found {
    record: Record,
    frames: Range<usize>,
    checksum: Checksum,
}

/// Looks at every page of a log for records of this lineage whose facts end after `from`, and follows them from there, where
/// the record before has the checksum `covered`.
///
/// The order is that of facts, whatever the place: segments are used again in any order.
pub(crate) fn scan(
    file: &LogFile,
    lineage: &Lineage,
    from: FactNumber,
    covered: Checksum,
) -> Result<Scanned, Error> {
    let length = file.len()?;
    let mut bytes = vec![0; usize::try_from(length.saturating_sub(SEGMENTS_AT)).unwrap_or(0)];
    if !bytes.is_empty() {
        file.read(SEGMENTS_AT, &mut bytes)?;
    }
    let mut found: Vec<Found> = Vec::new();
    for at in (0..bytes.len()).step_by(PAGE_BYTES) {
        let Some(record) = Record::read(lineage, bytes.get(at..).unwrap_or_default()) else { continue };
        let (record, Range { start, end }, checksum) = record;
        // None straddles it: a checkpoint ends with a commit. One that begins before it is left over, also in part.
        if record.first >= from {
            let frames = at.saturating_add(start)..at.saturating_add(end);
            found.push(Found { record, frames, checksum });
        }
    }
    // Of two with one first fact, the later session's.
    found.sort_by_key(|Found { record, .. }| (record.first, std::cmp::Reverse(record.session), record.part));
    let mut groups: Vec<Group> = Vec::new();
    let (mut next, mut previous, mut reached) = (from, covered, 0_usize);
    while let Some(group) = group(&bytes, found.get(reached..).unwrap_or_default(), next, previous) {
        let is_of_group = |found: &&Found| found.record.first == next;
        reached = reached.saturating_add(found.iter().skip(reached).take_while(is_of_group).count());
        (next, previous) = (group.next_fact, group.last);
        groups.push(group);
    }
    // The parts of a group that was not finished belong to the end.
    let is_torn = |found: &Found| found.record.first == next && found.record.parts > 1;
    let beyond = found.iter().skip(reached).find(|found| !is_torn(found));
    Ok(Scanned { groups, beyond: beyond.map(|found| found.record.first) })
}

/// The group of this first fact, if all its parts are there and the record before has this checksum.
fn group(bytes: &[u8], found: &[Found], first: FactNumber, previous: Checksum) -> Option<Group> {
    let head = found.first().filter(|found| found.record.first == first)?;
    let (session, parts) = (head.record.session, head.record.parts);
    let (mut frames, mut last) = (Vec::new(), previous);
    for part in 0..parts {
        let is_next = |found: &&Found| {
            let Record { session: its, part: number, parts: all, previous, .. } = found.record;
            (its, number, all, previous) == (session, part, parts, last)
        };
        let next = found.iter().take_while(|found| found.record.first == first).find(is_next)?;
        frames.extend_from_slice(bytes.get(next.frames.clone()).unwrap_or_default());
        last = next.checksum;
    }
    Some(Group { first, next_fact: head.record.next_fact(), frames, last })
}
