//! Appending to the log, and reusing its segments.

use std::io::Error;
use std::sync::PoisonError;

use super::file::{Aligned, LogFile};
use super::record::{BESIDE_FRAMES, LogRecord, bytes_of};
use super::{Checksum, Header, PAGE_BYTES, SEGMENTS_AT};
use crate::domain::ids::FactNumber;
use crate::engine::rows::LogState;
use crate::engine::store::is_full;
use crate::engine::sync::{Mutex, MutexGuard};
use crate::engine::tuning::LogSize;

/// The reason why a batch was not appended.
#[derive(Debug)]
pub(crate) enum AppendError {
    /// Every segment has facts that no checkpoint covers, and the log may not grow. Nothing was written.
    Full,
    /// The disk is full. The log has no valid record of the batch.
    NotDone(Error),
    /// The file has been deleted. Nothing was written.
    Gone,
    /// The batch may have been written.
    OutcomeUnknown(Error),
}

/// The log of an open ledger.
pub(crate) struct CommitLog {
    file: LogFile,
    size: LogSize,
    state: Mutex<Segments>,
}

struct Segments {
    header: Header,
    /// The fact after the last one of each segment.
    ends: Vec<FactNumber>,
    /// The segment that is appended to; `at` is the offset of its next record.
    current: Option<usize>,
    at: usize,
    /// The checksum of the last record.
    last: Checksum,
    /// The ledger's file has every fact before this one.
    covered: FactNumber,
    buffer: Aligned,
}

impl CommitLog {
    /// Writes the header of a new log.
    pub(crate) fn fill(file: &LogFile, header: &mut Header) -> Result<(), Error> {
        file.extend(0, SEGMENTS_AT)?;
        file.sync()?;
        header.write(file)
    }

    /// Marks the log as open in this session. Must precede the same mark in the ledger's file: an open ledger refuses
    /// a log of an earlier session.
    pub(crate) fn announce(file: &mut LogFile, header: &mut Header, session: u64) -> Result<(), Error> {
        (header.session, header.is_open) = (session, true);
        header.count = header.count.saturating_add(1);
        let mut page = Aligned::default();
        let page = page.bytes(PAGE_BYTES);
        header.fill(page);
        file.probe(header.at(), page)
    }

    /// Opens a log for appending. A durable checkpoint has written this state, and all facts before `next_fact`, to
    /// the ledger's file, so that every segment is free.
    pub(crate) fn open(
        file: LogFile,
        header: Header,
        state: LogState,
        next_fact: FactNumber,
        size: LogSize,
    ) -> Result<Self, Error> {
        let whole = usize::try_from(file.len()?.saturating_sub(SEGMENTS_AT)).unwrap_or(0);
        let segments = whole.checked_div(size.segment_bytes).unwrap_or(0);
        let state = Segments {
            header,
            ends: vec![FactNumber::FIRST; segments],
            current: None,
            at: 0,
            last: state.covered,
            covered: next_fact,
            buffer: Aligned::default(),
        };
        Ok(Self { file, size, state: Mutex::new(state) })
    }

    /// Appends the frames of a batch, durably; returns the checksum of its last record.
    pub(crate) fn append(
        &self,
        first: FactNumber,
        facts: u64,
        frames: &[u8],
    ) -> Result<Checksum, AppendError> {
        if self.file.is_removed() {
            return Err(AppendError::Gone);
        }
        let mut state = self.lock();
        let part_bytes = self.size.segment_bytes.saturating_sub(BESIDE_FRAMES).max(1);
        let parts = u32::try_from(frames.len().div_ceil(part_bytes).max(1)).unwrap_or(u32::MAX);
        let mut record = LogRecord {
            session: state.header.session,
            first,
            facts: u32::try_from(facts).unwrap_or(u32::MAX),
            part: 0,
            parts,
            previous: state.last,
        };
        let places = self.places(&mut state, frames.len(), part_bytes)?;
        let mut parts = frames.chunks(part_bytes);
        for (segment, at) in &places {
            let part = parts.next().unwrap_or_default();
            let bytes = bytes_of(part.len());
            let Segments { header, buffer, .. } = &mut *state;
            let pages = buffer.bytes(bytes);
            record.previous = record.fill(&header.lineage, part, pages);
            let at = self.offset(*segment, *at);
            if let Err(error) = self.file.write(at, pages) {
                return Err(self.failed(at, error, record.part == 0));
            }
            record.part = record.part.saturating_add(1);
        }
        let next_fact = record.next_fact();
        for (segment, at) in places {
            if let Some(end) = state.ends.get_mut(segment) {
                *end = next_fact;
            }
            state.current = Some(segment);
            state.at = at;
        }
        state.at = state.at.saturating_add(last_bytes(frames.len(), part_bytes));
        state.last = record.previous;
        Ok(state.last)
    }

