//! The names of records in the tables, and the numbers of lanes.

use crate::domain::fact::RecordId;
use crate::domain::ids::{FactNumber, ObjectId, Owner, WalletId};
use crate::domain::numbers::Numbers;

/// The distance between two numbers of a lane, and the bound of the lanes' own numbers. A fact's number has its lane as the
/// remainder.
pub(super) const LANES: u32 = 256;

/// The lane of a fact; `None` if no lane has the number.
pub(super) fn lane_of(number: FactNumber) -> Option<i32> {
    let lane = number.get().checked_rem(u64::from(LANES))?;
    i32::try_from(lane).ok().filter(|lane| *lane > 0)
}

/// The numbers of a frame's facts, from its first one on.
pub(super) fn numbers_from(first: FactNumber) -> Numbers {
    Numbers::every(u64::from(LANES), first)
}

/// The numbers of a lane after this one.
pub(super) fn numbers_of(lane: i32, last: FactNumber) -> Numbers {
    numbers_from(FactNumber(u64::try_from(lane).unwrap_or_default())).beyond(last)
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
