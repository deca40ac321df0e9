//! Readers of the journal: single frames by the numbers of their facts, all frames from a position on, and the newest
//! frames first.

use std::ops::Range;

#[cfg(feature = "postgres")]
use super::postgres::journal::LaneJournal;
#[cfg(feature = "postgres")]
use super::postgres::position::LanePosition;
use super::store::{Snapshot, StoredBlock};
use crate::domain::booked::Booked;
use crate::domain::ids::FactNumber;
use crate::domain::time::Timestamp;
use crate::error::LedgerError;

/// A position in the journal: between two frames. Frames of one record follow each other in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JournalPosition(Place);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// Before the first frame of any journal.
    Start,
    /// Before a fact of a file's journal.
    Fact(FactNumber),
    #[cfg(feature = "postgres")]
    Lanes(LanePosition),
}

impl JournalPosition {
    /// Before the first frame.
    pub(crate) const START: Self = Self(Place::Start);

    /// Before the fact of a file's journal.
    pub(super) fn of_file(next: FactNumber) -> Self {
        Self(Place::Fact(next))
    }

    /// The next fact of a file's journal.
    pub(super) fn in_file(&self) -> FactNumber {
        match &self.0 {
            Place::Start => FactNumber::FIRST,
            Place::Fact(next) => *next,
            #[cfg(feature = "postgres")]
            Place::Lanes(_) => panic!("a position among lanes is no position in a file"),
        }
    }

    /// The position among lanes.
    #[cfg(feature = "postgres")]
    pub(super) fn in_lanes(&self) -> &LanePosition {
        static START: LanePosition = LanePosition::START;
        match &self.0 {
            Place::Start => &START,
            Place::Lanes(position) => position,
            Place::Fact(_) => panic!("a position in a file is no position among lanes"),
        }
    }

    /// Whether a frame comes after it.
    pub(crate) fn is_before(&self, frame: &Booked) -> bool {
        match &self.0 {
            Place::Start => true,
            Place::Fact(next) => *next <= frame.first(),
            #[cfg(feature = "postgres")]
            Place::Lanes(position) => position.is_before(frame),
        }
    }

    /// Whether no frame lies between this position and an end of the journal.
    pub(crate) fn has_reached(&self, end: &Self) -> bool {
        match &end.0 {
            Place::Start => true,
            Place::Fact(end) => self.in_file() >= *end,
            #[cfg(feature = "postgres")]
            Place::Lanes(end) => self.in_lanes().has_reached(end),
        }
    }
}

#[cfg(feature = "postgres")]
impl From<LanePosition> for JournalPosition {
    fn from(position: LanePosition) -> Self {
        Self(Place::Lanes(position))
    }
}

/// A reader of the journal as of its creation.
pub(crate) enum JournalReader {
    File(Box<FileJournal>),
    #[cfg(feature = "postgres")]
    Lanes(Box<LaneJournal>),
}

impl From<FileJournal> for JournalReader {
    fn from(journal: FileJournal) -> Self {
        Self::File(Box::new(journal))
    }
}

#[cfg(feature = "postgres")]
impl From<LaneJournal> for JournalReader {
    fn from(journal: LaneJournal) -> Self {
        Self::Lanes(Box::new(journal))
    }
}

/// Does the same with each journal.
macro_rules! on {
    ($reader:expr, $journal:ident => $result:expr) => {
        match $reader {
            JournalReader::File($journal) => $result,
            #[cfg(feature = "postgres")]
            JournalReader::Lanes($journal) => $result,
        }
    };
}

impl JournalReader {
    /// Whether it keeps a snapshot, and so space of the file, while it is kept.
    pub(crate) fn keeps_snapshot(&self) -> bool {
        matches!(self, Self::File(_))
    }

    /// The frame that has this fact; `None` if the journal had no such fact at the reader's creation.
    pub(crate) fn find(&mut self, number: FactNumber) -> Result<Option<Booked>, LedgerError> {
        on!(self, journal => journal.find(number))
    }

