//! The source of a batch: the committed records that it reads.

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
/// A partial source fails with an error that names the missing record. The caller then drops the batch, fetches the
/// record, and decides the same commands again: a decision has no side effects.
pub(crate) trait Source {
    type Error: From<LedgerError>;

    /// Whether an error is a failure. Where it is not, a record is missing, and the batch is decided again once it is fetched.
    fn is_failure(_error: &Self::Error) -> bool {
        true
    }

    /// A wallet; an empty one if it has no facts.
    fn wallet(&mut self, id: &WalletId) -> Result<WalletRow, Self::Error>;

    /// The first facts of frames that may have used a key of a wallet, newest first. The caller checks the frames.
    fn frames_of_key(&mut self, wallet: &WalletId, row: &Hash128) -> Result<Vec<FactNumber>, Self::Error>;

    /// The frame of a committed fact.
    fn frame(&mut self, number: FactNumber) -> Result<Option<Booked>, Self::Error>;

    /// An owner's billing; an empty one if it has no facts.
    fn billing(&mut self, owner: &Owner) -> Result<BillingRow, Self::Error>;

    /// An object at a payment processor; an empty one if it has no facts.
    fn object(&mut self, id: &ObjectId) -> Result<Object, Self::Error>;

    fn waiting_room(&mut self) -> Result<WaitingRoom, Self::Error>;

    /// The index of an object's waiting events: their numbers and hashes.
    fn waiting_under(&mut self, id: &ObjectId) -> Result<BTreeMap<FactNumber, Hash64>, Self::Error>;

    /// The waiting event with this number.
    fn waiting_event(&mut self, number: FactNumber) -> Result<Option<WaitingEvent>, Self::Error>;

    /// Waiting events in the order of their numbers, after a number if one is given, up to a number of them.
    fn waiting_events(
        &mut self,
        after: Option<FactNumber>,
        max: usize,
    ) -> Result<Vec<(FactNumber, WaitingEvent)>, Self::Error>;

    /// Records with due work, earliest first, up to a number of them. An entry may be early, but not late.
    fn due(&mut self, max: usize) -> Result<Vec<DueRecord>, Self::Error>;
}

/// A record that may have due work.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct DueRecord {
    pub(crate) at: Timestamp,
    pub(crate) record: Scheduled,
    /// Whether the entry is a row of the agenda.
    pub(crate) is_filed: bool,
}