    /// Frees segments: the ledger's file durably has every fact before this one.
    pub(crate) fn covered(&self, next_fact: FactNumber) {
        let mut state = self.lock();
        state.covered = state.covered.max(next_fact);
    }

    /// Bytes of the segments with facts that the ledger's file lacks.
    pub(crate) fn uncovered_bytes(&self) -> usize {
        let state = self.lock();
        let segments = state.ends.iter().filter(|end| **end > state.covered).count();
        segments.saturating_mul(self.size.segment_bytes)
    }

    /// Bytes of the segments, at most.
    pub(crate) fn bytes_max(&self) -> usize {
        self.size.segments_max.saturating_mul(self.size.segment_bytes)
    }

    /// Whether the log's file has been deleted, or another file has its name.
    pub(crate) fn is_gone(&self) -> bool {
        self.file.is_gone()
    }

    /// Closes the log once the ledger's file has every fact and is closed: marks it as closed, and truncates it to
    /// the header.
    pub(crate) fn close(&self, next_fact: FactNumber) -> Result<(), Error> {
        let mut state = self.lock();
        let last = state.last;
        let header = &mut state.header;
        (header.is_open, header.next_fact, header.last) = (false, next_fact, last);
        header.write(&self.file)?;
        self.file.cut(SEGMENTS_AT)
    }

    /// The segment and the offset of each part of a batch. Creates segments if too few are free.
    fn places(
        &self,
        state: &mut Segments,
        frames: usize,
        part_bytes: usize,
    ) -> Result<Vec<(usize, usize)>, AppendError> {
        let (mut places, mut left) = (Vec::new(), frames);
        let (mut current, mut at) = (state.current, state.at);
        loop {
            let bytes = bytes_of(left.min(part_bytes));
            let has_room = |_: &usize| at.saturating_add(bytes) <= self.size.segment_bytes;
            let segment = if let Some(segment) = current.filter(has_room) {
                segment
            } else {
                at = 0;
                let is_free = |place: usize, end: FactNumber| {
                    end <= state.covered && places.iter().all(|(taken, _)| *taken != place)
                };
                let free = state.ends.iter().zip(0..).find(|(end, place)| is_free(*place, **end));
                match free.map(|(_, place)| place) {
                    Some(free) => free,
                    None => self.make_segment(state, frames.div_ceil(part_bytes))?,
                }
            };
            places.push((segment, at));
            at = at.saturating_add(bytes);
            current = Some(segment);
            left = left.saturating_sub(part_bytes);
            if left == 0 {
                return Ok(places);
            }
        }
    }

    /// Creates a segment. A batch of many parts may exceed the usual limit of segments.
    fn make_segment(&self, state: &mut Segments, parts: usize) -> Result<usize, AppendError> {
        let number = state.ends.len();
        if number >= self.size.segments_max.max(parts.saturating_add(1)) {
            return Err(AppendError::Full);
        }
        let (from, to) = (self.offset(number, 0), self.offset(number.saturating_add(1), 0));
        let failed = |error| {
            if is_full(&error) { AppendError::NotDone(error) } else { AppendError::OutcomeUnknown(error) }
        };
        self.file.extend(from, to).map_err(failed)?;
        self.file.sync().map_err(AppendError::OutcomeUnknown)?;
        state.ends.push(FactNumber::FIRST);
        Ok(number)
    }

    /// The error of a failed write. Even an overwrite can fail on a full disk, for example on a copy-on-write file
    /// system. The batch is then not done if the page of its first record can be zeroed.
    fn failed(&self, at: u64, error: Error, is_first: bool) -> AppendError {
        if is_full(&error) && is_first {
            let mut page = Aligned::default();
            if self.file.write(at, page.bytes(PAGE_BYTES)).is_ok() {
                return AppendError::NotDone(error);
            }
        }
        AppendError::OutcomeUnknown(error)
    }

    fn offset(&self, segment: usize, at: usize) -> u64 {
        let offset = segment.saturating_mul(self.size.segment_bytes).saturating_add(at);
        SEGMENTS_AT.saturating_add(offset as u64)
    }

    fn lock(&self) -> MutexGuard<'_, Segments> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Bytes of the last record of a batch.
fn last_bytes(frames: usize, part_bytes: usize) -> usize {
    let last = frames.checked_rem(part_bytes).filter(|rest| *rest > 0 || frames == 0);
    bytes_of(last.unwrap_or(part_bytes))
}
