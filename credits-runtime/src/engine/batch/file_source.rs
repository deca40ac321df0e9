//! The source of the file engine: the wallet cache and recent keys in memory, and a snapshot of the store for the
//! rest.

use std::collections::BTreeMap;

use super::source::{DueRecord, Source};
use crate::domain::billing::objects::Object;
use crate::domain::billing::waiting::{WaitingEvent, WaitingRoom};
use crate::domain::booked::Booked;
use crate::domain::fingerprint::{Hash64, Hash128};
use crate::domain::ids::{FactNumber, ObjectId, Owner, WalletId};
use crate::engine::keys::frames_under;
use crate::engine::published::Published;
use crate::engine::rows::{BillingRow, Scheduled, WalletRow};
use crate::engine::store::{Snapshot, Store};
use crate::error::LedgerError;

/// The committed records of a file.
pub(crate) struct FileSource<'a> {
    store: &'a Store,
    published: &'a Published,
    /// Taken at the first miss: most batches find all records in memory.
    snapshot: Option<Snapshot>,
}

impl<'a> FileSource<'a> {
    pub(crate) fn new(store: &'a Store, published: &'a Published) -> Self {
        Self { store, published, snapshot: None }
    }

    fn snapshot(&mut self) -> Result<&Snapshot, LedgerError> {
        if self.snapshot.is_none() {
            self.snapshot = Some(self.store.snapshot()?);
        }
        self.snapshot.as_ref().ok_or_else(LedgerError::closed)
    }
}

impl Source for FileSource<'_> {
    type Error = LedgerError;

    fn wallet(&mut self, id: &WalletId) -> Result<WalletRow, LedgerError> {
        match self.published.wallets.get(id) {
            Some(cached) => Ok(cached),
            // Wallets are evicted between batches, so that no row is newer than the snapshot.
            None => self.snapshot()?.wallet(id),
        }
    }

    fn frames_of_key(&mut self, _: &WalletId, row: &Hash128) -> Result<Vec<FactNumber>, LedgerError> {
        let keys = &self.published.keys;
        if let Some(frame) = keys.recent(row) {
            return Ok(vec![frame]);
        }
        let mut segments = keys.segments_with(row);
        if segments.is_empty() {
            return Ok(Vec::new());
        }
        // A checkpoint may have sealed keys and merged segments since the snapshot.
        if !self.snapshot()?.has_segments(&segments)? {
            self.snapshot = None;
            segments = keys.segments_of(self.snapshot()?.segments()?, row);
        }
        frames_under(self.snapshot()?, &segments, row)
    }

    fn frame(&mut self, number: FactNumber) -> Result<Option<Booked>, LedgerError> {
        if number < self.published.first_fact {
            return Ok(None);
        }
        self.snapshot()?.block(number)?.frame(number)
    }

    fn billing(&mut self, owner: &Owner) -> Result<BillingRow, LedgerError> {
        self.snapshot()?.billing(owner)
    }

    fn object(&mut self, id: &ObjectId) -> Result<Object, LedgerError> {
        self.snapshot()?.object(id)
    }

    fn waiting_room(&mut self) -> Result<WaitingRoom, LedgerError> {
        self.snapshot()?.waiting_room()
    }

    fn waiting_under(&mut self, id: &ObjectId) -> Result<BTreeMap<FactNumber, Hash64>, LedgerError> {
        self.snapshot()?.waiting_under(id)
    }

    fn waiting_event(&mut self, number: FactNumber) -> Result<Option<WaitingEvent>, LedgerError> {
        self.snapshot()?.waiting_event(number)
    }

    fn waiting_events(
        &mut self,
        after: Option<FactNumber>,
        max: usize,
    ) -> Result<Vec<(FactNumber, WaitingEvent)>, LedgerError> {
        self.snapshot()?.waiting_events(after, max)
    }

    fn due(&mut self, max: usize) -> Result<Vec<DueRecord>, LedgerError> {
        // The index first, then a new snapshot: a checkpoint moves entries from the index to rows of the agenda.
        let of_dirty = self.published.due.first(max).into_iter();
        let of_dirty =
            of_dirty.map(|(at, id)| DueRecord { at, record: Scheduled::Wallet(id), is_filed: false });
        self.snapshot = None;
        let filed = self.snapshot()?.agenda(max)?.into_iter();
        let filed = filed.map(|(at, record)| DueRecord { at, record, is_filed: true });
        let mut due: Vec<_> = filed.chain(of_dirty).collect();
        due.sort_unstable();
        due.truncate(max);
        Ok(due)
    }
}
