//! Scanning a log after a crash for the chain of groups that the ledger's file lacks.

use std::io::Error;
use std::ops::Range;

use super::file::LogFile;
use super::record::LogRecord;
use super::{Checksum, Lineage, PAGE_BYTES, SEGMENTS_AT};
use crate::domain::ids::FactNumber;

/// A batch in the log.
#[derive(Debug)]
pub(crate) struct CommitGroup {
    pub(crate) first: FactNumber,
    pub(crate) next_fact: FactNumber,
    /// The encoded frames, in the order of the journal.
    pub(crate) frames: Vec<u8>,
    /// The checksum of the group's last record.
    pub(crate) last: Checksum,
}

/// The result of a scan.
#[derive(Debug)]
pub(crate) struct Scanned {
    /// The groups of an unbroken chain, in order.
    pub(crate) groups: Vec<CommitGroup>,
    /// The first fact of a valid record that the chain does not reach: a record before it is damaged.
    pub(crate) beyond: Option<FactNumber>,
}

struct ScannedRecord {
    record: LogRecord,
    frames: Range<usize>,
    checksum: Checksum,
}

/// Reads every page of a log, and follows the chain of this lineage's records from the fact `from` on. The record
/// before the chain has the checksum `covered`.
///
/// Fact numbers order the records, not their offsets: segments are reused in any order.
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
    let mut found: Vec<ScannedRecord> = Vec::new();
    for at in (0..bytes.len()).step_by(PAGE_BYTES) {
        let Some(record) = LogRecord::read(lineage, bytes.get(at..).unwrap_or_default()) else { continue };
        let (record, Range { start, end }, checksum) = record;
        // A checkpoint ends with a whole commit, so no group straddles `from`. Records before it are left over,
        // possibly without other parts of their group.
        if record.first >= from {
            let frames = at.saturating_add(start)..at.saturating_add(end);
            found.push(ScannedRecord { record, frames, checksum });
        }
    }
    // Of two records with one first fact, the later session's comes first.
    found.sort_by_key(|ScannedRecord { record, .. }| {
        (record.first, std::cmp::Reverse(record.session), record.part)
    });
    let mut groups: Vec<CommitGroup> = Vec::new();
    let (mut next, mut previous, mut reached) = (from, covered, 0_usize);
    while let Some(group) = group(&bytes, found.get(reached..).unwrap_or_default(), next, previous) {
        let is_of_group = |found: &&ScannedRecord| found.record.first == next;
        reached = reached.saturating_add(found.iter().skip(reached).take_while(is_of_group).count());
        (next, previous) = (group.next_fact, group.last);
        groups.push(group);
    }
    // Parts of an unfinished group at the end of the chain: a crash tore the commit, and no caller had a reply.
    let is_torn = |found: &ScannedRecord| found.record.first == next && found.record.parts > 1;
    let beyond = found.iter().skip(reached).find(|found| !is_torn(found));
    Ok(Scanned { groups, beyond: beyond.map(|found| found.record.first) })
}

/// The group of this first fact, if it is complete and follows the record with the checksum `previous`.
fn group(
    bytes: &[u8],
    found: &[ScannedRecord],
    first: FactNumber,
    previous: Checksum,
) -> Option<CommitGroup> {
    let head = found.first().filter(|found| found.record.first == first)?;
    let (session, parts) = (head.record.session, head.record.parts);
    let (mut frames, mut last) = (Vec::new(), previous);
    for part in 0..parts {
        let is_next = |found: &&ScannedRecord| {
            let LogRecord { session: its, part: number, parts: all, previous, .. } = found.record;
            (its, number, all, previous) == (session, part, parts, last)
        };
        let next = found.iter().take_while(|found| found.record.first == first).find(is_next)?;
        frames.extend_from_slice(bytes.get(next.frames.clone()).unwrap_or_default());
        last = next.checksum;
    }
    Some(CommitGroup { first, next_fact: head.record.next_fact(), frames, last })
}
