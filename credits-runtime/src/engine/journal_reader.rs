//! Readers of the journal: single frames by the numbers of their facts, all frames from a position on, and the newest
//! frames first.

use super::store::{Snapshot, StoredBlock};
use crate::domain::booked::Booked;
use crate::domain::ids::FactNumber;
use crate::domain::time::Timestamp;
use crate::error::LedgerError;

/// A position in the journal: between two frames. Frames of one record follow each other in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JournalPosition(FactNumber);

impl JournalPosition {
    /// Before the first frame.
    pub(crate) const START: Self = Self(FactNumber::FIRST);

    /// Before the fact of a file's journal.
    pub(super) fn of_file(next: FactNumber) -> Self {
        Self(next)
    }

    /// The next fact of a file's journal.
    pub(super) fn in_file(&self) -> FactNumber {
        self.0
    }

    /// Whether a frame comes after it.
    pub(crate) fn is_before(&self, frame: &Booked) -> bool {
        self.0 <= frame.first()
    }

    /// Whether no frame lies between this position and an end of the journal.
    pub(crate) fn has_reached(&self, end: &Self) -> bool {
        self.0 >= end.0
    }
}

/// A reader of the journal as of its creation.
pub(crate) enum JournalReader {
    File(Box<FileJournal>),
}

impl From<FileJournal> for JournalReader {
    fn from(journal: FileJournal) -> Self {
        Self::File(Box::new(journal))
    }
}

/// Does the same with each journal.
macro_rules! on {
    ($reader:expr, $journal:ident => $result:expr) => {
        match $reader {
            JournalReader::File($journal) => $result,
        }
    };
}

impl JournalReader {
    /// The frame that has this fact; `None` if the journal had no such fact at the reader's creation.
    pub(crate) fn find(&mut self, number: FactNumber) -> Result<Option<Booked>, LedgerError> {
        on!(self, journal => journal.find(number))
    }

    /// The frame that has this fact, which exists.
    pub(crate) fn frame(&mut self, number: FactNumber) -> Result<Booked, LedgerError> {
        on!(self, journal => journal.frame(number))
    }

    /// The frame after a position, and the position after it; `None` at the end.
    pub(crate) fn after(
        &mut self,
        position: &JournalPosition,
    ) -> Result<Option<(Booked, JournalPosition)>, LedgerError> {
        on!(self, journal => journal.after(position))
    }

    /// The newest frame that has a fact before this one, or the newest of all.
    pub(crate) fn newest(&mut self, before: Option<FactNumber>) -> Result<Option<Booked>, LedgerError> {
        on!(self, journal => journal.newest(before))
    }

    /// The position before the first frame that was recorded at an instant or later.
    pub(crate) fn since(&mut self, at: Timestamp) -> Result<JournalPosition, LedgerError> {
        on!(self, journal => journal.since(at))
    }

    /// The number of facts after a position.
    pub(crate) fn facts_after(&self, position: &JournalPosition) -> Result<u64, LedgerError> {
        on!(self, journal => journal.facts_after(position))
    }
}

/// A reader of a file's journal. Consecutive reads from one block read it once.
pub(crate) struct FileJournal {
    /// The last frame read: several of its facts may be read in a row.
    last: Option<Booked>,
    /// The last block read. Declared before the snapshot, so that it is dropped first.
    block: Option<StoredBlock>,
    snapshot: Snapshot,
    end: FactNumber,
}

impl FileJournal {
    /// A reader of a snapshot that has every fact before this end.
    pub(super) fn new(snapshot: Snapshot, end: FactNumber) -> Self {
        Self { last: None, block: None, snapshot, end }
    }

    fn find(&mut self, number: FactNumber) -> Result<Option<Booked>, LedgerError> {
        if number < FactNumber::FIRST || number >= self.end {
            return Ok(None);
        }
        self.frame(number).map(Some)
    }

    fn frame(&mut self, number: FactNumber) -> Result<Booked, LedgerError> {
        if let Some(last) = self.last.as_ref().filter(|last| last.fact(number).is_some()) {
            return Ok(last.clone());
        }
        let found = self.block.as_mut().map(|block| block.frame(number)).transpose()?.flatten();
        let booked = if let Some(booked) = found {
            booked
        } else {
            let block = self.block.insert(self.snapshot.stored_block(number)?);
            block.frame(number)?.ok_or_else(|| LedgerError::damaged(format!("fact {number} is missing")))?
        };
        Ok(self.last.insert(booked).clone())
    }

    fn after(
        &mut self,
        position: &JournalPosition,
    ) -> Result<Option<(Booked, JournalPosition)>, LedgerError> {
        let Some(booked) = self.find(position.in_file())? else { return Ok(None) };
        let next = JournalPosition::of_file(booked.next());
        Ok(Some((booked, next)))
    }

    fn newest(&mut self, before: Option<FactNumber>) -> Result<Option<Booked>, LedgerError> {
        let end = before.map_or(self.end, |before| before.min(self.end));
        self.find(FactNumber(end.get().saturating_sub(1)))
    }

    /// The times of frames never decrease.
    fn since(&mut self, at: Timestamp) -> Result<JournalPosition, LedgerError> {
        let (mut early, mut late) = (FactNumber::FIRST, self.end);
        while early < late {
            let middle = FactNumber(early.get().midpoint(late.get()));
            let booked = self.frame(middle)?;
            if booked.at < at { early = booked.next() } else { late = middle }
        }
        Ok(JournalPosition::of_file(early))
    }

    #[expect(clippy::unnecessary_wraps, reason = "another engine counts them, which may fail")]
    fn facts_after(&self, position: &JournalPosition) -> Result<u64, LedgerError> {
        Ok(self.end.get().saturating_sub(position.in_file().get()))
    }
}