    /// The frame that has this fact, whose number is not after a record's last one; `None` if no fact has the number.
    pub(crate) fn lookup(&mut self, number: FactNumber) -> Result<Option<Booked>, LedgerError> {
        match self {
            Self::File(journal) => journal.lookup(number),
            #[cfg(feature = "postgres")]
            Self::Lanes(journal) => journal.find(number),
        }
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
        match self {
            Self::File(journal) => journal.after(position),
            #[cfg(feature = "postgres")]
            Self::Lanes(journal) => {
                let found = journal.after(position.in_lanes())?;
                Ok(found.map(|(booked, next)| (booked, next.into())))
            }
        }
    }

    /// The newest frame that has a fact before this one, or the newest of all.
    pub(crate) fn newest(&mut self, before: Option<FactNumber>) -> Result<Option<Booked>, LedgerError> {
        on!(self, journal => journal.newest(before))
    }

    /// The position before the first frame that was recorded at an instant or later.
    pub(crate) fn since(&mut self, at: Timestamp) -> Result<JournalPosition, LedgerError> {
        match self {
            Self::File(journal) => journal.since(at),
            #[cfg(feature = "postgres")]
            Self::Lanes(journal) => Ok(journal.since(at)?.into()),
        }
    }

    /// The number of facts after a position.
    pub(crate) fn facts_after(&self, position: &JournalPosition) -> Result<u64, LedgerError> {
        match self {
            Self::File(journal) => journal.facts_after(position),
            #[cfg(feature = "postgres")]
            Self::Lanes(journal) => journal.facts_after(position.in_lanes()),
        }
    }
}

/// A reader of a file's journal. Consecutive reads from one block read it once.
pub(crate) struct FileJournal {
    /// The last frame read: several of its facts may be read in a row.
    last: Option<Booked>,
    /// The last block read. Declared before the snapshot, so that it is dropped first.
    block: Option<StoredBlock>,
    snapshot: Snapshot,
    facts: Range<FactNumber>,
}

impl FileJournal {
    /// A reader of a snapshot that has these facts.
    pub(super) fn new(snapshot: Snapshot, facts: Range<FactNumber>) -> Self {
        Self { last: None, block: None, snapshot, facts }
    }

    fn find(&mut self, number: FactNumber) -> Result<Option<Booked>, LedgerError> {
        if self.facts.contains(&number) { self.frame(number).map(Some) } else { Ok(None) }
    }

    fn lookup(&mut self, number: FactNumber) -> Result<Option<Booked>, LedgerError> {
        // From the first one on, every number is a fact's.
        if number < self.facts.start { Ok(None) } else { self.frame(number).map(Some) }
    }

    /// The number of the fact after a position.
    fn place(&self, position: &JournalPosition) -> FactNumber {
        position.in_file().max(self.facts.start)
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
        let Some(booked) = self.find(self.place(position))? else { return Ok(None) };
        let next = JournalPosition::of_file(booked.next());
        Ok(Some((booked, next)))
    }

    fn newest(&mut self, before: Option<FactNumber>) -> Result<Option<Booked>, LedgerError> {
        let end = before.map_or(self.facts.end, |before| before.min(self.facts.end));
        self.find(FactNumber(end.get().saturating_sub(1)))
    }

    /// The times of frames never decrease.
    fn since(&mut self, at: Timestamp) -> Result<JournalPosition, LedgerError> {
        let Range { start: mut early, end: mut late } = self.facts;
        while early < late {
            let middle = FactNumber(early.get().midpoint(late.get()));
            let booked = self.frame(middle)?;
            if booked.at < at { early = booked.next() } else { late = middle }
        }
        Ok(JournalPosition::of_file(early))
    }

    #[expect(clippy::unnecessary_wraps, reason = "another engine counts them, which may fail")]
    fn facts_after(&self, position: &JournalPosition) -> Result<u64, LedgerError> {
        Ok(self.facts.end.get().saturating_sub(self.place(position).get()))
    }
}
