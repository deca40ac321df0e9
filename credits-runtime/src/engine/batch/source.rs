//! The source of a batch: where it reads records that it has not changed itself.

use std::collections::BTreeMap;

use crate::domain::billing::objects::Object;
use crate::domain::billing::waiting::{WaitingEvent, WaitingRoom};
use crate::domain::booked::Booked;
use crate::domain::fingerprint::{Hash64, Hash128};
use crate::domain::ids::{FactNumber, ObjectId, Owner, WalletId};
use crate::domain::time::Timestamp;
use crate::engine::rows::{BillingRow, Scheduled, WalletRow};
use crate::error::LedgerError;

/// Committed records, as of one instant.
///
/// A source that has only some records fails with an error of its own that names the missing one. The batch is then dropped,
/// the record is fetched, and the same commands are decided again: deciding has no effects.
pub(crate) trait Source {
    type Error: From<LedgerError>;

    /// The wallet; an empty one if nothing happened to it.
    fn wallet(&mut self, id: &WalletId) -> Result<WalletRow, Self::Error>;

    /// The first facts of frames that may have used a key, the newest first. The frames tell which did.
    fn frames_of_key(&mut self, row: &Hash128) -> Result<Vec<FactNumber>, Self::Error>;

    /// The frame that has this fact, if there is such a fact.
    fn frame(&mut self, number: FactNumber) -> Result<Option<Booked>, Self::Error>;

    /// The owner's billing; an empty one if nothing happened to it.
    fn billing(&mut self, owner: &Owner) -> Result<BillingRow, Self::Error>;

    /// The object at a payment processor; an empty one if nothing names it.
    fn object(&mut self, id: &ObjectId) -> Result<Object, Self::Error>;

    fn waiting_room(&mut self) -> Result<WaitingRoom, Self::Error>;

    /// The numbers and hashes of the events that wait under an object.
    fn waiting_under(&mut self, id: &ObjectId) -> Result<BTreeMap<FactNumber, Hash64>, Self::Error>;

    /// The event that waits under this number.
    fn waiting_event(&mut self, number: FactNumber) -> Result<Option<WaitingEvent>, Self::Error>;

    /// Events that wait, by number, the first ones after `after`, up to a number of them.
    fn waiting_events(
        &mut self,
        after: Option<FactNumber>,
        max: usize,
    ) -> Result<Vec<(FactNumber, WaitingEvent)>, Self::Error>;

    /// Records in which something is due, the earliest first, up to a number of them. An entry may be early, none is late.
    fn due(&mut self, max: usize) -> Result<Vec<DueRecord>, Self::Error>;
}

/// A record in which something may be due.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct DueRecord {
    pub(crate) at: Timestamp,
    pub(crate) record: Scheduled,
    /// Whether a row of the agenda says so.
    pub(crate) is_filed: bool,
}
