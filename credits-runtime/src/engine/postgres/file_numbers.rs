//! The numbers that the facts of a database get in a file, where they follow each other without gaps.

use std::collections::BTreeMap;

use super::names::Numbering;
use crate::domain::booked::Booked;
use crate::domain::ids::FactNumber;
use crate::domain::renumbering::NewNumbers;

/// Facts of a lane that follow each other in the file too.
#[derive(Clone, Copy, Debug)]
struct Run {
    old: FactNumber,
    new: FactNumber,
    facts: usize,
}

/// The numbers of the facts that were moved so far.
pub(super) struct FileNumbers {
    numbering: Numbering,
    /// The runs of each lane, in its order.
    lanes: BTreeMap<i32, Vec<Run>>,
}

impl FileNumbers {
    pub(super) fn new(numbering: Numbering) -> Self {
        Self { numbering, lanes: BTreeMap::new() }
    }

    /// Adds the facts of a frame, which follows those of its lane, and has this first number in the file.
    pub(super) fn add(&mut self, booked: &Booked, new: FactNumber) {
        let Some(lane) = self.numbering.lane_of(booked.first()) else { return };
        let (runs, facts) = (self.lanes.entry(lane).or_default(), booked.facts.len());
        if let Some(last) = runs.last_mut()
            && self.numbering.numbers_from(last.old).at(last.facts) == booked.first()
            && last.new.plus(last.facts) == new
        {
            last.facts = last.facts.saturating_add(facts);
        } else {
            runs.push(Run { old: booked.first(), new, facts });
        }
    }
}

impl NewNumbers for FileNumbers {
    fn of(&self, number: FactNumber) -> Option<FactNumber> {
        let runs = self.lanes.get(&self.numbering.lane_of(number)?)?;
        let after = runs.partition_point(|run| run.old <= number);
        let run = runs.get(after.checked_sub(1)?)?;
        let place = self.numbering.numbers_from(run.old).place(number)?;
        (place < run.facts).then(|| run.new.plus(place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::body::Body;
    use crate::domain::fact::{Fact, Frame, Kind, RecordId, Scope};
    use crate::domain::fingerprint::Hash64;
    use crate::domain::ids::{HoldId, Key};
    use crate::domain::time::Timestamp;

    /// A frame of this many facts.
    fn frame(numbering: Numbering, first: u64, facts: usize) -> Booked {
        let body = Body::Released { hold: HoldId::new(1) };
        let fact = Fact { record: RecordId::WaitingRoom, previous: None, ordinal: 1, body };
        let frame = Frame {
            kind: Kind::Bill,
            scope: Scope::Ledger,
            key: Key::none(),
            fingerprint: Hash64::default(),
            at: Timestamp::MIN,
            facts: vec![fact; facts],
        };
        Booked::new(numbering.numbers_from(FactNumber(first)), frame)
    }

    #[test]
    fn facts_of_lanes_get_numbers_one_after_another() {
        let numbering = Numbering { moved: FactNumber(10) };
        let mut numbers = FileNumbers::new(numbering);
        let mut next = FactNumber(5_000);
        // Moved facts, two lanes in turn, and a gap in the first one.
        for (first, facts) in [(1, 4), (5, 6), (257, 1), (258, 2), (513, 2), (1_025, 1), (2_561, 1)] {
            numbers.add(&frame(numbering, first, facts), next);
            next = next.plus(facts);
        }
        let of = |number| numbers.of(FactNumber(number)).map(FactNumber::get);
        let expected = [
            (1, Some(5_000)),
            (10, Some(5_009)),
            (257, Some(5_010)),
            (258, Some(5_011)),
            (514, Some(5_012)),
            (513, Some(5_013)),
            (769, Some(5_014)),
            (1_025, Some(5_015)),
            (2_561, Some(5_016)),
        ];
        for (old, new) in expected {
            assert_eq!(of(old), new, "{old}");
        }
        for unknown in [0, 11, 256, 259, 512, 770, 1_281, 2_305, 2_817, u64::MAX] {
            assert_eq!(of(unknown), None, "{unknown}");
        }
        // Frames that follow each other in both take one entry.
        assert_eq!(numbers.lanes.values().map(Vec::len).collect::<Vec<_>>(), [3, 1, 1]);
    }
}
