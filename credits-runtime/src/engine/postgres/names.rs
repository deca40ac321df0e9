//! The names of records in the tables, and the numbers of lanes.

use crate::domain::booked::Booked;
use crate::domain::fact::RecordId;
use crate::domain::ids::{FactNumber, ObjectId, Owner, WalletId};
use crate::domain::numbers::Numbers;

/// The distance between two numbers of a lane, and the bound of the lanes that programs write. A fact's number has its lane
/// as the remainder, unless it was moved from a file.
pub(super) const LANES: u32 = 256;

/// The lane of the facts that were moved from a file. No program writes it.
pub(super) const MOVED_LANE: i32 = 256;

/// How the facts of a ledger are numbered: those that were moved from a file one after another, as they were in the file, and
/// all others in the steps of their lanes, beyond the moved ones.
#[derive(Clone, Copy, Debug)]
pub(super) struct Numbering {
    /// The last number of the facts that were moved from a file; 0 if none were.
    pub(super) moved: FactNumber,
}

impl Numbering {
    /// While facts are moved from a file.
    pub(super) const OF_FILE: Self = Self { moved: FactNumber(u64::MAX) };

    /// The lane of a fact; `None` if no lane has the number.
    pub(super) fn lane_of(self, number: FactNumber) -> Option<i32> {
        if number <= self.moved {
            return (number >= FactNumber::FIRST).then_some(MOVED_LANE);
        }
        let lane = number.get().checked_rem(u64::from(LANES))?;
        i32::try_from(lane).ok().filter(|lane| *lane > 0)
    }

    /// The numbers of a frame's facts, from its first one on.
    pub(super) fn numbers_from(self, first: FactNumber) -> Numbers {
        if first <= self.moved { Numbers::from(first) } else { Numbers::every(u64::from(LANES), first) }
    }

    /// The numbers of a lane after this one.
    pub(super) fn numbers_of(self, lane: i32, last: FactNumber) -> Numbers {
        let first = FactNumber(u64::try_from(lane).unwrap_or_default());
        Numbers::every(u64::from(LANES), first).beyond(last.max(self.moved))
    }
}

/// The lane of a frame that was read.
pub(super) fn lane_of_frame(frame: &Booked) -> Option<i32> {
    let is_moved = frame.numbers().distance() == 1;
    let numbering = if is_moved { Numbering::OF_FILE } else { Numbering { moved: FactNumber(0) } };
    numbering.lane_of(frame.first())
}

/// A number as the tables have it.
pub(super) fn to_long(number: FactNumber) -> i64 {
    i64::try_from(number.get()).unwrap_or(i64::MAX)
}

/// The number that a table has.
pub(super) fn number(long: i64) -> FactNumber {
    FactNumber(u64::try_from(long).unwrap_or_default())
}

/// The name of a record in the tables.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct RowName {
    /// The owner; empty for records of none.
    pub(super) owner: String,
    pub(super) record: String,
}

impl RowName {
    pub(super) fn of(record: &RecordId) -> Self {
        match record {
            RecordId::Catalogues => Self::catalogues(),
            RecordId::Wallet(wallet) => Self::wallet(wallet),
            RecordId::Billing(owner) => Self::billing(owner),
            RecordId::Object(object) => Self::object(object),
            RecordId::WaitingRoom => Self::waiting_room(),
        }
    }

    pub(super) fn wallet(id: &WalletId) -> Self {
        Self { owner: id.owner.as_str().to_owned(), record: format!("w{}", id.asset.as_str()) }
    }

    pub(super) fn billing(owner: &Owner) -> Self {
        Self { owner: owner.as_str().to_owned(), record: "b".to_owned() }
    }

    pub(super) fn object(id: &ObjectId) -> Self {
        Self { owner: String::new(), record: format!("o{}", id.as_str()) }
    }

    pub(super) fn waiting_room() -> Self {
        Self { owner: String::new(), record: "r".to_owned() }
    }

    /// Whether it is an object at a payment processor, or the room of the events that wait for an object's owner.
    pub(super) fn is_of_objects(&self) -> bool {
        self.owner.is_empty() && self.record.starts_with(['o', 'r'])
    }

    pub(super) fn catalogues() -> Self {
        Self { owner: String::new(), record: "c".to_owned() }
    }
}
